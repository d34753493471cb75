/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-envelope"

#include "config.h"

#include "core/ls-envelope.h"

#include <string.h>
#include <xxhash.h>

#include "core/ls-error.h"
#include "core/ls-json-guard.h"
#include "core/ls-json-writer.h"

/*
 * The envelope is taken apart without a parser: the messages in it are decoded one by one by the
 * one decoder there is, which wants their text. The guard has been over every byte before, so that
 * what is walked here is one JSON value of known depth; the walk only has to find where members
 * begin and end.
 */

#define MAX_SESSION_BYTES 64
#define MAX_REASON_BYTES 128
/* The guard allows 64 levels of the whole, hence 62 of a message in it. No message has six. */
#define MAX_VALUES (512 * 1024)
#define MAX_ANSWER_MESSAGES 65536

/**
 * ls_envelope_new:
 *
 * Returns: (transfer full): an envelope with nothing in it
 */
LsEnvelope *
ls_envelope_new (void)
{
  LsEnvelope *envelope = g_new0 (LsEnvelope, 1);

  envelope->messages = g_array_new (FALSE, FALSE, sizeof (LsTextSlice));
  return envelope;
}

/**
 * ls_envelope_free:
 * @envelope: (transfer full): an envelope
 *
 * Frees it, but not the texts of its messages.
 */
void
ls_envelope_free (LsEnvelope *envelope)
{
  g_array_unref (envelope->messages);
  g_free (envelope->session);
  g_free (envelope->reason);
  g_free (envelope);
}

/**
 * ls_envelope_add:
 * @envelope: an envelope
 * @text: a message, which must outlive the envelope
 * @length: its bytes
 *
 * Puts a message behind those that are there.
 */
void
ls_envelope_add (LsEnvelope *envelope,
                 const char *text,
                 size_t      length)
{
  LsTextSlice slice = { text, length };

  g_array_append_val (envelope->messages, slice);
}

static void
put_integer (LsJsonWriter *writer,
             const char   *name,
             int64_t       integer)
{
  ls_json_writer_name (writer, name);
  ls_json_writer_integer (writer, integer);
}

static void
put_text (LsJsonWriter *writer,
          const char   *name,
          const char   *text)
{
  ls_json_writer_name (writer, name);
  ls_json_writer_text (writer, text);
}

/**
 * ls_envelope_encode:
 * @envelope: an envelope
 * @kind: who sends it
 * @ret_length: (out): bytes of the text
 *
 * Returns: (transfer full): the body of a request or an answer
 */
char *
ls_envelope_encode (const LsEnvelope *envelope,
                    LsEnvelopeKind    kind,
                    size_t           *ret_length)
{
  g_autoptr (LsJsonWriter) writer = ls_json_writer_new ();

  ls_json_writer_begin_object (writer);
  if (envelope->session != NULL)
    put_text (writer, "session", envelope->session);
  put_integer (writer, "seq", envelope->seq);
  if (kind == LS_ENVELOPE_REQUEST && envelope->ack > 0)
    put_integer (writer, "ack", envelope->ack);
  if (kind == LS_ENVELOPE_REQUEST && envelope->wait > 0)
    put_integer (writer, "wait", envelope->wait);
  if (kind == LS_ENVELOPE_ANSWER && envelope->close_code != 0)
    {
      put_integer (writer, "close", envelope->close_code);
      put_text (writer, "reason", envelope->reason != NULL ? envelope->reason : "");
    }
  if (envelope->messages->len > 0)
    {
      ls_json_writer_name (writer, "messages");
      ls_json_writer_begin_array (writer);
      for (unsigned i = 0; i < envelope->messages->len; i++)
        {
          const LsTextSlice *slice = &g_array_index (envelope->messages, LsTextSlice, i);

          ls_json_writer_raw (writer, slice->text, slice->length);
        }
      ls_json_writer_end_array (writer);
    }
  ls_json_writer_end_object (writer);
  return ls_json_writer_finish (writer, ret_length);
}

/* --- Taking apart ---------------------------------------------------------------------------- */

/* All of these walk a text that is JSON for certain, and ends in the closing brace. */

static const char *
skip_space (const char *at)
{
  while (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')
    at++;
  return at;
}

/* Behind the string that begins at the quote @at. */
static const char *
skip_string (const char *at)
{
  for (at++; *at != '"'; at++)
    if (*at == '\\')
      at++;
  return at + 1;
}

/* Behind the value that begins at @at. */
static const char *
skip_value (const char *at)
{
  unsigned depth = 0;

  do
    {
      if (*at == '"')
        {
          at = skip_string (at);
          continue;
        }
      if (*at == '{' || *at == '[')
        depth++;
      else if (*at == '}' || *at == ']')
        depth--;
      at++;
    }
  while (depth > 0 || (*at != ',' && *at != '}' && *at != ']'));
  return at;
}

static bool
refuse (const char *name,
        const char *words,
        GError    **error)
{
  g_set_error (error, LS_ERROR, LS_ERROR_PROTOCOL, "%s: %s", name, words);
  return false;
}

static bool
take_integer (const char *name,
              const char *value,
              int64_t    *ret_integer,
              GError    **error)
{
  if (!g_ascii_isdigit (*value))
    return refuse (name, "not a number of 0 or more", error);
  *ret_integer = g_ascii_strtoll (value, NULL, 10);
  return true;
}

/* Ids and reasons: none of them needs an escape. */
static bool
take_text (const char *name,
           const char *value,
           size_t      max_bytes,
           char      **ret_text,
           GError    **error)
{
  const char *end;

  if (*value != '"')
    return refuse (name, "not a text", error);
  end = skip_string (value) - 1;
  if ((size_t) (end - value - 1) > max_bytes)
    return refuse (name, "too long", error);
  if (memchr (value, '\\', (size_t) (end - value)) != NULL)
    return refuse (name, "with an escape", error);
  g_free (*ret_text);
  *ret_text = g_strndup (value + 1, (size_t) (end - value - 1));
  return true;
}

static bool
take_messages (LsEnvelope     *envelope,
               const char     *value,
               LsEnvelopeKind  kind,
               GError        **error)
{
  unsigned most = kind == LS_ENVELOPE_REQUEST ? LS_MAX_ENVELOPE_MESSAGES : MAX_ANSWER_MESSAGES;
  const char *at;

  if (*value != '[')
    return refuse ("messages", "not an array", error);
  for (at = skip_space (value + 1); *at != ']'; at = skip_space (at))
    {
      const char *end;

      if (*at == ',')
        {
          at++;
          continue;
        }
      if (envelope->messages->len >= most)
        return refuse ("messages", "too many", error);
      if (*at != '{')
        {
          g_set_error (error, LS_ERROR, LS_ERROR_PROTOCOL, "messages[%u]: not an object",
                       envelope->messages->len);
          return false;
        }
      end = skip_value (at);
      /* Space behind an object is not part of it, nor does skip_value() stop before it. */
      while (end[-1] != '}')
        end--;
      ls_envelope_add (envelope, at, (size_t) (end - at));
      at = end;
    }
  return true;
}

static bool
take_member (LsEnvelope     *envelope,
             LsTextSlice     name,
             const char     *value,
             LsEnvelopeKind  kind,
             GError        **error)
{
  bool asks = kind == LS_ENVELOPE_REQUEST;
  int64_t code = 0;

#define IS(word) (name.length == strlen (word) && memcmp (name.text, word, strlen (word)) == 0)
  if (IS ("session"))
    return take_text ("session", value, MAX_SESSION_BYTES, &envelope->session, error);
  if (IS ("seq"))
    return take_integer ("seq", value, &envelope->seq, error);
  if (IS ("messages"))
    return take_messages (envelope, value, kind, error);
  if (asks && IS ("ack"))
    return take_integer ("ack", value, &envelope->ack, error);
  if (asks && IS ("wait"))
    return take_integer ("wait", value, &envelope->wait, error);
  if (!asks && IS ("reason"))
    return take_text ("reason", value, MAX_REASON_BYTES, &envelope->reason, error);
  if (!asks && IS ("close"))
    {
      if (!take_integer ("close", value, &code, error))
        return false;
      envelope->close_code = (unsigned) CLAMP (code, 0, 4999);
    }
#undef IS
  return true;
}

static bool
take_members (LsEnvelope     *envelope,
              const char     *text,
              LsEnvelopeKind  kind,
              GError        **error)
{
  const char *at = skip_space (text);

  if (*at != '{')
    return refuse ("$", "not an object", error);
  for (at = skip_space (at + 1); *at != '}'; at = skip_space (at))
    {
      LsTextSlice name;

      if (*at == ',')
        {
          at = skip_space (at + 1);
          continue;
        }
      name.text = at + 1;
      at = skip_string (at);
      name.length = (size_t) (at - 1 - name.text);
      at = skip_space (skip_space (at) + 1);
      if (!take_member (envelope, name, at, kind, error))
        return false;
      at = skip_value (at);
    }
  return true;
}

/**
 * ls_envelope_decode:
 * @text: the body of a request or an answer
 * @length: its bytes
 * @kind: who sent it
 * @error: where to put why not: %LS_ERROR_PROTOCOL, beginning with the place
 *
 * Reads a body. Unknown members are ignored; the messages are cut out but not looked into, beyond
 * what the guard checks. Linear.
 *
 * Returns: (transfer full) (nullable): the envelope, whose messages point into @text
 */
LsEnvelope *
ls_envelope_decode (const char     *text,
                    size_t          length,
                    LsEnvelopeKind  kind,
                    GError        **error)
{
  const LsJsonLimits limits = {
    .max_bytes = kind == LS_ENVELOPE_REQUEST ? LS_MAX_ENVELOPE_REQUEST : LS_MAX_ENVELOPE_ANSWER,
    .max_values = MAX_VALUES,
  };
  g_autoptr (LsEnvelope) envelope = NULL;

  if (!ls_json_guard_check_error (text, length, &limits, error))
    return NULL;
  envelope = ls_envelope_new ();
  if (!take_members (envelope, text, kind, error))
    return NULL;
  if (envelope->seq < 1)
    {
      refuse ("seq", "missing", error);
      return NULL;
    }
  return g_steal_pointer (&envelope);
}

/**
 * ls_envelope_hash:
 * @envelope: an envelope
 *
 * Names what its messages say, so that a request that comes again can be told from another one
 * under the same number.
 *
 * Returns: a hash
 */
uint64_t
ls_envelope_hash (const LsEnvelope *envelope)
{
  uint64_t hash = envelope->messages->len;

  for (unsigned i = 0; i < envelope->messages->len; i++)
    {
      const LsTextSlice *slice = &g_array_index (envelope->messages, LsTextSlice, i);

      hash = XXH3_64bits_withSeed (slice->text, slice->length, hash);
    }
  return hash;
}
