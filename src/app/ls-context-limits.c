/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-context"

#include "config.h"

#include "app/ls-context-private.h"
#include "client/ls-memory.h"

/* What an account may take of this computer: as the settings say, from when they say so. */

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

/* Follows the settings from now on, as long as the context lives. */
void
ls_context_follow_limits (LsContext *self)
{
  g_signal_connect_object (self->settings, "changed::memory-limit",
                           G_CALLBACK (ls_context_apply_limits), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->settings, "changed::disk-limit",
                           G_CALLBACK (ls_context_apply_limits), self, G_CONNECT_SWAPPED);
  ls_context_apply_limits (self);
}
