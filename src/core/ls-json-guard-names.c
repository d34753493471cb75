/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-core"

#include "config.h"

#include "core/ls-json-guard-private.h"

#include <string.h>

#include <xxhash.h>

#define SCANNED_NAMES 16

/* The bytes of a string as they would be without escapes. The text was checked before. */
typedef struct {
  const uint8_t *at;
  const uint8_t *end;
  uint8_t bytes[4];
  unsigned n_bytes;
  unsigned next;
} Cursor;

static void
cursor_init (Cursor           *cursor,
             const uint8_t    *start,
             const LsJsonName *name)
{
  cursor->at = start + name->offset;
  cursor->end = cursor->at + name->length;
  cursor->n_bytes = 0;
  cursor->next = 0;
}

static uint32_t
read_hex4 (const uint8_t *at)
{
  uint32_t unit = 0;

  for (unsigned i = 0; i < 4; i++)
    unit = unit << 4 | (uint32_t) g_ascii_xdigit_value ((char) at[i]);

  return unit;
}

static void
cursor_undo_escape (Cursor *cursor)
{
  static const char meanings[][2] = { { 'b', '\b' }, { 'f', '\f' }, { 'n', '\n' },
                                      { 'r', '\r' }, { 't', '\t' } };
  uint32_t character = cursor->at[1];

  if (character == 'u')
    {
      character = read_hex4 (cursor->at + 2);
      cursor->at += 6;
      if (character >= 0xd800 && character <= 0xdbff)
        {
          character = 0x10000 + ((character - 0xd800) << 10) + read_hex4 (cursor->at + 2) - 0xdc00;
          cursor->at += 6;
        }
    }
  else
    {
      for (size_t i = 0; i < G_N_ELEMENTS (meanings); i++)
        {
          if (character == (uint32_t) meanings[i][0])
            {
              character = (uint32_t) meanings[i][1];
              break;
            }
        }
      cursor->at += 2;
    }

  cursor->n_bytes = (unsigned) g_unichar_to_utf8 (character, (char *) cursor->bytes);
  cursor->next = 0;
}

/* The next byte, or -1 at the end. */
static int
cursor_next (Cursor *cursor)
{
  if (cursor->next < cursor->n_bytes)
    return cursor->bytes[cursor->next++];
  if (cursor->at == cursor->end)
    return -1;
  if (*cursor->at != '\\')
    return *cursor->at++;

  cursor_undo_escape (cursor);

  return cursor->bytes[cursor->next++];
}

static uint64_t
hash_name (const uint8_t    *start,
           const LsJsonName *name)
{
  g_autofree uint8_t *bytes = NULL;
  size_t n_bytes = 0;
  Cursor cursor;
  int byte;

  if (!name->escaped)
    return XXH3_64bits (start + name->offset, name->length);

  bytes = g_malloc (name->length);
  cursor_init (&cursor, start, name);
  while ((byte = cursor_next (&cursor)) >= 0)
    bytes[n_bytes++] = (uint8_t) byte;

  return XXH3_64bits (bytes, n_bytes);
}

/* A total order in which names that say the same are neighbours. Hashes that were made to collide
 * cost no more than comparing the names. */
static int
compare_names (const void *a,
               const void *b,
               void       *data)
{
  const uint8_t *start = data;
  const LsJsonName *one = a;
  const LsJsonName *two = b;
  Cursor first;
  Cursor second;
  int left;
  int right;

  if (one->hash != two->hash)
    return one->hash < two->hash ? -1 : 1;

  if (!one->escaped && !two->escaped)
    {
      int order = memcmp (start + one->offset, start + two->offset, MIN (one->length, two->length));

      return order != 0 ? order : (one->length > two->length) - (one->length < two->length);
    }

  cursor_init (&first, start, one);
  cursor_init (&second, start, two);
  do
    {
      left = cursor_next (&first);
      right = cursor_next (&second);
    }
  while (left == right && left >= 0);

  return (left > right) - (left < right);
}

static LsJsonName *
add_name (LsJsonGuard *guard)
{
  if (guard->n_names == guard->n_allocated)
    {
      LsJsonName *names = g_new (LsJsonName, guard->n_allocated * 2);

      memcpy (names, guard->names, guard->n_names * sizeof (LsJsonName));
      if (guard->names != guard->inline_names)
        g_free (guard->names);
      guard->names = names;
      guard->n_allocated *= 2;
    }

  return &guard->names[guard->n_names++];
}

static bool
fail_duplicate (LsJsonGuard *guard,
                size_t       which)
{
  guard->frames[guard->depth - 1].name = which;

  return ls_json_guard_fail (guard, guard->start + guard->names[which].offset - 1,
                             LS_JSON_REASON_DUPLICATE_NAME);
}

/* The first names of an object are looked for one by one, which for few is the fastest. */
static bool
check_new_name (LsJsonGuard *guard,
                LsJsonFrame *frame)
{
  const LsJsonName *name = &guard->names[frame->name];
  size_t n_before = frame->name - frame->first_name;

  for (size_t i = 0; i < MIN (n_before, SCANNED_NAMES); i++)
    {
      const LsJsonName *other = &guard->names[frame->first_name + i];

      if (other->hash == name->hash && compare_names (other, name, (void *) guard->start) == 0)
        return fail_duplicate (guard, frame->name);
    }

  return true;
}

bool
ls_json_guard_add_name (LsJsonGuard   *guard,
                        const uint8_t *quote,
                        bool           escaped)
{
  LsJsonFrame *frame = &guard->frames[guard->depth - 1];
  LsJsonName *name = add_name (guard);

  name->offset = (uint32_t) (quote + 1 - guard->start);
  name->length = (uint32_t) (guard->at - quote - 2) & INT32_MAX;
  name->escaped = escaped;
  name->hash = hash_name (guard->start, name);
  frame->name = guard->n_names - 1;

  return check_new_name (guard, frame);
}

bool
ls_json_guard_check_names (LsJsonGuard *guard,
                           LsJsonFrame *frame)
{
  LsJsonName *names = guard->names + frame->first_name;
  size_t n_names = guard->n_names - frame->first_name;
  size_t found = SIZE_MAX;

  if (n_names <= SCANNED_NAMES + 1)
    return true;

  g_qsort_with_data (names, (int) n_names, sizeof (LsJsonName),
                     compare_names, (gpointer) guard->start);
  for (size_t i = 1; i < n_names; i++)
    {
      size_t later = names[i].offset > names[i - 1].offset ? i : i - 1;

      if (names[i].hash == names[i - 1].hash
          && compare_names (&names[i - 1], &names[i], (void *) guard->start) == 0
          && (found == SIZE_MAX || names[later].offset < names[found].offset))
        found = later;
    }

  return found == SIZE_MAX || fail_duplicate (guard, frame->first_name + found);
}
