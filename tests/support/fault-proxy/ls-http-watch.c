/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-http-watch.h"

#include <string.h>

/**
 * ls_http_watch_init:
 * @watch: (out): a watch
 *
 * Makes it ready for a new connection.
 */
void
ls_http_watch_init (LsHttpWatch *watch)
{
  watch->head = g_string_new (NULL);
  watch->body_left = 0;
  watch->opaque = false;
}

/**
 * ls_http_watch_clear:
 * @watch: a watch
 *
 * Frees what it holds.
 */
void
ls_http_watch_clear (LsHttpWatch *watch)
{
  g_string_free (watch->head, TRUE);
  watch->head = NULL;
}

/* The value of a header, without the spaces around it. */
static char *
find_header (char      **lines,
             const char *name)
{
  size_t length = strlen (name);

  for (char **line = lines + 1; lines[0] != NULL && *line != NULL; line++)
    if (g_ascii_strncasecmp (*line, name, length) == 0 && (*line)[length] == ':')
      return g_strstrip (g_strdup (*line + length + 1));
  return NULL;
}

/* Judges a whole head, and says what follows it. */
static bool
take_head (LsHttpWatch    *watch,
           LsHttpWatchFunc func,
           gpointer        user_data)
{
  g_auto (GStrv) lines = g_strsplit (watch->head->str, "\r\n", -1);
  g_auto (GStrv) words = g_strsplit (lines[0], " ", 3);
  g_autofree char *upgrade = find_header (lines, "Upgrade");
  g_autofree char *length = find_header (lines, "Content-Length");
  g_autofree char *encoding = find_header (lines, "Transfer-Encoding");

  if (g_strv_length (words) != 3 || !g_str_has_prefix (words[2], "HTTP/1."))
    {
      watch->opaque = true;
      return true;
    }
  watch->body_left = length != NULL ? g_ascii_strtoull (length, NULL, 10) : 0;
  watch->opaque = upgrade != NULL || encoding != NULL;
  return func (words[1], upgrade, user_data);
}

/* Whether it can be the beginning of a request: a method, a blank, a path. */
static bool
may_be_head (const GString *head)
{
  size_t n = strspn (head->str, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");

  return strlen (head->str) == head->len && head->len <= LS_HTTP_WATCH_MAX_HEAD &&
         (n == head->len ||
          (n > 0 && head->str[n] == ' ' && (n + 1 == head->len || head->str[n + 1] == '/')));
}

/**
 * ls_http_watch_feed:
 * @watch: a watch
 * @data: bytes that the client sent
 * @length: their number
 * @passed: what may go on is put at its end
 * @func: (scope call): judges each request
 * @user_data: for @func
 *
 * Returns: %FALSE when a request may not pass; then the connection is of no use any more
 */
bool
ls_http_watch_feed (LsHttpWatch    *watch,
                    const uint8_t  *data,
                    size_t          length,
                    GByteArray     *passed,
                    LsHttpWatchFunc func,
                    gpointer        user_data)
{
  while (length > 0)
    {
      size_t part = watch->opaque ? length : MIN (length, watch->body_left);
      const char *end;
      size_t before = watch->head->len;

      if (part > 0)
        {
          g_byte_array_append (passed, data, (unsigned) part);
          if (!watch->opaque)
            watch->body_left -= part;
          data += part;
          length -= part;
          continue;
        }
      g_string_append_len (watch->head, (const char *) data, (gssize) length);
      end = strstr (watch->head->str, "\r\n\r\n");
      if (end == NULL && may_be_head (watch->head))
        return true;
      if (end == NULL)
        watch->opaque = true;
      else
        {
          size_t used = (size_t) (end - watch->head->str) + 4 - before;

          g_string_truncate (watch->head, before + used);
          data += used;
          length -= used;
          if (!take_head (watch, func, user_data))
            return false;
        }
      g_byte_array_append (passed, (const uint8_t *) watch->head->str, (unsigned) watch->head->len);
      g_string_truncate (watch->head, 0);
      if (end == NULL)
        return true;
    }
  return true;
}
