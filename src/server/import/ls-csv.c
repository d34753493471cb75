/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-import"

#include "config.h"

#include "server/import/ls-csv.h"

#include <string.h>

#define BUFFER_BYTES ((size_t) 64 * 1024)
/* The longest thing that is looked at as a whole: a byte order mark. */
#define ENOUGH_BYTES ((size_t) 4)
#define DEFAULT_FIELD_BYTES ((size_t) 128 * 1024)
#define DEFAULT_RECORD_BYTES ((size_t) 1024 * 1024)
#define DEFAULT_FIELDS 1024

#define NO_BYTE (-1)
#define NO_STREAM (-2)

/* Where in a record the next byte stands. */
typedef enum {
  STATE_FIELD_START,
  STATE_BARE,
  STATE_QUOTED,
  STATE_QUOTE_IN_QUOTED, /* the end of the field, or half of a quote */
  STATE_RECORD_END,
} State;

struct _LsCsv {
  GInputStream *stream;
  LsCsvOptions options;

  /* What was read of the stream and not used yet. */
  char *buffer;
  size_t length;
  size_t used;
  int64_t offset;
  GError *error;
  bool ended;
  bool begun;

  /* Where the next byte is, and where the record and its field began. */
  int64_t line;
  int64_t record_line;
  int64_t field_line;

  /* The record: fields one after another, each with its NUL, and where each begins. */
  GString *text;
  GArray *starts;
  LsCsvProblem problem;
  bool bad;
};

static int
peek (LsCsv *csv)
{
  gssize n;

  if (csv->used < csv->length)
    return (unsigned char) csv->buffer[csv->used];
  if (csv->ended)
    return NO_BYTE;
  if (csv->error != NULL)
    return NO_STREAM;
  n = g_input_stream_read (csv->stream, csv->buffer, BUFFER_BYTES, NULL, &csv->error);
  if (n < 0)
    return NO_STREAM;
  csv->ended = n == 0;
  csv->length = (size_t) n;
  csv->used = 0;
  return csv->ended ? NO_BYTE : (unsigned char) csv->buffer[0];
}

static void
advance (LsCsv *csv)
{
  csv->used++;
  csv->offset++;
}

static void
fail (LsCsv      *csv,
      int64_t     line,
      const char *message)
{
  if (csv->bad)
    return;
  csv->bad = true;
  csv->problem = (LsCsvProblem) { line, csv->starts->len, message };
}

static void
begin_field (LsCsv *csv)
{
  size_t start = csv->text->len;

  csv->field_line = csv->line;
  if (csv->bad)
    return;
  if (csv->starts->len >= csv->options.max_fields)
    {
      fail (csv, csv->line, "more fields than are allowed in a record");
      return;
    }
  g_array_append_val (csv->starts, start);
}

static void
take (LsCsv *csv,
      int    byte)
{
  size_t start;

  if (csv->bad)
    return;
  start = g_array_index (csv->starts, size_t, csv->starts->len - 1);
  if (byte == '\0')
    fail (csv, csv->line, "a zero byte: is this text?");
  else if (csv->text->len - start >= csv->options.max_field_bytes)
    fail (csv, csv->field_line, "the field is longer than allowed");
  else if (csv->text->len >= csv->options.max_record_bytes)
    fail (csv, csv->record_line, "the record is longer than allowed");
  else
    g_string_append_c (csv->text, (char) byte);
}

static void
end_field (LsCsv *csv)
{
  size_t start;
  size_t length;

  if (csv->bad)
    return;
  start = g_array_index (csv->starts, size_t, csv->starts->len - 1);
  length = csv->text->len - start;
  if (!g_utf8_validate_len (csv->text->str + start, length, NULL))
    fail (csv, csv->field_line, "bytes that are no UTF-8");
  else
    g_string_append_c (csv->text, '\0');
}

/* The end of a line outside of quotes. */
static State
end_record (LsCsv *csv)
{
  end_field (csv);
  return STATE_RECORD_END;
}

/* A byte that ends a field, or has no business where it is. */
static State
take_separator (LsCsv *csv,
                int    byte,
                State  otherwise)
{
  if (byte == csv->options.delimiter)
    {
      end_field (csv);
      begin_field (csv);
      return STATE_FIELD_START;
    }
  if (byte == '\n')
    {
      csv->line++;
      return end_record (csv);
    }
  if (byte == '\r')
    {
      if (peek (csv) == '\n')
        {
          advance (csv);
          csv->line++;
          return end_record (csv);
        }
      fail (csv, csv->line, "a carriage return without a line feed");
      return otherwise;
    }
  if (otherwise == STATE_QUOTE_IN_QUOTED)
    {
      fail (csv, csv->line, "something between a closing quote and the end of the field");
      return STATE_BARE;
    }
  if (byte == csv->options.quote)
    fail (csv, csv->line, "a quote inside of a field that does not begin with one");
  take (csv, byte);
  return STATE_BARE;
}

static State
take_byte (LsCsv *csv,
           State  state,
           int    byte)
{
  switch (state)
    {
    case STATE_FIELD_START:
      return byte == csv->options.quote ? STATE_QUOTED : take_separator (csv, byte, STATE_BARE);
    case STATE_BARE:
      return take_separator (csv, byte, STATE_BARE);
    case STATE_QUOTED:
      if (byte == csv->options.quote)
        return STATE_QUOTE_IN_QUOTED;
      if (byte == '\n')
        csv->line++;
      take (csv, byte);
      return STATE_QUOTED;
    case STATE_QUOTE_IN_QUOTED:
      if (byte == csv->options.quote)
        {
          take (csv, byte);
          return STATE_QUOTED;
        }
      return take_separator (csv, byte, STATE_QUOTE_IN_QUOTED);
    case STATE_RECORD_END:
    default:
      g_assert_not_reached ();
    }
}

/* Marks of Unicode's encodings at the very start. */
static void
pass_mark (LsCsv *csv)
{
  static const uint8_t utf8[] = { 0xef, 0xbb, 0xbf };

  csv->begun = true;
  if (csv->length >= sizeof utf8 && memcmp (csv->buffer, utf8, sizeof utf8) == 0)
    {
      csv->used += sizeof utf8;
      csv->offset += (int64_t) sizeof utf8;
    }
}

/* Has the next bytes in the buffer, so that a mark and the end of a line are seen whole. */
static void
fill (LsCsv *csv)
{
  while (!csv->ended && csv->error == NULL && csv->length - csv->used < ENOUGH_BYTES)
    {
      gssize n;

      memmove (csv->buffer, csv->buffer + csv->used, csv->length - csv->used);
      csv->length -= csv->used;
      csv->used = 0;
      n = g_input_stream_read (csv->stream, csv->buffer + csv->length,
                               BUFFER_BYTES - csv->length, NULL, &csv->error);
      if (n <= 0)
        break;
      csv->length += (size_t) n;
    }
}

/* Empty lines say nothing. */
static int
pass_empty_lines (LsCsv *csv)
{
  int byte;

  while (fill (csv), (byte = peek (csv)) == '\n' || byte == '\r')
    {
      if (byte == '\r' && (csv->used + 1 >= csv->length || csv->buffer[csv->used + 1] != '\n'))
        break;
      if (byte == '\n')
        csv->line++;
      advance (csv);
    }
  return byte;
}

/**
 * ls_csv_new:
 * @stream: (transfer none): where the bytes come from
 * @options: (nullable): how they are written; %NULL for the defaults
 *
 * Returns: (transfer full): a reader before the first record
 */
LsCsv *
ls_csv_new (GInputStream       *stream,
            const LsCsvOptions *options)
{
  LsCsv *csv = g_new0 (LsCsv, 1);

  csv->stream = g_object_ref (stream);
  if (options != NULL)
    csv->options = *options;
  if (csv->options.delimiter == '\0')
    csv->options.delimiter = ',';
  if (csv->options.quote == '\0')
    csv->options.quote = '"';
  if (csv->options.max_field_bytes == 0)
    csv->options.max_field_bytes = DEFAULT_FIELD_BYTES;
  if (csv->options.max_record_bytes == 0)
    csv->options.max_record_bytes = DEFAULT_RECORD_BYTES;
  if (csv->options.max_fields == 0)
    csv->options.max_fields = DEFAULT_FIELDS;
  csv->buffer = g_malloc (BUFFER_BYTES);
  csv->text = g_string_new (NULL);
  csv->starts = g_array_new (FALSE, FALSE, sizeof (size_t));
  csv->line = 1;
  return csv;
}

/**
 * ls_csv_free:
 * @csv: (transfer full): a reader
 *
 * Frees it. The stream is not closed.
 */
void
ls_csv_free (LsCsv *csv)
{
  g_object_unref (csv->stream);
  g_string_free (csv->text, TRUE);
  g_array_unref (csv->starts);
  g_clear_error (&csv->error);
  g_free (csv->buffer);
  g_free (csv);
}

/**
 * ls_csv_read:
 * @csv: a reader
 * @error: where to put why the stream can't be read
 *
 * Reads the next record. After a malformed one it goes on behind the end of the line where the
 * record would have ended.
 *
 * Returns: what came
 */
LsCsvStep
ls_csv_read (LsCsv   *csv,
             GError **error)
{
  State state = STATE_FIELD_START;
  int byte;

  g_string_truncate (csv->text, 0);
  g_array_set_size (csv->starts, 0);
  csv->bad = false;
  fill (csv);
  if (!csv->begun)
    pass_mark (csv);
  byte = pass_empty_lines (csv);
  csv->record_line = csv->line;
  if (byte == NO_BYTE)
    return LS_CSV_END;
  begin_field (csv);
  while (state != STATE_RECORD_END && (byte = peek (csv)) >= 0)
    {
      advance (csv);
      state = take_byte (csv, state, byte);
    }
  if (csv->error != NULL)
    {
      g_propagate_error (error, g_error_copy (csv->error));
      return LS_CSV_FAILED;
    }
  if (state == STATE_QUOTED)
    fail (csv, csv->field_line, "a quote that is never closed begins here");
  else if (state != STATE_RECORD_END)
    end_field (csv);
  return csv->bad ? LS_CSV_BAD : LS_CSV_RECORD;
}

/**
 * ls_csv_get_problem:
 * @csv: a reader that came to %LS_CSV_BAD
 *
 * Returns: (transfer none): where and why, valid until the next record
 */
const LsCsvProblem *
ls_csv_get_problem (LsCsv *csv)
{
  return &csv->problem;
}

/**
 * ls_csv_get_line:
 * @csv: a reader
 *
 * Returns: the line, from 1, that the record begins in
 */
int64_t
ls_csv_get_line (LsCsv *csv)
{
  return csv->record_line;
}

/**
 * ls_csv_get_n_fields:
 * @csv: a reader on a record
 *
 * Returns: how many fields it has, at least one
 */
unsigned
ls_csv_get_n_fields (LsCsv *csv)
{
  return csv->starts->len;
}

/**
 * ls_csv_get_field:
 * @csv: a reader on a record
 * @index: a field, from 0
 *
 * Returns: (transfer none): valid UTF-8, valid until the next record; empty for one that the record
 *   does not have
 */
const char *
ls_csv_get_field (LsCsv    *csv,
                  unsigned  index)
{
  if (index >= csv->starts->len)
    return "";
  return csv->text->str + g_array_index (csv->starts, size_t, index);
}

/**
 * ls_csv_get_offset:
 * @csv: a reader
 *
 * Returns: how many bytes were read so far
 */
int64_t
ls_csv_get_offset (LsCsv *csv)
{
  return csv->offset;
}
