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
 * - A bucket that differs again after a heal is healed again after 1, 2, 4 .. 64 minutes. Nothing
 *   else ever waits for a heal: deltas and edits go on.
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

#define MAX_DOUBTS 500
#define MAX_TRIES 3
/* Fewer buckets than these are never "most of them". */
#define FEW_BUCKETS 8
#define MAX_STRIKES 6
#define STRIKES_TO_FETCH 3
#define FORGET_HEALS (2 * 60 * 60 * (int64_t) G_USEC_PER_SEC)
#define ASK_PAUSE (5 * G_USEC_PER_SEC)

static uint32_t
bit (const LsCollection *collection)
{
  return UINT32_C (1) << collection->id;
}

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
    if (collections & bit (g_array_index (stream->doubts, LsDoubt, i - 1).collection))
      g_array_remove_index (stream->doubts, i - 1);
}

/* A collection of the stream that is in doubt and may be looked into at @now, or NULL. */
static const LsCollection *
find_doubt (const LsStream *stream,
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

static LsStream *
find_doubtful (LsSyncMachine *self,
               int64_t        now)
{
  for (unsigned i = 0; i < self->streams->len; i++)
    if (find_doubt (g_ptr_array_index (self->streams, i), now) != NULL)
      return g_ptr_array_index (self->streams, i);
  return NULL;
}

/* Moves the doubts about one collection into the round. */
static void
take_doubts (LsHeal   *heal,
             LsStream *stream,
             int64_t   now)
{
  bool all = false;

  heal->stream = stream;
  heal->collection = find_doubt (stream, now);
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
static bool
pass_guard (LsSyncMachine *self,
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
  if (now - healed->at < LS_HEAL_AGAIN << healed->strikes)
    {
      int64_t *held_back = &heal->stream->held_back[heal->collection->id];

      *held_back = MAX (*held_back, healed->at + (LS_HEAL_AGAIN << healed->strikes));
      return false;
    }
  healed->at = now;
  healed->strikes = MIN (healed->strikes + 1, MAX_STRIKES);
  *ret_strikes = healed->strikes;
  return true;
}

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

static void
ask_again (LsSyncMachine *self,
           int64_t        now)
{
  if (++self->heal.tries < MAX_TRIES)
    ask (self, now);
  else
    ls_sync_heal_abort (self, self->heal.stream);
}

static void
begin_step (LsSyncMachine *self,
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
  if (heal->requests > 0 && find_doubtful (self, now) != NULL)
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
static void
fetch_instead (LsSyncMachine *self,
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
  ls_stream_refetch (self, stream, bit (heal->collection), now);
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

static void
next_bucket (LsSyncMachine *self,
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
      if (!pass_guard (self, bucket, now, &strikes))
        {
          guarded (self, bucket);
          g_array_remove_index (heal->buckets, 0);
          continue;
        }
      if (strikes == STRIKES_TO_FETCH)
        fetch_instead (self, "a bucket did not stay healed", now);
      else
        begin_step (self, LS_HEAL_LIST, now);
      return;
    }
  end_collection (self, now);
}

static void
next_step (LsSyncMachine *self,
           int64_t        now)
{
  take_doubts (&self->heal, find_doubtful (self, now), now);
  if (self->heal.state == LS_HEAL_BUCKETS)
    begin_step (self, LS_HEAL_BUCKETS, now);
  else
    next_bucket (self, now);
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
      now - heal->round_at < LS_HEAL_AGAIN || find_doubtful (self, now) == NULL)
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
          if (find_doubt (stream, INT64_MAX) != NULL && (due < 0 || at < due))
            due = at;
        }
    }
  return due;
}

/* --- Answers of the server ------------------------------------------------------------------- */

static bool
is_awaited (const LsHeal       *heal,
            const LsStream     *stream,
            LsHealState         state,
            const LsCollection *collection,
            int64_t             bucket)
{
  int64_t awaited =
      state == LS_HEAL_BUCKETS || heal->buckets->len == 0
          ? -1
          : (int64_t) g_array_index (heal->buckets, uint32_t, 0);

  return heal->state == state && heal->stream == stream && !heal->at_cache &&
         heal->collection == collection && awaited == bucket;
}

/* An answer to `verify`. One that nobody waits for any more is dropped. */
void
ls_stream_proof (LsSyncMachine *self,
                 LsStream      *stream,
                 LsMessage     *message,
                 int64_t        now)
{
  LsHeal *heal = &self->heal;
  bool is_rows = message->type == LS_MESSAGE_ROWS;
  const LsCollection *collection =
      is_rows ? message->rows.collection : message->digest.collection;
  int64_t bucket = is_rows ? message->rows.bucket : message->digest.bucket;
  LsHealState state = is_rows ? LS_HEAL_ROWS : bucket < 0 ? LS_HEAL_BUCKETS : LS_HEAL_LIST;
  LsSyncAction *action;

  if (stream->state != LS_STREAM_SUBSCRIBED ||
      !is_awaited (heal, stream, state, collection, bucket))
    return;
  heal->at_cache = true;
  heal->deadline = now + LS_HEAL_PATIENCE;
  action = ls_sync_push (self, is_rows ? LS_SYNC_HEAL_ROWS : LS_SYNC_COMPARE, stream->shop);
  action->message = ls_message_ref (message);
  action->generation = heal->id;
}

/* --- Answers of the cache -------------------------------------------------------------------- */

/* Whether the answer is to the step under way; a failure ends it. */
static bool
is_current (LsSyncMachine *self,
            const char    *shop,
            unsigned       id,
            const GError  *error)
{
  LsHeal *heal = &self->heal;

  if (heal->state == LS_HEAL_IDLE || heal->id != id || !g_str_equal (heal->stream->shop, shop))
    return false;
  if (error == NULL)
    return true;
  ls_sync_report_error (self, LS_EVENT_ERROR, heal->stream, error);
  return false;
}

/**
 * ls_sync_machine_bucketed:
 * @self: a machine
 * @shop: a shop
 * @id: of the action
 * @fits: whether the cache stood where the sums were made
 * @different: (element-type uint32_t): the buckets that differ
 * @n_buckets: how many there are at all
 * @error: (nullable): why the cache failed
 * @now: monotonic
 *
 * Answers %LS_SYNC_COMPARE of buckets.
 */
void
ls_sync_machine_bucketed (LsSyncMachine *self,
                          const char    *shop,
                          unsigned       id,
                          bool           fits,
                          GArray        *different,
                          unsigned       n_buckets,
                          const GError  *error,
                          int64_t        now)
{
  LsHeal *heal = &self->heal;

  if (!is_current (self, shop, id, error))
    {
      if (error != NULL)
        ls_sync_heal_abort (self, heal->stream);
      return;
    }
  if (!fits)
    {
      ask_again (self, now);
      return;
    }
  g_array_set_size (heal->buckets, 0);
  if (different->len > 0)
    g_array_append_vals (heal->buckets, different->data, different->len);
  if (different->len <= MAX (FEW_BUCKETS, n_buckets / 2))
    next_bucket (self, now);
  else if (heal->recounted)
    fetch_instead (self, "most rows differ from the server's", now);
  else
    {
      heal->recounted = true;
      heal->state = LS_HEAL_RECOUNT;
      heal->at_cache = true;
      heal->deadline = now + LS_HEAL_PATIENCE;
      ls_sync_push (self, LS_SYNC_RECOUNT, shop)->generation = heal->id;
      ((LsSyncAction *) g_queue_peek_tail (&self->actions))->collections = bit (heal->collection);
    }
}

/**
 * ls_sync_machine_recounted:
 * @self: a machine
 * @shop: a shop
 * @id: of the action
 * @corrected: buckets whose sums were not those of their rows
 * @error: (nullable): why the cache failed
 * @now: monotonic
 *
 * Answers %LS_SYNC_RECOUNT.
 */
void
ls_sync_machine_recounted (LsSyncMachine *self,
                           const char    *shop,
                           unsigned       id,
                           unsigned       corrected,
                           const GError  *error,
                           int64_t        now)
{
  if (is_current (self, shop, id, error) && corrected > 0)
    begin_step (self, LS_HEAL_BUCKETS, now);
  else if (self->heal.state == LS_HEAL_RECOUNT && self->heal.id == id)
    fetch_instead (self, "most rows differ from the server's", now);
}

/* Rows agree one by one, and their sums do not: nothing here can mend that. */
static void
report_server (LsSyncMachine *self)
{
  LsEvent *event = ls_sync_report (self, LS_EVENT_FINDING, self->heal.stream);

  event->collection = self->heal.collection;
  event->code = g_strdup (ls_error_info (LS_ERROR_INCONSISTENCY)->name);
  event->message = g_strdup_printf ("%s: the server's digest is not that of its rows",
                                    self->heal.collection->name);
  event->once = g_strdup (event->message);
}

/**
 * ls_sync_machine_listed:
 * @self: a machine
 * @shop: a shop
 * @id: of the action
 * @fits: whether the cache stood where the list was made
 * @keys: (element-type utf8): the rows that differ, are missing or too many
 * @corrected: whether the sum of the bucket was not that of its rows, and is now
 * @error: (nullable): why the cache failed
 * @now: monotonic
 *
 * Answers %LS_SYNC_COMPARE of a bucket.
 */
void
ls_sync_machine_listed (LsSyncMachine *self,
                        const char    *shop,
                        unsigned       id,
                        bool           fits,
                        GPtrArray     *keys,
                        bool           corrected,
                        const GError  *error,
                        int64_t        now)
{
  LsHeal *heal = &self->heal;

  if (!is_current (self, shop, id, error))
    {
      if (error != NULL && heal->id == id && heal->state != LS_HEAL_IDLE)
        fetch_instead (self, "rows could not be compared", now);
      return;
    }
  if (!fits)
    {
      ask_again (self, now);
      return;
    }
  if (keys->len == 0)
    {
      /* One that was in doubt for another reason may be sound. */
      if (corrected || !heal->by_sums)
        heal->n_buckets++;
      else
        report_server (self);
      g_array_remove_index (heal->buckets, 0);
      next_bucket (self, now);
      return;
    }
  for (unsigned i = 0; i < keys->len; i++)
    g_ptr_array_add (heal->keys, g_strdup (g_ptr_array_index (keys, i)));
  heal->n_buckets++;
  begin_step (self, LS_HEAL_ROWS, now);
}

static void
forget_keys (LsHeal              *heal,
             const LsRowsMessage *rows)
{
  for (unsigned i = 0; i < rows->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (rows->changes, i);
      unsigned place;

      if (g_ptr_array_find_with_equal_func (heal->keys, change->key, g_str_equal, &place))
        {
          g_ptr_array_remove_index (heal->keys, place);
          heal->n_rows++;
        }
    }
}

/**
 * ls_sync_machine_healed:
 * @self: a machine
 * @shop: a shop
 * @id: of the action
 * @fits: whether the cache stood where the rows were read
 * @rows: the `rows`
 * @error: (nullable): why the cache failed
 * @now: monotonic
 *
 * Answers %LS_SYNC_HEAL_ROWS.
 */
void
ls_sync_machine_healed (LsSyncMachine   *self,
                        const char      *shop,
                        unsigned         id,
                        bool             fits,
                        const LsMessage *rows,
                        const GError    *error,
                        int64_t          now)
{
  LsHeal *heal = &self->heal;
  unsigned before;

  if (!is_current (self, shop, id, error))
    {
      if (error != NULL && heal->id == id && heal->state != LS_HEAL_IDLE)
        fetch_instead (self, "rows could not be healed", now);
      return;
    }
  before = heal->keys->len;
  if (fits)
    forget_keys (heal, &rows->rows);
  if (!fits || heal->keys->len == before)
    {
      ask_again (self, now);
      return;
    }
  if (heal->keys->len > 0)
    {
      begin_step (self, LS_HEAL_ROWS, now);
      return;
    }
  g_array_remove_index (heal->buckets, 0);
  next_bucket (self, now);
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
