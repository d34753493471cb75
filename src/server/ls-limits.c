/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-limits"

#include "config.h"

#include "server/ls-limits.h"

/*
 * A bucket is kept as the µs of credit used up, in units of which one event costs rate->per /
 * rate->count. It drains by itself as time goes by, so nothing has to run; two integers a name
 * are the whole state.
 */

typedef struct {
  LsBucket bucket;
  char *name;
  GList link;
} Entry;

struct _LsLimiter {
  LsRate rate;
  unsigned max_names;
  GMutex lock;
  GHashTable *entries; /* name -> Entry */
  GQueue order;        /* Entry, the one used longest ago first; the links are the entries' own */
};

static int64_t
cost_of (const LsRate *rate)
{
  return MAX (1, rate->per / rate->count);
}

static void
drain (LsBucket *bucket,
       int64_t   now)
{
  if (now > bucket->at)
    {
      bucket->level = MAX (0, bucket->level - (now - bucket->at));
      bucket->at = now;
    }
}

static bool
has_room (LsBucket     *bucket,
          const LsRate *rate,
          int64_t       now,
          int64_t      *ret_wait)
{
  int64_t cost, room;

  if (rate->count <= 0)
    return true;
  drain (bucket, now);
  cost = cost_of (rate);
  room = cost * MAX (1, rate->burst) - bucket->level;
  if (room >= cost)
    return true;
  if (ret_wait != NULL)
    *ret_wait = cost - room;
  return false;
}

/**
 * ls_bucket_take:
 * @bucket: a bucket
 * @rate: how often
 * @now: monotonic µs
 * @ret_wait: (out) (optional): µs until there is room; untouched when there is
 *
 * Takes one event out of @bucket.
 *
 * Returns: whether it may happen now
 */
bool
ls_bucket_take (LsBucket     *bucket,
                const LsRate *rate,
                int64_t       now,
                int64_t      *ret_wait)
{
  if (!has_room (bucket, rate, now, ret_wait))
    return false;
  if (rate->count > 0)
    bucket->level += cost_of (rate);
  return true;
}

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->name);
  g_free (entry);
}

/**
 * ls_limiter_new:
 * @rate: how often each name; copied
 * @max_names: the most names remembered
 *
 * When there are more, the one used longest ago is forgotten, which makes its bucket full again:
 * whoever has that many addresses is not held back by a limit per address anyway.
 *
 * Returns: (transfer full): a limiter
 */
LsLimiter *
ls_limiter_new (const LsRate *rate,
                unsigned      max_names)
{
  LsLimiter *limiter = g_new0 (LsLimiter, 1);

  limiter->rate = *rate;
  limiter->max_names = MAX (1, max_names);
  g_mutex_init (&limiter->lock);
  limiter->entries = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, entry_free);
  g_queue_init (&limiter->order);
  return limiter;
}

/**
 * ls_limiter_free:
 * @limiter: (transfer full): a limiter
 *
 * Frees it.
 */
void
ls_limiter_free (LsLimiter *limiter)
{
  g_hash_table_unref (limiter->entries);
  g_mutex_clear (&limiter->lock);
  g_free (limiter);
}

static void
forget_oldest (LsLimiter *limiter)
{
  Entry *oldest = g_queue_pop_head_link (&limiter->order)->data;

  g_hash_table_remove (limiter->entries, oldest->name);
}

static Entry *
entry_for (LsLimiter  *limiter,
           const char *name)
{
  Entry *entry = g_hash_table_lookup (limiter->entries, name);

  if (entry != NULL)
    {
      g_queue_unlink (&limiter->order, &entry->link);
      g_queue_push_tail_link (&limiter->order, &entry->link);
      return entry;
    }
  if (g_hash_table_size (limiter->entries) >= limiter->max_names)
    forget_oldest (limiter);
  entry = g_new0 (Entry, 1);
  entry->name = g_strdup (name);
  g_hash_table_insert (limiter->entries, entry->name, entry);
  entry->link.data = entry;
  g_queue_push_tail_link (&limiter->order, &entry->link);
  return entry;
}

/**
 * ls_limiter_take:
 * @limiter: a limiter
 * @name: whose event it is
 * @now: monotonic µs
 * @ret_wait: (out) (optional): µs until there is room; untouched when there is
 *
 * Takes one event of @name.
 *
 * Returns: whether it may happen now
 */
bool
ls_limiter_take (LsLimiter  *limiter,
                 const char *name,
                 int64_t     now,
                 int64_t    *ret_wait)
{
  bool room;

  g_mutex_lock (&limiter->lock);
  room = ls_bucket_take (&entry_for (limiter, name)->bucket, &limiter->rate, now, ret_wait);
  g_mutex_unlock (&limiter->lock);
  return room;
}

/**
 * ls_limiter_peek:
 * @limiter: a limiter
 * @name: whose event it would be
 * @now: monotonic µs
 * @ret_wait: (out) (optional): µs until there is room; untouched when there is
 *
 * Asks without taking: for what only counts when it fails, such as a wrong password.
 *
 * Returns: whether an event of @name may happen now
 */
bool
ls_limiter_peek (LsLimiter  *limiter,
                 const char *name,
                 int64_t     now,
                 int64_t    *ret_wait)
{
  Entry *entry;
  bool room = true;

  g_mutex_lock (&limiter->lock);
  entry = g_hash_table_lookup (limiter->entries, name);
  if (entry != NULL)
    room = has_room (&entry->bucket, &limiter->rate, now, ret_wait);
  g_mutex_unlock (&limiter->lock);
  return room;
}

/**
 * ls_limiter_give_back:
 * @limiter: a limiter
 * @name: whose event it was
 * @now: monotonic µs
 *
 * Undoes one ls_limiter_take(): for what only counts when it fails.
 */
void
ls_limiter_give_back (LsLimiter  *limiter,
                      const char *name,
                      int64_t     now)
{
  Entry *entry;

  g_mutex_lock (&limiter->lock);
  entry = g_hash_table_lookup (limiter->entries, name);
  if (entry != NULL && limiter->rate.count > 0)
    {
      drain (&entry->bucket, now);
      entry->bucket.level = MAX (0, entry->bucket.level - cost_of (&limiter->rate));
    }
  g_mutex_unlock (&limiter->lock);
}
