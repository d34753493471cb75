/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-store.h"

/* On a disk that the test may break, or the real one. */
void
ls_test_store_set_up_on (LsTestStore *self,
                         const char  *vfs)
{
  self->rand = g_rand_new_with_seed ((uint32_t) g_test_rand_int ());
  self->dir = ls_test_dir_new ();
  self->path = ls_test_dir_file (self->dir, "cache.db");
  self->environment = ls_test_environment_new (g_rand_int (self->rand));
  if (vfs != NULL)
    ls_test_environment_set_vfs (self->environment, vfs);
  self->cache = ls_test_cache (LS_ENVIRONMENT (self->environment), self->path);
  self->store = ls_store_new (LS_ENVIRONMENT (self->environment), self->cache);
}

void
ls_test_store_set_up (LsTestStore   *self,
                      gconstpointer  data)
{
  ls_test_store_set_up_on (self, NULL);
}

void
ls_test_store_tear_down (LsTestStore   *self,
                         gconstpointer  data)
{
  g_clear_object (&self->store);
  ls_test_store_settle (self);
  g_assert_finalize_object (g_steal_pointer (&self->cache));
  g_clear_object (&self->environment);
  g_free (self->path);
  g_rand_free (self->rand);
  ls_test_dir_free (self->dir);
}

/* Runs everything that is posted, and what comes of it. */
void
ls_test_store_settle (LsTestStore *self)
{
  while (ls_test_environment_run (self->environment) > 0 ||
         g_main_context_iteration (NULL, FALSE))
    ;
}

/* A product with few different values, so that many are equal in what they are sorted by. */
LsRecord *
ls_test_store_product (LsTestStore *self,
                       unsigned     number)
{
  static const char *const statuses[] = { "draft", "active", "archived" };
  static const char *const words[] = { "Drums", "drums", "Élan", "elan", "Bass", "Zither", "a", "" };
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  g_autofree char *key = g_strdup_printf ("p%u", number);
  g_autofree char *name =
      g_strdup_printf ("%s long enough to differ late %d", words[g_rand_int_range (self->rand, 0, 8)],
                       g_rand_int_range (self->rand, 0, 4));
  LsRecord *record = ls_test_product (key, name, g_rand_int_range (self->rand, 0, 50),
                                      g_rand_int_range (self->rand, -5, 200));

  ls_record_set_text (record, ls_test_field (products, "status"),
                      statuses[g_rand_int_range (self->rand, 0, 3)]);
  if (g_rand_int_range (self->rand, 0, 4) > 0)
    ls_record_set_text (record, ls_test_field (products, "category"),
                        words[g_rand_int_range (self->rand, 0, 7)]);
  if (g_rand_int_range (self->rand, 0, 4) == 0)
    ls_record_take (record, ls_test_field (products, "price"), (LsValue) LS_VALUE_INIT);
  return record;
}

/* Puts products p0 to pN into the cache, by a snapshot. */
void
ls_test_store_fill (LsTestStore *self,
                    unsigned     n_products)
{
  g_autoptr (GPtrArray) records = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_record_unref);

  for (unsigned i = 0; i < n_products; i++)
    g_ptr_array_add (records, ls_test_store_product (self, i));
  ls_test_snapshot (self->cache, records, ++self->version, 0);
}

/* The next delta, with random changes of products p0 to pN. */
LsMessage *
ls_test_store_change (LsTestStore *self,
                      unsigned     n_products,
                      unsigned     n_changes)
{
  LsMessage *delta = ls_test_delta (self->version, self->version + 1);

  self->version++;
  for (unsigned i = 0; i < n_changes; i++)
    {
      unsigned number = (unsigned) g_rand_int_range (self->rand, 0, (int32_t) n_products);
      g_autoptr (LsRecord) record = ls_test_store_product (self, number);
      int dice = g_rand_int_range (self->rand, 0, 10);

      if (dice == 0)
        ls_test_delta_take (delta, self->version, ls_test_del (ls_record_get_key (record)), NULL);
      else
        ls_test_delta_take (delta, self->version, ls_change_new_put (record), NULL);
    }
  return delta;
}

void
ls_test_store_apply (LsTestStore *self,
                     LsMessage   *delta)
{
  GError *error = NULL;

  ls_cache_apply_delta (self->cache, delta, &error);
  g_assert_no_error (error);
  ls_message_unref (delta);
}
