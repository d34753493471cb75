/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache.h"

#include <string.h>

#include "client/ls-cache-private.h"
#include "client/ls-cache-scope.h"
#include "core/ls-error.h"

/**
 * LsCache:
 *
 * What an account knows, in one SQLite file: the confirmed rows of its shops with the edits that
 * wait laid over them, positions, digests, the outbox. It has one writer, this object, on one
 * thread at a time; readers have connections of their own.
 */
G_DEFINE_FINAL_TYPE (LsCache, ls_cache, G_TYPE_OBJECT)

static void
ls_cache_finalize (GObject *object)
{
  LsCache *self = LS_CACHE (object);

  ls_cache_set_listener (self, NULL, NULL, NULL);
  ls_cache_close (self);
  g_hash_table_unref (self->stagings);
  g_hash_table_unref (self->views);
  g_hash_table_unref (self->shops);
  g_clear_pointer (&self->told, g_hash_table_unref);
  g_clear_error (&self->broken);
  g_clear_object (&self->environment);
  g_free (self->client);
  g_free (self->set_aside);
  g_free (self->path);
  G_OBJECT_CLASS (ls_cache_parent_class)->finalize (object);
}

static void
ls_cache_class_init (LsCacheClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ls_cache_finalize;
}

static void
ls_cache_init (LsCache *self)
{
  self->lock = -1;
  self->sync = LS_SQL_SYNC_NORMAL;
  self->shops = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
                                       (GDestroyNotify) ls_shop_state_free);
  self->views = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  self->stagings =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) ls_staging_free);
}

/* Who closes the file last moves its log into it and removes that. */
static bool
was_left_open (LsCache *self)
{
  g_autofree char *log = g_strconcat (self->path, "-wal", NULL);

  return ls_environment_get_vfs (self->environment) != NULL ||
         g_file_test (log, G_FILE_TEST_EXISTS);
}

/* Tables that an older version of the schema made get what they lack. */
static bool
complete_tables (LsCache *self,
                 GError **error)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->shops);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      LsShopState *shop = value;

      for (size_t i = 0; i < LS_N_COLLECTIONS; i++)
        if (shop->tables[i] != NULL && !ls_cache_complete_table (self, shop->tables[i], error))
          return false;
    }
  return true;
}

/* Ids of rows that went long ago are not kept for ever. */
static bool
prune (LsCache *self,
       GError **error)
{
  return ls_cache_prune_journal (self, error) &&
         ls_sql_run (self->sql, error,
                     "DELETE FROM gone WHERE n <= (SELECT max(n) FROM gone) - 100000", NULL);
}

LsCache *
ls_cache_new (LsEnvironment     *environment,
              const char        *path,
              const LsCollation *collation)
{
  LsCache *self = g_object_new (LS_TYPE_CACHE, NULL);

  self->environment = g_object_ref (environment);
  self->queue = ls_environment_get_queue (environment, LS_CACHE_QUEUE);
  self->path = g_strdup (path);
  self->collation = collation != NULL ? collation : ls_collation_get_default ();
  return self;
}

/* Opens the file of a cache that has the lock, as it is. */
bool
ls_cache_open_file (LsCache *self,
                    GError **error)
{
  if (!ls_cache_check_header (self, error))
    return false;
  self->sync = LS_SQL_SYNC_NORMAL;
  self->was_killed = was_left_open (self);
  self->sql = ls_cache_connect (self->environment, self->path, self->collation, LS_SQL_READ_WRITE,
                                error);
  return self->sql != NULL && ls_cache_check_suspect (self, error) &&
         ls_cache_migrate (self, error) && ls_cache_load (self, error) &&
         complete_tables (self, error) && prune (self, error);
}

/* Opens the file of a cache that has the lock; one that is damaged is set aside. */
bool
ls_cache_open_writing (LsCache *self,
                       GError **error)
{
  g_autoptr (GError) reason = NULL;

  return ls_cache_open_file (self, &reason) || ls_cache_begin_anew (self, reason, error);
}

/**
 * ls_cache_open:
 * @environment: clock, queues, VFS
 * @path: file name; made with a `.lock` beside it when it does not exist
 * @collation: (nullable): the order of texts; %NULL for ls_collation_get_default()
 * @error: where to put why not: %LS_ERROR_STORAGE when another process has it open, else an error
 *   of the database, for one a file of a newer version of the program
 *
 * Opens the cache of an account. Costs some ms; much more when the collation has changed, since
 * indexes are then made anew. A file that is damaged is renamed and kept, and a new one begun with
 * the edits that could be read (ls_cache_get_set_aside()); one of a newer version is not touched.
 *
 * Returns: (transfer full) (nullable): the cache
 */
LsCache *
ls_cache_open (LsEnvironment     *environment,
               const char        *path,
               const LsCollation *collation,
               GError           **error)
{
  g_autoptr (LsCache) self = ls_cache_new (environment, path, collation);
  bool is_held;

  if (!ls_cache_take_lock (self, &is_held, error) || !ls_cache_open_writing (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

/**
 * ls_cache_close:
 * @self: a cache
 *
 * Closes the file and gives up its lock. Only the getters of names may be called after.
 */
void
ls_cache_close (LsCache *self)
{
  g_hash_table_remove_all (self->stagings);
  g_hash_table_remove_all (self->shops);
  g_clear_pointer (&self->sql, ls_sql_unref);
  ls_cache_drop_lock (self);
}

/**
 * ls_cache_get_queue:
 * @self: a cache
 *
 * Returns: (transfer none): the queue that its calls run on; any thread
 */
LsQueue *
ls_cache_get_queue (LsCache *self)
{
  return self->queue;
}

/**
 * ls_cache_get_path:
 * @self: a cache
 *
 * Returns: (transfer none): the name of its file; any thread
 */
const char *
ls_cache_get_path (LsCache *self)
{
  return self->path;
}

/**
 * ls_cache_get_collation:
 * @self: a cache
 *
 * Returns: (transfer none): the order of its texts; any thread
 */
const LsCollation *
ls_cache_get_collation (LsCache *self)
{
  return self->collation;
}

/**
 * ls_cache_get_environment:
 * @self: a cache
 *
 * Returns: (transfer none): its environment; any thread
 */
LsEnvironment *
ls_cache_get_environment (LsCache *self)
{
  return self->environment;
}

/**
 * ls_cache_get_sequence:
 * @self: a cache
 *
 * Returns: the number of the newest commit, 0 for a new file
 */
int64_t
ls_cache_get_sequence (LsCache *self)
{
  return self->sequence;
}

/**
 * ls_cache_was_killed:
 * @self: a cache
 *
 * Returns: whether whoever had the file open before did not close it, so that its rows are worth a
 *   look; of a file that is not the system's nobody knows, and it is said so too
 */
bool
ls_cache_was_killed (LsCache *self)
{
  return self->was_killed;
}

/**
 * ls_cache_set_listener:
 * @self: a cache
 * @func: (nullable): called after every commit that somebody can see
 * @user_data: for @func
 * @destroy: (nullable): frees @user_data when another listener is set or the cache goes
 *
 * Says who hears of commits. There is one listener.
 */
void
ls_cache_set_listener (LsCache          *self,
                       LsCacheCommitFunc func,
                       gpointer          user_data,
                       GDestroyNotify    destroy)
{
  if (self->listener_destroy != NULL)
    self->listener_destroy (self->listener_data);
  self->listener = func;
  self->listener_data = user_data;
  self->listener_destroy = destroy;
}

/**
 * ls_cache_check:
 * @self: a cache
 * @error: where to put what is damaged
 *
 * Reads the whole file and looks for damage: seconds per gigabyte.
 *
 * Returns: whether the file is sound
 */
bool
ls_cache_check (LsCache *self,
                GError **error)
{
  return ls_sql_check (self->sql, LS_SQL_CHECK_FULL, error);
}

/**
 * ls_cache_get_client_id:
 * @self: a cache
 * @error: unused, for symmetry
 *
 * Returns: (transfer full) (nullable): the client id that the server issued, %NULL before it did
 */
char *
ls_cache_get_client_id (LsCache *self,
                        GError **error)
{
  return g_strdup (self->client);
}

/**
 * ls_cache_set_client_id:
 * @self: a cache
 * @client: what the server issued
 * @error: where to put why not
 *
 * Keeps the client id, durably.
 *
 * Returns: whether it is on disk
 */
bool
ls_cache_set_client_id (LsCache    *self,
                        const char *client,
                        GError    **error)
{
  g_auto (LsCacheTx) tx = { NULL };

  if (!ls_cache_tx_begin (self, LS_SQL_SYNC_FULL, &tx, error))
    return false;
  tx.is_quiet = true;
  g_free (self->client);
  self->client = g_strdup (client);
  return ls_cache_tx_commit (&tx, error);
}

static int
compare_shops (gconstpointer a,
               gconstpointer b)
{
  return strcmp ((*(LsCacheShop *const *) a)->shop, (*(LsCacheShop *const *) b)->shop);
}

/**
 * ls_cache_list_shops:
 * @self: a cache
 *
 * Returns: (transfer full) (element-type LsCacheShop): what is held of each shop, by id
 */
GPtrArray *
ls_cache_list_shops (LsCache *self)
{
  GPtrArray *shops = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_cache_shop_free);
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->shops);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      LsShopState *state = value;
      LsCacheShop *shop = g_new0 (LsCacheShop, 1);
      LsScope wanted;

      shop->shop = g_strdup (state->shop);
      shop->name = g_strdup (state->name);
      shop->role = g_strdup (state->role);
      shop->position = state->position;
      shop->view = state->view;
      shop->synced_at = state->synced_at;
      shop->n_waiting = ls_shop_count_waiting (state);
      shop->choice = state->choice;
      for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
        shop->held.since[id] =
            ls_cache_get_since (self, state->shop, ls_schema_collection ((LsCollectionId) id));
      ls_cache_get_scope (self, state->shop, &wanted, &shop->lacking);
      g_ptr_array_add (shops, shop);
    }
  g_ptr_array_sort (shops, compare_shops);
  return shops;
}

/**
 * ls_cache_name_shop:
 * @self: a cache
 * @shop: a shop
 * @name: (nullable): what admins read
 * @role: (nullable): the user's role, by its name
 * @error: where to put why not
 *
 * Keeps what the server says of a shop, for a start without a network. Costs nothing when it is
 * known.
 *
 * Returns: whether it is kept
 */
bool
ls_cache_name_shop (LsCache    *self,
                    const char *shop,
                    const char *name,
                    const char *role,
                    GError    **error)
{
  LsShopState *state = ls_cache_find_shop (self, shop);
  g_auto (LsCacheTx) tx = { NULL };

  if (state != NULL && g_strcmp0 (state->name, name) == 0 && g_strcmp0 (state->role, role) == 0)
    return true;
  if (!ls_cache_tx_begin (self, LS_SQL_SYNC_NORMAL, &tx, error) ||
      !ls_cache_tx_set_shop (&tx, shop, error))
    return false;
  g_free (tx.shop->name);
  g_free (tx.shop->role);
  tx.shop->name = g_strdup (name);
  tx.shop->role = g_strdup (role);
  return ls_cache_tx_commit (&tx, error);
}

/**
 * ls_cache_remove_shop:
 * @self: a cache
 * @shop: a shop that the account may not see any more
 * @error: where to put why not
 *
 * Forgets a shop with its rows and edits; ls_cache_tidy() removes the rows from the disk.
 *
 * Returns: whether it is forgotten
 */
bool
ls_cache_remove_shop (LsCache    *self,
                      const char *shop,
                      GError    **error)
{
  LsShopState *state = ls_cache_find_shop (self, shop);
  g_auto (LsCacheTx) tx = { NULL };

  if (state == NULL)
    return true;
  ls_cache_cancel_snapshot (self, shop);
  if (!ls_cache_tx_begin (self, LS_SQL_SYNC_FULL, &tx, error) ||
      !ls_cache_tx_set_shop (&tx, shop, error) ||
      !ls_sql_run (self->sql, error, "DELETE FROM shops WHERE number = ?", "i", state->number))
    return false;
  for (size_t i = 0; i < LS_N_COLLECTIONS; i++)
    g_clear_pointer (&state->tables[i], ls_table_free);
  g_ptr_array_set_size (state->edits, 0);
  state->position = (LsPosition) { "", 0, 0 };
  tx.commit->reloaded = LS_ALL_COLLECTIONS;
  if (!ls_cache_tx_commit (&tx, error))
    return false;
  g_hash_table_remove (self->shops, shop);
  return true;
}

/**
 * ls_cache_get_position:
 * @self: a cache
 * @shop: a shop
 * @ret_position: (out): its confirmed position; all zero for a shop never synced
 * @ret_view: (out) (optional): hash of the view of its rows, 0 for one never synced
 * @ret_synced_at: (out) (optional): when the server last confirmed it, µs since the epoch, or 0
 * @error: where to put why it is not known whether the shop is known
 *
 * Tells where a shop stands.
 *
 * Returns: whether the shop is known
 */
bool
ls_cache_get_position (LsCache    *self,
                       const char *shop,
                       LsPosition *ret_position,
                       uint64_t   *ret_view,
                       int64_t    *ret_synced_at,
                       GError    **error)
{
  LsShopState *state = ls_cache_find_shop (self, shop);

  *ret_position = state != NULL ? state->position : (LsPosition) { "", 0, 0 };
  if (ret_view != NULL)
    *ret_view = state != NULL ? state->view : 0;
  if (ret_synced_at != NULL)
    *ret_synced_at = state != NULL ? state->synced_at : 0;
  return ls_cache_is_sound (self, error) && state != NULL;
}

/**
 * ls_cache_set_synced:
 * @self: a cache
 * @shop: a shop whose position the server has just confirmed
 * @error: where to put why not
 *
 * Notes that what is shown of a shop is what there is now.
 *
 * Returns: whether it is kept
 */
bool
ls_cache_set_synced (LsCache    *self,
                     const char *shop,
                     GError    **error)
{
  g_auto (LsCacheTx) tx = { NULL };

  if (!ls_cache_tx_begin (self, LS_SQL_SYNC_NORMAL, &tx, error) ||
      !ls_cache_tx_set_shop (&tx, shop, error))
    return false;
  tx.shop->synced_at = ls_environment_now (self->environment);
  return ls_cache_tx_commit (&tx, error);
}

/**
 * ls_cache_get_highest_n:
 * @self: a cache
 * @shop: a shop
 * @error: unused, for symmetry
 *
 * Returns: the highest n given to an edit, 0 for none
 */
int64_t
ls_cache_get_highest_n (LsCache    *self,
                        const char *shop,
                        GError    **error)
{
  LsShopState *state = ls_cache_find_shop (self, shop);

  return state != NULL ? state->highest_n : 0;
}

/**
 * ls_cache_get_visible:
 * @self: a cache
 * @shop: a shop
 * @collection: a collection
 * @key: a row's key
 * @error: where to put why it could not be read
 *
 * Returns: (transfer full) (nullable): the row as it is shown, %NULL when there is none or with
 *   @error set
 */
LsRecord *
ls_cache_get_visible (LsCache            *self,
                      const char         *shop,
                      const LsCollection *collection,
                      const char         *key,
                      GError            **error)
{
  LsShopState *state = ls_cache_find_shop (self, shop);
  LsRecord *record = NULL;
  int64_t id;

  if (state == NULL || state->tables[collection->id] == NULL ||
      !ls_cache_find_row (self, state->tables[collection->id], key, &id, &record, error))
    return NULL;
  return record;
}

/**
 * ls_cache_get_confirmed:
 * @self: a cache
 * @shop: a shop
 * @collection: a collection
 * @key: a row's key
 * @error: where to put why it could not be read
 *
 * Returns: (transfer full) (nullable): the row as the server told it, without pending edits; %NULL
 *   when there is none or with @error set
 */
LsRecord *
ls_cache_get_confirmed (LsCache            *self,
                        const char         *shop,
                        const LsCollection *collection,
                        const char         *key,
                        GError            **error)
{
  LsShopState *state = ls_cache_find_shop (self, shop);
  const LsShadow *shadow = state != NULL ? ls_shop_find_shadow (state, collection, key) : NULL;

  if (shadow != NULL)
    return shadow->confirmed != NULL ? ls_record_ref (shadow->confirmed) : NULL;
  return ls_cache_get_visible (self, shop, collection, key, error);
}
