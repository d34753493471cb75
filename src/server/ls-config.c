/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-config"

#include "config.h"

#include "server/ls-config.h"

#include <string.h>

#include "core/ls-duration.h"
#include "core/ls-error.h"
#include "server/ls-key-file.h"

/*
 * One table of options. A row gives the name that stands after -- on the command line, in capitals
 * with LOCKSTEP_ before it in the environment, and as a key of the group [server] in the
 * configuration file.
 */

#define GROUP "server"
#define MAX_FILE_BYTES (256 * 1024)
#define TENTH INT64_C (100000)
#define SECOND (10 * TENTH)
#define HOUR (3600 * SECOND)
#define DAY (24 * HOUR)
#define TERABYTE (INT64_C (1) << 40)

typedef enum {
  LS_VALUE_IS_TEXT,
  LS_VALUE_IS_LIST,
  LS_VALUE_IS_NUMBER,
  LS_VALUE_IS_DURATION, /* in µs; written 500ms, 30s, 2min, 12h, 90d; a bare number is seconds */
  LS_VALUE_IS_SIZE,     /* in bytes; written 640KiB, 4MiB, 1GiB; a bare number is bytes */
  LS_VALUE_IS_SWITCH,
  LS_VALUE_IS_LEVEL,
} ValueType;

typedef struct {
  const char *name;
  ValueType type;
  const char *fallback;
  int64_t min;
  int64_t max;
  const char *argument;
  const char *help;
} OptionRow;

static const OptionRow table[LS_N_OPTIONS] = {
  [LS_OPTION_CONFIG] = { "config", LS_VALUE_IS_TEXT, NULL, 0, 0, "FILE", "Read options from FILE" },
  [LS_OPTION_DATA] = { "data", LS_VALUE_IS_TEXT, "/var/lib/lockstep", 0, 0, "DIR",
                       "Where the shops are kept" },
  [LS_OPTION_LISTEN] = { "listen", LS_VALUE_IS_LIST, "127.0.0.1:8484", 0, 0, "ADDRESS",
                         "Listen on ADDRESS:PORT (0 picks one) or unix:PATH; may be repeated" },
  [LS_OPTION_EPOLL_THREADS] = { "epoll-threads", LS_VALUE_IS_NUMBER, "1", 1, 64, "N",
                                "Threads that write to live connections" },
  [LS_OPTION_READERS] = { "readers", LS_VALUE_IS_NUMBER, "2", 1, 64, "N",
                          "Threads that read for clients that catch up" },
  [LS_OPTION_MAX_CONNECTIONS] = { "max-connections", LS_VALUE_IS_NUMBER, "10000", 1, 1000000, "N",
                                  "Live connections" },
  [LS_OPTION_MAX_REQUESTS] = { "max-requests", LS_VALUE_IS_NUMBER, "1000", 1, 100000, "N",
                               "HTTP connections that are not live ones" },
  [LS_OPTION_REQUEST_TIMEOUT] = { "request-timeout", LS_VALUE_IS_DURATION, "20s", TENTH, HOUR,
                                  "TIME", "A request must have come whole within TIME" },
  [LS_OPTION_HEARTBEAT] = { "heartbeat", LS_VALUE_IS_DURATION, "30s", TENTH, HOUR, "TIME",
                            "Ping a silent client after TIME" },
  [LS_OPTION_PONG_TIMEOUT] = { "pong-timeout", LS_VALUE_IS_DURATION, "15s", TENTH, HOUR, "TIME",
                               "Give a client up that answers no ping within TIME" },
  [LS_OPTION_HELLO_TIMEOUT] = { "hello-timeout", LS_VALUE_IS_DURATION, "15s", TENTH, HOUR, "TIME",
                                "Give a client up that does not say hello within TIME" },
  [LS_OPTION_DIGEST_INTERVAL] = { "digest-interval", LS_VALUE_IS_DURATION, "30s", TENTH, HOUR,
                                  "TIME", "Send a digest every TIME in which a shop changed" },
  [LS_OPTION_BACKGROUND_WAIT] = { "background-wait", LS_VALUE_IS_DURATION, "5s", 0, HOUR, "TIME",
                                  "Hold back for TIME what no window of a client shows; 0 never" },
  [LS_OPTION_DRAIN_TIMEOUT] = { "drain-timeout", LS_VALUE_IS_DURATION, "10s", 0, HOUR, "TIME",
                                "At the end, wait TIME for clients to close" },
  [LS_OPTION_MAX_POLLS] = { "max-polls", LS_VALUE_IS_NUMBER, "2000", 1, 1000000, "N",
                            "Long-polls that wait at once; more are answered without waiting" },
  [LS_OPTION_MAX_POLL_SESSIONS] = { "max-poll-sessions", LS_VALUE_IS_NUMBER, "5000", 1, 1000000,
                                    "N", "Sessions that poll, waiting or not" },
  [LS_OPTION_ACCOUNT_POLLS] = { "account-polls", LS_VALUE_IS_NUMBER, "32", 1, 1000000, "N",
                                "Of those, of one account" },
  [LS_OPTION_POLL_WAIT] = { "poll-wait", LS_VALUE_IS_DURATION, "25s", TENTH, HOUR, "TIME",
                            "A long-poll waits TIME at most" },
  [LS_OPTION_POLL_PACE] = { "poll-pace", LS_VALUE_IS_DURATION, "100ms", 0, HOUR, "TIME",
                            "What comes within TIME after an answer to a long-poll goes together" },
  [LS_OPTION_POLL_EXPIRY] = { "poll-expiry", LS_VALUE_IS_DURATION, "2min", SECOND, 24 * HOUR,
                              "TIME", "Give a client up that does not poll for TIME" },
  [LS_OPTION_KEEP_ALIVE] = { "keep-alive", LS_VALUE_IS_DURATION, "75s", SECOND, HOUR, "TIME",
                             "A connection that polls stays open for TIME between requests" },
  [LS_OPTION_MAX_UNSENT] = { "max-unsent", LS_VALUE_IS_SIZE, "4MiB", 65536, TERABYTE, "SIZE",
                             "Bytes that wait for one slow client before the log feeds it" },
  [LS_OPTION_RING] = { "ring", LS_VALUE_IS_SIZE, "16MiB", 65536, TERABYTE, "SIZE",
                       "Newest versions kept in memory, per shop" },
  [LS_OPTION_EDIT_RATE] = { "edit-rate", LS_VALUE_IS_NUMBER, "50", 0, 1000000, "N",
                            "Edits a second from one client; 0 for any number" },
  [LS_OPTION_EDIT_BURST] = { "edit-burst", LS_VALUE_IS_NUMBER, "500", 1, 1000000, "N",
                             "Edits at once from one client" },
  [LS_OPTION_ADDRESS_RATE] = { "address-rate", LS_VALUE_IS_NUMBER, "10", 0, 1000000, "N",
                               "Failed sign-ins a minute from one address; 0 for any number" },
  [LS_OPTION_ACCOUNT_RATE] = { "account-rate", LS_VALUE_IS_NUMBER, "600", 0, 1000000, "N",
                               "Requests a minute of one account; 0 for any number" },
  [LS_OPTION_TOKEN_LIFETIME] = { "token-lifetime", LS_VALUE_IS_DURATION, "90d", SECOND, 3650 * DAY,
                                 "TIME", "How long a sign-in lasts" },
  [LS_OPTION_KEEP_VERSIONS] = { "keep-versions", LS_VALUE_IS_NUMBER, "100000", 1000, INT64_MAX, "N",
                                "Newest versions that stay in a shop's log in any case" },
  [LS_OPTION_KEEP_AGE] = { "keep-age", LS_VALUE_IS_DURATION, "30d", HOUR, 36500 * DAY, "TIME",
                           "Older ones go after TIME; who is behind them fetches the shop anew" },
  [LS_OPTION_KEEP_ACTIVITY] = { "keep-activity", LS_VALUE_IS_DURATION, "730d", 0, 36500 * DAY, "TIME",
                                "Delete activity that is older than TIME; 0 never" },
  [LS_OPTION_SCRUB_INTERVAL] = { "scrub-interval", LS_VALUE_IS_DURATION, "1d", SECOND, 365 * DAY,
                                 "TIME", "Read and prove all rows of all shops once in TIME" },
  [LS_OPTION_BEHIND_PROXY] = { "behind-proxy", LS_VALUE_IS_SWITCH, "no", 0, 1, "yes|no",
                               "Take a client's address from the last X-Forwarded-For" },
  [LS_OPTION_SIMULATE] = { "simulate", LS_VALUE_IS_NUMBER, "0", 0, 360000, "RATE",
                           "Make RATE events an hour up in each sample shop" },
  [LS_OPTION_LOG_LEVEL] = { "log-level", LS_VALUE_IS_LEVEL, "info", 0, 0, "LEVEL",
                            "warning, message, info or debug" },
};

typedef struct {
  char *text;
  char **list;
  int64_t number;
  char *source;
  bool set;
} Setting;

struct _LsConfig {
  Setting settings[LS_N_OPTIONS];
  GArray *entries; /* GOptionEntry */
};

static bool
refuse (const char *source,
        GError    **error,
        const char *why)
{
  g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "%s: %s", source, why);
  return false;
}

typedef struct {
  const char *suffix;
  int64_t factor;
} Unit;

static const Unit sizes[] = {
  { "", 1 }, { "KiB", 1024 }, { "MiB", 1024 * 1024 }, { "GiB", 1024 * 1024 * 1024 },
};
static const Unit plain[] = { { "", 1 } };

static bool
parse_number (const char *text,
              const Unit *units,
              size_t      n_units,
              int64_t    *ret_number)
{
  char *end = NULL;
  int64_t number;

  if (!g_ascii_isdigit (text[0]))
    return false;
  number = g_ascii_strtoll (text, &end, 10);
  while (*end == ' ')
    end++;
  for (size_t i = 0; i < n_units; i++)
    if (g_str_equal (end, units[i].suffix))
      return !__builtin_mul_overflow (number, units[i].factor, ret_number);
  return false;
}

static bool
parse_switch (const char *text,
              int64_t    *ret_number)
{
  static const char *const yes[] = { "yes", "true", "on", "1", NULL };
  static const char *const no[] = { "no", "false", "off", "0", NULL };

  if (!g_strv_contains (yes, text) && !g_strv_contains (no, text))
    return false;
  *ret_number = g_strv_contains (yes, text);
  return true;
}

static bool
parse_level (const char *text,
             int64_t    *ret_number)
{
  static const struct {
    const char *name;
    GLogLevelFlags level;
  } levels[] = {
    { "warning", G_LOG_LEVEL_WARNING }, { "message", G_LOG_LEVEL_MESSAGE },
    { "info", G_LOG_LEVEL_INFO }, { "debug", G_LOG_LEVEL_DEBUG },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (levels); i++)
    if (g_str_equal (levels[i].name, text))
      {
        *ret_number = levels[i].level;
        return true;
      }
  return false;
}

static bool
check_range (const OptionRow *row,
             int64_t          number,
             const char      *source,
             GError         **error)
{
  int64_t unit = row->type == LS_VALUE_IS_DURATION ? SECOND : 1;
  g_autofree char *why = NULL;

  if (number >= row->min && number <= row->max)
    return true;
  if (unit > 1 && row->min % unit != 0)
    why = g_strdup_printf ("not between %" G_GINT64_FORMAT " ms and %" G_GINT64_FORMAT " s",
                           row->min / 1000, row->max / unit);
  else
    why = g_strdup_printf ("not between %" G_GINT64_FORMAT " and %" G_GINT64_FORMAT "%s",
                           row->min / unit, row->max / unit, unit > 1 ? " s" : "");
  return refuse (source, error, why);
}

static bool
parse (const OptionRow *row,
       const char      *text,
       const char      *source,
       int64_t         *ret_number,
       GError         **error)
{
  switch (row->type)
    {
    case LS_VALUE_IS_NUMBER:
      if (!parse_number (text, plain, G_N_ELEMENTS (plain), ret_number))
        return refuse (source, error, "not a number");
      return check_range (row, *ret_number, source, error);
    case LS_VALUE_IS_DURATION:
      if (!ls_duration_parse (text, ret_number))
        return refuse (source, error, "not a time such as 500ms, 30s, 2min, 12h or 90d");
      return check_range (row, *ret_number, source, error);
    case LS_VALUE_IS_SIZE:
      if (!parse_number (text, sizes, G_N_ELEMENTS (sizes), ret_number))
        return refuse (source, error, "not a size such as 640KiB, 4MiB or 1GiB");
      return check_range (row, *ret_number, source, error);
    case LS_VALUE_IS_SWITCH:
      return parse_switch (text, ret_number) || refuse (source, error, "neither yes nor no");
    case LS_VALUE_IS_LEVEL:
      return parse_level (text, ret_number) ||
             refuse (source, error, "not warning, message, info or debug");
    case LS_VALUE_IS_TEXT:
    case LS_VALUE_IS_LIST:
    default:
      return text[0] != '\0' || refuse (source, error, "empty");
    }
}

static void
append (char     ***list,
        const char *text)
{
  size_t length = *list != NULL ? g_strv_length (*list) : 0;

  *list = g_renew (char *, *list, length + 2);
  (*list)[length] = g_strdup (text);
  (*list)[length + 1] = NULL;
}

static bool
take (LsConfig   *config,
      LsOptionId  id,
      const char *text,
      const char *source,
      GError    **error)
{
  Setting *setting = &config->settings[id];
  int64_t number = 0;

  if (!parse (&table[id], text, source, &number, error))
    return false;
  g_free (setting->text);
  setting->text = g_strdup (text);
  setting->number = number;
  if (table[id].type == LS_VALUE_IS_LIST)
    append (&setting->list, text);
  g_free (setting->source);
  setting->source = g_strdup (source);
  setting->set = true;
  return true;
}

/**
 * ls_config_new:
 *
 * Returns: (transfer full): a configuration of defaults
 */
LsConfig *
ls_config_new (void)
{
  LsConfig *config = g_new0 (LsConfig, 1);

  config->entries = g_array_new (TRUE, TRUE, sizeof (GOptionEntry));
  return config;
}

/**
 * ls_config_free:
 * @config: (transfer full): a configuration
 *
 * Frees it.
 */
void
ls_config_free (LsConfig *config)
{
  for (size_t i = 0; i < LS_N_OPTIONS; i++)
    {
      g_free (config->settings[i].text);
      g_strfreev (config->settings[i].list);
      g_free (config->settings[i].source);
    }
  g_array_unref (config->entries);
  g_free (config);
}

static gboolean
flag_cb (const char *name,
         const char *value,
         gpointer    data,
         GError    **error)
{
  LsConfig *config = data;

  for (size_t i = 0; i < LS_N_OPTIONS; i++)
    if (g_str_equal (table[i].name, name + strspn (name, "-")))
      return take (config, (LsOptionId) i, value, name, error);
  g_assert_not_reached ();
}

/**
 * ls_config_get_group:
 * @config: a configuration, which must outlive the group
 * @ids: (array length=n_ids): the options that a command has
 * @n_ids: how many
 *
 * Returns: (transfer full): their flags, for g_option_context_set_main_group()
 */
GOptionGroup *
ls_config_get_group (LsConfig         *config,
                     const LsOptionId *ids,
                     size_t            n_ids)
{
  GOptionGroup *group = g_option_group_new (NULL, NULL, NULL, config, NULL);

  g_array_set_size (config->entries, 0);
  for (size_t i = 0; i < n_ids; i++)
    {
      const OptionRow *row = &table[ids[i]];
      GOptionEntry entry = {
        .long_name = row->name,
        .arg = G_OPTION_ARG_CALLBACK,
        .arg_data = flag_cb,
        .description = row->help,
        .arg_description = row->argument,
      };

      g_array_append_val (config->entries, entry);
    }
  g_option_group_add_entries (group, (const GOptionEntry *) (gpointer) config->entries->data);
  return group;
}

/**
 * ls_config_set:
 * @config: a configuration
 * @id: an option
 * @text: its value as it stands on a command line
 * @error: where to put why not, %LS_ERROR_VALIDATION, beginning with the option's flag
 *
 * Sets an option as its flag would.
 *
 * Returns: whether @text is a value of it
 */
bool
ls_config_set (LsConfig   *config,
               LsOptionId  id,
               const char *text,
               GError    **error)
{
  g_autofree char *source = g_strconcat ("--", table[id].name, NULL);

  return take (config, id, text, source, error);
}

static char *
variable_of (const OptionRow *row)
{
  g_autofree char *upper = g_ascii_strup (row->name, -1);

  g_strdelimit (upper, "-", '_');
  return g_strconcat ("LOCKSTEP_", upper, NULL);
}

static bool
take_list (LsConfig   *config,
           LsOptionId  id,
           char      **values,
           const char *source,
           GError    **error)
{
  for (size_t i = 0; values[i] != NULL; i++)
    if (!take (config, id, g_strstrip (values[i]), source, error))
      return false;
  return true;
}

static bool
load_environment (LsConfig          *config,
                  const char *const *environment,
                  bool               only_file,
                  GError           **error)
{
  for (size_t i = 0; i < LS_N_OPTIONS; i++)
    {
      g_autofree char *variable = variable_of (&table[i]);
      const char *text = g_environ_getenv ((char **) environment, variable);
      g_auto (GStrv) values = NULL;

      if (text == NULL || config->settings[i].set || only_file != (i == LS_OPTION_CONFIG))
        continue;
      values = table[i].type == LS_VALUE_IS_LIST ? g_strsplit (text, ";", -1) : NULL;
      if (values != NULL ? !take_list (config, (LsOptionId) i, values, variable, error)
                         : !take (config, (LsOptionId) i, text, variable, error))
        return false;
    }
  return true;
}

static int
find_key (const char *key)
{
  for (int i = 0; i < LS_N_OPTIONS; i++)
    if (i != LS_OPTION_CONFIG && g_str_equal (table[i].name, key))
      return i;
  return -1;
}

static bool
load_key (LsConfig   *config,
          GKeyFile   *file,
          const char *path,
          const char *key,
          GError    **error)
{
  g_autofree char *place = ls_key_file_place (path, GROUP, key);
  g_autofree char *source = g_strdup_printf ("%s: [" GROUP "] %s", place, key);
  g_auto (GStrv) values = NULL;
  g_autofree char *text = NULL;
  g_autoptr (GError) local = NULL;
  int id = find_key (key);

  if (id < 0)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "%s: no such option", source);
      return false;
    }
  if (config->settings[id].set)
    return true;
  if (table[id].type == LS_VALUE_IS_LIST)
    values = g_key_file_get_string_list (file, GROUP, key, NULL, &local);
  else
    text = g_key_file_get_string (file, GROUP, key, &local);
  /* A value with a wrong escape comes with an error and with what could be made of it. */
  if (local != NULL)
    {
      g_propagate_prefixed_error (error, g_steal_pointer (&local), "%s: ", source);
      return false;
    }
  return values != NULL ? take_list (config, (LsOptionId) id, values, source, error)
                        : take (config, (LsOptionId) id, text, source, error);
}

static bool
load_file (LsConfig   *config,
           const char *path,
           GError    **error)
{
  g_autoptr (GKeyFile) file = ls_key_file_load (path, MAX_FILE_BYTES, error);
  g_auto (GStrv) groups = NULL;
  g_auto (GStrv) keys = NULL;

  if (file == NULL)
    return false;
  groups = g_key_file_get_groups (file, NULL);
  for (size_t i = 0; groups[i] != NULL; i++)
    if (!g_str_equal (groups[i], GROUP))
      {
        g_autofree char *place = ls_key_file_place (path, groups[i], NULL);

        g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "%s: no such group as [%s]", place,
                     groups[i]);
        return false;
      }
  keys = g_key_file_get_keys (file, GROUP, NULL, NULL);
  for (size_t i = 0; keys != NULL && keys[i] != NULL; i++)
    if (!load_key (config, file, path, keys[i], error))
      return false;
  return true;
}

/**
 * ls_config_load:
 * @config: a configuration whose command line has been parsed
 * @environment: (array zero-terminated=1): variables, as g_get_environ() has them
 * @error: where to put why not: %LS_ERROR_VALIDATION or of reading the file, beginning with the
 *   place
 *
 * Fills what the command line left open: from `LOCKSTEP_*` variables, then from the configuration
 * file, then with defaults. An unknown key in the file is an error, an unknown variable is not.
 *
 * Returns: whether all that was found makes sense
 */
bool
ls_config_load (LsConfig          *config,
                const char *const *environment,
                GError           **error)
{
  if (!load_environment (config, environment, true, error) ||
      !load_environment (config, environment, false, error))
    return false;
  if (config->settings[LS_OPTION_CONFIG].set &&
      !load_file (config, config->settings[LS_OPTION_CONFIG].text, error))
    return false;
  for (size_t i = 0; i < LS_N_OPTIONS; i++)
    if (!config->settings[i].set && table[i].fallback != NULL &&
        !take (config, (LsOptionId) i, table[i].fallback, "default", error))
      return false;
  return true;
}

/**
 * ls_config_get_text:
 * @config: a loaded configuration
 * @id: an option
 *
 * Returns: (transfer none) (nullable): its value as it was written
 */
const char *
ls_config_get_text (const LsConfig *config,
                    LsOptionId      id)
{
  return config->settings[id].text;
}

/**
 * ls_config_get_list:
 * @config: a loaded configuration
 * @id: an option that may be given again
 *
 * Returns: (transfer none) (array zero-terminated=1): its values
 */
const char *const *
ls_config_get_list (const LsConfig *config,
                    LsOptionId      id)
{
  static const char *const none[] = { NULL };

  return config->settings[id].list != NULL ? (const char *const *) config->settings[id].list : none;
}

/**
 * ls_config_get_number:
 * @config: a loaded configuration
 * @id: an option
 *
 * Returns: a number, µs, bytes, 0 or 1, or a #GLogLevelFlags, as the option has it
 */
int64_t
ls_config_get_number (const LsConfig *config,
                      LsOptionId      id)
{
  return config->settings[id].number;
}

/**
 * ls_config_get_source:
 * @config: a loaded configuration
 * @id: an option
 *
 * Returns: (transfer none) (nullable): where its value came from, for a reader
 */
const char *
ls_config_get_source (const LsConfig *config,
                      LsOptionId      id)
{
  return config->settings[id].source;
}

/**
 * ls_config_describe:
 *
 * Returns: (transfer full): all options with variable, default and meaning, as
 *   `lockstepd help options` shows them
 */
char *
ls_config_describe (void)
{
  GString *text = g_string_new (NULL);

  for (size_t i = 0; i < LS_N_OPTIONS; i++)
    {
      g_autofree char *variable = variable_of (&table[i]);

      g_string_append_printf (text, "--%s=%s, %s", table[i].name, table[i].argument, variable);
      if (table[i].fallback != NULL)
        g_string_append_printf (text, " (default %s)", table[i].fallback);
      g_string_append_printf (text, "\n    %s\n", table[i].help);
    }
  return g_string_free (text, FALSE);
}
