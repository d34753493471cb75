/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sync"

#include "config.h"

#include "client/ls-sync-machine-private.h"

/* What the server and the cache answer to the steps of a round; see ls-sync-heal.c. */

/* Fewer buckets than these are never "most of them". */
#define FEW_BUCKETS 8

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
      if (error != NULL && heal->id == id)
        ls_sync_heal_abort (self, heal->stream);
      return;
    }
  if (!fits)
    {
      ls_sync_heal_ask_again (self, now);
      return;
    }
  g_array_set_size (heal->buckets, 0);
  if (different->len > 0)
    g_array_append_vals (heal->buckets, different->data, different->len);
  if (different->len <= MAX (FEW_BUCKETS, n_buckets / 2))
    ls_sync_heal_next_bucket (self, now);
  else if (heal->recounted)
    ls_sync_heal_fetch_instead (self, "most rows differ from the server's", now);
  else
    {
      heal->recounted = true;
      heal->state = LS_HEAL_RECOUNT;
      heal->at_cache = true;
      heal->deadline = now + LS_HEAL_PATIENCE;
      ls_sync_push (self, LS_SYNC_RECOUNT, shop)->generation = heal->id;
      ((LsSyncAction *) g_queue_peek_tail (&self->actions))->collections =
          ls_sync_bit (heal->collection);
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
    ls_sync_heal_begin_step (self, LS_HEAL_BUCKETS, now);
  else if (self->heal.state == LS_HEAL_RECOUNT && self->heal.id == id)
    ls_sync_heal_fetch_instead (self, "most rows differ from the server's", now);
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
        ls_sync_heal_fetch_instead (self, "rows could not be compared", now);
      return;
    }
  if (!fits)
    {
      ls_sync_heal_ask_again (self, now);
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
      ls_sync_heal_next_bucket (self, now);
      return;
    }
  for (unsigned i = 0; i < keys->len; i++)
    g_ptr_array_add (heal->keys, g_strdup (g_ptr_array_index (keys, i)));
  heal->n_buckets++;
  ls_sync_heal_begin_step (self, LS_HEAL_ROWS, now);
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
        ls_sync_heal_fetch_instead (self, "rows could not be healed", now);
      return;
    }
  before = heal->keys->len;
  if (fits)
    forget_keys (heal, &rows->rows);
  if (!fits || heal->keys->len == before)
    {
      ls_sync_heal_ask_again (self, now);
      return;
    }
  if (heal->keys->len > 0)
    {
      ls_sync_heal_begin_step (self, LS_HEAL_ROWS, now);
      return;
    }
  g_array_remove_index (heal->buckets, 0);
  ls_sync_heal_next_bucket (self, now);
}
