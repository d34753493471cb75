/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-key-file"

#include "config.h"

#include "server/ls-key-file.h"

#include <string.h>

#include "core/ls-error.h"

static int64_t
count_lines (const char *text,
             const char *end)
{
  int64_t lines = 1;

  for (; text < end; text++)
    if (*text == '\n')
      lines++;
  return lines;
}

/* Whether a line is a group, a key with a value, a comment or empty: what GKeyFile reads. */
static bool
is_understood (const char *line)
{
  g_autofree char *stripped = g_strstrip (g_strdup (line));

  if (*stripped == '\0' || *stripped == '#')
    return true;
  if (*stripped == '[')
    return g_str_has_suffix (stripped, "]");
  return *stripped != '=' && strchr (stripped, '=') != NULL;
}

/* The first line that is not understood, or 1 where all look right. */
static int64_t
find_bad_line (const char *text,
               size_t      length)
{
  g_autofree char *copy = g_strndup (text, length);
  g_auto (GStrv) lines = g_strsplit (copy, "\n", -1);

  for (int64_t i = 0; lines[i] != NULL; i++)
    if (!is_understood (lines[i]))
      return i + 1;
  return 1;
}

/* Whether a line that gives a key ends in a backslash that escapes nothing. */
static bool
ends_in_escape (const char *line)
{
  const char *text = line;
  size_t length = strlen (line);
  size_t n_backslashes = 0;

  while (g_ascii_isspace (*text))
    text++;
  if (*text == '#' || *text == '[')
    return false;
  if (length > 0 && line[length - 1] == '\r')
    length--;
  while (n_backslashes < length && line[length - 1 - n_backslashes] == '\\')
    n_backslashes++;
  return n_backslashes % 2 == 1;
}

/* The first line that ends in the middle of an escape, 0 when there is none. Where another escape of
 * the value is wrong too, GKeyFile sets its error twice, which is a warning of GLib. */
static int64_t
find_open_escape (const char *text,
                  size_t      length)
{
  g_autofree char *copy = g_strndup (text, length);
  g_auto (GStrv) lines = g_strsplit (copy, "\n", -1);

  for (int64_t i = 0; lines[i] != NULL; i++)
    if (ends_in_escape (lines[i]))
      return i + 1;
  return 0;
}

static bool
is_group (const char *line,
          const char *group)
{
  size_t length = strlen (group);

  return *line == '[' && strncmp (line + 1, group, length) == 0 && line[length + 1] == ']';
}

static bool
is_key (const char *line,
        const char *key)
{
  size_t length = strlen (key);

  if (strncmp (line, key, length) != 0)
    return false;
  for (line += length; g_ascii_isspace (*line); line++)
    ;
  return *line == '=';
}

/**
 * ls_key_file_place:
 * @path: a file that ls_key_file_load() has read
 * @group: a group in it
 * @key: (nullable): a key of the group
 *
 * Finds where something stands that makes no sense, which GKeyFile itself does not tell. Of a key
 * that stands there twice the last one counts.
 *
 * Returns: (transfer full): `PATH:LINE`, or the path alone when the file has changed since
 */
char *
ls_key_file_place (const char *path,
                   const char *group,
                   const char *key)
{
  g_autofree char *text = NULL;
  g_auto (GStrv) lines = NULL;
  bool inside = false;
  int64_t found = 0;

  if (!g_file_get_contents (path, &text, NULL, NULL))
    return g_strdup (path);
  lines = g_strsplit (text, "\n", -1);
  for (int64_t i = 0; lines[i] != NULL; i++)
    {
      const char *line = g_strstrip (lines[i]);

      if (*line == '[')
        inside = is_group (line, group);
      if (inside && (key == NULL ? *line == '[' : is_key (line, key)))
        found = i + 1;
    }
  return found > 0 ? g_strdup_printf ("%s:%" G_GINT64_FORMAT, path, found) : g_strdup (path);
}

/**
 * ls_key_file_load:
 * @path: a file of groups and keys
 * @max_bytes: how long it may be
 * @error: where to put why not: %LS_ERROR_VALIDATION, or of reading; it begins with @path
 *
 * Reads a file that somebody wrote by hand. All of it must be UTF-8: GKeyFile itself repeats in its
 * errors what it found, whatever that is. Lists are parted by `;`.
 *
 * Returns: (transfer full) (nullable): what is in it
 */
GKeyFile *
ls_key_file_load (const char *path,
                  size_t      max_bytes,
                  GError    **error)
{
  g_autoptr (GKeyFile) file = g_key_file_new ();
  g_autoptr (GMappedFile) bytes = g_mapped_file_new (path, FALSE, error);
  const char *text, *end;
  size_t length;
  int64_t open_escape;

  if (bytes == NULL)
    return NULL;
  text = g_mapped_file_get_contents (bytes);
  length = g_mapped_file_get_length (bytes);
  if (length > max_bytes)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "%s: longer than %zu bytes", path,
                   max_bytes);
      return NULL;
    }
  if (length > 0 && !g_utf8_validate_len (text, length, &end))
    {
      g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "%s:%" G_GINT64_FORMAT ": not UTF-8", path,
                   count_lines (text, end));
      return NULL;
    }
  g_key_file_set_list_separator (file, ';');
  if (!g_key_file_load_from_data (file, length > 0 ? text : "", length, G_KEY_FILE_NONE, error))
    {
      g_prefix_error (error, "%s:%" G_GINT64_FORMAT ": ", path, find_bad_line (text, length));
      return NULL;
    }
  open_escape = length > 0 ? find_open_escape (text, length) : 0;
  if (open_escape > 0)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION,
                   "%s:%" G_GINT64_FORMAT ": a backslash at the end of the line", path,
                   open_escape);
      return NULL;
    }
  return g_steal_pointer (&file);
}
