/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-context"

#include "config.h"

#include "app/ls-context-private.h"
#include "client/ls-memory.h"

/* How long an account waits for what, and what it may take of this computer: as the settings say, from
 * when they say so. */

#define MEGABYTE INT64_C (1000000)

static int64_t
megabytes (LsContext  *self,
           const char *key)
{
  return g_settings_get_uint (self->settings, key) * MEGABYTE;
}

/* Tells the limits to the account that is open. */
void
ls_context_apply_limits (LsContext *self)
{
  ls_memory_set_limit (megabytes (self, "memory-limit"));
  if (self->client != NULL)
    ls_client_set_disk_limit (self->client, megabytes (self, "disk-limit"));
}

/* Tells @client the times of its connection: from the settings, and over them from the environment. */
void
ls_context_apply_options (LsContext *self,
                          LsClient  *client)
{
  g_auto (GStrv) environment = g_get_environ ();
  g_autoptr (GError) error = NULL;
  LsConnectionOptions options;
  size_t count;
  const LsConnectionOption *table = ls_connection_options_list (&count);

  ls_connection_options_init (&options);
  for (size_t i = 0; i < count; i++)
    ls_connection_options_set (&options, &table[i],
                               g_settings_get_uint (self->settings, table[i].name));
  if (!ls_connection_options_load_environment (&options, (const char *const *) environment, &error))
    ls_error_desk_tell (self->desk, LS_OPERATION_OPTIONS, error, NULL, NULL);
  ls_client_set_options (client, &options);
}

static bool
is_connection_option (const char *key)
{
  size_t count;
  const LsConnectionOption *table = ls_connection_options_list (&count);

  for (size_t i = 0; i < count; i++)
    if (g_str_equal (table[i].name, key))
      return true;
  return false;
}

static void
changed_cb (LsContext  *self,
            const char *key)
{
  if (g_str_equal (key, "memory-limit") || g_str_equal (key, "disk-limit"))
    ls_context_apply_limits (self);
  else if (self->client != NULL && is_connection_option (key))
    ls_context_apply_options (self, self->client);
}

/* Follows the settings from now on, as long as the context lives. */
void
ls_context_follow_settings (LsContext *self)
{
  g_signal_connect_object (self->settings, "changed", G_CALLBACK (changed_cb), self,
                           G_CONNECT_SWAPPED);
  ls_context_apply_limits (self);
}
