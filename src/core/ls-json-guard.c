/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A lexer that stands before the parser. The parser (json-glib) recurses without a limit, wraps
 * large numbers, and takes comments, single quotes and 0x10: what it gets to see must be so plain
 * that all parsers agree on it. So everything is refused that two parsers could read differently.
 * */
#define G_LOG_DOMAIN "ls-core"

#include "config.h"

#include "core/ls-json-guard.h"

#include <string.h>

#include "core/ls-error.h"
#include "core/ls-json-guard-private.h"

#define MAX_BYTES ((size_t) INT32_MAX)
#define PATH_NAME_BYTES 32

static const struct {
  const char *name;
  const char *words;
} reasons[] = {
  [LS_JSON_REASON_NONE] = { "none", "nothing is wrong" },
  [LS_JSON_REASON_TOO_LARGE] = { "too-large", "more bytes than allowed" },
  [LS_JSON_REASON_TOO_DEEP] = { "too-deep", "nested more deeply than allowed" },
  [LS_JSON_REASON_TOO_MANY_VALUES] = { "too-many-values", "more values than allowed" },
  [LS_JSON_REASON_STRING_TOO_LONG] = { "string-too-long", "a longer string than allowed" },
  [LS_JSON_REASON_EMPTY] = { "empty", "no JSON value" },
  [LS_JSON_REASON_TRUNCATED] = { "truncated", "the text ends in the middle" },
  [LS_JSON_REASON_SYNTAX] = { "syntax", "a byte that may not stand here" },
  [LS_JSON_REASON_TRAILING] = { "trailing", "something after the JSON value" },
  [LS_JSON_REASON_BOM] = { "bom", "a byte order mark" },
  [LS_JSON_REASON_DUPLICATE_NAME] = { "duplicate-name", "the same name twice in one object" },
  [LS_JSON_REASON_LEADING_ZERO] = { "leading-zero", "a number with a superfluous zero" },
  [LS_JSON_REASON_NEGATIVE_ZERO] = { "negative-zero", "the number -0" },
  [LS_JSON_REASON_FRACTION] = { "fraction", "a number that is no integer" },
  [LS_JSON_REASON_EXPONENT] = { "exponent", "a number with an exponent" },
  [LS_JSON_REASON_RANGE] = { "range", "a number beyond 2^53 - 1" },
  [LS_JSON_REASON_CONTROL] = { "control", "a control character that is not escaped" },
  [LS_JSON_REASON_ESCAPE] = { "escape", "an escape that does not exist" },
  [LS_JSON_REASON_SURROGATE] = { "surrogate", "one half of a surrogate pair" },
  [LS_JSON_REASON_NUL] = { "nul", "the character U+0000" },
  [LS_JSON_REASON_UTF8] = { "utf8", "bytes that are no UTF-8" },
};

static inline void
skip_space (LsJsonGuard *guard)
{
  const uint8_t *at = guard->at;

  while (at < guard->end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
    at++;

  guard->at = at;
}

/* A name and its colon. */
static bool
scan_name (LsJsonGuard *guard)
{
  const uint8_t *quote = guard->at;
  bool escaped;

  guard->frames[guard->depth - 1].name = SIZE_MAX;
  if (quote == guard->end || *quote != '"')
    return ls_json_guard_fail_at_byte (guard, quote, LS_JSON_REASON_SYNTAX);
  if (!ls_json_guard_scan_string (guard, &escaped))
    return false;

  if (!ls_json_guard_add_name (guard, quote, escaped))
    return false;

  skip_space (guard);
  if (guard->at == guard->end || *guard->at != ':')
    return ls_json_guard_fail_at_byte (guard, guard->at, LS_JSON_REASON_SYNTAX);
  guard->at++;
  skip_space (guard);

  return true;
}

/* Opens an array or object and goes to its first value; closes one that is empty. */
static bool
open_container (LsJsonGuard *guard,
                bool        *complete)
{
  bool is_object = *guard->at == '{';
  LsJsonFrame *frame;

  if (guard->depth == guard->limits.max_depth)
    return ls_json_guard_fail (guard, guard->at, LS_JSON_REASON_TOO_DEEP);

  guard->at++;
  skip_space (guard);
  if (guard->at < guard->end && *guard->at == (is_object ? '}' : ']'))
    {
      guard->at++;
      *complete = true;
      return true;
    }

  frame = &guard->frames[guard->depth++];
  frame->is_object = is_object;
  frame->index = 0;
  frame->first_name = guard->n_names;
  frame->name = SIZE_MAX;
  *complete = false;

  return !is_object || scan_name (guard);
}

/* A scalar, or the beginning of an array or object. */
static bool
scan_value (LsJsonGuard *guard,
            bool        *complete)
{
  bool escaped;

  if (guard->at == guard->end)
    return ls_json_guard_fail (guard, guard->at, LS_JSON_REASON_TRUNCATED);
  if (++guard->n_values > guard->limits.max_values)
    return ls_json_guard_fail (guard, guard->at, LS_JSON_REASON_TOO_MANY_VALUES);

  *complete = true;
  switch (*guard->at)
    {
    case '"':
      return ls_json_guard_scan_string (guard, &escaped);
    case '{':
    case '[':
      return open_container (guard, complete);
    case 't':
      return ls_json_guard_scan_literal (guard, "true");
    case 'f':
      return ls_json_guard_scan_literal (guard, "false");
    case 'n':
      return ls_json_guard_scan_literal (guard, "null");
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
      return ls_json_guard_scan_number (guard);
    default:
      return ls_json_guard_fail (guard, guard->at, LS_JSON_REASON_SYNTAX);
    }
}

/* After a value: goes to the next one, closing what ends here. With nothing left open it is done.
 * */
static bool
go_on (LsJsonGuard *guard)
{
  while (guard->depth > 0)
    {
      LsJsonFrame *frame = &guard->frames[guard->depth - 1];

      skip_space (guard);
      if (guard->at == guard->end)
        return ls_json_guard_fail (guard, guard->at, LS_JSON_REASON_TRUNCATED);

      if (*guard->at == ',')
        {
          guard->at++;
          skip_space (guard);
          frame->index++;
          return !frame->is_object || scan_name (guard);
        }

      if (*guard->at != (frame->is_object ? '}' : ']'))
        return ls_json_guard_fail (guard, guard->at, LS_JSON_REASON_SYNTAX);
      if (frame->is_object && !ls_json_guard_check_names (guard, frame))
        return false;

      guard->at++;
      guard->n_names = frame->first_name;
      guard->depth--;
    }

  return true;
}

static bool
run (LsJsonGuard *guard)
{
  static const uint8_t bom[] = { 0xef, 0xbb, 0xbf };
  size_t length = (size_t) (guard->end - guard->start);
  bool complete = false; /* older compilers do not see that scan_value() sets it */

  if (length > guard->limits.max_bytes)
    return ls_json_guard_fail (guard, guard->start + guard->limits.max_bytes,
                               LS_JSON_REASON_TOO_LARGE);
  if (length >= sizeof bom && memcmp (guard->start, bom, sizeof bom) == 0)
    return ls_json_guard_fail (guard, guard->start, LS_JSON_REASON_BOM);

  skip_space (guard);
  if (guard->at == guard->end)
    return ls_json_guard_fail (guard, guard->at, LS_JSON_REASON_EMPTY);

  do
    {
      if (!scan_value (guard, &complete))
        return false;
      if (complete && !go_on (guard))
        return false;
    }
  while (guard->depth > 0);

  skip_space (guard);
  if (guard->at != guard->end)
    return ls_json_guard_fail (guard, guard->at, LS_JSON_REASON_TRAILING);

  return true;
}

/* What of the path is known: the names of the frames were checked before their values began. */
static void
describe_frame (const LsJsonGuard *guard,
                const LsJsonFrame *frame,
                GString           *path)
{
  const LsJsonName *name;
  const char *text;
  size_t length;
  bool plain = true;

  if (!frame->is_object)
    {
      g_string_append_printf (path, "[%" G_GUINT32_FORMAT "]", frame->index);
      return;
    }

  if (frame->name == SIZE_MAX)
    return;

  name = &guard->names[frame->name];
  text = (const char *) guard->start + name->offset;
  length = name->length;
  if (length > PATH_NAME_BYTES)
    {
      for (length = PATH_NAME_BYTES; ((uint8_t) text[length] & 0xc0) == 0x80; length--)
        ;
    }

  for (size_t i = 0; i < length; i++)
    plain = plain && (g_ascii_isalnum (text[i]) || text[i] == '_' || text[i] == '-');

  g_string_append (path, plain && length > 0 ? "." : "[\"");
  g_string_append_len (path, text, (gssize) length);
  if (length < name->length)
    g_string_append (path, "…");
  if (!plain || length == 0)
    g_string_append (path, "\"]");
}

/* The beginning of a path that is too long says less than its end. */
static void
describe_path (const LsJsonGuard *guard,
               char               out[LS_JSON_GUARD_PATH_SIZE])
{
  g_autoptr (GString) path = g_string_sized_new (LS_JSON_GUARD_PATH_SIZE);
  static const char abridged[] = "$…";
  const char *text;

  for (unsigned i = 0; i < guard->depth; i++)
    describe_frame (guard, &guard->frames[i], path);

  text = path->str;
  if (path->len + 2 <= LS_JSON_GUARD_PATH_SIZE)
    {
      out[0] = '$';
      memcpy (out + 1, text, path->len + 1);
      return;
    }

  text += path->len + sizeof abridged - LS_JSON_GUARD_PATH_SIZE;
  while (((uint8_t) *text & 0xc0) == 0x80)
    text++;
  g_strlcpy (out, abridged, LS_JSON_GUARD_PATH_SIZE);
  g_strlcat (out, text, LS_JSON_GUARD_PATH_SIZE);
}

bool
ls_json_guard_fail (LsJsonGuard   *guard,
                    const uint8_t *at,
                    LsJsonReason   reason)
{
  guard->reason = reason;
  guard->error_at = at;

  return false;
}

bool
ls_json_guard_fail_at_byte (LsJsonGuard   *guard,
                            const uint8_t *at,
                            LsJsonReason   reason)
{
  return ls_json_guard_fail (guard, at, at == guard->end ? LS_JSON_REASON_TRUNCATED : reason);
}

bool
ls_json_guard_check (const char         *text,
                     size_t              length,
                     const LsJsonLimits *limits,
                     LsJsonGuardError   *out)
{
  LsJsonGuard guard;
  bool passed;

  g_return_val_if_fail (text != NULL || length == 0, false);

  guard.limits = limits != NULL ? *limits : (LsJsonLimits) { 0 };
  if (guard.limits.max_bytes == 0)
    guard.limits.max_bytes = LS_JSON_GUARD_DEFAULT_BYTES;
  if (guard.limits.max_bytes > MAX_BYTES)
    guard.limits.max_bytes = MAX_BYTES;
  if (guard.limits.max_depth == 0 || guard.limits.max_depth > LS_JSON_GUARD_DEFAULT_DEPTH)
    guard.limits.max_depth = LS_JSON_GUARD_DEFAULT_DEPTH;
  if (guard.limits.max_values == 0)
    guard.limits.max_values = LS_JSON_GUARD_DEFAULT_VALUES;
  if (guard.limits.max_string_bytes == 0)
    guard.limits.max_string_bytes = guard.limits.max_bytes;

  guard.start = guard.at = (const uint8_t *) (text != NULL ? text : "");
  guard.end = guard.start + length;
  guard.depth = 0;
  guard.n_values = 0;
  guard.names = guard.inline_names;
  guard.n_names = 0;
  guard.n_allocated = LS_JSON_INLINE_NAMES;
  guard.reason = LS_JSON_REASON_NONE;
  guard.error_at = NULL;

  passed = run (&guard);
  if (!passed && out != NULL)
    {
      out->reason = guard.reason;
      out->offset = (size_t) (guard.error_at - guard.start);
      describe_path (&guard, out->path);
    }

  if (guard.names != guard.inline_names)
    g_free (guard.names);

  return passed;
}

bool
ls_json_guard_check_error (const char         *text,
                           size_t              length,
                           const LsJsonLimits *limits,
                           GError            **error)
{
  LsJsonGuardError found;

  g_return_val_if_fail (error == NULL || *error == NULL, false);

  if (ls_json_guard_check (text, length, limits, &found))
    return true;

  g_set_error (error, LS_ERROR, LS_ERROR_PROTOCOL, "%s: %s (%s, byte %" G_GSIZE_FORMAT ")",
               found.path, ls_json_reason_get_words (found.reason),
               ls_json_reason_to_string (found.reason), found.offset);

  return false;
}

const char *
ls_json_reason_to_string (LsJsonReason reason)
{
  g_return_val_if_fail ((size_t) reason < G_N_ELEMENTS (reasons), "none");

  return reasons[reason].name;
}

const char *
ls_json_reason_get_words (LsJsonReason reason)
{
  g_return_val_if_fail ((size_t) reason < G_N_ELEMENTS (reasons), "");

  return reasons[reason].words;
}
