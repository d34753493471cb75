/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sync"

#include "config.h"

#include "client/ls-sync-machine-private.h"

#include "core/ls-schema.h"

/* The proof of one shop: digests compared, and what is done when they differ. */

static uint32_t
may_heal (LsStream *stream,
          uint32_t  different,
          int64_t   now)
{
  uint32_t heal = 0;

  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    if ((different & (UINT32_C (1) << i)) && now - stream->healed_at[i] >= LS_HEAL_AGAIN)
      {
        stream->healed_at[i] = now;
        heal |= UINT32_C (1) << i;
      }
  return heal;
}

static void
report_difference (LsSyncMachine *self,
                   LsStream      *stream,
                   uint32_t       different,
                   int64_t        version)
{
  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    if (different & (UINT32_C (1) << i))
      {
        LsEvent *event = ls_sync_report (self, LS_EVENT_FINDING, stream);

        event->collection = ls_schema_collection ((LsCollectionId) i);
        event->version = version;
        event->code = g_strdup (ls_error_info (LS_ERROR_INCONSISTENCY)->name);
        event->message = g_strdup_printf ("%s differs from the server's", event->collection->name);
      }
}

/**
 * ls_sync_machine_compared:
 * @self: a machine
 * @shop: a shop
 * @version: the version at which digests were compared
 * @compared: a mask of the collections compared; 0 when the cache stood elsewhere
 * @different: a mask of those that differ
 * @error: (nullable): why the cache failed
 * @now: monotonic
 *
 * Answers %LS_SYNC_COMPARE.
 */
void
ls_sync_machine_compared (LsSyncMachine *self,
                          const char    *shop,
                          int64_t        version,
                          uint32_t       compared,
                          uint32_t       different,
                          const GError  *error,
                          int64_t        now)
{
  LsStream *stream = ls_sync_find (self, shop);
  uint32_t heal;

  if (stream == NULL || stream->state != LS_STREAM_SUBSCRIBED)
    return;
  if (error != NULL)
    {
      ls_sync_report_error (self, LS_EVENT_ERROR, stream, error);
      return;
    }
  if (compared == 0)
    return;
  if (different == 0)
    {
      ls_sync_push (self, LS_SYNC_VERIFIED, shop)->n = version;
      ls_sync_report (self, LS_EVENT_VERIFIED, stream)->version = version;
      return;
    }
  report_difference (self, stream, different, version);
  heal = may_heal (stream, different, now);
  if (heal != different)
    ls_sync_report (self, LS_EVENT_LOOP_GUARD, stream)->message =
        g_strdup ("rows differ again within a minute of being fetched");
  stream->fetch_later |= heal;
  ls_stream_fetch_more (self, stream);
}

/**
 * ls_sync_machine_verify:
 * @self: a machine
 * @shop: a shop
 * @collections: a mask of collections
 * @now: monotonic
 *
 * Fetches rows anew because something about them is wrong, or somebody wants to be sure.
 */
void
ls_sync_machine_verify (LsSyncMachine *self,
                        const char    *shop,
                        uint32_t       collections,
                        int64_t        now)
{
  LsStream *stream = ls_sync_find (self, shop);

  if (stream == NULL)
    return;
  stream->fetch_later |= may_heal (stream, collections, now);
  if (self->session == LS_SESSION_READY)
    ls_stream_fetch_more (self, stream);
}
