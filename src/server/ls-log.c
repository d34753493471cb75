/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-log"

#include "config.h"

#include "server/ls-log.h"

#include <string.h>
#include <unistd.h>

/*
 * Where standard error is the journal, entries go there with all their fields. Elsewhere each is
 * a line with the priority that journal and syslog understand before it, and the fields that name
 * a place behind it.
 */

static GLogLevelFlags most_detailed = G_LOG_LEVEL_INFO;

/* Fields that a line shows, in this order. */
static const char *const shown[] = { "USER", "CLIENT", "SESSION", "SHOP" };

static int
priority_of (GLogLevelFlags level)
{
  if (level & G_LOG_LEVEL_ERROR)
    return 3;
  if (level & (G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_WARNING))
    return 4;
  if (level & G_LOG_LEVEL_MESSAGE)
    return 5;
  return level & G_LOG_LEVEL_INFO ? 6 : 7;
}

static const GLogField *
find (const GLogField *fields,
      gsize            n_fields,
      const char      *key)
{
  for (gsize i = 0; i < n_fields; i++)
    if (g_str_equal (fields[i].key, key))
      return &fields[i];
  return NULL;
}

static void
append_value (GString         *line,
              const GLogField *field)
{
  gssize length = field->length >= 0 ? field->length : (gssize) strlen (field->value);

  /* One entry is one line, whatever a peer put into it. */
  for (gssize i = 0; i < length; i++)
    {
      char byte = ((const char *) field->value)[i];

      g_string_append_c (line, (unsigned char) byte < 0x20 || byte == 0x7f ? ' ' : byte);
    }
}

static void
write_line (GLogLevelFlags   level,
            const GLogField *fields,
            gsize            n_fields)
{
  g_autoptr (GString) line = g_string_new (NULL);
  const GLogField *domain = find (fields, n_fields, "GLIB_DOMAIN");
  const GLogField *message = find (fields, n_fields, "MESSAGE");

  g_string_append_printf (line, "<%d>", priority_of (level));
  if (domain != NULL)
    {
      append_value (line, domain);
      g_string_append (line, ": ");
    }
  if (message != NULL)
    append_value (line, message);
  for (size_t i = 0; i < G_N_ELEMENTS (shown); i++)
    {
      const GLogField *field = find (fields, n_fields, shown[i]);

      if (field == NULL)
        continue;
      g_string_append_printf (line, " %s=", shown[i]);
      append_value (line, field);
    }
  g_string_append_c (line, '\n');
  /* Nothing is left to tell about a standard error that takes nothing. */
  if (write (STDERR_FILENO, line->str, line->len) < 0)
    return;
}

static GLogWriterOutput
writer (GLogLevelFlags   level,
        const GLogField *fields,
        gsize            n_fields,
        gpointer         data)
{
  if ((level & G_LOG_LEVEL_MASK) > most_detailed)
    return G_LOG_WRITER_HANDLED;
  if (g_log_writer_is_journald (STDERR_FILENO) &&
      g_log_writer_journald (level, fields, n_fields, data) == G_LOG_WRITER_HANDLED)
    return G_LOG_WRITER_HANDLED;
  write_line (level, fields, n_fields);
  return G_LOG_WRITER_HANDLED;
}

/**
 * ls_log_install:
 * @most: the most detailed level that is written
 *
 * Sends the log of the process to the journal or to standard error. To be called once, before
 * other threads start.
 */
void
ls_log_install (GLogLevelFlags most)
{
  most_detailed = most;
  g_log_set_writer_func (writer, NULL, NULL);
}
