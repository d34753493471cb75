/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "client/ls-cache-private.h"
#include "client/ls-cache-reader.h"
#include "core/ls-view.h"
#include "ls-sim-oracle-private.h"
#include "ls-sim-server.h"

/* What clients say of their edits and rows, and whether it can be. */

/* A stall, and the two queues that it holds up. */
#define VOID_PATIENCE (7 * (int64_t) G_USEC_PER_SEC)

static const unsigned all_states =
    LS_EDITS_WAITING | LS_EDIT_MASK (LS_EDIT_APPLIED) | LS_EDIT_MASK (LS_EDIT_DEAD) |
    LS_EDIT_MASK (LS_EDIT_LOST);

static bool
same_changes (GPtrArray *a,
              GPtrArray *b)
{
  if (a->len != b->len)
    return false;
  for (unsigned i = 0; i < a->len; i++)
    if (!ls_change_equal (g_ptr_array_index (a, i), g_ptr_array_index (b, i)))
      return false;
  return true;
}

static void
judge_step (LsSimOracle     *self,
            unsigned         client,
            const LsSimEdit *before,
            const LsEdit    *after)
{
  static const char *const names[] = { "queued", "sent", "applied", "dead", "discarded", "lost" };
  bool ended = before->state == LS_EDIT_APPLIED || before->state == LS_EDIT_DEAD;
  /* Only a server that went back loses what it applied. */
  bool lost = after->state == LS_EDIT_LOST && g_hash_table_size (self->lost) > 0;

  if (before->state != LS_EDIT_QUEUED && after->state == LS_EDIT_QUEUED)
    ls_sim_oracle_accuse (self, "client %u has edit %s queued again after it was %s", client,
                          after->mid, names[before->state]);
  if (ended && after->state != before->state && after->state != LS_EDIT_DISCARDED && !lost)
    ls_sim_oracle_accuse (self, "edit %s of client %u was %s and is %s", after->mid, client,
                          names[before->state], names[after->state]);
  if (before->state != LS_EDIT_QUEUED && !same_changes (before->changes, after->changes))
    ls_sim_oracle_accuse (self, "edit %s of client %u changed after it got its n", after->mid,
                          client);
}

/* What was sent under a mid is what that mid means, whoever sends it. */
static void
note_sent (LsSimOracle  *self,
           const LsEdit *edit)
{
  GPtrArray *known = g_hash_table_lookup (self->asked, edit->mid);

  if (edit->state == LS_EDIT_QUEUED || edit->state == LS_EDIT_DISCARDED)
    return;
  if (known == NULL)
    g_hash_table_insert (self->asked, g_strdup (edit->mid), g_ptr_array_ref (edit->changes));
  else if (!same_changes (known, edit->changes) && self->copied)
    /* One went on with the edit that both queued: the server takes the first and tells the other. */
    g_hash_table_add (self->mixed, g_strdup (edit->mid));
  else if (!same_changes (known, edit->changes))
    ls_sim_oracle_accuse (self, "edit %s means two things", edit->mid);
}

static LsSimEdit *
take_edit (LsSimOracle  *self,
           unsigned      client,
           const LsEdit *edit,
           bool          judge)
{
  GHashTable *edits = self->witnesses[client].edits;
  LsSimEdit *known = g_hash_table_lookup (edits, edit->mid);

  note_sent (self, edit);
  if (known == NULL)
    {
      known = g_new0 (LsSimEdit, 1);
      known->mid = g_strdup (edit->mid);
      known->changes = g_ptr_array_ref (edit->changes);
      g_hash_table_insert (edits, known->mid, known);
    }
  else if (judge)
    judge_step (self, client, known, edit);
  g_ptr_array_unref (known->changes);
  known->changes = g_ptr_array_ref (edit->changes);
  known->id = edit->id;
  known->n = edit->n;
  known->state = edit->state;
  known->status = edit->status;
  known->version = edit->version;
  if (edit->is_void && !known->is_void)
    known->voided_at = ls_sim_world_get_time (self->world);
  known->is_void = edit->is_void;
  return known;
}

/* --- Rows ------------------------------------------------------------------------------------ */

static void
note_row (LsSimWitness       *witness,
          const LsCollection *collection,
          const char         *key,
          LsRecord           *row)
{
  char *name = ls_sim_row_name (collection, key);

  if (row != NULL)
    g_hash_table_replace (witness->screen, name, ls_record_ref (row));
  else
    {
      g_hash_table_remove (witness->screen, name);
      g_free (name);
    }
}

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

static void
reload_screen (LsSimOracle *self,
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

/* --- What a client tells --------------------------------------------------------------------- */

/**
 * ls_sim_oracle_booted:
 * @self: an oracle
 * @client: a client that has just opened its cache
 * @cache: that cache
 *
 * What the admin was told is kept must be there.
 */
void
ls_sim_oracle_booted (LsSimOracle *self,
                      unsigned     client,
                      LsCache     *cache)
{
  LsSimWitness *witness = &self->witnesses[client];
  g_autoptr (GPtrArray) edits = ls_cache_list_edits (cache, LS_SIM_SHOP, all_states, NULL);
  g_autoptr (GHashTable) there = g_hash_table_new (g_str_hash, g_str_equal);
  GHashTableIter iter;
  gpointer value;

  for (unsigned i = 0; edits != NULL && i < edits->len; i++)
    {
      const LsEdit *edit = g_ptr_array_index (edits, i);

      g_hash_table_add (there, edit->mid);
      take_edit (self, client, edit, true);
    }
  g_hash_table_iter_init (&iter, witness->edits);
  while (edits != NULL && g_hash_table_iter_next (&iter, NULL, &value))
    {
      LsSimEdit *known = value;

      if (g_hash_table_contains (there, known->mid) || known->state == LS_EDIT_DISCARDED)
        continue;
      if (known->accepted && known->state != LS_EDIT_APPLIED && !known->is_void && !known->doubtful)
        ls_sim_oracle_accuse (self, "client %u lost edit %s", client, known->mid);
      g_hash_table_iter_remove (&iter);
    }
  ls_cache_get_position (cache, LS_SIM_SHOP, &witness->position, NULL, NULL, NULL);
  g_hash_table_remove_all (witness->screen);
  reload_screen (self, client, cache, UINT32_MAX);
}

/**
 * ls_sim_oracle_pasted:
 * @self: an oracle
 * @from: whose cache was copied
 * @to: a client that is down, whose cache that now is
 *
 * What one client knew the other knows now, and forgets what it knew.
 */
void
ls_sim_oracle_pasted (LsSimOracle *self,
                      unsigned     from,
                      unsigned     to)
{
  LsSimWitness *witness = &self->witnesses[to];
  GHashTableIter iter;
  gpointer value;

  self->copied = true;
  g_hash_table_remove_all (witness->edits);
  g_hash_table_iter_init (&iter, self->witnesses[from].edits);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      LsSimEdit *copy = g_memdup2 (value, sizeof *copy);

      copy->mid = g_strdup (copy->mid);
      g_ptr_array_ref (copy->changes);
      g_hash_table_insert (witness->edits, copy->mid, copy);
    }
}

static void
judge_position (LsSimOracle      *self,
                unsigned          client,
                const LsPosition *position)
{
  LsPosition *before = &self->witnesses[client].position;
  const LsVersion *version = ls_sim_oracle_get_version (self, position->version);

  if (g_str_equal (before->epoch, position->epoch) && before->version > position->version &&
      /* A server that went back takes its clients with it. */
      before->version <= self->history->len &&
      ((LsVersion *) g_ptr_array_index (self->history, before->version - 1))->check ==
          before->check)
    ls_sim_oracle_accuse (self, "client %u went back from version %" G_GINT64_FORMAT
                          " to %" G_GINT64_FORMAT, client, before->version, position->version);
  if (version != NULL && g_str_equal (position->epoch, self->position.epoch) &&
      g_hash_table_size (self->lost) == 0 && version->check != position->check)
    ls_sim_oracle_accuse (self, "client %u is at a version %" G_GINT64_FORMAT
                          " that the server does not have", client, position->version);
  *before = *position;
}

/**
 * ls_sim_oracle_committed:
 * @self: an oracle
 * @client: a client
 * @cache: its cache
 * @commit: what it committed
 *
 * Takes what a cache tells those who show it.
 */
void
ls_sim_oracle_committed (LsSimOracle         *self,
                         unsigned             client,
                         LsCache             *cache,
                         const LsCacheCommit *commit)
{
  LsSimWitness *witness = &self->witnesses[client];

  for (unsigned i = 0; i < commit->edits->len; i++)
    take_edit (self, client, g_ptr_array_index (commit->edits, i), true);
  for (unsigned i = 0; i < commit->changes->len; i++)
    {
      const LsRowChange *change = &g_array_index (commit->changes, LsRowChange, i);
      const LsRecord *row = change->after != NULL ? change->after : change->before;
      g_autofree char *name = NULL;
      const LsRecord *shown;

      /* Only whether an edit waits changed, of a row that the edit deletes. */
      if (row == NULL)
        continue;
      name = ls_sim_row_name (change->collection, ls_record_get_key (row));
      shown = g_hash_table_lookup (witness->screen, name);
      if ((change->before == NULL) != (shown == NULL) ||
          (shown != NULL && !ls_record_equal (shown, change->before)))
        ls_sim_oracle_accuse (self, "client %u tells of %s as it was not shown before", client,
                              name);
      note_row (witness, change->collection, ls_record_get_key (row), change->after);
    }
  if (commit->reloaded != 0)
    reload_screen (self, client, cache, commit->reloaded);
  judge_position (self, client, &commit->position);
}

/* Whether what an admin did to a row shows. */
static bool
shows (LsCache        *cache,
       const LsChange *change)
{
  g_autoptr (LsRecord) row =
      ls_cache_get_visible (cache, LS_SIM_SHOP, change->collection, change->key, NULL);

  if (row == NULL || change->op == LS_CHANGE_DEL)
    return row == NULL && change->op == LS_CHANGE_DEL;
  for (unsigned i = 0; change->op != LS_CHANGE_ADD && i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      if (edit->has_set && !ls_value_equal (ls_record_get (row, edit->field), &edit->set))
        return false;
    }
  return true;
}

/**
 * ls_sim_oracle_accepted:
 * @self: an oracle
 * @client: a client
 * @cache: its cache
 * @edit: an edit that its admin was told is kept: his own, or one that it joined
 * @asked: (element-type LsChange): what he did
 *
 * From here on it must not get lost, and what he did shows.
 */
void
ls_sim_oracle_accepted (LsSimOracle  *self,
                        unsigned      client,
                        LsCache      *cache,
                        const LsEdit *edit,
                        GPtrArray    *asked)
{
  LsSimEdit *known = g_hash_table_lookup (self->witnesses[client].edits, edit->mid);

  if (known == NULL)
    {
      ls_sim_oracle_accuse (self, "client %u did not tell of edit %s", client, edit->mid);
      return;
    }
  /* One that takes another back leaves none. */
  known->accepted = edit->state != LS_EDIT_DISCARDED;
  for (unsigned i = 0; i < asked->len; i++)
    if (!shows (cache, g_ptr_array_index (asked, i)))
      ls_sim_oracle_accuse (self, "what edit %s of client %u did does not show", edit->mid, client);
}

void
ls_sim_oracle_discarded (LsSimOracle *self,
                         unsigned     client,
                         const char  *mid)
{
  LsSimEdit *known = g_hash_table_lookup (self->witnesses[client].edits, mid);

  if (known != NULL && known->state != LS_EDIT_DISCARDED && !known->is_void)
    ls_sim_oracle_accuse (self, "client %u did not take edit %s back", client, mid);
}

/* A commit that failed in front of a crash may be found to have happened. */
void
ls_sim_oracle_doubted (LsSimOracle *self,
                       unsigned     client,
                       const char  *mid)
{
  LsSimEdit *known = g_hash_table_lookup (self->witnesses[client].edits, mid);

  if (known != NULL)
    known->doubtful = true;
}

/* The old mid is history; the edit goes on under another. */
void
ls_sim_oracle_retried (LsSimOracle *self,
                       unsigned     client,
                       const char  *mid)
{
  g_hash_table_remove (self->witnesses[client].edits, mid);
}

/**
 * ls_sim_oracle_sent:
 * @self: an oracle
 * @client: a client
 * @mutate: what it sends
 *
 * What goes under a mid is what the cache has under it, and nothing of it once it was taken back:
 * for that the way from the cache to the wire, with the longest stall, is left some time.
 */
void
ls_sim_oracle_sent (LsSimOracle    *self,
                    unsigned        client,
                    const LsMutate *mutate)
{
  const LsSimEdit *known = g_hash_table_lookup (self->witnesses[client].edits, mutate->mid);

  if (known != NULL && known->is_void && !mutate->is_void &&
      ls_sim_world_get_time (self->world) - known->voided_at > VOID_PATIENCE)
    ls_sim_oracle_accuse (self, "client %u sends edit %s, which was taken back", client,
                          mutate->mid);
}

/* --- What is shown --------------------------------------------------------------------------- */

static int
compare_ids (gconstpointer a,
             gconstpointer b)
{
  const LsSimEdit *x = *(LsSimEdit *const *) a, *y = *(LsSimEdit *const *) b;

  return (x->id > y->id) - (x->id < y->id);
}

/* Edits that must show on rows of a collection that stand at @version, in order. */
static GPtrArray *
list_pending (LsSimOracle *self,
              unsigned     client,
              int64_t      version)
{
  GPtrArray *pending = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->witnesses[client].edits);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      const LsSimEdit *edit = value;
      const int64_t *applied = g_hash_table_lookup (self->by_mid, edit->mid);

      if (edit->is_void || edit->state == LS_EDIT_DEAD || edit->state == LS_EDIT_DISCARDED ||
          edit->state == LS_EDIT_LOST ||
          (applied != NULL && *applied <= version) ||
          (edit->state == LS_EDIT_APPLIED && edit->version <= version))
        continue;
      g_ptr_array_add (pending, value);
    }
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
      pending = list_pending (self, client, MAX (shop->position.version, table->base));
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
  bool failed = edit->state == LS_EDIT_DEAD &&
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

static void
judge_rows (LsSimOracle        *self,
            unsigned            client,
            LsCache            *cache,
            const LsCollection *collection,
            uint64_t            fields)
{
  LsDigestSum sum = { 0 }, own = { 0 };
  GHashTableIter iter;
  gpointer name, row;

  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, &name, &row))
    {
      g_autoptr (LsRecord) held = NULL;

      if (ls_record_get_collection (row) != collection)
        continue;
      own.count++;
      own.hash ^= ls_digest_record (row, fields);
      held = ls_cache_get_confirmed (cache, LS_SIM_SHOP, collection, ls_record_get_key (row), NULL);
      if (held == NULL)
        ls_sim_oracle_accuse (self, "client %u does not have %s", client, (char *) name);
      else if (ls_record_diff (row, held) & fields)
        ls_sim_oracle_accuse (self, "client %u has another %s than the server", client,
                              (char *) name);
    }
  if (!ls_cache_is_comparable (cache, LS_SIM_SHOP, collection) ||
      !ls_cache_get_digest (cache, LS_SIM_SHOP, collection, &sum, NULL))
    ls_sim_oracle_accuse (self, "client %u has no digest of %s", client, collection->name);
  else if (sum.count != own.count || sum.hash != own.hash)
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
    n_rows += ls_view_has_collection (view, ls_record_get_collection (value));
  /* Nothing waits: all that is shown is confirmed, and nothing else is. */
  if (n_rows != g_hash_table_size (screen))
    ls_sim_oracle_accuse (self, "client %u shows %u rows, the server has %u for it", client,
                          g_hash_table_size (screen), n_rows);
}
