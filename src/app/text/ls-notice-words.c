/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-notices"

#include "config.h"

#include "app/text/ls-notice-words.h"

#include <glib/gi18n.h>

#include "app/text/ls-format.h"
#include "core/ls-message.h"

/* What is in a message but one line of plain letters could make it look like something that the app
 * says: line breaks, letters that no eye sees, marks that turn the direction of what follows. */
static char *
quote (const char *message)
{
  g_autoptr (GString) line = g_string_new (NULL);
  unsigned n_chars = 0;
  bool space = false;

  if (message == NULL || !g_utf8_validate (message, -1, NULL))
    return NULL;
  for (const char *next = message; *next != '\0'; next = g_utf8_next_char (next))
    {
      gunichar letter = g_utf8_get_char (next);

      if (g_unichar_isspace (letter))
        {
          space = line->len > 0;
          continue;
        }
      if (!g_unichar_isprint (letter))
        continue;
      if (n_chars + space >= LS_NOTICE_MAX_CHARS)
        {
          g_string_append (line, "…");
          break;
        }
      if (space)
        g_string_append_c (line, ' ');
      g_string_append_unichar (line, letter);
      n_chars += 1 + space;
      space = false;
    }
  return line->len > 0 ? g_string_free (g_steal_pointer (&line), FALSE) : NULL;
}

/**
 * ls_notice_words_maintenance:
 * @message: (nullable): the server's words
 * @until: when it is to be over, µs since the epoch; 0 when not said
 *
 * Returns: (transfer full): what the admin reads while the server is, or is about to be, down on purpose
 */
char *
ls_notice_words_maintenance (const char *message,
                             int64_t     until)
{
  g_autofree char *quoted = quote (message);
  g_autofree char *time = until != 0 ? ls_format_time (until, NULL) : NULL;

  if (quoted != NULL && time != NULL)
    /* Translators: a time, then what the people who run the server say about it */
    return g_strdup_printf (_("Maintenance until %s: “%s”"), time, quoted);
  if (quoted != NULL)
    /* Translators: %s is what the people who run the server say about it */
    return g_strdup_printf (_("Maintenance: “%s”"), quoted);
  if (time != NULL)
    /* Translators: %s is a time */
    return g_strdup_printf (
        _("The server is being serviced until %s. Your changes are kept and sent when it is back."), time);
  return g_strdup (_("The server is being serviced. Your changes are kept and sent when it is back."));
}

/**
 * ls_notice_words_passing:
 * @kind: what it is about, known or not
 * @message: (nullable): the server's words
 *
 * Returns: (transfer full) (nullable): what the admin reads; %NULL where nothing is said that this app
 * understands
 */
char *
ls_notice_words_passing (const char *kind,
                         const char *message)
{
  g_autofree char *quoted = quote (message);

  if (quoted != NULL)
    /* Translators: %s is what the people who run the server say */
    return g_strdup_printf (_("The server says: “%s”"), quoted);
  if (g_str_equal (kind, LS_NOTICE_RATE_LIMITED))
    return g_strdup (_("That is a lot at once: your changes are kept, and saved a little at a time."));
  return NULL;
}
