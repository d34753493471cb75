/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-sim-rot.h"

#include "client/ls-cache-private.h"
#include "server/ls-storage-sqlite.h"
#include "sql/ls-sql-transaction.h"
#include "sql/ls-sql.h"

/*
 * Rows that rot: written past everything that follows changes, as a bad disk or a foreign hand does. Where
 * the write fails, or the machine ends in the middle of it, it may be on the disk all the same.
 */

#define DATA_FILE "/srv/" LS_STORAGE_FILE

static const LsCollection *
products (void)
{
  return ls_schema_collection (LS_PRODUCTS);
}

/* A key of those that @text lists, NULL without any or when they can't be read. */
static char *
pick_key (LsSql      *sql,
          const char *text,
          uint64_t    seed)
{
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (LsStatement) statement = ls_sql_query (sql, NULL, text, NULL);

  while (statement != NULL && ls_statement_step (statement, NULL) == LS_STEP_ROW)
    g_ptr_array_add (keys, ls_statement_dup_text (statement, 0));
  return keys->len > 0 ? g_strdup (g_ptr_array_index (keys, seed % keys->len)) : NULL;
}

/* A value that nobody ever writes. */
static char *
rotten_name (uint64_t seed)
{
  return g_strdup_printf ("rotten %u", (unsigned) (seed % 1000));
}

/**
 * ls_sim_rot_client:
 * @client: a client that is up, between two jobs
 * @seed: of which row, and what it becomes
 *
 * Changes a row in the file of its cache, one without an edit.
 */
void
ls_sim_rot_client (LsSimClient *client,
                   uint64_t     seed)
{
  LsCache *cache = client->cache;
  LsShopState *shop = ls_cache_find_shop (cache, LS_SIM_SHOP);
  const LsTable *table = shop != NULL ? shop->tables[LS_PRODUCTS] : NULL;
  g_autofree char *query = NULL;
  g_autofree char *update = NULL;
  g_autofree char *key = NULL;
  g_autofree char *name = rotten_name (seed);
  bool done;

  if (table == NULL || cache->broken != NULL || ls_sql_in_transaction (cache->sql))
    return;
  query = g_strdup_printf ("SELECT key FROM %s WHERE key NOT IN (SELECT key FROM shadow)"
                           " ORDER BY key", table->name);
  key = pick_key (cache->sql, query, seed);
  if (key == NULL)
    return;
  update = g_strdup_printf ("UPDATE %s SET name = ? WHERE key = ?", table->name);
  done = ls_sql_run (cache->sql, NULL, update, "tt", name, key) &&
         !ls_sim_node_is_dead (client->node);
  ls_sim_world_note (client->world, "client %u: %s %s", client->index, key,
                     done ? "rots" : "may have rotted");
  ls_sim_oracle_rotted (client->oracle, (int) client->index, done ? cache : NULL, products (), key);
}

/**
 * ls_sim_rot_server:
 * @server: a server that is up
 * @oracle: told
 * @rot: what of it
 * @seed: of which row, and what it becomes
 *
 * Changes a row in its file, through a connection of somebody else's.
 */
void
ls_sim_rot_server (LsSimServer *server,
                   LsSimOracle *oracle,
                   LsSimRot     rot,
                   uint64_t     seed)
{
  const LsSqlOptions options = { .vfs = ls_sim_disk_get_vfs (server->disk), .busy_timeout_ms = -1 };
  g_autoptr (LsSql) sql = ls_sql_open (DATA_FILE, LS_SQL_EXISTING, &options, NULL);
  g_autofree char *key = NULL;
  g_autofree char *name = rotten_name (seed);
  bool done;

  if (sql == NULL)
    return;
  key = pick_key (sql, "SELECT key FROM products WHERE shop = '" LS_SIM_SHOP "' ORDER BY key", seed);
  if (key == NULL)
    return;
  if (rot == LS_SIM_ROT_VALUE)
    done = ls_sql_run (sql, NULL, "UPDATE products SET name = ? WHERE shop = ? AND key = ?", "ttt",
                       name, LS_SIM_SHOP, key);
  else
    done = ls_sql_run (sql, NULL,
                       "UPDATE products SET units_sold = ? WHERE shop = ? AND key = ?", "itt",
                       (int64_t) (1 + seed % 1000), LS_SIM_SHOP, key);
  ls_sim_world_note (server->world, "server: %s %s", key, done ? "rots" : "may have rotted");
  ls_sim_oracle_rotted (oracle, LS_SIM_ORACLE_SERVER, NULL, products (), key);
}
