/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-connection-options"

#include "config.h"

#include "client/ls-connection-options.h"

#include <stddef.h>

#include "core/ls-duration.h"
#include "core/ls-error.h"

#define SECOND ((int64_t) G_USEC_PER_SEC)
#define MS INT64_C (1000)
/* A time in the environment, where people and tests know what they do. */
#define LEAST (10 * MS)
#define IN(member) offsetof (LsConnectionOptions, member)

/* The defaults are those of the protocol. The settings have the same: a test holds them together. */
static const LsConnectionOption table[] = {
  { "connect-timeout", SECOND, 15, 1, 300, IN (connect_timeout) },
  { "heartbeat-interval", SECOND, 30, 5, 600, IN (heartbeat) },
  { "pong-timeout", SECOND, 15, 1, 300, IN (pong_timeout) },
  { "fallback-delay", MS, 2500, 100, 60000, IN (fallback_delay) },
  { "reconnect-first", MS, 1000, 10, 60000, IN (backoff_first) },
  { "reconnect-longest", SECOND, 30, 1, 3600, IN (backoff_cap) },
  { "offline-after", 0, 10, 1, 1000, IN (offline_after) },
  { "retry-attempts", 0, 3, 1, 20, IN (attempts) },
  { "poll-wait", SECOND, 25, 1, 50, IN (poll_wait) },
  { "poll-shortest", MS, 2000, 100, 600000, IN (poll_min) },
  { "poll-longest", SECOND, 60, 1, 3600, IN (poll_max) },
  { "probe-first", SECOND, 60, 1, 3600, IN (probe_first) },
  { "probe-longest", SECOND, 600, 1, 86400, IN (probe_cap) },
};

static int64_t *
member_of (LsConnectionOptions      *options,
           const LsConnectionOption *option)
{
  return (int64_t *) (gpointer) ((char *) options + option->offset);
}

/**
 * ls_connection_options_init:
 * @options: (out): memory of any content
 *
 * Sets the defaults.
 */
void
ls_connection_options_init (LsConnectionOptions *options)
{
  for (size_t i = 0; i < G_N_ELEMENTS (table); i++)
    ls_connection_options_set (options, &table[i], table[i].fallback);
}

/**
 * ls_connection_options_list:
 * @ret_count: (out): how many
 *
 * Returns: (transfer none) (array length=ret_count): the table of options
 */
const LsConnectionOption *
ls_connection_options_list (size_t *ret_count)
{
  *ret_count = G_N_ELEMENTS (table);
  return table;
}

/**
 * ls_connection_options_set:
 * @options: options
 * @option: a row of the table
 * @value: in the unit of the row; brought within its bounds
 *
 * Sets one option.
 */
void
ls_connection_options_set (LsConnectionOptions      *options,
                           const LsConnectionOption *option,
                           int64_t                   value)
{
  *member_of (options, option) =
      CLAMP (value, option->min, option->max) * MAX (option->unit, 1);
}

static char *
variable_of (const LsConnectionOption *option)
{
  g_autofree char *upper = g_ascii_strup (option->name, -1);

  return g_strconcat ("LOCKSTEP_", g_strdelimit (upper, "-", '_'), NULL);
}

static bool
take (LsConnectionOptions      *options,
      const LsConnectionOption *option,
      const char               *text,
      GError                  **error)
{
  bool is_time = option->unit > 0;
  int64_t max = option->max * (is_time ? option->unit : 1);
  int64_t number = -1;

  if (is_time ? !ls_duration_parse (text, &number)
              : !g_ascii_string_to_signed (text, 10, 0, INT32_MAX, &number, NULL))
    {
      g_set_error_literal (error, LS_ERROR, LS_ERROR_VALIDATION,
                           is_time ? "not a time such as 500ms, 30s or 2min" : "not a number");
      return false;
    }
  if (number < (is_time ? LEAST : option->min) || number > max)
    {
      if (is_time)
        g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION,
                     "not between %d ms and %" G_GINT64_FORMAT " s", (int) (LEAST / MS),
                     max / SECOND);
      else
        g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION,
                     "not between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT, option->min, max);
      return false;
    }
  *member_of (options, option) = number;
  return true;
}

/**
 * ls_connection_options_load_environment:
 * @options: options
 * @environment: (array zero-terminated=1): variables, as g_get_environ() has them
 * @error: where to put why not: %LS_ERROR_VALIDATION, beginning with the variable
 *
 * Takes the `LOCKSTEP_*` variables that are options. One that makes no sense changes nothing; the
 * rest is taken all the same.
 *
 * Returns: whether all that was found makes sense
 */
bool
ls_connection_options_load_environment (LsConnectionOptions *options,
                                        const char *const   *environment,
                                        GError             **error)
{
  bool sensible = true;

  for (size_t i = 0; i < G_N_ELEMENTS (table); i++)
    {
      g_autofree char *variable = variable_of (&table[i]);
      const char *text = g_environ_getenv ((char **) environment, variable);
      g_autoptr (GError) why = NULL;

      if (text == NULL || take (options, &table[i], text, &why))
        continue;
      if (sensible)
        g_propagate_prefixed_error (error, g_steal_pointer (&why), "%s: ", variable);
      sensible = false;
    }
  return sensible;
}
