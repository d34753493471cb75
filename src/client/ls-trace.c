/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-trace"

#include "config.h"

#include "client/ls-trace.h"

#include <string.h>

#include "core/ls-json-writer.h"
#include "core/ls-schema.h"

/*
 * What happened, for somebody else to read: a line of JSON for each event that the bus remembers.
 * Nothing in it that the schema calls sensitive: what edits do is described when they are made,
 * without such values, and other words lose whatever might be one.
 */

/* A number with this many digits may be somebody's. */
#define LONG_NUMBER 6

static void
put (LsJsonWriter *writer,
     const char   *name,
     const char   *text)
{
  if (text == NULL)
    return;
  ls_json_writer_name (writer, name);
  ls_json_writer_text (writer, text);
}

static void
put_integer (LsJsonWriter *writer,
             const char   *name,
             int64_t       number)
{
  if (number == 0)
    return;
  ls_json_writer_name (writer, name);
  ls_json_writer_integer (writer, number);
}

static bool
is_word (char c)
{
  return g_ascii_isalnum (c) || c == '@' || c == '.' || c == '+' || c == '_' || c == '-' ||
         (signed char) c < 0;
}

/* Whether a word may be an address or a number of somebody. */
static bool
is_telling (const char *word,
            size_t      length)
{
  size_t digits = 0;

  if (memchr (word, '@', length) != NULL)
    return true;
  for (size_t i = 0; i < length; i++)
    digits += g_ascii_isdigit (word[i]) != 0;
  return digits >= LONG_NUMBER;
}

/**
 * ls_trace_scrub:
 * @text: words of a server, an error, a peer
 *
 * Takes out what stands in quotation marks, addresses and long numbers: words of others may repeat
 * a value.
 *
 * Returns: (transfer full): what is left, with … for each piece
 */
char *
ls_trace_scrub (const char *text)
{
  GString *scrubbed = g_string_new (NULL);

  while (*text != '\0')
    {
      size_t length = 1;
      const char *end = NULL;

      if (*text == '"')
        end = strchr (text + 1, '"');
      else if (g_str_has_prefix (text, "“"))
        end = strstr (text, "”");
      if (end != NULL)
        {
          g_string_append (scrubbed, *text == '"' ? "\"…\"" : "“…”");
          text = end + (*text == '"' ? 1 : strlen ("”"));
          continue;
        }
      if (is_word (*text))
        {
          while (is_word (text[length]))
            length++;
          if (is_telling (text, length))
            g_string_append (scrubbed, "…");
          else
            g_string_append_len (scrubbed, text, (ssize_t) length);
        }
      else
        g_string_append_c (scrubbed, *text);
      text += length;
    }
  return g_string_free (scrubbed, FALSE);
}

static void
append_value (GString       *words,
              const LsField *field,
              bool           is_secret,
              const LsValue *value)
{
  if (value->kind == LS_VALUE_NULL)
    g_string_append (words, "nothing");
  else if (is_secret || (field->flags & LS_FIELD_SENSITIVE) || value->kind == LS_VALUE_TEXT)
    /* Free text may hold anything, whatever the field is meant for. */
    g_string_append (words, "…");
  else
    g_string_append_printf (words, "%" G_GINT64_FORMAT, value->integer);
}

/**
 * ls_trace_describe_change:
 * @change: a change of an edit
 *
 * Says what a change does: its row, its fields, and the values that are numbers of fields that are
 * not sensitive. Texts and sensitive values are never told.
 *
 * Returns: (transfer full): such as `set products p-1 price=2000 name=…`
 */
char *
ls_trace_describe_change (const LsChange *change)
{
  static const char *const ops[] = {
    [LS_CHANGE_PUT] = "put", [LS_CHANGE_SET] = "set", [LS_CHANGE_ADD] = "add", [LS_CHANGE_DEL] = "del",
  };
  bool is_secret = (change->collection->flags & LS_COLLECTION_SENSITIVE) != 0;
  GString *words = g_string_new (NULL);

  g_string_append_printf (words, "%s %s %s", ops[change->op], change->collection->name,
                          is_secret ? "…" : change->key);
  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);
      const LsField *field = &change->collection->fields[edit->field];

      if (!edit->has_set)
        continue;
      g_string_append_printf (words, " %s=", field->name);
      append_value (words, field, is_secret, &edit->set);
    }
  return g_string_free (words, FALSE);
}

static void
append_event (LsJsonWriter  *writer,
              const LsEvent *event)
{
  /* Words of our own about an edit are made without values; all others may hold some. */
  bool is_clean = g_str_equal (event->type, LS_EVENT_EDIT_QUEUED) ||
                  g_str_equal (event->type, LS_EVENT_ACTION);
  bool is_secret = event->collection != NULL &&
                   (event->collection->flags & LS_COLLECTION_SENSITIVE) != 0;
  g_autofree char *scrubbed =
      event->message != NULL && !is_clean ? ls_trace_scrub (event->message) : NULL;

  ls_json_writer_begin_object (writer);
  put (writer, "t", event->type);
  put_integer (writer, "id", event->id);
  put_integer (writer, "at", event->at);
  put (writer, "shop", event->shop);
  put (writer, "correlation", event->correlation);
  put (writer, "collection", event->collection != NULL ? event->collection->name : NULL);
  put (writer, "key", is_secret ? "…" : event->key);
  put_integer (writer, "version", event->version);
  put_integer (writer, "count", event->count);
  put (writer, "code", event->code);
  put (writer, "message", is_clean ? event->message : scrubbed);
  put_integer (writer, "repeats", event->repeats);
  ls_json_writer_end_object (writer);
}

static void
append_line (GString      *text,
             LsJsonWriter *writer)
{
  size_t length;
  g_autofree char *line = ls_json_writer_finish (writer, &length);

  g_string_append_len (text, line, (ssize_t) length);
  g_string_append_c (text, '\n');
}

/**
 * ls_trace_to_ndjson:
 * @bus: a bus
 * @now: the time of day, µs since the epoch
 * @ret_length: (out): its bytes
 *
 * Writes down what the bus remembers, oldest first: a line that says what this is, then a line for
 * each event. On the bus's queue only. O(history).
 *
 * Returns: (transfer full): NDJSON, with a newline at the end of each line
 */
char *
ls_trace_to_ndjson (LsEventBus *bus,
                    int64_t     now,
                    size_t     *ret_length)
{
  g_autoptr (GPtrArray) events = ls_event_bus_get_history (bus, NULL);
  GString *text = g_string_new (NULL);
  g_autoptr (LsJsonWriter) writer = ls_json_writer_new ();

  ls_json_writer_begin_object (writer);
  put (writer, "t", "trace");
  put_integer (writer, "form", LS_TRACE_VERSION);
  put (writer, "app", LS_VERSION);
  put_integer (writer, "at", now);
  put_integer (writer, "events", events->len);
  put_integer (writer, "dropped", ls_event_bus_get_n_dropped (bus));
  ls_json_writer_end_object (writer);
  append_line (text, writer);
  for (unsigned i = 0; i < events->len; i++)
    {
      append_event (writer, g_ptr_array_index (events, i));
      append_line (text, writer);
    }
  *ret_length = text->len;
  return g_string_free (text, FALSE);
}
