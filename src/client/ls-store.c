/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-store"

#include "config.h"

#include "client/ls-store.h"

#include "client/ls-edit-list.h"
#include "client/ls-store-private.h"
#include "client/ls-store-jobs.h"
#include "client/ls-store-upkeep.h"
#include "core/ls-reason.h"
#include "core/ls-id.h"

/**
 * LsStore:
 *
 * The single source of truth for all windows of an account. It gives out live queries and
 * aggregates, takes edits, and shows each publication of the cache as a whole, in one dispatch of
 * the main loop. Main thread only; nothing here waits.
 */
struct _LsStore {
  GObject parent_instance;

  LsEnvironment *environment;
  LsCache *cache;
  LsFollower *follower;
  LsRowTable *rows;
  LsStoreUpkeep *upkeep;
  bool is_shared; /* another process writes the cache */
  bool is_flushing; /* a job that takes the wanted rows is on its way */

  GHashTable *live; /* id -> Live */
  uint64_t last_id;

  int64_t sequence; /* of the commit shown last */
  GHashTable *shops; /* name -> LsCacheShop */
  LsEditList *edits;

  GHashTable *searches; /* token -> GTask */
  GQueue waiters;       /* LsStoreJob whose commits are not shown yet, in order */
  LsStoreQueue jobs;
};

typedef struct {
  uint64_t id;
  GObject *object; /* lets go in its dispose */
  LsLiveFunc func;
} Live;

G_DEFINE_FINAL_TYPE (LsStore, ls_store, G_TYPE_OBJECT)

typedef enum {
  PROP_PENDING_COUNT = 1,
  PROP_DEAD_COUNT,
  PROP_LOST_COUNT,
  PROP_READ_ONLY,
} LsStoreProperty;

static GParamSpec *properties[PROP_READ_ONLY + 1];

enum {
  MUTATING,
  COMMITTED,
  EDIT_CHANGED,
  POSITION_CHANGED,
  READ_TROUBLE,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

static void
flush_wants_cb (gpointer data)
{
  LsStore *self = data;

  self->is_flushing = false;
  ls_follower_want_rows (self->follower, ls_row_table_take_wants (self->rows));
}

/* Rows are wanted one by one, as widgets ask for them; they are read together. */
static void
rows_wanted_cb (gpointer user_data)
{
  LsStore *self = user_data;

  if (self->is_flushing)
    return;
  self->is_flushing = true;
  ls_environment_post (self->environment,
                       ls_environment_get_queue (self->environment, LS_QUEUE_MAIN), flush_wants_cb,
                       g_object_ref (self), g_object_unref);
}

static void
show_edits (LsStore   *self,
            GPtrArray *edits)
{
  LsEditCounts before = *ls_edit_list_get_counts (self->edits);
  const LsEditCounts *after;

  for (unsigned i = 0; i < edits->len; i++)
    ls_edit_list_take (self->edits, g_ptr_array_index (edits, i));
  after = ls_edit_list_get_counts (self->edits);
  if (before.pending != after->pending)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PENDING_COUNT]);
  if (before.dead != after->dead)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DEAD_COUNT]);
  if (before.lost != after->lost)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LOST_COUNT]);
  for (unsigned i = 0; i < edits->len; i++)
    g_signal_emit (self, signals[EDIT_CHANGED], 0, g_ptr_array_index (edits, i));
}

static void
show_position (LsStore             *self,
               const LsCacheCommit *commit)
{
  LsCacheShop *shop = g_hash_table_lookup (self->shops, commit->shop);

  if (shop == NULL)
    {
      shop = g_new0 (LsCacheShop, 1);
      shop->shop = g_strdup (commit->shop);
      g_hash_table_insert (self->shops, shop->shop, shop);
    }
  else if (ls_position_equal (&shop->position, &commit->position) &&
           shop->synced_at == commit->synced_at)
    {
      shop->n_waiting = commit->n_waiting;
      return;
    }
  shop->position = commit->position;
  shop->synced_at = commit->synced_at;
  shop->n_waiting = commit->n_waiting;
  g_signal_emit (self, signals[POSITION_CHANGED], 0, commit->shop);
}

static void
show_rows (LsStore             *self,
           const LsPublication *publication)
{
  for (unsigned i = 0; i < publication->commits->len; i++)
    {
      const LsCacheCommit *commit = g_ptr_array_index (publication->commits, i);

      for (unsigned j = 0; j < commit->changes->len; j++)
        ls_row_table_change (self->rows, &g_array_index (commit->changes, LsRowChange, j));
      if (commit->reloaded != 0)
        ls_row_table_reload (self->rows, commit->shop, commit->reloaded);
    }
  for (unsigned i = 0; i < publication->rows->len; i++)
    {
      const LsLoadedRow *loaded = &g_array_index (publication->rows, LsLoadedRow, i);

      if (loaded->row.id != 0)
        ls_row_table_load (self->rows, &loaded->row, loaded->record, loaded->pending);
    }
}

static void
show_updates (LsStore             *self,
              const LsPublication *publication)
{
  for (unsigned i = 0; i < publication->updates->len; i++)
    {
      const LsFollowedUpdate *update =
          &g_array_index (publication->updates, LsFollowedUpdate, i);
      const Live *live = g_hash_table_lookup (self->live, &update->id);

      if (live != NULL)
        live->func (live->object, update);
    }
}

static void
end_search (LsStore           *self,
            const LsLoadedRow *loaded)
{
  g_autoptr (GTask) task = NULL;
  g_autofree gpointer token = NULL;

  if (!g_hash_table_steal_extended (self->searches, &loaded->token, &token, (gpointer *) &task))
    return;
  if (loaded->failure != NULL)
    g_task_return_error (task, g_error_copy (loaded->failure));
  else if (loaded->record == NULL)
    {
      GError *error = NULL;

      ls_reason_set_error (&error, LS_REASON_NO_RECORD);
      g_task_return_error (task, error);
    }
  else
    g_task_return_pointer (task,
                           ls_row_table_get (self->rows, loaded->row.shop, loaded->row.collection,
                                             loaded->row.id, NULL),
                           g_object_unref);
}

/* Everything of a publication is shown in this one call. */
static void
publish_cb (const LsPublication *publication,
            gpointer             user_data)
{
  g_autoptr (LsStore) self = g_object_ref (user_data);
  LsStoreJob *job;

  self->sequence = publication->sequence;
  show_rows (self, publication);
  show_updates (self, publication);
  for (unsigned i = 0; i < publication->commits->len; i++)
    {
      LsCacheCommit *commit = g_ptr_array_index (publication->commits, i);

      show_edits (self, commit->edits);
      show_position (self, commit);
      if (!self->is_shared)
        ls_store_upkeep_take_commit (self->upkeep, commit);
      g_signal_emit (self, signals[COMMITTED], 0, commit);
    }
  for (unsigned i = 0; i < publication->rows->len; i++)
    if (g_array_index (publication->rows, LsLoadedRow, i).token != 0)
      end_search (self, &g_array_index (publication->rows, LsLoadedRow, i));
  while ((job = g_queue_peek_head (&self->waiters)) != NULL &&
         ls_store_job_get_sequence (job) <= self->sequence)
    ls_store_job_end (g_queue_pop_head (&self->waiters));
}

static void
read_trouble_cb (const GError *error,
                 gpointer      user_data)
{
  g_signal_emit (user_data, signals[READ_TROUBLE], 0, error);
}

/* What the file knew when the store was made. */
static void
started_cb (LsStoreStart *start,
            gpointer      user_data)
{
  LsStore *self = user_data;

  if (self->follower == NULL)
    return;
  for (unsigned i = 0; i < start->shops->len; i++)
    {
      LsCacheShop *shop = ls_cache_shop_copy (g_ptr_array_index (start->shops, i));

      g_hash_table_replace (self->shops, shop->shop, shop);
    }
  show_edits (self, start->edits);
  if (start->error != NULL)
    read_trouble_cb (start->error, self);
  for (unsigned i = 0; i < start->shops->len; i++)
    g_signal_emit (self, signals[POSITION_CHANGED], 0,
                   ((LsCacheShop *) g_ptr_array_index (start->shops, i))->shop);
}

static void
ls_store_dispose (GObject *object)
{
  LsStore *self = LS_STORE (object);

  if (self->follower != NULL)
    {
      ls_follower_stop (self->follower);
      ls_row_table_detach (self->rows);
      ls_store_post_stop (self->cache);
    }
  g_clear_pointer (&self->follower, ls_follower_unref);
  if (self->upkeep != NULL)
    ls_store_upkeep_stop (self->upkeep);
  g_clear_pointer (&self->upkeep, ls_store_upkeep_unref);
  G_OBJECT_CLASS (ls_store_parent_class)->dispose (object);
}

static void
ls_store_finalize (GObject *object)
{
  LsStore *self = LS_STORE (object);

  g_clear_pointer (&self->rows, ls_row_table_unref);
  g_hash_table_unref (self->live);
  g_hash_table_unref (self->shops);
  g_hash_table_unref (self->searches);
  g_clear_pointer (&self->edits, ls_edit_list_free);
  g_clear_object (&self->cache);
  g_clear_object (&self->environment);
  G_OBJECT_CLASS (ls_store_parent_class)->finalize (object);
}

static void
ls_store_get_property (GObject    *object,
                       unsigned    property_id,
                       GValue     *value,
                       GParamSpec *pspec)
{
  LsStore *self = LS_STORE (object);

  switch ((LsStoreProperty) property_id)
    {
    case PROP_PENDING_COUNT:
      g_value_set_uint (value, ls_edit_list_get_counts (self->edits)->pending);
      break;
    case PROP_DEAD_COUNT:
      g_value_set_uint (value, ls_edit_list_get_counts (self->edits)->dead);
      break;
    case PROP_LOST_COUNT:
      g_value_set_uint (value, ls_edit_list_get_counts (self->edits)->lost);
      break;
    case PROP_READ_ONLY:
      g_value_set_boolean (value, self->is_shared);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, property_id, pspec);
    }
}

static void
ls_store_class_init (LsStoreClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  const GParamFlags flags =
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->dispose = ls_store_dispose;
  object_class->finalize = ls_store_finalize;
  object_class->get_property = ls_store_get_property;

  properties[PROP_PENDING_COUNT] =
      g_param_spec_uint ("pending-count", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_DEAD_COUNT] =
      g_param_spec_uint ("dead-count", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_LOST_COUNT] =
      g_param_spec_uint ("lost-count", NULL, NULL, 0, G_MAXUINT, 0, flags);
  properties[PROP_READ_ONLY] = g_param_spec_boolean ("read-only", NULL, NULL, FALSE, flags);
  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);

  /**
   * LsStore::mutating:
   * @self: the store
   * @shop: a shop
   * @mid: the id that the edit gets
   *
   * Somebody makes an edit: it is not on the disk yet, and may be refused, or join another.
   */
  signals[MUTATING] =
      g_signal_new ("mutating", LS_TYPE_STORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE,
                    2, G_TYPE_STRING, G_TYPE_STRING);
  /**
   * LsStore::committed:
   * @self: the store
   * @commit: a commit that all queries show now
   */
  signals[COMMITTED] = g_signal_new ("committed", LS_TYPE_STORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                     NULL, G_TYPE_NONE, 1, LS_TYPE_CACHE_COMMIT);
  /**
   * LsStore::edit-changed:
   * @self: the store
   * @edit: an edit that was made, sent, confirmed, or failed with a reason
   */
  signals[EDIT_CHANGED] = g_signal_new ("edit-changed", LS_TYPE_STORE, G_SIGNAL_RUN_LAST, 0, NULL,
                                        NULL, NULL, G_TYPE_NONE, 1, LS_TYPE_EDIT);
  /**
   * LsStore::position-changed:
   * @self: the store
   * @shop: a shop whose confirmed position, or the time of whose last sync, changed
   */
  signals[POSITION_CHANGED] =
      g_signal_new ("position-changed", LS_TYPE_STORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                    G_TYPE_NONE, 1, G_TYPE_STRING);
  /**
   * LsStore::read-trouble:
   * @self: the store
   * @error: (nullable): why the cache can't be read, again and again; %NULL when it can be
   */
  signals[READ_TROUBLE] = g_signal_new ("read-trouble", LS_TYPE_STORE, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                        NULL, G_TYPE_NONE, 1, G_TYPE_ERROR);
}

static void
ls_store_init (LsStore *self)
{
  self->live = g_hash_table_new_full (g_int64_hash, g_int64_equal, NULL, g_free);
  self->shops = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                       (GDestroyNotify) ls_cache_shop_free);
  self->searches = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, g_object_unref);
  self->sequence = -1;
}

/**
 * ls_store_new:
 * @environment: clock and queues
 * @cache: an open cache that nobody listens to
 *
 * Makes the store of an account. What the cache holds is shown as soon as it is read.
 *
 * Returns: (transfer full): the store
 */
LsStore *
ls_store_new (LsEnvironment *environment,
              LsCache       *cache)
{
  LsStore *self = g_object_new (LS_TYPE_STORE, NULL);

  self->environment = g_object_ref (environment);
  self->cache = g_object_ref (cache);
  self->rows = ls_row_table_new (rows_wanted_cb, self);
  self->edits = ls_edit_list_new (self->rows);
  self->upkeep = ls_store_upkeep_new (cache);
  self->follower = ls_follower_new (environment, ls_cache_get_path (cache),
                                    ls_cache_get_collation (cache), publish_cb, self);
  ls_follower_set_trouble_func (self->follower, read_trouble_cb);
  self->is_shared = ls_cache_is_read_only (cache);
  ls_follower_set_shared (self->follower, self->is_shared);
  ls_store_post_start (self, cache, self->follower, started_cb);
  if (self->is_shared)
    ls_store_watch (self, cache, self->follower);
  else
    ls_store_upkeep_start (self->upkeep);
  return self;
}

/**
 * ls_store_count_live:
 * @self: a store
 *
 * Returns: how many queries and aggregates follow its rows
 */
unsigned
ls_store_count_live (LsStore *self)
{
  return g_hash_table_size (self->live);
}

void
ls_store_tell_mutating (LsStore    *self,
                        const char *shop,
                        const char *mid)
{
  g_signal_emit (self, signals[MUTATING], 0, shop, mid);
}

/* The cache has become this process's to write. */
void
ls_store_taken_over (LsStore *self)
{
  if (self->follower == NULL || !self->is_shared)
    return;
  self->is_shared = false;
  ls_store_upkeep_start (self->upkeep);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_READ_ONLY]);
}

/**
 * ls_store_get_read_only:
 * @self: a store
 *
 * Returns: whether another process has the account open: it makes the edits, this one shows them.
 *   Property `read-only` notifies when that is gone.
 */
gboolean
ls_store_get_read_only (LsStore *self)
{
  return self->is_shared;
}

uint64_t
ls_store_attach (LsStore   *self,
                 GObject   *object,
                 LsLiveFunc func)
{
  Live *live = g_new0 (Live, 1);

  live->id = ++self->last_id;
  live->object = object;
  live->func = func;
  g_hash_table_insert (self->live, &live->id, live);
  return live->id;
}

void
ls_store_detach (LsStore *self,
                 uint64_t id)
{
  g_hash_table_remove (self->live, &id);
}

LsFollower *
ls_store_get_follower (LsStore *self)
{
  return self->follower;
}

LsRowTable *
ls_store_get_rows (LsStore *self)
{
  return self->rows;
}

/**
 * ls_store_get_sequence:
 * @self: a store
 *
 * Returns: the newest commit of the cache that is shown, -1 before the first publication
 */
int64_t
ls_store_get_sequence (LsStore *self)
{
  return self->sequence;
}

/**
 * ls_store_get_cache:
 * @self: a store
 *
 * Returns: (transfer none): its cache; only the cache's queue may call it
 */
LsCache *
ls_store_get_cache (LsStore *self)
{
  return self->cache;
}

LsStoreQueue *
ls_store_get_jobs (LsStore *self)
{
  return &self->jobs;
}

LsEnvironment *
ls_store_get_environment (LsStore *self)
{
  return self->environment;
}

/* Lets a job that is done wait until its commit is shown. */
void
ls_store_wait (LsStore    *self,
               LsStoreJob *job)
{
  if (ls_store_job_get_sequence (job) <= self->sequence)
    ls_store_job_end (job);
  else
    g_queue_push_tail (&self->waiters, job);
}

/**
 * ls_store_new_key:
 * @self: a store
 *
 * Returns: (transfer full): the key for a row that does not exist yet, a UUID of version 7
 */
char *
ls_store_new_key (LsStore *self)
{
  return ls_id_new_uuid (self->environment);
}

/**
 * ls_store_get_row_async:
 * @self: a store
 * @shop: a shop
 * @collection: a collection
 * @key: a row's key
 * @cancellable: (nullable): a #GCancellable
 * @callback: called when it is there
 * @user_data: for @callback
 *
 * Looks a row up.
 */
void
ls_store_get_row_async (LsStore            *self,
                        const char         *shop,
                        const LsCollection *collection,
                        const char         *key,
                        GCancellable       *cancellable,
                        GAsyncReadyCallback callback,
                        gpointer            user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  uint64_t token = ++self->last_id;

  g_task_set_source_tag (task, ls_store_get_row_async);
  g_hash_table_insert (self->searches, g_memdup2 (&token, sizeof token), task);
  ls_follower_find_row (self->follower, token, shop, collection, key);
}

/**
 * ls_store_get_row_finish:
 * @self: a store
 * @result: as given to the callback
 * @error: where to put why not, %LS_ERROR_CONFLICT when there is no such row
 *
 * Returns: (transfer full) (nullable): the row, loaded
 */
LsRow *
ls_store_get_row_finish (LsStore      *self,
                         GAsyncResult *result,
                         GError      **error)
{
  g_return_val_if_fail (g_task_is_valid (result, self), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}

/**
 * ls_store_get_edits:
 * @self: a store
 *
 * Returns: (transfer none): a model of #LsEditItem: what waits, what failed and what was lost,
 *   oldest first
 */
GListModel *
ls_store_get_edits (LsStore *self)
{
  return ls_edit_list_get_model (self->edits);
}

/**
 * ls_store_get_pending_count:
 * @self: a store
 *
 * Returns: how many edits wait for the server, in all shops
 */
unsigned
ls_store_get_pending_count (LsStore *self)
{
  return ls_edit_list_get_counts (self->edits)->pending;
}

/**
 * ls_store_get_dead_count:
 * @self: a store
 *
 * Returns: how many edits failed and are neither tried again nor taken back yet
 */
unsigned
ls_store_get_dead_count (LsStore *self)
{
  return ls_edit_list_get_counts (self->edits)->dead;
}

/**
 * ls_store_get_lost_count:
 * @self: a store
 *
 * Returns: how many edits the server lost when it was restored, about which nothing is decided yet
 */
unsigned
ls_store_get_lost_count (LsStore *self)
{
  return ls_edit_list_get_counts (self->edits)->lost;
}

/**
 * ls_store_find_edit:
 * @self: a store
 * @mid: an edit
 *
 * Returns: (transfer none) (nullable): the edit as it stands, if it is one of those that are listed
 */
LsEdit *
ls_store_find_edit (LsStore    *self,
                    const char *mid)
{
  return ls_edit_list_find (self->edits, mid);
}

/**
 * ls_store_get_position:
 * @self: a store
 * @shop: a shop
 * @ret_position: (out) (optional): the confirmed position that is shown
 * @ret_synced_at: (out) (optional): when the server last confirmed it, µs since the epoch
 *
 * Tells where a shop stands.
 *
 * Returns: whether the shop is known
 */
bool
ls_store_get_position (LsStore    *self,
                       const char *shop,
                       LsPosition *ret_position,
                       int64_t    *ret_synced_at)
{
  const LsCacheShop *known = g_hash_table_lookup (self->shops, shop);

  if (known == NULL)
    return false;
  if (ret_position != NULL)
    *ret_position = known->position;
  if (ret_synced_at != NULL)
    *ret_synced_at = known->synced_at;
  return true;
}
