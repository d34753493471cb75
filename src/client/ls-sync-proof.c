/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sync"

#include "config.h"

#include "client/ls-sync-machine-private.h"

#include "core/ls-schema.h"

/* The proof of one shop: digests compared. What is done when they differ is in ls-sync-heal.c. */

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
 * Answers %LS_SYNC_COMPARE of whole collections.
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

  if (stream == NULL || stream->state != LS_STREAM_SUBSCRIBED)
    return;
  if (error != NULL)
    {
      ls_sync_report_error (self, LS_EVENT_ERROR, stream, error);
      return;
    }
  if (compared == 0)
    return;
  ls_stream_trust (stream, compared & ~different);
  if (different == 0)
    {
      ls_sync_push (self, LS_SYNC_VERIFIED, shop)->n = version;
      ls_sync_report (self, LS_EVENT_VERIFIED, stream)->version = version;
      return;
    }
  report_difference (self, stream, different, version);
  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    if (different & (UINT32_C (1) << i))
      ls_sync_heal_differs (self, stream, ls_schema_collection ((LsCollectionId) i));
  ls_sync_heal_run (self, now);
}

/* Fetches collections whole, those that were not just fetched. */
void
ls_stream_refetch (LsSyncMachine *self,
                   LsStream      *stream,
                   uint32_t       collections,
                   int64_t        now)
{
  uint32_t fetch = 0;

  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    if ((collections & (UINT32_C (1) << i)) && now - stream->healed_at[i] >= LS_HEAL_AGAIN)
      {
        stream->healed_at[i] = now;
        fetch |= UINT32_C (1) << i;
      }
  if (fetch != collections)
    ls_sync_report (self, LS_EVENT_LOOP_GUARD, stream)->message =
        g_strdup ("rows are to be fetched again within a minute");
  stream->fetch_later |= fetch;
  stream->heals_by_fetch |= fetch;
  if (self->session == LS_SESSION_READY)
    ls_stream_fetch_more (self, stream);
}
