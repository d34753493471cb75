/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-cache-private.h"
#include "client/ls-cache-reader.h"
#include "core/ls-view.h"
#include "ls-sim-oracle-private.h"
#include "ls-sim-server.h"

/* What clients show, and whether it follows from what they know. */

static bool
add_keys (LsSimOracle        *self,
          LsCache            *cache,
          const LsCollection *collection,
          GHashTable         *names)
{
  LsShopState *shop = ls_cache_find_shop (cache, LS_SIM_SHOP);
  LsTable *table = shop != NULL ? shop->tables[collection->id] : NULL;
  g_autofree char *text = NULL;
  g_autoptr (LsStatement) statement = NULL;
  g_autoptr (GError) error = NULL;

  if (table == NULL)
    return false;
  text = g_strdup_printf ("SELECT key FROM %s ORDER BY id", table->name);
  statement = ls_sql_query (cache->sql, &error, text, NULL);
  while (statement != NULL && ls_statement_step (statement, &error) == LS_STEP_ROW)
    g_hash_table_add (names, ls_statement_dup_text (statement, 0));
  return error == NULL;
}

/* All rows that a client shows, as they are in its file. */
static GHashTable *
read_screen (LsSimOracle *self,
             LsCache     *cache,
             uint32_t     collections)
{
  GHashTable *screen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                              (GDestroyNotify) ls_record_unref);

  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    {
      const LsCollection *collection = ls_schema_collection ((LsCollectionId) i);
      g_autoptr (GHashTable) keys = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
      GHashTableIter iter;
      gpointer key;

      if (!(collections & (UINT32_C (1) << i)) || !add_keys (self, cache, collection, keys))
        continue;
      g_hash_table_iter_init (&iter, keys);
      while (g_hash_table_iter_next (&iter, &key, NULL))
        {
          LsRecord *row = ls_cache_get_visible (cache, LS_SIM_SHOP, collection, key, NULL);

          if (row != NULL)
            g_hash_table_insert (screen, ls_sim_row_name (collection, key), row);
        }
    }
  return screen;
}

/**
 * ls_sim_oracle_reload_screen:
 * @self: an oracle
 * @client: a client
 * @cache: its cache
 * @collections: a bit for each
 *
 * Takes what the client shows of these from its file.
 */
void
ls_sim_oracle_reload_screen (LsSimOracle *self,
                             unsigned     client,
                             LsCache     *cache,
                             uint32_t     collections)
{
  LsSimWitness *witness = &self->witnesses[client];
  g_autoptr (GHashTable) read = read_screen (self, cache, collections);
  GHashTableIter iter;
  gpointer name, row;

  g_hash_table_iter_init (&iter, witness->screen);
  while (g_hash_table_iter_next (&iter, &name, &row))
    if (collections & (UINT32_C (1) << ls_record_get_collection (row)->id))
      g_hash_table_iter_remove (&iter);
  g_hash_table_iter_init (&iter, read);
  while (g_hash_table_iter_next (&iter, &name, &row))
    g_hash_table_insert (witness->screen, g_strdup (name), ls_record_ref (row));
}

/* Whether two sets of rows are equal; the name of one that differs else. */
static char *
find_difference (GHashTable *a,
                 GHashTable *b)
{
  GHashTableIter iter;
  gpointer name, row;

  g_hash_table_iter_init (&iter, a);
  while (g_hash_table_iter_next (&iter, &name, &row))
    {
      const LsRecord *other = g_hash_table_lookup (b, name);

      if (other == NULL || !ls_record_equal (row, other))
        return g_strdup (name);
    }
  g_hash_table_iter_init (&iter, b);
  while (g_hash_table_iter_next (&iter, &name, &row))
    if (!g_hash_table_contains (a, name))
      return g_strdup (name);
  return NULL;
}
/* --- What is shown --------------------------------------------------------------------------- */

static int
compare_ids (gconstpointer a,
             gconstpointer b)
{
  const LsSimEdit *x = *(LsSimEdit *const *) a, *y = *(LsSimEdit *const *) b;

  return (x->id > y->id) - (x->id < y->id);
}

/* Whether the server has decided something else under the n of @edit: a copy of the cache goes on under
 * the same id, and none of the two has heard yet that it is one. */
static bool
is_taken (LsSimOracle     *self,
          LsCache         *cache,
          const LsSimEdit *edit)
{
  g_autofree char *name = edit->n > 0 ? ls_sim_oracle_name_n (cache->client, edit->n) : NULL;
  const char *mid = name != NULL ? g_hash_table_lookup (self->counted, name) : NULL;

  return mid != NULL && !g_str_equal (mid, edit->mid);
}

/* Whether an edit shows no more on rows that stand at @version. A squashed delta tells up to which n
 * all is decided, of the id that the client has now. So the client has only that to go by, until the
 * result comes, where the log has nothing (of one that was refused, or changed nothing), and where the
 * server has the edit, or another in its place, from a copy of the cache. */
static bool
is_over (LsSimOracle        *self,
         LsCache            *cache,
         const LsCollection *collection,
         const LsSimEdit    *edit,
         int64_t             version)
{
  const LsOpenEdit *open = ls_shop_find_edit (ls_cache_find_shop (cache, LS_SIM_SHOP), edit->mid);
  bool told = open != NULL && (open->contained & (UINT32_C (1) << collection->id));
  const int64_t *applied = g_hash_table_lookup (self->by_mid, edit->mid);

  if (edit->is_void || edit->state == LS_EDIT_DEAD || edit->state == LS_EDIT_DISCARDED ||
      edit->state == LS_EDIT_LOST || (edit->state == LS_EDIT_APPLIED && edit->version <= version))
    return true;
  if (told && is_taken (self, cache, edit))
    return true;
  if (applied == NULL)
    return told && g_hash_table_contains (self->decided, edit->mid);
  return *applied <= version &&
         (told || g_strcmp0 (ls_sim_oracle_get_version (self, *applied)->client, cache->client) == 0);
}

/* Edits that must show on the rows of a collection, which stand at @version, in order. */
static GPtrArray *
list_pending (LsSimOracle        *self,
              unsigned            client,
              LsCache            *cache,
              const LsCollection *collection,
              int64_t             version)
{
  GPtrArray *pending = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer edit;

  g_hash_table_iter_init (&iter, self->witnesses[client].edits);
  while (g_hash_table_iter_next (&iter, NULL, &edit))
    if (!is_over (self, cache, collection, edit, version))
      g_ptr_array_add (pending, edit);
  g_ptr_array_sort (pending, compare_ids);
  return pending;
}

static void
lay_over (LsRecord       **row,
          const LsChange  *change)
{
  g_autoptr (LsRecord) before = g_steal_pointer (row);

  if (change->op == LS_CHANGE_DEL)
    return;
  if (change->op == LS_CHANGE_PUT || before == NULL)
    {
      if (change->op != LS_CHANGE_PUT)
        return;
      *row = ls_record_new (change->collection, change->key);
      for (unsigned i = 0; before != NULL && i < change->collection->n_fields; i++)
        if (change->collection->fields[i].flags & LS_FIELD_DERIVED)
          ls_record_take (*row, i, ls_value_copy (ls_record_get (before, i)));
    }
  else
    *row = ls_record_copy (before);
  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);
      int64_t stood = ls_record_get_integer (*row, edit->field, 0);

      if (!edit->has_set)
        continue;
      if (change->op == LS_CHANGE_ADD)
        ls_record_set_integer (*row, edit->field, stood + ls_value_get_integer (&edit->set, 0));
      else
        ls_record_take (*row, edit->field, ls_value_copy (&edit->set));
    }
}

/* Shown is what is confirmed with what waits laid over it, for every row under an edit. */
static void
judge_overlay (LsSimOracle        *self,
               unsigned            client,
               LsCache            *cache,
               const LsCollection *collection,
               GPtrArray          *pending)
{
  for (unsigned i = 0; i < pending->len; i++)
    {
      const LsSimEdit *edit = g_ptr_array_index (pending, i);

      for (unsigned c = 0; c < edit->changes->len; c++)
        {
          const LsChange *change = g_ptr_array_index (edit->changes, c);
          g_autoptr (LsRecord) row = NULL;
          g_autoptr (LsRecord) shown = NULL;

          if (change->collection != collection)
            continue;
          row = ls_cache_get_confirmed (cache, LS_SIM_SHOP, collection, change->key, NULL);
          shown = ls_cache_get_visible (cache, LS_SIM_SHOP, collection, change->key, NULL);
          for (unsigned k = 0; k < pending->len; k++)
            {
              const LsSimEdit *over = g_ptr_array_index (pending, k);

              for (unsigned m = 0; m < over->changes->len; m++)
                {
                  const LsChange *laid = g_ptr_array_index (over->changes, m);

                  if (laid->collection == collection && g_str_equal (laid->key, change->key))
                    lay_over (&row, laid);
                }
            }
          if ((row == NULL) != (shown == NULL) || (row != NULL && !ls_record_equal (row, shown)))
            ls_sim_oracle_accuse (self, "client %u does not show %s %s as confirmed plus pending",
                                  client, collection->name, change->key);
        }
    }
}

/* The rest is as confirmed. */
static void
judge_shadows (LsSimOracle        *self,
               unsigned            client,
               LsCache            *cache,
               const LsCollection *collection,
               GPtrArray          *pending)
{
  LsShopState *shop = ls_cache_find_shop (cache, LS_SIM_SHOP);
  g_autoptr (GPtrArray) shadows = ls_shop_list_shadows (shop, collection);

  for (unsigned i = 0; i < shadows->len; i++)
    {
      const LsShadow *shadow = g_ptr_array_index (shadows, i);
      bool under = false;

      for (unsigned k = 0; k < pending->len && !under; k++)
        {
          const LsSimEdit *edit = g_ptr_array_index (pending, k);

          for (unsigned c = 0; c < edit->changes->len && !under; c++)
            {
              const LsChange *change = g_ptr_array_index (edit->changes, c);

              under = change->collection == collection && g_str_equal (change->key, shadow->key);
            }
        }
      if (!under)
        ls_sim_oracle_accuse (self, "client %u holds %s %s under an edit that is over", client,
                              collection->name, shadow->key);
    }
}

/**
 * ls_sim_oracle_probe:
 * @self: an oracle that has followed the log
 * @client: a client
 * @cache: its cache, between two jobs
 *
 * Looks at a client that is at work: what it shows must follow from what it knows.
 */
void
ls_sim_oracle_probe (LsSimOracle *self,
                     unsigned     client,
                     LsCache     *cache)
{
  LsShopState *shop = ls_cache_find_shop (cache, LS_SIM_SHOP);
  g_autoptr (GHashTable) screen = NULL;
  g_autofree char *name = NULL;

  if (cache->broken != NULL)
    return;
  screen = read_screen (self, cache, UINT32_MAX);
  name = find_difference (screen, self->witnesses[client].screen);
  if (name != NULL)
    ls_sim_oracle_accuse (self, "client %u has another %s than it told of", client, name);
  if (shop == NULL || !g_str_equal (shop->position.epoch, self->position.epoch) ||
      g_hash_table_size (self->lost) > 0 || shop->position.version > self->history->len)
    return;
  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    {
      const LsCollection *collection = ls_schema_collection ((LsCollectionId) i);
      const LsTable *table = shop->tables[i];
      g_autoptr (GPtrArray) pending = NULL;

      if (table == NULL || !table->is_held)
        continue;
      pending = list_pending (self, client, cache, collection,
                              MAX (shop->position.version, table->base));
      judge_overlay (self, client, cache, collection, pending);
      judge_shadows (self, client, cache, collection, pending);
    }
}

/* --- At rest --------------------------------------------------------------------------------- */

static void
judge_edit (LsSimOracle     *self,
            unsigned         client,
            const LsSimEdit *edit)
{
  bool applied = g_hash_table_contains (self->by_mid, edit->mid);
  bool lost = g_hash_table_contains (self->lost, edit->mid);
  /* What failed only with another one was never sent by this client; a copy of its cache may have. */
  bool elsewhere = edit->is_dependant && self->copied;
  bool failed = edit->state == LS_EDIT_DEAD && !elsewhere &&
                (edit->status == LS_RESULT_CONFLICT || edit->status == LS_RESULT_REJECTED);

  if (edit->state == LS_EDIT_QUEUED || edit->state == LS_EDIT_SENT)
    ls_sim_oracle_accuse (self, "edit %s of client %u still waits", edit->mid, client);
  if (failed && applied && !lost && !g_hash_table_contains (self->mixed, edit->mid))
    ls_sim_oracle_accuse (self, "edit %s of client %u was told to have failed, and was applied",
                          edit->mid, client);
  if (edit->state != LS_EDIT_APPLIED || applied || lost || self->rewound ||
      g_hash_table_contains (self->mixed, edit->mid))
    return;
  /* Told as decided: its result was forgotten, and it is not in the log. So it had failed, and
   * nobody ever said so. */
  if (edit->status == LS_RESULT_DECIDED)
    ls_sim_oracle_accuse (self, "edit %s of client %u is gone without a word", edit->mid, client);
  /* One that changes nothing makes no version. */
  else if (!ls_sim_oracle_is_idle (self, edit->changes, edit->version))
    ls_sim_oracle_accuse (self, "edit %s of client %u was told to be applied in version %"
                          G_GINT64_FORMAT ", and is not", edit->mid, client, edit->version);
}

/**
 * ls_sim_oracle_is_sum_right:
 * @self: an oracle that has followed the log
 * @cache: a client's
 * @collection: of which rows
 * @fields: that its user may see
 * @since: which of them the client holds
 *
 * Returns: whether the sum that the cache keeps is that of the server's rows
 */
bool
ls_sim_oracle_is_sum_right (LsSimOracle        *self,
                            LsCache            *cache,
                            const LsCollection *collection,
                            uint64_t            fields,
                            uint32_t            since)
{
  LsDigestSum sum = { 0 }, own = { 0 };
  GHashTableIter iter;
  gpointer row;

  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, NULL, &row))
    if (ls_record_get_collection (row) == collection && ls_sim_oracle_is_since (since, row))
      {
        own.count++;
        own.hash ^= ls_digest_record (row, fields);
      }
  return ls_cache_get_digest (cache, LS_SIM_SHOP, collection, &sum, NULL) &&
         sum.count == own.count && sum.hash == own.hash;
}

static void
judge_rows (LsSimOracle        *self,
            unsigned            client,
            LsCache            *cache,
            const LsCollection *collection,
            uint64_t            fields)
{
  uint32_t since = ls_sim_oracle_get_since (self, client, cache, collection);
  GHashTableIter iter;
  gpointer name, row;

  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, &name, &row))
    {
      g_autoptr (LsRecord) held = NULL;

      if (ls_record_get_collection (row) != collection || !ls_sim_oracle_is_since (since, row))
        continue;
      held = ls_cache_get_confirmed (cache, LS_SIM_SHOP, collection, ls_record_get_key (row), NULL);
      if (held == NULL)
        ls_sim_oracle_accuse (self, "client %u does not have %s", client, (char *) name);
      else if (ls_record_diff (row, held) & fields)
        ls_sim_oracle_accuse (self, "client %u has another %s than the server", client,
                              (char *) name);
    }
  if (since != LS_SCOPE_NOTHING && !ls_cache_is_comparable (cache, LS_SIM_SHOP, collection))
    ls_sim_oracle_accuse (self, "client %u has no digest of %s", client, collection->name);
  else if (!ls_sim_oracle_is_sum_right (self, cache, collection, fields, since))
    ls_sim_oracle_accuse (self, "client %u has another digest of %s than the server", client,
                          collection->name);
}

/**
 * ls_sim_oracle_judge_client:
 * @self: an oracle that has followed the log
 * @client: a client that is at rest
 * @cache: its cache
 * @role: what its user may see
 *
 * Compares everything.
 */
void
ls_sim_oracle_judge_client (LsSimOracle *self,
                            unsigned     client,
                            LsCache     *cache,
                            LsRole       role)
{
  const LsView *view = ls_view_get (role, LS_SCHEMA_VERSION);
  g_autoptr (GHashTable) screen = read_screen (self, cache, UINT32_MAX);
  g_autofree char *name = find_difference (screen, self->witnesses[client].screen);
  unsigned n_rows = 0;
  GHashTableIter iter;
  gpointer value;

  if (name != NULL)
    ls_sim_oracle_accuse (self, "client %u has another %s than it told of", client, name);
  g_hash_table_iter_init (&iter, self->witnesses[client].edits);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    judge_edit (self, client, value);
  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    {
      const LsCollection *collection = ls_schema_collection ((LsCollectionId) i);

      if (ls_view_has_collection (view, collection))
        judge_rows (self, client, cache, collection, ls_view_get_fields (view, collection));
    }
  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    n_rows += ls_view_has_collection (view, ls_record_get_collection (value)) &&
              ls_sim_oracle_is_since (ls_sim_oracle_get_since (self, client, cache,
                                                               ls_record_get_collection (value)),
                                      value);
  /* Nothing waits: all that is shown is confirmed, and nothing else is. */
  if (n_rows != g_hash_table_size (screen))
    ls_sim_oracle_accuse (self, "client %u shows %u rows, the server has %u for it", client,
                          g_hash_table_size (screen), n_rows);
}
