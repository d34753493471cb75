/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-key-file"

#include "config.h"

#include "server/ls-key-file.h"

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
      g_prefix_error (error, "%s: ", path);
      return NULL;
    }
  return g_steal_pointer (&file);
}
