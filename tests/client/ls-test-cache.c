/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-cache.h"

#include "core/ls-error.h"

static void
commit_cb (LsCacheCommit *commit,
           gpointer       user_data)
{
  g_ptr_array_add (user_data, ls_cache_commit_ref (commit));
}

void
ls_test_cache_open (LsTestCache *self)
{
  self->cache = ls_test_cache (self->environment, self->path);
  ls_cache_set_listener (self->cache, commit_cb, self->commits, NULL);
}

void
ls_test_cache_reopen (LsTestCache *self)
{
  g_object_unref (self->cache);
  ls_test_cache_open (self);
}

void
ls_test_cache_set_up (LsTestCache   *self,
                      gconstpointer  data)
{
  self->dir = ls_test_dir_new ();
  self->path = ls_test_dir_file (self->dir, "cache.db");
  self->environment = LS_ENVIRONMENT (ls_test_environment_new (1));
  self->commits = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_cache_commit_unref);
  ls_test_cache_open (self);
}

void
ls_test_cache_tear_down (LsTestCache   *self,
                         gconstpointer  data)
{
  g_object_unref (self->cache);
  g_ptr_array_unref (self->commits);
  g_object_unref (self->environment);
  g_free (self->path);
  ls_test_dir_free (self->dir);
}

GPtrArray *
ls_test_cache_two_products (void)
{
  GPtrArray *records = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);

  g_ptr_array_add (records, ls_test_product ("a", "Drums", 1000, 5));
  g_ptr_array_add (records, ls_test_product ("b", "Bass", 2000, 7));
  return records;
}

/* Products a and b, by a snapshot at version 10. */
void
ls_test_cache_put_two (LsTestCache *self)
{
  g_autoptr (GPtrArray) records = ls_test_cache_two_products ();

  ls_test_snapshot (self->cache, records, 10, 0);
}

LsRecord *
ls_test_cache_row (LsTestCache *self,
                   const char  *key,
                   bool         confirmed)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  GError *error = NULL;
  LsRecord *record =
      confirmed ? ls_cache_get_confirmed (self->cache, LS_TEST_SHOP, products, key, &error)
                : ls_cache_get_visible (self->cache, LS_TEST_SHOP, products, key, &error);

  g_assert_no_error (error);
  return record;
}

/* A number of a row: -1 for NULL, -2 when there is no row. */
static int64_t
number (LsRecord   *record,
        const char *field)
{
  int64_t value = -2;

  if (record != NULL)
    value = ls_record_get_integer (
        record, ls_test_field (ls_schema_collection (LS_PRODUCTS), field), -1);
  g_clear_pointer (&record, ls_record_unref);
  return value;
}

int64_t
ls_test_cache_visible (LsTestCache *self,
                       const char  *key,
                       const char  *field)
{
  return number (ls_test_cache_row (self, key, false), field);
}

int64_t
ls_test_cache_confirmed (LsTestCache *self,
                         const char  *key,
                         const char  *field)
{
  return number (ls_test_cache_row (self, key, true), field);
}

LsCacheCommit *
ls_test_cache_last (LsTestCache *self)
{
  g_assert_cmpuint (self->commits->len, >, 0);
  return g_ptr_array_index (self->commits, self->commits->len - 1);
}

/* The one change of the last commit. */
const LsRowChange *
ls_test_cache_last_change (LsTestCache *self)
{
  LsCacheCommit *commit = ls_test_cache_last (self);

  g_assert_cmpuint (commit->changes->len, ==, 1);
  return &g_array_index (commit->changes, LsRowChange, 0);
}

LsMessage *
ls_test_cache_price_delta (int64_t from,
                           int64_t to,
                           int64_t version,
                           int64_t price)
{
  LsMessage *delta = ls_test_delta (from, to);

  ls_test_delta_take (delta, version, ls_test_set_integer ("a", "price", price), NULL);
  return delta;
}

/* Applies a delta; @code is what it must fail with, -1 for nothing. */
void
ls_test_cache_apply (LsTestCache *self,
                     LsMessage   *delta,
                     int          code)
{
  g_autoptr (GError) error = NULL;
  bool ok = ls_cache_apply_delta (self->cache, delta, &error);

  if (code < 0)
    g_assert_no_error (error);
  else
    g_assert_error (error, LS_ERROR, code);
  g_assert_cmpint (ok, ==, code < 0);
  ls_message_unref (delta);
}
