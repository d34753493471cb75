/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-connection-words"

#include "config.h"

#include "app/text/ls-connection-words.h"

#include <glib/gi18n.h>

#include "app/text/ls-format.h"

static char *
clock_time (int64_t time)
{
  g_autoptr (GDateTime) date = g_date_time_new_from_unix_local (time / G_USEC_PER_SEC);

  /* Translators: a time of day, see g_date_time_format() */
  return date != NULL ? g_date_time_format (date, _("%H:%M")) : g_strdup ("?");
}

static char *
waiting_words (unsigned n_waiting)
{
  if (n_waiting == 0)
    return g_strdup (_("No changes wait."));
  return g_strdup_printf (ngettext ("%u change waits.", "%u changes wait.", n_waiting), n_waiting);
}

static char *
live_title (const LsConnectionStatus *status,
            int64_t                   now)
{
  g_autofree char *latency = NULL;
  g_autofree char *age = NULL;
  g_autofree char *version = NULL;

  if (status->round_trip < 0)
    return g_strdup (_("Live"));
  latency = g_strdup_printf ("%" G_GINT64_FORMAT, MAX (status->round_trip / 1000, 1));
  if (status->verified_version < 0)
    /* Translators: %s is a number of milliseconds */
    return g_strdup_printf (_("Live, %s ms"), latency);
  age = ls_format_age (now - status->verified_at);
  version = ls_format_number (status->verified_version);
  /* Translators: milliseconds, the number of a version, and how long ago ("3 seconds ago") */
  return g_strdup_printf (_("Live, %s ms, verified at version %s, %s"), latency, version, age);
}

static void
offline_words (LsConnectionWords        *words,
               const LsConnectionStatus *status,
               unsigned                  n_waiting)
{
  g_autofree char *since = clock_time (status->since);
  g_autofree char *waiting = waiting_words (n_waiting);

  words->label = _("Offline");
  words->icon_name = "ls-offline-symbolic";
  words->style_class = "error";
  words->title = status->by_hand
                     /* Translators: %s is a time of day */
                     ? g_strdup_printf (_("Working offline since %s"), since)
                     : g_strdup_printf (_("Offline since %s"), since);
  /* Translators: %s is a sentence on how many changes wait */
  words->meaning = g_strdup_printf (
      _("What was known then is shown. You can go on editing: changes are kept and sent later. %s"),
      waiting);
}

/* A connection that polls because nothing better gets through, or one of any kind that is poor. */
static void
limited_words (LsConnectionWords        *words,
               const LsConnectionStatus *status)
{
  unsigned seconds = (unsigned) MAX ((status->interval + G_USEC_PER_SEC / 2) / G_USEC_PER_SEC, 1);

  words->icon_name = "ls-polling-symbolic";
  words->style_class = "warning";
  if (status->health == LS_HEALTH_POOR)
    {
      words->label = _("Limited");
      words->title = g_strdup (_("Connection trouble"));
      words->meaning = g_strdup (
          _("The server answers slowly or not at all. Pages in the background update less often. "
            "Edits go on."));
      return;
    }
  words->label = _("Polling");
  if (status->kind == LS_TRANSPORT_POLL)
    {
      words->title = g_strdup_printf (ngettext ("Updates every second by polling",
                                                "Updates every %u seconds by polling", seconds),
                                      seconds);
      words->meaning = g_strdup (
          _("A live connection does not get through here. Changes arrive a little later. Edits go "
            "on."));
      return;
    }
  words->title = g_strdup (_("Updates as they come, by long polling"));
  words->meaning = g_strdup (
      _("A live connection does not get through here. Changes arrive nearly as fast. Edits go on."));
}

/**
 * ls_connection_words_init:
 * @words: (out caller-allocates): where to put the words
 * @status: the connection
 * @now: the time of day, µs since the epoch
 * @n_waiting: edits that wait for the server
 *
 * Says in plain words how the connection stands and what that means for the data.
 */
void
ls_connection_words_init (LsConnectionWords        *words,
                          const LsConnectionStatus *status,
                          int64_t                   now,
                          unsigned                  n_waiting)
{
  *words = (LsConnectionWords) { NULL };
  if (status->elsewhere)
    {
      words->label = _("Read-only");
      words->icon_name = "changes-prevent-symbolic";
      words->style_class = "warning";
      words->title = g_strdup (_("Open in another Lockstep process"));
      words->meaning = g_strdup (
          _("The other process keeps this account in step. What it has is shown here; changes are made there."));
      return;
    }
  switch (status->state)
    {
    case LS_CONNECTION_LIVE:
      words->label = _("Live");
      words->icon_name = "ls-live-symbolic";
      words->style_class = "success";
      words->title = live_title (status, now);
      words->meaning =
          g_strdup (status->health == LS_HEALTH_FAIR
                        ? _("Everything shown is what the server has. The connection is a little "
                            "unsteady.")
                        : _("Everything shown is what the server has."));
      break;
    case LS_CONNECTION_LIMITED:
      limited_words (words, status);
      break;
    case LS_CONNECTION_CONNECTING:
      words->label = _("Connecting…");
      words->icon_name = "network-transmit-receive-symbolic";
      words->style_class = "warning";
      words->title = g_strdup (_("Connecting to the server"));
      words->meaning = g_strdup (_("What was known last is shown until it answers."));
      break;
    case LS_CONNECTION_SIGNED_OUT:
      words->label = _("Signed out");
      words->icon_name = "dialog-password-symbolic";
      words->style_class = "error";
      words->title = g_strdup (_("The server wants you to sign in again"));
      words->meaning = waiting_words (n_waiting);
      break;
    case LS_CONNECTION_TOO_OLD:
      words->label = _("Update needed");
      words->icon_name = "software-update-urgent-symbolic";
      words->style_class = "error";
      words->title = g_strdup (_("This app is too old for the server"));
      words->meaning = waiting_words (n_waiting);
      break;
    case LS_CONNECTION_OFFLINE:
    default:
      offline_words (words, status, n_waiting);
      break;
    }
  if (status->next_attempt > now && !status->by_hand && status->state != LS_CONNECTION_LIVE)
    {
      g_autofree char *span = ls_format_duration (status->next_attempt - now + G_USEC_PER_SEC - 1);

      /* Translators: %s is a span of time, such as "8 seconds" */
      words->retry = g_strdup_printf (_("Next try in %s"), span);
    }
}

/**
 * ls_proof_words:
 * @stats: what came of proving
 *
 * Says in plain words what did not agree, if anything.
 *
 * Returns: (transfer full) (nullable): a sentence, %NULL when nothing ever differed
 */
char *
ls_proof_words (const LsProofStats *stats)
{
  g_autofree char *at = NULL;

  if (stats->n_open_told > 0)
    return g_strdup (
        _("Some numbers do not add up on the server. Whoever runs it can have it checked."));
  if (stats->n_open > 0)
    return g_strdup (_("A difference was found and is being mended."));
  if (stats->healed_at == 0)
    return NULL;
  at = clock_time (stats->healed_at);
  /* Translators: %s is a time of day */
  return g_strdup_printf (_("A difference was found and mended at %s."), at);
}

/**
 * ls_connection_words_clear:
 * @words: words
 *
 * Frees them.
 */
void
ls_connection_words_clear (LsConnectionWords *words)
{
  g_clear_pointer (&words->title, g_free);
  g_clear_pointer (&words->meaning, g_free);
  g_clear_pointer (&words->retry, g_free);
}
