/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-shop.h"

#include "server/ls-derive-check.h"
#include "sql/ls-sql.h"

#define N_PRODUCTS 1700

typedef struct {
  unsigned n_collections;
  unsigned n_buckets[LS_N_COLLECTIONS];
  bool over;
  bool failed;
  bool freed;
} Seen;

static void
seen_cb (const char         *shop,
         const LsCollection *collection,
         GArray             *buckets,
         const GError       *error,
         gpointer            user_data)
{
  Seen *seen = user_data;

  g_assert_cmpstr (shop, ==, "s");
  g_assert_false (seen->over);
  if (collection == NULL)
    {
      seen->over = true;
      seen->failed = error != NULL;
      return;
    }
  g_assert_cmpint (collection->id, ==, seen->n_collections);
  seen->n_buckets[seen->n_collections++] = buckets->len;
}

static void
freed_cb (gpointer user_data)
{
  ((Seen *) user_data)->freed = true;
}

static void
add_products (LsTestShop *self)
{
  for (int i = 0; i < N_PRODUCTS; i += 425)
    {
      g_autoptr (GString) json = g_string_new ("[");

      for (int k = i; k < i + 425; k++)
        g_string_append_printf (
            json, "%s{'c':'products','k':'p%04d','op':'put','set':{'name':'P','status':'draft'}}",
            k > i ? "," : "", k);
      g_string_append_c (json, ']');
      ls_test_shop_apply (self, json->str);
    }
}

static void
begin_scrub (LsTestShop *self,
             Seen       *seen)
{
  ls_committer_scrub (self->committer, "s", 1000, seen_cb, seen, freed_cb);
  ls_test_environment_run (self->environment);
}

static void
end_scrub (LsTestShop *self,
           Seen       *seen)
{
  for (int i = 0; i < 1000 && !seen->over; i++)
    ls_test_environment_advance (self->environment, 1000);
  g_assert_true (seen->over);
  g_assert_true (seen->freed);
}

/* Edits before, at and behind the cursor while it goes on. */
static void
test_sound (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  Seen seen = { 0 };

  add_products (self);
  begin_scrub (self, &seen);
  for (int i = 0; i < 60 && !seen.over; i++)
    {
      int k = g_test_rand_int_range (0, N_PRODUCTS);
      g_autofree char *set =
          g_strdup_printf ("[{'c':'products','k':'p%04d','op':'set','set':{'price':%d}}]", k, i);
      g_autofree char *del = g_strdup_printf ("[{'c':'products','k':'p%04d','op':'del'}]", k);
      g_autofree char *put = g_strdup_printf (
          "[{'c':'products','k':'p%04dx','op':'put','set':{'name':'N','status':'draft'}}]", k);
      g_autoptr (LsDecision) decision =
          ls_test_shop_edit (self, i % 3 == 0 ? set : i % 3 == 1 ? del : put);

      ls_test_environment_advance (self->environment, 400);
    }
  end_scrub (self, &seen);
  g_assert_false (seen.failed);
  g_assert_cmpuint (seen.n_collections, ==, LS_N_COLLECTIONS);
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    g_assert_cmpuint (seen.n_buckets[id], ==, 0);
  ls_test_shop_check_log (self);
}

static void
test_rot (void)
{
  static const char *const statements[] = {
    "UPDATE products SET name = 'Rot' WHERE key = 'p0003'",
    "DELETE FROM products WHERE key = 'p1203'",
    "INSERT INTO products (shop, key, name) VALUES ('s', 'q', 'Q')",
  };

  for (size_t i = 0; i < G_N_ELEMENTS (statements); i++)
    {
      g_autoptr (LsTestShop) self = ls_test_shop_new ();
      g_autoptr (GError) error = NULL;
      g_autoptr (LsSql) sql = NULL;
      Seen seen = { 0 };

      add_products (self);
      sql = ls_sql_open (self->path, LS_SQL_EXISTING, NULL, &error);
      g_assert_no_error (error);
      ls_sql_exec (sql, statements[i], &error);
      g_assert_no_error (error);
      begin_scrub (self, &seen);
      end_scrub (self, &seen);
      g_assert_false (seen.failed);
      for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
        g_assert_cmpuint (seen.n_buckets[id], ==, id == LS_PRODUCTS ? 1 : 0);
    }
}

static LsDeriveReport *
check_shop (LsTestShop *self)
{
  const LsCheckOptions options = { .digests = ls_committer_get_digests (self->committer, "s") };
  g_autoptr (GError) error = NULL;
  LsDeriveReport *report = ls_derive_check_with (self->storage, "s", &options, &error);

  g_assert_no_error (error);
  return report;
}

static void
exec_outside (LsTestShop *self,
              const char *statement)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LsSql) sql = ls_sql_open (self->path, LS_SQL_EXISTING, NULL, &error);

  g_assert_no_error (error);
  ls_sql_exec (sql, statement, &error);
  g_assert_no_error (error);
}

/* A row rots and is deleted before anybody notices: the digest followed what stood there, and not what
 * the log had led to. The rows are right then, to the last one, and the digest is made anew; unless
 * there is a row that the log does not know, which nobody can vouch for. */
static void
test_rot_and_edit (void)
{
  for (int stranger = 0; stranger < 2; stranger++)
    {
      g_autoptr (LsTestShop) self = ls_test_shop_new ();
      g_autoptr (LsDeriveReport) wrong = NULL, right = NULL;
      g_autoptr (GPtrArray) mutations = NULL;
      g_autoptr (LsTestOutcome) outcome = NULL;

      ls_test_shop_apply (self, "[{'c':'products','k':'p1','op':'put','set':"
                                "{'name':'A','status':'draft'}},"
                                "{'c':'products','k':'p2','op':'put','set':"
                                "{'name':'B','status':'draft'}}]");
      exec_outside (self, "UPDATE products SET name = 'Rot' WHERE key = 'p1'");
      ls_test_shop_reopen (self);
      ls_test_shop_apply (self, "[{'c':'products','k':'p1','op':'del'}]");
      if (stranger)
        exec_outside (self, "INSERT INTO products (shop, key, name) VALUES ('s', 'q', 'Q')");
      wrong = check_shop (self);
      g_assert_cmpint (wrong->n_findings, >, 0);
      g_assert_cmpint (wrong->renews, ==, !stranger);
      if (stranger)
        continue;
      mutations = ls_derive_report_make_mutations (wrong);
      g_assert_cmpuint (mutations->len, ==, 1);
      outcome = ls_test_shop_submit (self, ls_mutation_ref (g_ptr_array_index (mutations, 0)));
      ls_test_environment_run (self->environment);
      g_assert_true (outcome->told);
      right = check_shop (self);
      g_assert_cmpint (right->n_findings, ==, 0);
      g_assert_null (ls_test_shop_get (self, LS_PRODUCTS, "p1"));
    }
}

/* A server that was killed before it kept its digests brings them on from the log: not from rows that
 * rotted since. */
static void
test_rot_and_crash (void)
{
  static const char *const statements[] = {
    "UPDATE products SET name = 'Rot' WHERE key = 'p1'",
    "UPDATE products SET price = 7 WHERE key = 'p2'",
    "DELETE FROM products WHERE key = 'p1'",
    "INSERT INTO products (shop, key, name) VALUES ('s', 'q', 'Q')",
  };

  for (size_t i = 0; i < G_N_ELEMENTS (statements); i++)
    {
      g_autoptr (LsTestShop) self = ls_test_shop_new ();
      g_autoptr (GError) error = NULL;
      g_autoptr (LsSql) sql = NULL;
      Seen seen = { 0 };

      ls_test_shop_apply (self, "[{'c':'products','k':'p1','op':'put','set':"
                                "{'name':'A','status':'draft'}},"
                                "{'c':'products','k':'p2','op':'put','set':"
                                "{'name':'B','status':'draft'}},"
                                "{'c':'products','k':'p3','op':'put','set':"
                                "{'name':'C','status':'draft'}}]");
      ls_test_shop_apply (self, "[{'c':'products','k':'p1','op':'set','set':{'price':5}},"
                                "{'c':'products','k':'p2','op':'set','set':{'name':'D'}},"
                                "{'c':'products','k':'p3','op':'del'}]");
      ls_test_shop_apply (self, "[{'c':'products','k':'p2','op':'set','set':{'price':6}},"
                                "{'c':'products','k':'p3','op':'put','set':"
                                "{'name':'E','status':'draft'}}]");
      sql = ls_sql_open (self->path, LS_SQL_EXISTING, NULL, &error);
      g_assert_no_error (error);
      ls_sql_exec (sql, statements[i], &error);
      g_assert_no_error (error);
      ls_test_shop_reopen (self);
      begin_scrub (self, &seen);
      end_scrub (self, &seen);
      for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
        g_assert_cmpuint (seen.n_buckets[id], ==, id == LS_PRODUCTS ? 1 : 0);
    }
}

/* A second pass while one goes on is none. */
static void
test_twice (void)
{
  g_autoptr (LsTestShop) self = ls_test_shop_new ();
  Seen first = { 0 }, second = { 0 };

  begin_scrub (self, &first);
  begin_scrub (self, &second);
  g_assert_true (second.freed);
  end_scrub (self, &first);
  g_assert_cmpuint (second.n_collections, ==, 0);
  g_assert_false (second.over);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/committer-scrub/sound", test_sound);
  g_test_add_func ("/committer-scrub/rot", test_rot);
  g_test_add_func ("/committer-scrub/rot-and-crash", test_rot_and_crash);
  g_test_add_func ("/committer-scrub/rot-and-edit", test_rot_and_edit);
  g_test_add_func ("/committer-scrub/twice", test_twice);

  return g_test_run ();
}
