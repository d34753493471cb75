/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/ls-error.h"
#include "core/ls-view.h"
#include "ls-test-cache.h"

/* Random edits, joins, discards, failures, crashes and restores, against a model that knows nothing
 * of edits that join, of numbers or overlays: it has the rows of a server, and what the admin did, in
 * order. What is visible is always the rows with what he did on top; and in the end the server has
 * that, each edit once. */

#define N_KEYS 6
#define N_STEPS 400
#define N_SEEDS 5

typedef struct {
  char *mid; /* of the edit that it went into */
  int64_t id; /* that one's place */
  LsChange *change;
} Intent;

/* A server that decides by value, once a mid. */
typedef struct {
  LsRecord *rows[N_KEYS];
  GHashTable *applied; /* mid -> version */
  int64_t version;
  int64_t last_n;
  unsigned epoch; /* in which that was counted */
} Server;

typedef struct {
  LsTestCache cache;
  GRand *rand;
  Server server;
  Server backup;
  unsigned n_epochs;
  GPtrArray *intents;     /* Intent, what stands, in order */
  unsigned n_applied;     /* how often the server applied something */
  unsigned n_lost;
  bool gentle; /* the server refuses nothing and is not restored */
} Model;

static const LsCollection *
products (void)
{
  return ls_schema_collection (LS_PRODUCTS);
}

static unsigned
key_number (const char *key)
{
  return (unsigned) (key[0] - 'a');
}

static void
intent_free (gpointer data)
{
  Intent *intent = data;

  g_free (intent->mid);
  ls_change_unref (intent->change);
  g_free (intent);
}

static void
server_copy (Server       *to,
             const Server *from)
{
  GHashTableIter iter;
  gpointer mid, version;

  for (int i = 0; i < N_KEYS; i++)
    {
      g_clear_pointer (&to->rows[i], ls_record_unref);
      to->rows[i] = from->rows[i] != NULL ? ls_record_ref (from->rows[i]) : NULL;
    }
  if (to->applied == NULL)
    to->applied = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_hash_table_remove_all (to->applied);
  g_hash_table_iter_init (&iter, from->applied);
  while (g_hash_table_iter_next (&iter, &mid, &version))
    g_hash_table_insert (to->applied, g_strdup (mid), version);
  to->version = from->version;
  to->last_n = from->last_n;
  to->epoch = from->epoch;
}

static void
server_clear (Server *server)
{
  for (int i = 0; i < N_KEYS; i++)
    g_clear_pointer (&server->rows[i], ls_record_unref);
  g_clear_pointer (&server->applied, g_hash_table_unref);
}

/* --- The model ------------------------------------------------------------------------------- */

static LsRecord *
expected_row (Model   *model,
              unsigned key)
{
  LsRecord *row = model->server.rows[key] != NULL ? ls_record_ref (model->server.rows[key]) : NULL;

  for (unsigned i = 0; i < model->intents->len; i++)
    {
      const Intent *intent = g_ptr_array_index (model->intents, i);
      LsRecord *after;

      if (key_number (intent->change->key) != key)
        continue;
      after = ls_change_apply (intent->change, row, LS_APPLY_KEEP_DERIVED, NULL);
      if (after == NULL && intent->change->op != LS_CHANGE_DEL)
        continue;
      g_clear_pointer (&row, ls_record_unref);
      row = after;
    }
  return row;
}

static void
forget (Model      *model,
        const char *mid)
{
  for (unsigned i = model->intents->len; i > 0; i--)
    if (g_str_equal (((Intent *) g_ptr_array_index (model->intents, i - 1))->mid, mid))
      g_ptr_array_remove_index (model->intents, i - 1);
}

static void
add_intent (Model        *model,
            const LsEdit *edit,
            LsChange     *change)
{
  Intent *intent = g_new0 (Intent, 1);
  unsigned place = model->intents->len;

  intent->mid = g_strdup (edit->mid);
  intent->id = edit->id;
  intent->change = ls_change_ref (change);
  while (place > 0 && ((Intent *) g_ptr_array_index (model->intents, place - 1))->id > edit->id)
    place--;
  g_ptr_array_insert (model->intents, (int) place, intent);
}

/* An edit that was made again, at its place. */
static void
remember (Model        *model,
          const LsEdit *edit)
{
  forget (model, edit->mid);
  for (unsigned i = 0; i < edit->changes->len; i++)
    add_intent (model, edit, g_ptr_array_index (edit->changes, i));
}

static bool
is_remembered (Model      *model,
               const char *mid)
{
  for (unsigned i = 0; i < model->intents->len; i++)
    if (g_str_equal (((Intent *) g_ptr_array_index (model->intents, i))->mid, mid))
      return true;
  return false;
}

/* What the cache told of edits since the last time: those that failed, were taken back or lost do
 * not stand any more; those that are queued and were not known were made again. */
static void
take_news (Model *model)
{
  for (unsigned i = 0; i < model->cache.commits->len; i++)
    {
      const LsCacheCommit *commit = g_ptr_array_index (model->cache.commits, i);

      for (unsigned j = 0; j < commit->edits->len; j++)
        {
          const LsEdit *edit = g_ptr_array_index (commit->edits, j);

          if (edit->state == LS_EDIT_DEAD || edit->state == LS_EDIT_DISCARDED ||
              edit->state == LS_EDIT_LOST || edit->is_void)
            forget (model, edit->mid);
          else if (edit->state == LS_EDIT_QUEUED && !is_remembered (model, edit->mid))
            remember (model, edit);
          model->n_lost += edit->state == LS_EDIT_LOST;
        }
    }
  g_ptr_array_set_size (model->cache.commits, 0);
}

static void
check (Model *model)
{
  take_news (model);
  for (unsigned key = 0; key < N_KEYS; key++)
    {
      char name[] = { (char) ('a' + (int) key), '\0' };
      g_autoptr (LsRecord) expected = expected_row (model, key);
      g_autoptr (LsRecord) visible = ls_test_cache_row (&model->cache, name, false);

      g_assert_cmpint (visible != NULL, ==, expected != NULL);
      if (visible != NULL)
        g_assert_true (ls_record_equal (visible, expected));
    }
}

/* --- What happens ---------------------------------------------------------------------------- */

static LsChange *
random_change (Model          *model,
               const char     *key,
               const LsRecord *row)
{
  int dice = g_rand_int_range (model->rand, 0, 10);
  g_autoptr (LsRecord) record = NULL;

  if (row == NULL)
    {
      record = ls_test_product (key, "Name", g_rand_int_range (model->rand, 0, 5),
                                g_rand_int_range (model->rand, 0, 5));
      return ls_change_new_put (record);
    }
  if (dice == 0)
    return ls_test_del (key);
  if (dice < 3)
    return ls_test_add (key, "stock", g_rand_int_range (model->rand, -3, 4));
  if (dice < 5)
    return ls_test_set_text (key, "name", dice == 3 ? "Élan" : "Name");
  return ls_test_set_integer (key, "price", g_rand_int_range (model->rand, 0, 5));
}

static void
make_edit (Model *model)
{
  unsigned key = (unsigned) g_rand_int_range (model->rand, 0, N_KEYS);
  char name[] = { (char) ('a' + (int) key), '\0' };
  g_autoptr (LsRecord) row = expected_row (model, key);
  LsChange *change = random_change (model, name, row);
  g_autoptr (GPtrArray) changes = ls_test_changes (change, NULL);
  g_autofree char *mid = g_strdup_printf ("mid-%d", ++model->cache.next_mid);
  g_autoptr (LsEdit) edit = NULL;
  GError *error = NULL;

  edit = ls_cache_add_edit (model->cache.cache, LS_TEST_SHOP, mid, changes, &error);
  g_assert_no_error (error);
  add_intent (model, edit, change);
  if (edit->state == LS_EDIT_DISCARDED)
    forget (model, edit->mid);
}

static GPtrArray *
list (Model   *model,
      unsigned states)
{
  GError *error = NULL;
  GPtrArray *edits = ls_cache_list_edits (model->cache.cache, LS_TEST_SHOP, states, &error);

  g_assert_no_error (error);
  return edits;
}

static LsEdit *
pick (Model   *model,
      unsigned states)
{
  g_autoptr (GPtrArray) edits = list (model, states);

  return edits->len > 0 ? ls_edit_ref (g_ptr_array_index (
                              edits, (unsigned) g_rand_int_range (model->rand, 0, (int) edits->len)))
                        : NULL;
}

static void
number_edits (Model *model)
{
  GError *error = NULL;
  g_autoptr (GPtrArray) sent = ls_cache_number_edits (
      model->cache.cache, LS_TEST_SHOP, (unsigned) g_rand_int_range (model->rand, 1, 5), &error);

  g_assert_no_error (error);
}

static bool
meets_conflict (const LsRecord *row,
                const LsChange *change)
{
  if (row == NULL)
    return change->op == LS_CHANGE_SET || change->op == LS_CHANGE_ADD;
  if (change->op == LS_CHANGE_PUT)
    return true;
  for (unsigned i = 0; change->op != LS_CHANGE_ADD && i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);
      const LsValue *stands = ls_record_get (row, edit->field);

      if (edit->has_was && !ls_value_equal (stands, &edit->was) &&
          !(edit->has_set && ls_value_equal (stands, &edit->set)))
        return true;
    }
  return false;
}

/* Decides an edit as a server does; the delta comes before the result, or is left to come later. */
static LsResultStatus
decide (Model        *model,
        const LsEdit *edit,
        LsMessage   **ret_delta)
{
  const LsChange *change = g_ptr_array_index (edit->changes, 0);
  LsRecord **row = &model->server.rows[key_number (change->key)];
  LsRecord *after;
  LsMessage *delta;

  *ret_delta = NULL;
  if (g_hash_table_contains (model->server.applied, edit->mid))
    return LS_RESULT_APPLIED;
  if (edit->is_void || (!model->gentle && g_rand_int_range (model->rand, 0, 6) == 0))
    return LS_RESULT_REJECTED;
  /* There is nobody else, hence no conflict. */
  if (meets_conflict (*row, change))
    {
      g_assert_false (model->gentle);
      return LS_RESULT_CONFLICT;
    }
  after = ls_change_apply (change, *row, LS_APPLY_EXACT, NULL);
  g_clear_pointer (row, ls_record_unref);
  *row = after;
  model->n_applied++;
  model->server.version++;
  g_hash_table_insert (model->server.applied, g_strdup (edit->mid),
                       GINT_TO_POINTER ((int) model->server.version));
  delta = ls_test_delta (model->server.version - 1, model->server.version);
  if (after != NULL)
    ls_test_delta_take (delta, model->server.version, ls_change_new_put (after), edit->mid);
  else
    ls_test_delta_take (delta, model->server.version,
                        ls_change_new (LS_CHANGE_DEL, products (), change->key), edit->mid);
  *ret_delta = delta;
  return LS_RESULT_APPLIED;
}

/* The next edit in the order of n is decided, and its delta and result come. */
static void
deliver (Model *model)
{
  g_autoptr (GPtrArray) sent = ls_cache_number_edits (model->cache.cache, LS_TEST_SHOP, 0, NULL);
  const LsEdit *edit = sent->len > 0 ? g_ptr_array_index (sent, 0) : NULL;
  g_autoptr (LsMessage) result = NULL;
  g_autofree char *mid = NULL;
  LsMessage *delta;
  LsResultStatus status;
  GError *error = NULL;

  if (edit == NULL)
    return;
  g_assert_cmpint (edit->n, ==, model->server.last_n + 1);
  model->server.last_n = edit->n;
  status = decide (model, edit, &delta);
  mid = g_strdup (edit->mid);
  result = ls_test_result (edit, status, model->server.version);
  if (status == LS_RESULT_APPLIED)
    result->result.version =
        GPOINTER_TO_INT (g_hash_table_lookup (model->server.applied, edit->mid));
  /* Confirmed: what he did is in the rows now. */
  if (status == LS_RESULT_APPLIED)
    forget (model, mid);
  if (delta != NULL)
    ls_test_cache_apply (&model->cache, delta, -1);
  ls_cache_apply_result (model->cache.cache, result, NULL, &error);
  g_assert_no_error (error);
}

static void
discard (Model *model)
{
  g_autoptr (LsEdit) edit =
      pick (model, model->gentle ? LS_EDIT_MASK (LS_EDIT_QUEUED)
                                 : LS_EDIT_MASK (LS_EDIT_QUEUED) | LS_EDIT_MASK (LS_EDIT_SENT) |
                                       LS_EDIT_MASK (LS_EDIT_DEAD) | LS_EDIT_MASK (LS_EDIT_LOST));
  GError *error = NULL;

  if (edit == NULL)
    return;
  /* A row that was made again after a removal meets the old one when that is taken back. */
  if (model->gentle && ((LsChange *) g_ptr_array_index (edit->changes, 0))->op == LS_CHANGE_DEL)
    return;
  ls_cache_discard_edit (model->cache.cache, edit->mid, &error);
  g_assert_no_error (error);
}

static void
retry (Model *model)
{
  g_autoptr (LsEdit) edit =
      pick (model, LS_EDIT_MASK (LS_EDIT_DEAD) | LS_EDIT_MASK (LS_EDIT_LOST));
  g_autofree char *mid = g_strdup_printf ("mid-%d", ++model->cache.next_mid);

  /* What does not fit any more stays where it is. */
  if (edit != NULL)
    ls_cache_retry_edit (model->cache.cache, edit->mid, mid, NULL);
}

/* All rows as the server has them, in its epoch, and edits up to @done_n. */
static void
fetch (Model   *model,
       int64_t  done_n)
{
  g_autoptr (GPtrArray) records = g_ptr_array_new ();
  LsPosition position = ls_test_position (model->server.version);
  LsCache *cache = model->cache.cache;
  GError *error = NULL;

  g_snprintf (position.epoch, sizeof position.epoch, "%032x", model->n_epochs);
  for (int i = 0; i < N_KEYS; i++)
    if (model->server.rows[i] != NULL)
      g_ptr_array_add (records, model->server.rows[i]);
  ls_cache_begin_snapshot (cache, LS_TEST_SHOP, UINT32_MAX, NULL, &error);
  g_assert_no_error (error);
  ls_cache_add_snapshot_rows (cache, LS_TEST_SHOP, records, &error);
  g_assert_no_error (error);
  ls_cache_finish_snapshot (cache, LS_TEST_SHOP, &position,
                            ls_view_get_total_hash (ls_view_full ()), done_n, &error);
  g_assert_no_error (error);
}

/* The server comes back as it was when it was backed up. The client may be ended in between. */
static void
restore (Model *model)
{
  int64_t done_n;
  GError *error = NULL;

  if (model->backup.applied == NULL)
    return;
  server_copy (&model->server, &model->backup);
  done_n = model->server.epoch == model->n_epochs ? model->server.last_n : 0;
  model->server.last_n = 0;
  model->server.epoch = ++model->n_epochs;
  ls_cache_lose_edits (model->cache.cache, LS_TEST_SHOP, model->server.version, &error);
  g_assert_no_error (error);
  take_news (model);
  if (g_rand_boolean (model->rand))
    {
      ls_test_cache_reopen (&model->cache);
      ls_cache_lose_edits (model->cache.cache, LS_TEST_SHOP, model->server.version, &error);
      g_assert_no_error (error);
    }
  fetch (model, done_n);
}

static void
step (Model *model)
{
  int dice = g_rand_int_range (model->rand, 0, 100);

  if (dice < 45)
    make_edit (model);
  else if (dice < 58)
    number_edits (model);
  else if (dice < 80)
    deliver (model);
  else if (dice < 86)
    discard (model);
  else if (dice < 92)
    retry (model);
  else if (dice < 96)
    {
      take_news (model);
      ls_test_cache_reopen (&model->cache);
    }
  else if (dice < 98 || model->gentle)
    server_copy (&model->backup, &model->server);
  else
    restore (model);
}

static bool
anything_waits (Model *model)
{
  g_autoptr (GPtrArray) waiting = list (model, LS_EDITS_WAITING);

  return waiting->len > 0;
}

static void
test_random (Model        *model,
             gconstpointer data)
{
  fetch (model, model->server.last_n);
  for (int i = 0; i < N_STEPS; i++)
    {
      step (model);
      check (model);
    }
  while (anything_waits (model))
    {
      number_edits (model);
      deliver (model);
      check (model);
    }
  /* Nothing is pending any more: what is visible is what the server has. */
  g_assert_cmpuint (model->intents->len, ==, 0);
  g_test_message ("%u applied, %u lost in %u restores", model->n_applied, model->n_lost,
                  model->n_epochs);
}

static void
set_up (Model        *model,
        gconstpointer data)
{
  ls_test_cache_set_up (&model->cache, data);
  model->rand = g_rand_new_with_seed ((uint32_t) g_test_rand_int () + GPOINTER_TO_UINT (data));
  model->server.applied = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  model->server.version = 10;
  model->gentle = GPOINTER_TO_UINT (data) % 2 == 0;
  model->intents = g_ptr_array_new_with_free_func (intent_free);
}

static void
tear_down (Model        *model,
           gconstpointer data)
{
  ls_test_cache_tear_down (&model->cache, data);
  g_rand_free (model->rand);
  server_clear (&model->server);
  server_clear (&model->backup);
  g_ptr_array_unref (model->intents);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  for (int i = 0; i < N_SEEDS; i++)
    {
      g_autofree char *path = g_strdup_printf ("/edits-random/%d", i);

      g_test_add (path, Model, GINT_TO_POINTER (i), set_up, test_random, tear_down);
    }
  return g_test_run ();
}
