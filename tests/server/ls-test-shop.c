/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-shop.h"

#include <string.h>

#include "core/ls-id.h"
#include "server/ls-storage-sqlite.h"

static void
group_free (gpointer data)
{
  LsTestGroup *group = data;

  g_ptr_array_unref (group->versions);
  g_free (group);
}

static void
heard_cb (const LsCommitGroup *heard,
          gpointer             user_data)
{
  LsTestShop *self = user_data;
  LsTestGroup *group;

  if (!g_str_equal (heard->shop, "s"))
    return;
  group = g_new0 (LsTestGroup, 1);

  group->from = heard->from;
  group->position = heard->position;
  group->versions = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_version_unref);
  for (unsigned i = 0; i < heard->versions->len; i++)
    g_ptr_array_add (group->versions, ls_version_ref (g_ptr_array_index (heard->versions, i)));
  g_ptr_array_add (self->groups, group);
}

void
ls_test_shop_take_storage (LsTestShop *self,
                           LsStorage  *storage)
{
  self->storage = storage;
  self->committer = ls_committer_new (LS_ENVIRONMENT (self->environment), storage);
  ls_committer_set_listener (self->committer, heard_cb, self);
}

void
ls_test_shop_open (LsTestShop *self)
{
  g_autoptr (GError) error = NULL;
  LsStorage *storage =
      ls_storage_sqlite_new (LS_ENVIRONMENT (self->environment), self->path, &error);

  g_assert_no_error (error);
  ls_test_shop_take_storage (self, storage);
}

void
ls_test_shop_close (LsTestShop *self)
{
  ls_test_environment_run (self->environment);
  g_clear_object (&self->committer);
  /* Jobs of the storage hold it until they have run. */
  ls_test_environment_advance (self->environment, 60 * G_USEC_PER_SEC);
  if (self->storage != NULL)
    g_assert_finalize_object (g_steal_pointer (&self->storage));
}

void
ls_test_shop_reopen (LsTestShop *self)
{
  ls_test_shop_close (self);
  ls_test_shop_open (self);
}

LsTestShop *
ls_test_shop_new (void)
{
  return ls_test_shop_new_on (NULL);
}

LsTestShop *
ls_test_shop_new_on (const char *vfs)
{
  LsTestShop *self = g_new0 (LsTestShop, 1);
  g_autoptr (LsRecord) row = ls_record_new (ls_schema_collection (LS_SHOPS), "s");
  const LsCollection *shops = ls_schema_collection (LS_SHOPS);
  g_autoptr (GError) error = NULL;

  self->environment = ls_test_environment_new (1);
  ls_test_environment_set_vfs (self->environment, vfs);
  self->dir = ls_test_dir_new ();
  self->path = ls_test_dir_file (self->dir, LS_STORAGE_FILE);
  self->groups = g_ptr_array_new_with_free_func (group_free);
  ls_test_shop_open (self);
  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "name"), "The shop");
  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "currency"), "EUR");
  ls_record_set_text (row, (unsigned) ls_collection_field (shops, "time_zone"), "Europe/Paris");
  ls_record_set_integer (row, (unsigned) ls_collection_field (shops, "sample"), 0);
  ls_storage_create_shop (self->storage, row, &error);
  g_assert_no_error (error);
  return self;
}

void
ls_test_shop_free (LsTestShop *self)
{
  ls_test_shop_close (self);
  g_ptr_array_unref (self->groups);
  g_assert_finalize_object (self->environment);
  g_free (self->path);
  ls_test_dir_free (self->dir);
  g_free (self);
}

GPtrArray *
ls_test_changes (const char *json)
{
  g_autofree char *text = g_strdelimit (g_strdup (json), "'", '"');
  g_autoptr (GError) error = NULL;
  GPtrArray *changes = ls_changes_from_json (text, &error);

  g_assert_no_error (error);
  return changes;
}

LsMutation *
ls_test_mutation (const char *client,
                  int64_t     n,
                  const char *mid,
                  const char *json)
{
  LsMutation *mutation = ls_mutation_new ("s");

  mutation->client = g_strdup (client);
  mutation->actor = g_strdup ("alma");
  mutation->role = LS_ROLE_OWNER;
  mutation->n = n;
  mutation->mid = g_strdup (mid);
  mutation->is_void = json == NULL;
  if (json != NULL)
    mutation->changes = ls_test_changes (json);
  return mutation;
}

void
ls_test_outcome_free (LsTestOutcome *outcome)
{
  g_clear_pointer (&outcome->decision, ls_decision_free);
  g_clear_error (&outcome->error);
  g_free (outcome);
}

static void
decided_cb (LsMutation       *mutation,
            const LsDecision *decision,
            const GError     *error,
            int64_t           expected_n,
            gpointer          user_data)
{
  LsTestOutcome *outcome = user_data;

  g_assert_false (outcome->told);
  g_assert_true ((decision == NULL) == (error != NULL));
  outcome->told = true;
  outcome->decision = decision != NULL ? ls_decision_copy (decision) : NULL;
  outcome->error = error != NULL ? g_error_copy (error) : NULL;
  outcome->expected_n = expected_n;
  outcome->groups_before = outcome->shop->groups->len;
  outcome->shop->told++;
}

/* Takes @mutation. */
LsTestOutcome *
ls_test_shop_submit (LsTestShop *self,
                     LsMutation *mutation)
{
  LsTestOutcome *outcome = g_new0 (LsTestOutcome, 1);
  g_autoptr (GError) error = NULL;

  outcome->shop = self;
  ls_committer_submit (self->committer, mutation, decided_cb, outcome, NULL, &error);
  g_assert_no_error (error);
  ls_mutation_unref (mutation);
  return outcome;
}

LsTestOutcome *
ls_test_shop_mutate (LsTestShop *self,
                     const char *client,
                     int64_t     n,
                     const char *mid,
                     const char *json)
{
  LsTestOutcome *outcome =
      ls_test_shop_submit (self, ls_test_mutation (client, n, mid, json));

  ls_test_environment_run (self->environment);
  g_assert_true (outcome->told);
  return outcome;
}

/* An edit of the server's own, under a mid of its own. */
LsDecision *
ls_test_shop_edit (LsTestShop *self,
                   const char *json)
{
  g_autofree char *mid = ls_id_new_uuid (LS_ENVIRONMENT (self->environment));
  g_autoptr (LsTestOutcome) outcome = ls_test_shop_mutate (self, NULL, 0, mid, json);

  g_assert_no_error (outcome->error);
  return g_steal_pointer (&outcome->decision);
}

/* An edit that must be applied. */
void
ls_test_shop_apply (LsTestShop *self,
                    const char *json)
{
  g_autoptr (LsDecision) decision = ls_test_shop_edit (self, json);

  if (decision->status != LS_RESULT_APPLIED)
    g_test_message ("%s: %s", json, decision->message);
  g_assert_cmpint (decision->status, ==, LS_RESULT_APPLIED);
}

LsRecord *
ls_test_shop_get (LsTestShop    *self,
                  LsCollectionId collection,
                  const char    *key)
{
  g_autoptr (LsChange) change =
      ls_change_new (LS_CHANGE_DEL, ls_schema_collection (collection), key);
  g_autoptr (GPtrArray) changes = g_ptr_array_new ();
  g_autoptr (GPtrArray) rows = NULL;
  g_autoptr (GError) error = NULL;

  g_ptr_array_add (changes, change);
  rows = ls_storage_get_rows (self->storage, "s", changes, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (rows->len, ==, 1);
  return ls_change_apply (g_ptr_array_index (rows, 0), NULL, LS_APPLY_EXACT, NULL);
}

/* G_MININT64 for NULL. */
int64_t
ls_test_shop_get_integer (LsTestShop    *self,
                          LsCollectionId collection,
                          const char    *key,
                          const char    *field)
{
  g_autoptr (LsRecord) record = ls_test_shop_get (self, collection, key);

  g_assert_nonnull (record);
  return ls_record_get_integer (
      record, (unsigned) ls_collection_field (ls_schema_collection (collection), field),
      G_MININT64);
}

LsShop *
ls_test_shop_get_shop (LsTestShop *self)
{
  g_autoptr (GError) error = NULL;
  LsShop *shop = ls_storage_get_shop (self->storage, "s", &error);

  g_assert_no_error (error);
  return shop;
}

static char *
row_id (const LsCollection *collection,
        const char         *key)
{
  return g_strconcat (collection->name, " ", key, NULL);
}

static bool
take_row_cb (LsRecord *record,
             gpointer  user_data)
{
  char *id = row_id (ls_record_get_collection (record), ls_record_get_key (record));

  g_assert_true (g_hash_table_insert (user_data, id, ls_record_ref (record)));
  return true;
}

static GHashTable *
read_rows (LsTestShop *self)
{
  const LsCollection *collections[LS_N_COLLECTIONS];
  GHashTable *rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                            (GDestroyNotify) ls_record_unref);
  g_autoptr (GError) error = NULL;
  LsPosition position;

  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    collections[id] = ls_schema_collection ((LsCollectionId) id);
  ls_storage_scan (self->storage, "s", collections, LS_N_COLLECTIONS, &position, take_row_cb, rows,
                   &error);
  g_assert_no_error (error);
  return rows;
}

static void
replay_change (GHashTable     *rows,
               const LsChange *change)
{
  char *id = row_id (change->collection, change->key);
  LsRecord *before = g_hash_table_lookup (rows, id);
  g_autoptr (GError) error = NULL;
  LsRecord *after;

  g_assert_true ((before == NULL) == (change->op == LS_CHANGE_PUT));
  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      /* The log tells what stood there. */
      if (change->op != LS_CHANGE_PUT)
        g_assert_true (edit->has_was &&
                       ls_value_equal (&edit->was, ls_record_get (before, edit->field)));
    }
  after = ls_change_apply (change, before, LS_APPLY_EXACT, &error);
  g_assert_no_error (error);
  if (after != NULL)
    g_hash_table_insert (rows, id, after);
  else
    {
      g_hash_table_remove (rows, id);
      g_free (id);
    }
}

static void
check_digests (LsTestShop       *self,
               GHashTable       *rows,
               const LsPosition *position)
{
  LsDigest *expected[LS_N_COLLECTIONS];
  GHashTableIter iter;
  gpointer record;
  LsPosition at;

  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    expected[id] = ls_digest_new (ls_schema_collection ((LsCollectionId) id));
  g_hash_table_iter_init (&iter, rows);
  while (g_hash_table_iter_next (&iter, NULL, &record))
    ls_digest_replace (expected[ls_record_get_collection (record)->id], NULL, record);
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    {
      const LsCollection *collection = ls_schema_collection ((LsCollectionId) id);
      g_autoptr (LsDigest) actual =
          ls_committer_copy_digest (self->committer, "s", collection, &at);

      if (actual == NULL)
        {
          ls_test_environment_run (self->environment);
          actual = ls_committer_copy_digest (self->committer, "s", collection, &at);
        }
      g_assert_nonnull (actual);
      g_assert_true (ls_position_equal (&at, position));
      g_assert_true (ls_digest_equal (actual, expected[id], UINT64_MAX));
      ls_digest_free (expected[id]);
    }
}

/* The log, replayed from nothing, leads to the rows; its checks chain; the digests are those of the
 * rows. */
void
ls_test_shop_check_log (LsTestShop *self)
{
  g_autoptr (LsShop) shop = ls_test_shop_get_shop (self);
  g_autoptr (GHashTable) rows = read_rows (self);
  g_autoptr (GHashTable) replayed = g_hash_table_new_full (
      g_str_hash, g_str_equal, g_free, (GDestroyNotify) ls_record_unref);
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) versions = ls_storage_read_log (
      self->storage, "s", 0, shop->position.version, G_MAXSIZE / 2, &error);
  GHashTableIter iter;
  gpointer id, record;
  uint64_t check = 0;
  int64_t at = 0;

  g_assert_no_error (error);
  g_assert_cmpint (versions->len, ==, shop->position.version);
  for (unsigned v = 0; v < versions->len; v++)
    {
      LsVersion *version = g_ptr_array_index (versions, v);
      g_autoptr (GByteArray) bytes = g_byte_array_new ();

      g_assert_cmpint (version->version, ==, v + 1);
      g_assert_cmpint (version->at, >=, at);
      g_assert_cmpuint (version->changes->len, <=, LS_MAX_CHANGES);
      at = version->at;
      for (unsigned i = 0; i < version->changes->len; i++)
        {
          ls_change_append_bytes (g_ptr_array_index (version->changes, i), bytes);
          replay_change (replayed, g_ptr_array_index (version->changes, i));
        }
      check = ls_digest_next_check (check, bytes->data, bytes->len);
      g_assert_cmpuint (check, ==, version->check);
    }
  g_assert_cmpuint (check, ==, shop->position.check);
  g_assert_cmpint (at, ==, shop->at);
  g_assert_cmpuint (g_hash_table_size (rows), ==, g_hash_table_size (replayed));
  g_hash_table_iter_init (&iter, rows);
  while (g_hash_table_iter_next (&iter, &id, &record))
    {
      LsRecord *other = g_hash_table_lookup (replayed, id);

      g_assert_nonnull (other);
      g_assert_true (ls_record_equal (record, other));
    }
  check_digests (self, rows, &shop->position);
}
