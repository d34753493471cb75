/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sync"

#include "config.h"

#include "client/ls-sync-machine-private.h"

#include "core/ls-fault.h"

/* What of a shop is in doubt, and how often a bucket had to be healed; see ls-sync-heal.c. */

#define MAX_DOUBTS 500
#define MAX_STRIKES 6
/* How long a bucket that waits for longer keeps its collection from being looked at, for one question of
 * at most 256 sums. */
#define LOOK_AGAIN (5 * 60 * (int64_t) G_USEC_PER_SEC)
#define FORGET_HEALS (2 * 60 * 60 * (int64_t) G_USEC_PER_SEC)

/* --- Doubts ---------------------------------------------------------------------------------- */

/* Keeps in mind that a bucket (-1: any of them) of a collection may be wrong. */
void
ls_stream_doubt (LsStream           *stream,
                 const LsCollection *collection,
                 int64_t             bucket)
{
  LsDoubt doubt = { collection, stream->doubts->len < MAX_DOUBTS ? bucket : -1 };

  for (unsigned i = 0; i < stream->doubts->len; i++)
    {
      const LsDoubt *known = &g_array_index (stream->doubts, LsDoubt, i);

      /* Where it is known which buckets are wrong, that any are says nothing new: whether it was
       * all, the digest after the heal tells. */
      if (known->collection == collection &&
          (known->bucket < 0 || doubt.bucket < 0 || known->bucket == doubt.bucket))
        return;
    }
  g_array_append_val (stream->doubts, doubt);
}

/* A digest differs. What is being healed is looked at again when that is done. */
void
ls_sync_heal_differs (LsSyncMachine      *self,
                      LsStream           *stream,
                      const LsCollection *collection)
{
  const LsHeal *heal = &self->heal;

  if (heal->state == LS_HEAL_IDLE || heal->stream != stream || heal->collection != collection)
    ls_stream_doubt (stream, collection, -1);
}

/* A digest agreed about @collections: there is nothing to doubt. */
void
ls_stream_trust (LsStream *stream,
                 uint32_t  collections)
{
  for (unsigned i = stream->doubts->len; i > 0; i--)
    if (collections & ls_sync_bit (g_array_index (stream->doubts, LsDoubt, i - 1).collection))
      g_array_remove_index (stream->doubts, i - 1);
}

/* A collection of the stream that is in doubt and may be looked into at @now, or NULL. */
const LsCollection *
ls_stream_find_doubt (const LsStream *stream,
                      int64_t         now)
{
  if (!stream->visible || stream->state != LS_STREAM_SUBSCRIBED || stream->fetching != 0 ||
      stream->fetch_later != 0)
    return NULL;
  for (unsigned i = 0; i < stream->doubts->len; i++)
    {
      const LsCollection *collection = g_array_index (stream->doubts, LsDoubt, i).collection;

      if (now >= stream->held_back[collection->id])
        return collection;
    }
  return NULL;
}

LsStream *
ls_sync_find_doubtful (LsSyncMachine *self,
                       int64_t        now)
{
  for (unsigned i = 0; i < self->streams->len; i++)
    if (ls_stream_find_doubt (g_ptr_array_index (self->streams, i), now) != NULL)
      return g_ptr_array_index (self->streams, i);
  return NULL;
}

/* Moves the doubts about one collection into the round. */
void
ls_sync_heal_take_doubts (LsHeal   *heal,
                          LsStream *stream,
                          int64_t   now)
{
  bool all = false;

  heal->stream = stream;
  heal->collection = ls_stream_find_doubt (stream, now);
  heal->recounted = false;
  heal->n_rows = heal->n_buckets = 0;
  g_array_set_size (heal->buckets, 0);
  for (unsigned i = 0; i < stream->doubts->len;)
    {
      const LsDoubt *doubt = &g_array_index (stream->doubts, LsDoubt, i);
      uint32_t bucket = (uint32_t) doubt->bucket;

      if (doubt->collection != heal->collection)
        {
          i++;
          continue;
        }
      all = all || doubt->bucket < 0;
      g_array_append_val (heal->buckets, bucket);
      g_array_remove_index (stream->doubts, i);
    }
  heal->by_sums = all;
  heal->state = all ? LS_HEAL_BUCKETS : LS_HEAL_LIST;
  if (all)
    g_array_set_size (heal->buckets, 0);
}

/* --- The guard ------------------------------------------------------------------------------- */

static LsHealedBucket *
find_healed (LsStream           *stream,
             const LsCollection *collection,
             uint32_t            bucket,
             int64_t             now)
{
  for (unsigned i = stream->healed->len; i > 0; i--)
    {
      LsHealedBucket *healed = &g_array_index (stream->healed, LsHealedBucket, i - 1);

      if (now - healed->at > FORGET_HEALS)
        g_array_remove_index (stream->healed, i - 1);
      else if (healed->collection == collection && healed->bucket == bucket)
        return healed;
    }
  return NULL;
}

/* Whether a bucket may be healed now; counts how often it had to be. */
bool
ls_sync_heal_pass_guard (LsSyncMachine *self,
                         uint32_t       bucket,
                         int64_t        now,
                         unsigned      *ret_strikes)
{
  LsHeal *heal = &self->heal;
  LsHealedBucket *healed = find_healed (heal->stream, heal->collection, bucket, now);
  LsHealedBucket first = { heal->collection, bucket, 0, now };

  *ret_strikes = 0;
  if (healed == NULL)
    {
      if (heal->stream->healed->len >= MAX_DOUBTS)
        g_array_remove_index (heal->stream->healed, 0);
      g_array_append_val (heal->stream->healed, first);
      return true;
    }
  if (LS_FAULT (HEALED_AT_ONCE))
    return true;
  if (now - healed->at < LS_HEAL_AGAIN << healed->strikes)
    {
      int64_t *held_back = &heal->stream->held_back[heal->collection->id];
      int64_t due = healed->at + (LS_HEAL_AGAIN << healed->strikes);

      /* It waits alone: the others of its collection are not to rot as long. */
      *held_back = MAX (*held_back, MIN (due, now + LOOK_AGAIN));
      return false;
    }
  healed->at = now;
  healed->strikes = MIN (healed->strikes + 1, MAX_STRIKES);
  *ret_strikes = healed->strikes;
  return true;
}
