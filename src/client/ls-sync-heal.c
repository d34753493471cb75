/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sync"

#include "config.h"

#include "client/ls-sync-machine-private.h"

#include "core/ls-schema.h"

/*
 * Healing of just what differs (rules 17 and 19).
 *
 *   IDLE --a doubt, a minute after the last round--> BUCKETS --> LIST --> ROWS --> LIST ...
 *                         |                             |                  |
 *                         '--the buckets are known------'                  '--> IDLE
 *
 *   BUCKETS  `verify` of a collection: the sums of its buckets, and which of them differ
 *   LIST     `verify` of a bucket: key and hash of its rows, and which of them differ
 *   ROWS     `verify` of these rows: put in the place of the cache's
 *   RECOUNT  most buckets differ: are the sums wrong, and the rows right? Else all is fetched
 *
 * Each answer stands in the stream behind the delta that ends at its version. The cache compares it
 * there or, standing elsewhere, not at all; then it is asked for again. Between two steps the cache
 * may go on as it likes: what is asked for next is compared, and put, as it is then.
 *
 * What must hold:
 *
 * - At most one round a minute in a session, of at most LS_HEAL_REQUESTS questions; what is still
 *   in doubt then waits for the next round. The server limits the same.
 * - A bucket that differs again after a heal is healed again after 1, 2, 4 .. 64 minutes, and the others
 *   of its collection wait for it no longer than 5. Nothing else ever waits for a heal: deltas and
 *   edits go on.
 * - A doubt is forgotten only when a digest agreed, or when it was looked into.
 *
 * What can go wrong:
 *
 *   no answer in LS_HEAL_PATIENCE, or the session ends     the doubt stays, for the next round
 *   the cache stood elsewhere three times in a row         the same
 *   rows can't be written (an index rotted with them)      the collection is fetched
 *   most buckets differ, and it is not the sums            the collection is fetched
 *   a third heal did not hold                              the collection is fetched, once
 *   rows agree and sums do not                             the server's own do not agree: told
 */

#define MAX_TRIES 3
#define STRIKES_TO_FETCH 3
#define ASK_PAUSE (5 * G_USEC_PER_SEC)

/* --- Steps ----------------------------------------------------------------------------------- */

static void next_step (LsSyncMachine *self,
                       int64_t        now);

/* Asks the server what the state wants to know. Out of questions the doubt waits. */
static void
ask (LsSyncMachine *self,
     int64_t        now)
{
  LsHeal *heal = &self->heal;
  LsMessage *message;

  if (heal->requests == 0)
    {
      ls_sync_heal_abort (self, heal->stream);
      return;
    }
  heal->requests--;
  heal->id++;
  heal->at_cache = false;
  heal->deadline = now + LS_HEAL_PATIENCE;
  message = ls_message_new (LS_MESSAGE_VERIFY);
  message->verify.shop = g_strdup (heal->stream->shop);
  message->verify.collection = heal->collection;
  if (heal->state != LS_HEAL_BUCKETS)
    message->verify.bucket = g_array_index (heal->buckets, uint32_t, 0);
  for (unsigned i = 0;
       heal->state == LS_HEAL_ROWS && i < heal->keys->len && i < LS_MAX_CHANGES; i++)
    g_ptr_array_add (message->verify.keys, g_strdup (g_ptr_array_index (heal->keys, i)));
  ls_sync_send (self, message);
}

void
ls_sync_heal_ask_again (LsSyncMachine *self,
                        int64_t        now)
{
  if (++self->heal.tries < MAX_TRIES)
    ask (self, now);
  else
    ls_sync_heal_abort (self, self->heal.stream);
}

void
ls_sync_heal_begin_step (LsSyncMachine *self,
                         LsHealState    state,
                         int64_t        now)
{
  self->heal.state = state;
  self->heal.tries = 0;
  ask (self, now);
}

/* Asks for the sums of all collections of a shop. */
static void
ask_totals (LsSyncMachine *self,
            LsStream      *stream,
            int64_t        now)
{
  LsMessage *message = ls_message_new (LS_MESSAGE_VERIFY);

  message->verify.shop = g_strdup (stream->shop);
  stream->asked_at = now;
  ls_sync_send (self, message);
}

/* One collection is done, and the next one's turn. */
static void
end_collection (LsSyncMachine *self,
                int64_t        now)
{
  LsHeal *heal = &self->heal;
  LsStream *stream = heal->stream;
  LsEvent *event;

  if (heal->n_buckets > 0)
    {
      event = ls_sync_report (self, LS_EVENT_HEALED, stream);
      event->collection = heal->collection;
      event->version = stream->confirmed.version;
      event->count = heal->n_rows;
      event->message = g_strdup_printf ("%s: %u rows of %u buckets were made the server's again",
                                        heal->collection->name, heal->n_rows, heal->n_buckets);
      heal->healed = true;
    }
  heal->state = LS_HEAL_IDLE;
  heal->stream = NULL;
  if (heal->requests > 0 && ls_sync_find_doubtful (self, now) != NULL)
    {
      next_step (self, now);
      return;
    }
  /* That it is right now, a digest says. */
  if (heal->healed && stream->state == LS_STREAM_SUBSCRIBED)
    ask_totals (self, stream, now);
  heal->healed = false;
}

/* The last resort. */
void
ls_sync_heal_fetch_instead (LsSyncMachine *self,
                            const char    *why,
                            int64_t        now)
{
  LsHeal *heal = &self->heal;
  LsStream *stream = heal->stream;
  LsEvent *event = ls_sync_report (self, LS_EVENT_RESYNC, stream);

  event->collection = heal->collection;
  event->message = g_strdup (why);
  heal->state = LS_HEAL_IDLE;
  heal->stream = NULL;
  ls_stream_refetch (self, stream, ls_sync_bit (heal->collection), now);
}

static void
guarded (LsSyncMachine *self,
         uint32_t       bucket)
{
  LsEvent *event = ls_sync_report (self, LS_EVENT_LOOP_GUARD, self->heal.stream);

  event->collection = self->heal.collection;
  event->message = g_strdup_printf ("bucket %u of %s differs again soon after it was healed",
                                    bucket, self->heal.collection->name);
}

void
ls_sync_heal_next_bucket (LsSyncMachine *self,
                          int64_t        now)
{
  LsHeal *heal = &self->heal;

  g_ptr_array_set_size (heal->keys, 0);
  while (heal->buckets->len > 0)
    {
      uint32_t bucket = g_array_index (heal->buckets, uint32_t, 0);
      unsigned strikes;

      /* Out of questions: this one and those after it wait, and are no strike. */
      if (heal->requests < 2)
        {
          ls_sync_heal_abort (self, heal->stream);
          return;
        }
      if (!ls_sync_heal_pass_guard (self, bucket, now, &strikes))
        {
          guarded (self, bucket);
          g_array_remove_index (heal->buckets, 0);
          /* When its time has come its sum is asked for first: it may be right by then. */
          ls_stream_doubt (heal->stream, heal->collection, -1);
          continue;
        }
      if (strikes == STRIKES_TO_FETCH)
        ls_sync_heal_fetch_instead (self, "a bucket did not stay healed", now);
      else
        ls_sync_heal_begin_step (self, LS_HEAL_LIST, now);
      return;
    }
  end_collection (self, now);
}

static void
next_step (LsSyncMachine *self,
           int64_t        now)
{
  ls_sync_heal_take_doubts (&self->heal, ls_sync_find_doubtful (self, now), now);
  if (self->heal.state == LS_HEAL_BUCKETS)
    ls_sync_heal_begin_step (self, LS_HEAL_BUCKETS, now);
  else
    ls_sync_heal_next_bucket (self, now);
}

/* --- Rounds ---------------------------------------------------------------------------------- */

/* Begins a round when there is something in doubt and the last one is long enough ago. */
void
ls_sync_heal_run (LsSyncMachine *self,
                  int64_t        now)
{
  LsHeal *heal = &self->heal;

  if (heal->state != LS_HEAL_IDLE && now >= heal->deadline)
    ls_sync_heal_abort (self, heal->stream);
  if (self->session != LS_SESSION_READY || heal->state != LS_HEAL_IDLE ||
      now - heal->round_at < LS_HEAL_AGAIN || ls_sync_find_doubtful (self, now) == NULL)
    return;
  heal->round_at = now;
  heal->requests = LS_HEAL_REQUESTS;
  next_step (self, now);
}

/* Gives up what is under way for @stream, if anything; what was in doubt stays so. */
void
ls_sync_heal_abort (LsSyncMachine *self,
                    LsStream      *stream)
{
  LsHeal *heal = &self->heal;

  if (heal->state == LS_HEAL_IDLE || heal->stream != stream)
    return;
  heal->id++;
  heal->state = LS_HEAL_IDLE;
  heal->stream = NULL;
  heal->healed = false;
  if (heal->buckets->len == 0)
    ls_stream_doubt (stream, heal->collection, -1);
  for (unsigned i = 0; i < heal->buckets->len; i++)
    ls_stream_doubt (stream, heal->collection, g_array_index (heal->buckets, uint32_t, i));
}

/* When ls_sync_heal_run() has something to do, or -1. */
int64_t
ls_sync_heal_get_deadline (LsSyncMachine *self)
{
  const LsHeal *heal = &self->heal;
  int64_t due = -1;

  if (heal->state != LS_HEAL_IDLE)
    return heal->deadline;
  for (unsigned i = 0; i < self->streams->len; i++)
    {
      const LsStream *stream = g_ptr_array_index (self->streams, i);

      for (unsigned k = 0; k < stream->doubts->len; k++)
        {
          const LsDoubt *doubt = &g_array_index (stream->doubts, LsDoubt, k);
          int64_t at =
              MAX (heal->round_at + LS_HEAL_AGAIN, stream->held_back[doubt->collection->id]);

          /* Of others an event will tell. */
          if (ls_stream_find_doubt (stream, INT64_MAX) != NULL && (due < 0 || at < due))
            due = at;
        }
    }
  return due;
}

/* --- Asked from outside ---------------------------------------------------------------------- */

/**
 * ls_sync_machine_verify:
 * @self: a machine
 * @shop: a shop
 * @collections: a mask of collections that are in doubt; 0 for none in particular
 * @now: monotonic
 *
 * Compares with the server and heals what differs, as soon as that may be; without a collection
 * only all digests are compared.
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
  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    if (collections & (UINT32_C (1) << i))
      ls_stream_doubt (stream, ls_schema_collection ((LsCollectionId) i), -1);
  if (collections == 0 && self->session == LS_SESSION_READY &&
      stream->state == LS_STREAM_SUBSCRIBED &&
      (stream->asked_at == 0 || now - stream->asked_at >= ASK_PAUSE))
    ask_totals (self, stream, now);
  ls_sync_heal_run (self, now);
}

/**
 * ls_sync_machine_suspect:
 * @self: a machine
 * @shop: a shop
 * @collection: a collection
 * @buckets: (element-type uint32_t): buckets whose rows are not those that the log led to
 * @now: monotonic
 *
 * Heals these buckets as soon as that may be.
 */
void
ls_sync_machine_suspect (LsSyncMachine      *self,
                         const char         *shop,
                         const LsCollection *collection,
                         GArray             *buckets,
                         int64_t             now)
{
  LsStream *stream = ls_sync_find (self, shop);

  for (unsigned i = 0; stream != NULL && i < buckets->len; i++)
    ls_stream_doubt (stream, collection, g_array_index (buckets, uint32_t, i));
  if (stream != NULL)
    ls_sync_heal_run (self, now);
}

/**
 * ls_sync_machine_refetch:
 * @self: a machine
 * @shop: a shop
 * @collections: a mask of collections
 * @now: monotonic
 *
 * Fetches collections whole, at most once a minute each.
 */
void
ls_sync_machine_refetch (LsSyncMachine *self,
                         const char    *shop,
                         uint32_t       collections,
                         int64_t        now)
{
  LsStream *stream = ls_sync_find (self, shop);

  if (stream != NULL)
    ls_stream_refetch (self, stream, collections, now);
}
