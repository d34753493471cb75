/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-json-writer"

#include "config.h"

#include "core/ls-json-writer.h"

/**
 * LsJsonWriter:
 *
 * Writes JSON straight into one string, without a tree: a tenth of the cost of json-glib's builder
 * and generator, which counts where a server encodes every version. The caller nests correctly;
 * names and texts are escaped here. Output is compact, in the order written, hence the same bytes
 * for the same calls. One thread at a time.
 */
struct _LsJsonWriter {
  GString *out;
};

/**
 * ls_json_writer_new:
 *
 * Returns: (transfer full): an empty writer
 */
LsJsonWriter *
ls_json_writer_new (void)
{
  LsJsonWriter *writer = g_new0 (LsJsonWriter, 1);

  writer->out = g_string_sized_new (256);
  return writer;
}

/**
 * ls_json_writer_free:
 * @writer: (transfer full): a writer
 *
 * Frees it with what was written.
 */
void
ls_json_writer_free (LsJsonWriter *writer)
{
  g_string_free (writer->out, TRUE);
  g_free (writer);
}

static void
separate (LsJsonWriter *writer)
{
  if (writer->out->len > 0)
    {
      char last = writer->out->str[writer->out->len - 1];

      if (last != '{' && last != '[' && last != ':')
        g_string_append_c (writer->out, ',');
    }
}

static void
append_escaped (GString    *out,
                const char *text)
{
  const char *run = text;
  const char *at;

  g_string_append_c (out, '"');
  for (at = text; *at != '\0'; at++)
    {
      unsigned char byte = (unsigned char) *at;

      if (byte >= 0x20 && byte != '"' && byte != '\\')
        continue;
      g_string_append_len (out, run, at - run);
      run = at + 1;
      if (byte == '"' || byte == '\\')
        {
          g_string_append_c (out, '\\');
          g_string_append_c (out, (char) byte);
        }
      else if (byte == '\n')
        g_string_append (out, "\\n");
      else if (byte == '\t')
        g_string_append (out, "\\t");
      else
        g_string_append_printf (out, "\\u%04x", byte);
    }
  g_string_append_len (out, run, at - run);
  g_string_append_c (out, '"');
}

/**
 * ls_json_writer_begin_object:
 * @writer: a writer
 *
 * Opens an object.
 */
void
ls_json_writer_begin_object (LsJsonWriter *writer)
{
  separate (writer);
  g_string_append_c (writer->out, '{');
}

/**
 * ls_json_writer_end_object:
 * @writer: a writer
 *
 * Closes an object.
 */
void
ls_json_writer_end_object (LsJsonWriter *writer)
{
  g_string_append_c (writer->out, '}');
}

/**
 * ls_json_writer_begin_array:
 * @writer: a writer
 *
 * Opens an array.
 */
void
ls_json_writer_begin_array (LsJsonWriter *writer)
{
  separate (writer);
  g_string_append_c (writer->out, '[');
}

/**
 * ls_json_writer_end_array:
 * @writer: a writer
 *
 * Closes an array.
 */
void
ls_json_writer_end_array (LsJsonWriter *writer)
{
  g_string_append_c (writer->out, ']');
}

/**
 * ls_json_writer_name:
 * @writer: a writer inside an object
 * @name: name of the next member
 *
 * Names the value that is written next.
 */
void
ls_json_writer_name (LsJsonWriter *writer,
                     const char   *name)
{
  separate (writer);
  append_escaped (writer->out, name);
  g_string_append_c (writer->out, ':');
}

/**
 * ls_json_writer_text:
 * @writer: a writer
 * @text: (nullable): valid UTF-8; %NULL writes null
 *
 * Writes a string.
 */
void
ls_json_writer_text (LsJsonWriter *writer,
                     const char   *text)
{
  if (text == NULL)
    {
      ls_json_writer_null (writer);
      return;
    }
  separate (writer);
  append_escaped (writer->out, text);
}

/**
 * ls_json_writer_integer:
 * @writer: a writer
 * @integer: a number
 *
 * Writes an integer.
 */
void
ls_json_writer_integer (LsJsonWriter *writer,
                        int64_t       integer)
{
  char digits[24];
  char *at = digits + sizeof digits;
  uint64_t rest = integer < 0 ? -(uint64_t) integer : (uint64_t) integer;

  separate (writer);
  do
    *--at = (char) ('0' + rest % 10);
  while ((rest /= 10) > 0);
  if (integer < 0)
    *--at = '-';
  g_string_append_len (writer->out, at, digits + sizeof digits - at);
}

/**
 * ls_json_writer_boolean:
 * @writer: a writer
 * @boolean: a truth value
 *
 * Writes true or false.
 */
void
ls_json_writer_boolean (LsJsonWriter *writer,
                        bool          boolean)
{
  separate (writer);
  g_string_append (writer->out, boolean ? "true" : "false");
}

/**
 * ls_json_writer_null:
 * @writer: a writer
 *
 * Writes null.
 */
void
ls_json_writer_null (LsJsonWriter *writer)
{
  separate (writer);
  g_string_append (writer->out, "null");
}

/**
 * ls_json_writer_hash:
 * @writer: a writer
 * @hash: a 64-bit hash
 *
 * Writes a string of 16 hex digits.
 */
void
ls_json_writer_hash (LsJsonWriter *writer,
                     uint64_t      hash)
{
  char digits[17];

  g_snprintf (digits, sizeof digits, "%016" G_GINT64_MODIFIER "x", hash);
  ls_json_writer_text (writer, digits);
}

/**
 * ls_json_writer_raw:
 * @writer: a writer
 * @json: a value that is JSON already
 * @length: its bytes
 *
 * Writes a value that was encoded before.
 */
void
ls_json_writer_raw (LsJsonWriter *writer,
                    const char   *json,
                    size_t        length)
{
  separate (writer);
  g_string_append_len (writer->out, json, (gssize) length);
}

/**
 * ls_json_writer_get_length:
 * @writer: a writer
 *
 * Returns: bytes written so far
 */
size_t
ls_json_writer_get_length (LsJsonWriter *writer)
{
  return writer->out->len;
}

/**
 * ls_json_writer_truncate:
 * @writer: a writer
 * @length: what ls_json_writer_get_length() gave earlier
 *
 * Takes back what was written since.
 */
void
ls_json_writer_truncate (LsJsonWriter *writer,
                         size_t        length)
{
  g_string_truncate (writer->out, length);
}

/**
 * ls_json_writer_finish:
 * @writer: a writer
 * @ret_length: (out) (optional): bytes of the text
 *
 * Hands out what was written and leaves @writer empty.
 *
 * Returns: (transfer full): the text
 */
char *
ls_json_writer_finish (LsJsonWriter *writer,
                       size_t       *ret_length)
{
  GString *out = writer->out;

  if (ret_length != NULL)
    *ret_length = out->len;
  writer->out = g_string_sized_new (256);
  return g_string_free (out, FALSE);
}
