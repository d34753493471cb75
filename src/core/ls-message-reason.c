/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-message"

#include "config.h"

#include <string.h>

#include "core/ls-message-decode-private.h"
#include "core/ls-message-private.h"

/*
 * Why an edit was refused, on the wire: `reason` is the name, `args` are its arguments. A name that is
 * not known here is kept all the same, as are more arguments than any has now: a newer server may know
 * them, and its text is shown then.
 */

#define MAX_NAME_BYTES 128
#define MAX_ARG_BYTES 1000
#define MAX_ARGS 16

static char *
read_arg (LsJsonReader     *reader,
          const LsJsonNode *node,
          unsigned          index)
{
  size_t mark = ls_json_reader_enter (reader, "args", (int) index);
  char *arg = NULL;

  if (node->kind != LS_JSON_TEXT)
    ls_json_reader_fail (reader, NULL, "not a string");
  else if (strlen (node->text) > MAX_ARG_BYTES)
    ls_json_reader_fail (reader, NULL, "longer than %d bytes", MAX_ARG_BYTES);
  else
    arg = g_strdup (node->text);
  ls_json_reader_leave (reader, mark);
  return arg;
}

/* Reads a reason; none, too, when it does not fit, with the reader's error set. */
char **
ls_message_read_reason (LsJsonReader     *reader,
                        const LsJsonNode *object)
{
  g_autofree char *name =
      ls_json_reader_text (reader, object, "reason", LS_JSON_OPTIONAL, MAX_NAME_BYTES);
  const LsJsonNode *args = ls_json_reader_array (reader, object, "args", LS_JSON_OPTIONAL, MAX_ARGS);
  g_autoptr (GPtrArray) reason = NULL;

  if (name == NULL)
    return NULL;
  reason = g_ptr_array_new_with_free_func (g_free);
  g_ptr_array_add (reason, g_steal_pointer (&name));
  for (unsigned i = 0; i < ls_message_length_of (args) && reader->error == NULL; i++)
    g_ptr_array_add (reason, read_arg (reader, args->elements[i], i));
  if (reader->error != NULL)
    return NULL;
  g_ptr_array_add (reason, NULL);
  return (char **) g_ptr_array_steal (reason, NULL);
}

/* Writes a reason, or nothing when there is none. */
void
ls_message_write_reason (LsJsonWriter      *writer,
                         const char *const *reason)
{
  if (reason == NULL)
    return;
  ls_json_writer_name (writer, "reason");
  ls_json_writer_text (writer, reason[0]);
  if (reason[1] == NULL)
    return;
  ls_json_writer_name (writer, "args");
  ls_json_writer_begin_array (writer);
  for (size_t i = 1; reason[i] != NULL; i++)
    ls_json_writer_text (writer, reason[i]);
  ls_json_writer_end_array (writer);
}
