/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Disks that fill up or fail, commits whose end nobody knows, other nodes in the way: nothing that
 * was acknowledged is lost, nothing happens twice. */
#include "config.h"

#include <glib/gstdio.h>
#include <sqlite3.h>

#include "ls-test-shop.h"
#include "ls-test-storage.h"
#include "ls-test-vfs.h"

#include "core/ls-error.h"

#define PUT_PRODUCT \
  "[{'c':'products','k':'p1','op':'put','set':{'name':'Beat','status':'active','stock':0}}]"
#define ONE_MORE "[{'c':'products','k':'p1','op':'add','set':{'stock':1}}]"

static LsTestShop *
new_on_test_storage (LsTestStorage **ret_storage)
{
  LsTestShop *self = ls_test_shop_new ();
  LsStorage *below;

  ls_test_shop_apply (self, PUT_PRODUCT);
  below = g_object_ref (self->storage);
  g_clear_object (&self->committer);
  ls_test_environment_advance (self->environment, INT64_C (60000000));
  g_clear_object (&self->storage);
  *ret_storage = ls_test_storage_new (below);
  ls_test_shop_take_storage (self, LS_STORAGE (*ret_storage));
  return self;
}

static int64_t
get_stock (LsTestShop *self)
{
  return ls_test_shop_get_integer (self, LS_PRODUCTS, "p1", "stock");
}

static void
assert_temporary (const LsTestOutcome *outcome)
{
  g_assert_null (outcome->decision);
  g_assert_error (outcome->error, LS_ERROR, LS_ERROR_STORAGE);
  g_assert_true (ls_error_is_temporary (outcome->error));
  g_assert_cmpint (outcome->expected_n, ==, 0);
}

static void
assert_applied (const LsTestOutcome *outcome,
                int64_t              version)
{
  g_assert_no_error (outcome->error);
  g_assert_cmpint (outcome->decision->status, ==, LS_RESULT_APPLIED);
  g_assert_cmpint (outcome->decision->version, ==, version);
}

static void
test_busy (void)
{
  LsTestStorage *storage;
  g_autoptr (LsTestShop) self = new_on_test_storage (&storage);
  g_autoptr (LsTestOutcome) first = NULL;
  g_autoptr (LsTestOutcome) second = NULL;
  g_autoptr (LsTestOutcome) third = NULL;

  ls_test_storage_set_busy (storage, 3);
  first = ls_test_shop_submit (self, ls_test_mutation ("c", 1, "m1", ONE_MORE));
  second = ls_test_shop_submit (self, ls_test_mutation ("c", 2, "m2", ONE_MORE));
  ls_test_environment_run (self->environment);
  g_assert_false (first->told);
  /* Another one does not end the wait. */
  third = ls_test_shop_submit (self, ls_test_mutation ("c", 3, "m3", ONE_MORE));
  ls_test_environment_run (self->environment);
  g_assert_cmpuint (ls_test_storage_get_begun (storage), ==, 1);
  ls_test_environment_advance (self->environment, G_USEC_PER_SEC);
  /* In their order, in one group, and without asking all the time. */
  assert_applied (first, 3);
  assert_applied (second, 4);
  assert_applied (third, 5);
  g_assert_cmpuint (self->groups->len, ==, 2);
  g_assert_cmpuint (ls_test_storage_get_begun (storage), ==, 4);
}

static void
test_commit_fails (void)
{
  LsTestStorage *storage;
  g_autoptr (LsTestShop) self = new_on_test_storage (&storage);
  unsigned n_groups = self->groups->len;
  g_autoptr (LsTestOutcome) failed = NULL;
  g_autoptr (LsTestOutcome) again = NULL;

  ls_test_storage_set_commit (storage, LS_TEST_COMMIT_FAILS);
  failed = ls_test_shop_mutate (self, "c", 1, "m1", ONE_MORE);
  assert_temporary (failed);
  g_assert_cmpuint (self->groups->len, ==, n_groups);
  g_assert_cmpint (get_stock (self), ==, 0);
  again = ls_test_shop_mutate (self, "c", 1, "m1", ONE_MORE);
  assert_applied (again, 3);
  g_assert_cmpint (get_stock (self), ==, 1);
  ls_test_shop_check_log (self);
}

/* Nobody knows, so it is read back, three times at most: then whoever sends it again finds out. */
static void
test_commit_unknown (void)
{
  static const struct {
    LsTestCommit how;
    unsigned busy; /* begins of that */
    bool done;
  } cases[] = {
    { LS_TEST_COMMIT_UNKNOWN_DONE, 0, true },  { LS_TEST_COMMIT_UNKNOWN_DONE, 2, true },
    { LS_TEST_COMMIT_UNKNOWN_DONE, 3, false }, { LS_TEST_COMMIT_UNKNOWN_LOST, 0, false },
    { LS_TEST_COMMIT_UNKNOWN_LOST, 2, false }, { LS_TEST_COMMIT_UNKNOWN_LOST, 3, false },
  };

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      LsTestStorage *storage;
      g_autoptr (LsTestShop) self = new_on_test_storage (&storage);
      g_autoptr (LsTestOutcome) outcome = NULL;
      g_autoptr (LsTestOutcome) refused = NULL;
      g_autoptr (LsTestOutcome) again = NULL;

      outcome = ls_test_shop_submit (self, ls_test_mutation ("c", 1, "m1", ONE_MORE));
      refused = ls_test_shop_submit (
          self, ls_test_mutation ("c", 2, "m2", "[{'c':'products','k':'p1','op':'set',"
                                                "'set':{'price':-1}}]"));
      ls_test_storage_set_commit (storage, cases[i].how);
      /* The first begin is the group's own. */
      ls_test_storage_set_busy_after (storage, 1, cases[i].busy);
      ls_test_environment_run (self->environment);
      ls_test_environment_advance (self->environment, G_USEC_PER_SEC);
      if (cases[i].done)
        {
          assert_applied (outcome, 3);
          g_assert_cmpint (refused->decision->status, ==, LS_RESULT_REJECTED);
          g_assert_cmpuint (outcome->groups_before, ==, 2);
        }
      else
        {
          assert_temporary (outcome);
          assert_temporary (refused);
        }
      again = ls_test_shop_mutate (self, "c", 1, "m1", ONE_MORE);
      assert_applied (again, 3);
      g_assert_cmpint (get_stock (self), ==, 1);
      ls_test_shop_check_log (self);
    }
}

/* A group of refusals only has no version: it is found by its decisions. */
static void
test_refusals_unknown (void)
{
  static const char json[] = "[{'c':'products','k':'p1','op':'set','set':{'price':-1}}]";

  for (int done = 0; done < 2; done++)
    {
      LsTestStorage *storage;
      g_autoptr (LsTestShop) self = new_on_test_storage (&storage);
      g_autoptr (LsTestOutcome) outcome = NULL;

      ls_test_storage_set_commit (storage,
                                  done ? LS_TEST_COMMIT_UNKNOWN_DONE : LS_TEST_COMMIT_UNKNOWN_LOST);
      outcome = ls_test_shop_mutate (self, "c", 1, "m1", json);
      if (done)
        g_assert_cmpint (outcome->decision->status, ==, LS_RESULT_REJECTED);
      else
        assert_temporary (outcome);
    }
}

/* One that can't be written does not take its neighbours with it. */
static void
test_poison (void)
{
  LsTestStorage *storage;
  g_autoptr (LsTestShop) self = new_on_test_storage (&storage);
  LsTestOutcome *outcomes[5];

  ls_test_storage_set_poison (storage, "m2");
  for (int i = 0; i < 5; i++)
    {
      g_autofree char *client = g_strdup_printf ("c%d", i);
      g_autofree char *mid = g_strdup_printf ("m%d", i);

      outcomes[i] = ls_test_shop_submit (self, ls_test_mutation (client, 1, mid, ONE_MORE));
    }
  ls_test_environment_run (self->environment);
  for (int i = 0; i < 5; i++)
    {
      g_assert_true (outcomes[i]->told);
      if (i == 2)
        assert_temporary (outcomes[i]);
      else
        assert_applied (outcomes[i], i < 2 ? i + 3 : i + 2);
      ls_test_outcome_free (outcomes[i]);
    }
  g_assert_cmpint (get_stock (self), ==, 4);
  ls_test_shop_check_log (self);
}

static void
fatal_cb (const GError *error,
          gpointer      user_data)
{
  (*(unsigned *) user_data)++;
}

/* With less and less room: an edit is there or not, and sent again it is there once. */
static void
test_disk_full (void)
{
  g_autoptr (LsTestVfs) vfs = ls_test_vfs_new ("full");
  LsTestShop *self = ls_test_shop_new_on ("full");
  unsigned fatal = 0, failed = 0;
  int64_t n = 0;

  ls_storage_set_fatal (self->storage, fatal_cb, &fatal);
  ls_test_shop_apply (self, PUT_PRODUCT);
  for (int64_t space = 0; space < 80000; space += 1777)
    {
      g_autofree char *mid = g_strdup_printf ("m%" G_GINT64_FORMAT, ++n);
      g_autoptr (LsTestOutcome) outcome = NULL;
      g_autoptr (LsTestOutcome) again = NULL;

      ls_test_vfs_set_space (vfs, space);
      outcome = ls_test_shop_mutate (self, "c", n, mid, ONE_MORE);
      if (outcome->decision == NULL)
        {
          assert_temporary (outcome);
          failed++;
        }
      ls_test_vfs_heal (vfs);
      again = ls_test_shop_mutate (self, "c", n, mid, ONE_MORE);
      assert_applied (again, n + 2);
      g_assert_cmpint (get_stock (self), ==, n);
    }
  g_assert_cmpuint (failed, >, 1);
  g_assert_cmpuint (failed, <, n);
  g_assert_cmpuint (fatal, ==, 0);
  ls_test_shop_check_log (self);
  ls_test_shop_reopen (self);
  ls_test_shop_check_log (self);
  ls_test_shop_free (self);
}

/* Any write or sync of a commit that fails: an acknowledged edit is there after the next start, one
 * that was not is there at most once; and a failed sync has the process end. */
static void
test_disk_fails (void)
{
  static const struct {
    LsTestVfsOp op;
    int code;
  } cases[] = {
    { LS_TEST_VFS_WRITE, SQLITE_IOERR_WRITE },
    { LS_TEST_VFS_SYNC, SQLITE_IOERR_FSYNC },
  };
  unsigned n_fatal = 0, n_failed = 0;

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    for (unsigned nth = 1; nth <= 20; nth++)
      {
        g_autoptr (LsTestVfs) vfs = ls_test_vfs_new ("failing");
        LsTestShop *self = ls_test_shop_new_on ("failing");
        g_autoptr (LsTestOutcome) outcome = NULL;
        g_autoptr (LsTestOutcome) again = NULL;
        unsigned fatal = 0;

        ls_test_shop_apply (self, PUT_PRODUCT);
        ls_storage_set_fatal (self->storage, fatal_cb, &fatal);
        ls_test_vfs_fail (vfs, cases[i].op, "-wal", nth, 0, cases[i].code);
        outcome = ls_test_shop_submit (self, ls_test_mutation ("c", 1, "m1", ONE_MORE));
        ls_test_environment_run (self->environment);
        ls_test_environment_advance (self->environment, G_USEC_PER_SEC);
        g_assert_true (outcome->told);
        g_assert_true (outcome->decision != NULL || fatal <= 1);
        if (outcome->decision == NULL)
          {
            assert_temporary (outcome);
            n_failed++;
          }
        if (cases[i].op == LS_TEST_VFS_SYNC && outcome->decision == NULL)
          g_assert_cmpuint (fatal, ==, 1);
        n_fatal += fatal;
        ls_test_vfs_heal (vfs);
        /* The next process. */
        ls_test_shop_reopen (self);
        if (outcome->decision != NULL)
          g_assert_cmpint (get_stock (self), ==, 1);
        again = ls_test_shop_mutate (self, "c", 1, "m1", ONE_MORE);
        assert_applied (again, 3);
        g_assert_cmpint (get_stock (self), ==, 1);
        ls_test_shop_check_log (self);
        ls_test_shop_free (self);
      }
  g_assert_cmpuint (n_fatal, >, 0);
  g_assert_cmpuint (n_failed, >, 0);
}

static void
count_cb (gpointer user_data)
{
  (*(unsigned *) user_data)++;
}

/* A full disk keeps the digests from being checkpointed, but not the server from its end. */
static void
test_drain_on_full_disk (void)
{
  g_autoptr (LsTestVfs) vfs = ls_test_vfs_new ("drained");
  LsTestShop *self = ls_test_shop_new_on ("drained");
  unsigned drained = 0;

  ls_test_shop_apply (self, PUT_PRODUCT);
  ls_test_vfs_set_space (vfs, 0);
  ls_committer_drain (self->committer, count_cb, &drained);
  ls_test_environment_run (self->environment);
  g_assert_cmpuint (drained, ==, 1);
  ls_test_vfs_heal (vfs);
  ls_test_shop_reopen (self);
  ls_test_shop_check_log (self);
  ls_test_shop_free (self);
}

/* The committer's end while edits wait: their data is freed, nothing is told. */
static void
test_end_with_queue (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  g_autoptr (LsMutation) mutation = ls_test_mutation (NULL, 0, "m1", PUT_PRODUCT);
  unsigned freed = 0;

  g_assert_true (
      ls_committer_submit (self->committer, mutation, NULL, &freed, count_cb, NULL));
  ls_environment_stop (LS_ENVIRONMENT (self->environment));
  g_assert_finalize_object (g_steal_pointer (&self->committer));
  g_assert_cmpuint (freed, ==, 1);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/committer-failure/busy", test_busy);
  g_test_add_func ("/committer-failure/commit-fails", test_commit_fails);
  g_test_add_func ("/committer-failure/commit-unknown", test_commit_unknown);
  g_test_add_func ("/committer-failure/refusals-unknown", test_refusals_unknown);
  g_test_add_func ("/committer-failure/poison", test_poison);
  g_test_add_func ("/committer-failure/disk-full", test_disk_full);
  g_test_add_func ("/committer-failure/disk-fails", test_disk_fails);
  g_test_add_func ("/committer-failure/drain-on-full-disk", test_drain_on_full_disk);
  g_test_add_func ("/committer-failure/end-with-queue", test_end_with_queue);

  return g_test_run ();
}
