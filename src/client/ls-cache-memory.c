/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cache"

#include "config.h"

#include "client/ls-cache-private.h"

#include <string.h>

#include "core/ls-json-writer.h"

/*
 * What the cache keeps in memory: positions, tables, open edits and the rows under them. It is a
 * copy of the file: read when the cache is opened, and again after a transaction that failed.
 */

static void
open_edit_free (gpointer data)
{
  LsOpenEdit *open = data;

  ls_edit_unref (open->edit);
  g_free (open);
}

static void
shadow_free (gpointer data)
{
  LsShadow *shadow = data;

  g_free (shadow->key);
  g_clear_pointer (&shadow->confirmed, ls_record_unref);
  g_ptr_array_unref (shadow->edits);
  g_free (shadow);
}

static LsShopState *
shop_state_new (int64_t     number,
                const char *name)
{
  LsShopState *shop = g_new0 (LsShopState, 1);

  shop->number = number;
  shop->shop = g_strdup (name);
  for (size_t i = 0; i < LS_N_COLLECTIONS; i++)
    shop->shadows[i] = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, shadow_free);
  shop->edits = g_ptr_array_new_with_free_func (open_edit_free);
  return shop;
}

void
ls_shop_state_free (LsShopState *shop)
{
  for (size_t i = 0; i < LS_N_COLLECTIONS; i++)
    {
      g_clear_pointer (&shop->tables[i], ls_table_free);
      g_hash_table_unref (shop->shadows[i]);
    }
  g_ptr_array_unref (shop->edits);
  g_free (shop->shop);
  g_free (shop->name);
  g_free (shop->role);
  g_free (shop);
}

static bool
load_meta (LsCache *self,
           GError **error)
{
  g_autoptr (LsStatement) statement =
      ls_sql_query (self->sql, error, "SELECT sequence, next_id, client FROM meta", NULL);

  if (statement == NULL ||
      !ls_step_need_row (ls_statement_step (statement, error), "meta", error))
    return false;
  self->sequence = ls_statement_get_int64 (statement, 0);
  self->next_id = ls_statement_get_int64 (statement, 1);
  g_free (self->client);
  self->client = ls_statement_dup_text (statement, 2);
  return true;
}

/* A set of collections by their names, as store_shop() writes it. */
static uint32_t
parse_collection_names (const char *names)
{
  g_auto (GStrv) list = g_strsplit (names != NULL ? names : "", " ", -1);
  uint32_t collections = 0;

  for (size_t i = 0; list[i] != NULL; i++)
    {
      const LsCollection *collection = ls_schema_find_collection (list[i]);

      if (collection != NULL)
        collections |= UINT32_C (1) << collection->id;
    }
  return collections;
}

static bool
load_shops (LsCache *self,
            GError **error)
{
  g_autoptr (LsStatement) statement =
      ls_sql_query (self->sql, error,
                    "SELECT number, shop, name, role, epoch, version, \"check\", view, synced_at,"
                    " highest_n, months, off FROM shops",
                    NULL);
  LsStep step = LS_STEP_ERROR;

  while (statement != NULL && (step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    {
      const char *name = ls_statement_need_text (statement, 1, error);
      const char *epoch = name != NULL ? ls_statement_need_text (statement, 4, error) : NULL;
      LsShopState *shop;

      if (epoch == NULL)
        return false;
      shop = shop_state_new (ls_statement_get_int64 (statement, 0), name);
      shop->name = ls_statement_dup_text (statement, 2);
      shop->role = ls_statement_dup_text (statement, 3);
      g_strlcpy (shop->position.epoch, epoch, LS_EPOCH_BYTES);
      shop->position.version = ls_statement_get_int64 (statement, 5);
      shop->position.check = (uint64_t) ls_statement_get_int64 (statement, 6);
      shop->view = (uint64_t) ls_statement_get_int64 (statement, 7);
      shop->synced_at = ls_statement_get_int64 (statement, 8);
      shop->highest_n = ls_statement_get_int64 (statement, 9);
      shop->choice.months = (unsigned) CLAMP (ls_statement_get_int64 (statement, 10), 0,
                                              LS_SCOPE_MAX_MONTHS);
      shop->choice.off = parse_collection_names (ls_statement_get_text (statement, 11));
      ls_scope_choice_sanitize (&shop->choice);
      g_hash_table_insert (self->shops, shop->shop, shop);
    }
  return step == LS_STEP_DONE;
}

static LsShopState *
shop_by_number (LsCache *self,
                int64_t  number)
{
  GHashTableIter iter;
  gpointer shop;

  g_hash_table_iter_init (&iter, self->shops);
  while (g_hash_table_iter_next (&iter, NULL, &shop))
    if (((LsShopState *) shop)->number == number)
      return shop;
  return NULL;
}

static bool
load_tables (LsCache *self,
             GError **error)
{
  g_autoptr (LsStatement) statement = ls_sql_query (
      self->sql, error,
      "SELECT shop, collection, generation, base, view, fields, held, since,"
      " EXISTS (SELECT 1 FROM gone WHERE gone.shop = tables.shop"
      " AND gone.collection = tables.collection) FROM tables",
      NULL);
  LsStep step = LS_STEP_ERROR;

  while (statement != NULL && (step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    {
      LsShopState *shop = shop_by_number (self, ls_statement_get_int64 (statement, 0));
      const char *name = ls_statement_need_text (statement, 1, error);
      const char *fields = name != NULL ? ls_statement_need_text (statement, 5, error) : NULL;
      const LsCollection *collection;
      LsTable *table;

      if (fields == NULL)
        return false;
      /* A newer version may have known more collections. */
      collection = ls_schema_find_collection (name);
      if (shop == NULL || collection == NULL)
        continue;
      table = ls_table_new (shop->number, collection, ls_statement_get_int64 (statement, 2));
      table->base = ls_statement_get_int64 (statement, 3);
      table->view = (uint64_t) ls_statement_get_int64 (statement, 4);
      table->fields = ls_cache_parse_field_names (collection, fields);
      table->is_held = ls_statement_get_int64 (statement, 6) != 0;
      table->since = (uint32_t) ls_statement_get_int64 (statement, 7);
      table->has_gone = ls_statement_get_int64 (statement, 8) != 0;
      shop->tables[collection->id] = table;
    }
  return step == LS_STEP_DONE;
}

static bool
load_shadows (LsCache *self,
              GError **error)
{
  g_autoptr (LsStatement) statement = ls_sql_query (
      self->sql, error, "SELECT shop, collection, key, id, confirmed FROM shadow", NULL);
  LsStep step = LS_STEP_ERROR;

  while (statement != NULL && (step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    {
      LsShopState *shop = shop_by_number (self, ls_statement_get_int64 (statement, 0));
      const char *name = ls_statement_need_text (statement, 1, error);
      const char *key = name != NULL ? ls_statement_need_text (statement, 2, error) : NULL;
      const char *confirmed = ls_statement_get_text (statement, 4);
      const LsCollection *collection;
      g_autoptr (GError) rotten = NULL;
      LsShadow *shadow;

      if (key == NULL)
        return false;
      collection = ls_schema_find_collection (name);
      if (shop == NULL || collection == NULL)
        continue;
      shadow = ls_shop_add_shadow (shop, collection, key);
      shadow->id = ls_statement_get_int64 (statement, 3);
      shadow->is_stored = true;
      if (confirmed == NULL)
        continue;
      /* One that rotted is as good as none: the edits are what counts, and the row is fetched again
       * once its bucket is compared with the server's. */
      shadow->confirmed = ls_record_decode (collection, confirmed, strlen (confirmed), &rotten);
      if (shadow->confirmed == NULL)
        g_debug ("%s %s: %s", collection->name, shadow->key, rotten->message);
    }
  return step == LS_STEP_DONE;
}

/* Open are the edits that wait, and those that are applied but not seen in a delta yet. */
static bool
load_edits (LsCache     *self,
            LsShopState *shop,
            GError     **error)
{
  g_autoptr (LsStatement) statement = ls_sql_query (
      self->sql, error,
      "SELECT " LS_EDIT_COLUMNS " FROM edits"
      " WHERE shop = ? AND (state <= ? OR (state = ? AND contained <> ?)) ORDER BY id",
      "iddd", shop->number, LS_EDIT_SENT, LS_EDIT_APPLIED, -1);
  LsStep step = LS_STEP_ERROR;

  while (statement != NULL && (step = ls_statement_step (statement, error)) == LS_STEP_ROW)
    {
      uint32_t contained;
      LsEdit *edit = ls_cache_read_edit (statement, shop->shop, &contained, error);
      LsOpenEdit *open;

      if (edit == NULL)
        return false;
      open = ls_shop_add_edit (shop, edit);
      open->contained = contained;
    }
  return step == LS_STEP_DONE;
}

static void
collect_cb (gpointer key,
             gpointer value,
             gpointer user_data)
{
  g_ptr_array_add (user_data, value);
}

/* Reads everything back from the file. */
bool
ls_cache_load (LsCache *self,
               GError **error)
{
  g_autoptr (GPtrArray) shops = g_ptr_array_new ();

  g_hash_table_remove_all (self->shops);
  if (!load_meta (self, error) || !load_shops (self, error) || !load_tables (self, error) ||
      !load_shadows (self, error))
    return false;
  g_hash_table_foreach (self->shops, collect_cb, shops);
  for (unsigned i = 0; i < shops->len; i++)
    if (!load_edits (self, g_ptr_array_index (shops, i), error))
      return false;
  return true;
}

LsShopState *
ls_cache_find_shop (LsCache    *self,
                    const char *shop)
{
  return g_hash_table_lookup (self->shops, shop);
}

/* Finds a shop or, inside a transaction, makes it. */
LsShopState *
ls_cache_need_shop (LsCache    *self,
                    const char *shop,
                    GError    **error)
{
  LsShopState *state = g_hash_table_lookup (self->shops, shop);

  if (state != NULL)
    return state;
  if (!ls_sql_run (self->sql, error, "INSERT INTO shops (shop) VALUES (?)", "t", shop))
    return NULL;
  state = shop_state_new (ls_sql_get_last_insert_rowid (self->sql), shop);
  g_hash_table_insert (self->shops, state->shop, state);
  return state;
}

/* Finds a table of rows or, inside a transaction, makes it, complete with its indexes. */
LsTable *
ls_cache_need_table (LsCache            *self,
                     LsShopState        *shop,
                     const LsCollection *collection,
                     GError            **error)
{
  g_autoptr (LsTable) table = NULL;
  int64_t generation;

  if (shop->tables[collection->id] != NULL)
    return shop->tables[collection->id];
  if (!ls_cache_next_generation (self, &generation, error))
    return NULL;
  table = ls_table_new (shop->number, collection, generation);
  if (!ls_cache_create_table (self, table, error) ||
      !ls_cache_complete_table (self, table, error) || !ls_cache_store_table (self, table, error))
    return NULL;
  shop->tables[collection->id] = g_steal_pointer (&table);
  return shop->tables[collection->id];
}

LsShadow *
ls_shop_find_shadow (LsShopState        *shop,
                     const LsCollection *collection,
                     const char         *key)
{
  return g_hash_table_lookup (shop->shadows[collection->id], key);
}

LsShadow *
ls_shop_add_shadow (LsShopState        *shop,
                    const LsCollection *collection,
                    const char         *key)
{
  LsShadow *shadow = g_new0 (LsShadow, 1);

  shadow->collection = collection;
  shadow->key = g_strdup (key);
  shadow->edits = g_ptr_array_new ();
  g_hash_table_insert (shop->shadows[collection->id], shadow->key, shadow);
  return shadow;
}

void
ls_shop_remove_shadow (LsShopState *shop,
                       LsShadow    *shadow)
{
  g_hash_table_remove (shop->shadows[shadow->collection->id], shadow->key);
}

static int
compare_shadows (gconstpointer a,
                 gconstpointer b)
{
  const LsShadow *x = *(LsShadow *const *) a;
  const LsShadow *y = *(LsShadow *const *) b;

  return strcmp (x->key, y->key);
}

/* The rows of a collection under open edits, by key. */
GPtrArray *
ls_shop_list_shadows (LsShopState        *shop,
                      const LsCollection *collection)
{
  GPtrArray *list = g_ptr_array_new ();

  g_hash_table_foreach (shop->shadows[collection->id], collect_cb, list);
  g_ptr_array_sort (list, compare_shadows);
  return list;
}

LsOpenEdit *
ls_shop_find_edit (LsShopState *shop,
                   const char  *mid)
{
  for (unsigned i = 0; i < shop->edits->len; i++)
    {
      LsOpenEdit *open = g_ptr_array_index (shop->edits, i);

      if (g_str_equal (open->edit->mid, mid))
        return open;
    }
  return NULL;
}

/* Takes @edit, the newest one, among the open ones, and ties it to the rows under it. */
LsOpenEdit *
ls_shop_add_edit (LsShopState *shop,
                  LsEdit      *edit)
{
  LsOpenEdit *open = g_new0 (LsOpenEdit, 1);

  open->edit = edit;
  g_ptr_array_add (shop->edits, open);
  for (unsigned i = 0; i < edit->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (edit->changes, i);
      LsShadow *shadow = ls_shop_find_shadow (shop, change->collection, change->key);

      if (shadow != NULL && !g_ptr_array_find (shadow->edits, open, NULL))
        g_ptr_array_add (shadow->edits, open);
    }
  return open;
}

/* Lets go of an edit; the rows under it are the caller's to rebase. */
void
ls_shop_remove_edit (LsShopState *shop,
                     LsOpenEdit  *open)
{
  for (unsigned i = 0; i < open->edit->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (open->edit->changes, i);
      LsShadow *shadow = ls_shop_find_shadow (shop, change->collection, change->key);

      if (shadow != NULL)
        g_ptr_array_remove (shadow->edits, open);
    }
  g_ptr_array_remove (shop->edits, open);
}

unsigned
ls_shop_count_waiting (LsShopState *shop)
{
  unsigned count = 0;

  for (unsigned i = 0; i < shop->edits->len; i++)
    {
      const LsOpenEdit *open = g_ptr_array_index (shop->edits, i);

      count += open->edit->state == LS_EDIT_QUEUED || open->edit->state == LS_EDIT_SENT;
    }
  return count;
}
