/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-import"

#include "config.h"

#include "server/import/ls-line-reader.h"

#include <string.h>

#define BUFFER_BYTES ((size_t) 64 * 1024)

struct _LsLineReader {
  GInputStream *stream;
  size_t max_bytes;
  char *buffer;
  size_t length;
  size_t used;
  GString *text;
  int64_t line;
  int64_t offset;
};

/**
 * ls_line_reader_new:
 * @stream: (transfer none): where the bytes come from
 * @max_bytes: of a line
 *
 * Returns: (transfer full): a reader before the first line
 */
LsLineReader *
ls_line_reader_new (GInputStream *stream,
                    size_t        max_bytes)
{
  LsLineReader *reader = g_new0 (LsLineReader, 1);

  reader->stream = g_object_ref (stream);
  reader->max_bytes = max_bytes;
  reader->buffer = g_malloc (BUFFER_BYTES);
  reader->text = g_string_new (NULL);
  return reader;
}

/**
 * ls_line_reader_free:
 * @reader: (transfer full): a reader
 *
 * Frees it. The stream is not closed.
 */
void
ls_line_reader_free (LsLineReader *reader)
{
  g_object_unref (reader->stream);
  g_string_free (reader->text, TRUE);
  g_free (reader->buffer);
  g_free (reader);
}

/* Takes what is in the buffer up to the end of the line; false as long as that has not come. */
static bool
take (LsLineReader *reader,
      bool         *too_long)
{
  const char *start = reader->buffer + reader->used;
  size_t rest = reader->length - reader->used;
  const char *newline = memchr (start, '\n', rest);
  size_t length = newline != NULL ? (size_t) (newline - start) : rest;
  size_t used = length + (newline != NULL ? 1 : 0);

  if (reader->text->len + length > reader->max_bytes)
    *too_long = true;
  else
    g_string_append_len (reader->text, start, (gssize) length);
  reader->used += used;
  reader->offset += (int64_t) used;
  return newline != NULL;
}

/**
 * ls_line_reader_read:
 * @reader: a reader
 * @ret_line: (out) (transfer none): the line without its end, valid until the next one
 * @ret_length: (out): its bytes
 * @error: where to put why the stream can't be read
 *
 * Reads the next line. The last one need not end in a line feed.
 *
 * Returns: what came
 */
LsLineStep
ls_line_reader_read (LsLineReader  *reader,
                     const char   **ret_line,
                     size_t        *ret_length,
                     GError       **error)
{
  bool too_long = false;
  bool any = false;

  g_string_truncate (reader->text, 0);
  for (;;)
    {
      gssize n;

      if (reader->used < reader->length)
        {
          any = true;
          if (take (reader, &too_long))
            break;
        }
      n = g_input_stream_read (reader->stream, reader->buffer, BUFFER_BYTES, NULL, error);
      if (n < 0)
        return LS_LINE_FAILED;
      reader->length = (size_t) n;
      reader->used = 0;
      if (n == 0)
        break;
    }
  if (!any)
    return LS_LINE_END;
  reader->line++;
  if (too_long)
    return LS_LINE_TOO_LONG;
  if (reader->text->len > 0 && reader->text->str[reader->text->len - 1] == '\r')
    g_string_truncate (reader->text, reader->text->len - 1);
  *ret_line = reader->text->str;
  *ret_length = reader->text->len;
  return LS_LINE_READ;
}

/**
 * ls_line_reader_get_line:
 * @reader: a reader
 *
 * Returns: the number of the line read last, from 1
 */
int64_t
ls_line_reader_get_line (LsLineReader *reader)
{
  return reader->line;
}

/**
 * ls_line_reader_get_offset:
 * @reader: a reader
 *
 * Returns: how many bytes were read so far
 */
int64_t
ls_line_reader_get_offset (LsLineReader *reader)
{
  return reader->offset;
}
