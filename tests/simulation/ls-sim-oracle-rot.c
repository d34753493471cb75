/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>
#include <xxhash.h>

#include "core/ls-view.h"
#include "ls-sim-oracle-private.h"
#include "ls-sim-server.h"

/* Rows that rotted, here or there: what is asked of them, and whether they are right again. */

#define SECOND ((int64_t) G_USEC_PER_SEC)
/* A question about the same bucket that soon after the last is the same heal. */
#define SAME_HEAL (60 * SECOND)
#define MAX_STRIKES 6

static GHashTable *
rotten_of (LsSimOracle *self,
           int          client)
{
  return client == LS_SIM_ORACLE_SERVER ? self->rotten : self->witnesses[client].rotten;
}

/**
 * ls_sim_oracle_rotted:
 * @self: an oracle
 * @client: whose file, or %LS_SIM_ORACLE_SERVER
 * @cache: (nullable): of the client, when it is up
 * @collection: where
 * @key: a row that is not what it was, or may not be
 *
 * Takes notice: until all is judged it may be wrong, and is asked for.
 */
void
ls_sim_oracle_rotted (LsSimOracle        *self,
                      int                 client,
                      LsCache            *cache,
                      const LsCollection *collection,
                      const char         *key)
{
  g_hash_table_add (rotten_of (self, client), ls_sim_row_name (collection, key));
  self->has_rotted = true;
  if (cache != NULL)
    ls_sim_oracle_reload_screen (self, (unsigned) client, cache, UINT32_C (1) << collection->id);
}

/* Whether anything ever rotted: digests may have differed then. */
bool
ls_sim_oracle_has_rotted (LsSimOracle *self)
{
  return self->has_rotted;
}

/**
 * ls_sim_oracle_find_rotten:
 * @self: an oracle that has followed the log
 * @client: a client
 * @cache: its cache
 * @role: what its user may see
 *
 * Returns: (transfer full) (nullable): the name of a row that is still not the server's
 */
char *
ls_sim_oracle_find_rotten (LsSimOracle *self,
                           unsigned     client,
                           LsCache     *cache,
                           LsRole       role)
{
  const LsView *view = ls_view_get (role, LS_SCHEMA_VERSION);
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, self->witnesses[client].rotten);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      g_auto (GStrv) parts = g_strsplit (name, " ", 2);
      const LsCollection *collection = ls_schema_find_collection (parts[0]);
      const LsRecord *row = g_hash_table_lookup (self->rows, name);
      g_autoptr (LsRecord) held =
          ls_cache_get_confirmed (cache, LS_SIM_SHOP, collection, parts[1], NULL);

      if ((row == NULL) != (held == NULL) ||
          (row != NULL && (ls_record_diff (row, held) & ls_view_get_fields (view, collection))) ||
          /* It followed a row that was not what it took it for. */
          !ls_sim_oracle_is_sum_right (self, cache, collection, ls_view_get_fields (view, collection),
                                       ls_sim_oracle_get_since (self, client, cache, collection)))
        return g_strdup (name);
    }
  return NULL;
}

typedef struct {
  LsSimOracle *oracle;
  char *wrong;
} Look;

static bool
look_cb (LsRecord *record,
         gpointer  user_data)
{
  Look *look = user_data;
  LsSimOracle *self = look->oracle;
  g_autofree char *name =
      ls_sim_row_name (ls_record_get_collection (record), ls_record_get_key (record));
  const LsRecord *row = g_hash_table_lookup (self->rows, name);

  if (g_hash_table_contains (self->rotten, name) && row != NULL && !ls_record_equal (row, record))
    look->wrong = g_steal_pointer (&name);
  return look->wrong == NULL;
}

/**
 * ls_sim_oracle_find_rotten_at_server:
 * @self: an oracle
 * @storage: the server's
 * @committer: the server's
 *
 * Returns: (transfer full) (nullable): the name of a row that is still not what the log says, or of
 *   a collection whose digest followed such a row
 */
char *
ls_sim_oracle_find_rotten_at_server (LsSimOracle *self,
                                     LsStorage   *storage,
                                     LsCommitter *committer)
{
  const LsCollection *wrong;
  const LsCollection *collections[LS_N_COLLECTIONS];
  LsPosition position;
  Look look = { self, NULL };

  if (g_hash_table_size (self->rotten) == 0)
    return NULL;
  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    collections[i] = ls_schema_collection ((LsCollectionId) i);
  ls_sim_oracle_follow (self, storage);
  if (!ls_storage_scan (storage, LS_SIM_SHOP, collections, LS_N_COLLECTIONS, &position, look_cb,
                        &look, NULL))
    return g_strdup ("what can't be read");
  wrong = look.wrong == NULL ? ls_sim_oracle_find_wrong_digest (self, committer) : NULL;
  return wrong != NULL ? g_strdup (wrong->name) : look.wrong;
}

static void
add_names (GHashTable *names,
           GHashTable *more)
{
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, more);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    g_hash_table_add (names, g_strdup (name));
}

/* A client starts, with the cache of @from: what was healed and not yet synced may be as it was. */
void
ls_sim_oracle_doubt_heals (LsSimOracle *self,
                           unsigned     from,
                           unsigned     client)
{
  if (from != client)
    add_names (self->witnesses[client].rotten, self->witnesses[from].rotten);
  add_names (self->witnesses[client].rotten, self->witnesses[from].healed);
}

/* Nothing is wrong any more. */
void
ls_sim_oracle_forget_rot (LsSimOracle *self)
{
  g_hash_table_remove_all (self->rotten);
  for (unsigned i = 0; i < self->n_clients; i++)
    {
      add_names (self->witnesses[i].healed, self->witnesses[i].rotten);
      g_hash_table_remove_all (self->witnesses[i].rotten);
    }
}

/* --- What a heal may cost -------------------------------------------------------------------- */

static bool
may_differ (LsSimOracle        *self,
            unsigned            client,
            const LsCollection *collection,
            const char         *key)
{
  g_autofree char *name = ls_sim_row_name (collection, key);

  return g_hash_table_contains (self->witnesses[client].rotten, name) ||
         g_hash_table_contains (self->rotten, name);
}

/* The bucket of a row by the letter of the protocol, of a collection without days. */
static int64_t
bucket_of (const char *key)
{
  return (int64_t) (XXH3_64bits (key, strlen (key)) % 256);
}

static bool
has_rotten_in (GHashTable         *rotten,
               const LsCollection *collection,
               int64_t             bucket)
{
  GHashTableIter iter;
  gpointer name;

  g_hash_table_iter_init (&iter, rotten);
  while (g_hash_table_iter_next (&iter, &name, NULL))
    {
      g_auto (GStrv) parts = g_strsplit (name, " ", 2);

      if (g_str_equal (parts[0], collection->name) && bucket_of (parts[1]) == bucket)
        return true;
    }
  return false;
}

/* A bucket that does not stay healed is asked for after 1, 2, 4 .. minutes (rule 19). */
static void
judge_pace (LsSimOracle        *self,
            unsigned            client,
            const LsCollection *collection,
            int64_t             bucket)
{
  GArray *heals = self->witnesses[client].heals;
  int64_t now = ls_sim_world_get_time (self->world);
  LsSimHeal first = { collection, bucket, now, now, 0 };

  for (unsigned i = 0; i < heals->len; i++)
    {
      LsSimHeal *heal = &g_array_index (heals, LsSimHeal, i);

      if (heal->collection != collection || heal->bucket != bucket)
        continue;
      if (now - heal->asked_at >= SAME_HEAL)
        {
          if (now - heal->at < SAME_HEAL << heal->strikes)
            ls_sim_oracle_accuse (self, "client %u heals bucket %" G_GINT64_FORMAT
                                  " of %s every %" G_GINT64_FORMAT " s", client, bucket,
                                  collection->name, (now - heal->at) / SECOND);
          heal->strikes = MIN (heal->strikes + 1, MAX_STRIKES);
          heal->at = now;
        }
      heal->asked_at = now;
      return;
    }
  g_array_append_val (heals, first);
}

/**
 * ls_sim_oracle_asked:
 * @self: an oracle
 * @client: a client
 * @verify: what it asks
 *
 * Only of what may be wrong is more asked than a sum (rules 16 and 17).
 */
void
ls_sim_oracle_asked (LsSimOracle    *self,
                     unsigned        client,
                     const LsVerify *verify)
{
  if (verify->collection == NULL || verify->bucket < 0)
    return;
  if (!has_rotten_in (self->witnesses[client].rotten, verify->collection, verify->bucket) &&
      !has_rotten_in (self->rotten, verify->collection, verify->bucket))
    ls_sim_oracle_accuse (self, "client %u asks for bucket %" G_GINT64_FORMAT
                          " of %s, where all is right", client, verify->bucket,
                          verify->collection->name);
  if (verify->keys->len == 0)
    judge_pace (self, client, verify->collection, verify->bucket);
}

/**
 * ls_sim_oracle_given:
 * @self: an oracle
 * @client: a client
 * @rows: rows that heal
 *
 * Only those that may be wrong are sent again (rule 17).
 */
void
ls_sim_oracle_given (LsSimOracle         *self,
                     unsigned             client,
                     const LsRowsMessage *rows)
{
  for (unsigned i = 0; i < rows->changes->len; i++)
    {
      const LsChange *row = g_ptr_array_index (rows->changes, i);

      if (!may_differ (self, client, row->collection, row->key))
        ls_sim_oracle_accuse (self, "client %u is sent %s %s again, which was right", client,
                              row->collection->name, row->key);
    }
}
