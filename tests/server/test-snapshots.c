/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-proxy-storage.h"
#include "ls-test-hub.h"
#include "server/ls-snapshot.h"

/* Snapshots while the shop goes on: who gets which, and how much of his own it has. */

/* As long as a shop may be ahead of what is still shared, and more. */
#define AHEAD 5000
#define MOST_BYTES (8 * 1024 * 1024)

#define LS_TYPE_BUSY_STORAGE (ls_busy_storage_get_type ())
G_DECLARE_FINAL_TYPE (LsBusyStorage, ls_busy_storage, LS, BUSY_STORAGE, LsProxyStorage)

/* A storage whose shop has gone far on whenever somebody looks after reading its rows. */
struct _LsBusyStorage {
  LsProxyStorage parent_instance;

  unsigned n_scans;
  unsigned busy_scans; /* so often */
  size_t piece;        /* bytes of the log in one read, 0 for what is asked for */
};

G_DEFINE_FINAL_TYPE (LsBusyStorage, ls_busy_storage, LS_TYPE_PROXY_STORAGE)

static LsStorage *
below (LsStorage *storage)
{
  return ls_proxy_storage_get_below (LS_PROXY_STORAGE (storage));
}

static bool
ls_busy_storage_scan (LsStorage                 *storage,
                      const char                *shop,
                      const LsCollection *const *collections,
                      size_t                     n_collections,
                      LsPosition                *ret_position,
                      LsStorageRowFunc           func,
                      gpointer                   user_data,
                      GError                   **error)
{
  LS_BUSY_STORAGE (storage)->n_scans++;
  return ls_storage_scan (below (storage), shop, collections, n_collections, ret_position, func,
                          user_data, error);
}

static LsShop *
ls_busy_storage_get_shop (LsStorage   *storage,
                          const char  *shop,
                          GError     **error)
{
  LsBusyStorage *self = LS_BUSY_STORAGE (storage);
  LsShop *found = ls_storage_get_shop (below (storage), shop, error);

  if (found != NULL && self->n_scans > 0 && self->n_scans <= self->busy_scans)
    found->position.version += AHEAD;
  return found;
}

static GPtrArray *
ls_busy_storage_read_log (LsStorage   *storage,
                          const char  *shop,
                          int64_t      from,
                          int64_t      to,
                          size_t       max_bytes,
                          GError     **error)
{
  LsBusyStorage *self = LS_BUSY_STORAGE (storage);

  g_assert_cmpuint (max_bytes, <=, MOST_BYTES);
  return ls_storage_read_log (below (storage), shop, from, to,
                              self->piece > 0 ? self->piece : max_bytes, error);
}

static void
ls_busy_storage_class_init (LsBusyStorageClass *klass)
{
  LS_STORAGE_CLASS (klass)->scan = ls_busy_storage_scan;
  LS_STORAGE_CLASS (klass)->get_shop = ls_busy_storage_get_shop;
  LS_STORAGE_CLASS (klass)->read_log = ls_busy_storage_read_log;
}

static void
ls_busy_storage_init (LsBusyStorage *self)
{
}

typedef struct {
  LsTestHub *hub;
  LsTestLink *link;
  char *client;
  LsIdentity *identity;
  LsBusyStorage *storage;
  LsSnapshots *snapshots;
  GBytes *body;
  int64_t done;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  g_autoptr (LsMessage) welcome = NULL;
  LsHubOptions options;

  ls_hub_options_init (&options);
  fixture->hub = ls_test_hub_new (1, &options);
  fixture->link = ls_test_link_new (fixture->hub, LS_ROLE_OWNER);
  welcome = ls_test_link_hello (fixture->link, NULL, 0);
  fixture->client = g_strdup (welcome->welcome.client);
  fixture->identity = ls_test_hub_sign_in (fixture->hub, LS_ROLE_OWNER);
  fixture->storage = g_object_new (LS_TYPE_BUSY_STORAGE, NULL);
  ls_proxy_storage_set_below (LS_PROXY_STORAGE (fixture->storage),
                              g_object_ref (fixture->hub->storage));
  fixture->snapshots =
      ls_snapshots_new (LS_ENVIRONMENT (fixture->hub->environment), LS_STORAGE (fixture->storage),
                        fixture->hub->access, ls_test_dir_get_path (fixture->hub->dir));
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_clear_pointer (&fixture->body, g_bytes_unref);
  ls_test_link_free (fixture->link);
  ls_test_hub_run (fixture->hub);
  ls_snapshots_free (fixture->snapshots);
  g_object_unref (fixture->storage);
  ls_identity_unref (fixture->identity);
  g_free (fixture->client);
  ls_test_hub_free (fixture->hub);
}

static void
snapshot_cb (GBytes            *body,
             int64_t            done,
             const LsEditCount *before,
             const GError      *error,
             gpointer           user_data)
{
  Fixture *fixture = user_data;

  g_assert_no_error (error);
  fixture->body = g_bytes_ref (body);
  fixture->done = done;
}

/* Has a snapshot, and tells which. */
static GBytes *
get (Fixture *fixture)
{
  LsScope scope;

  ls_scope_init (&scope);
  g_clear_pointer (&fixture->body, g_bytes_unref);
  ls_snapshots_get (fixture->snapshots, fixture->identity, "s", ls_view_full (), &scope, 0,
                    fixture->client, snapshot_cb, fixture, NULL);
  ls_test_hub_run (fixture->hub);
  g_assert_nonnull (fixture->body);
  return fixture->body;
}

/* While one is written the shop goes further than any that is shared may be behind, each time: whoever
 * waited for it gets it all the same, and follows by the log. Who comes later gets another. */
static void
test_busy (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr (GBytes) first = NULL;

  fixture->storage->busy_scans = 3;
  first = g_bytes_ref (get (fixture));
  g_assert_cmpuint (fixture->storage->n_scans, ==, 1);
  g_assert_false (get (fixture) == first);
  g_assert_cmpuint (fixture->storage->n_scans, ==, 2);
}

static void
edit (Fixture *fixture,
      int64_t  n)
{
  g_autofree char *mid = g_strdup_printf ("mid-%d", (int) n);
  g_autofree char *changes = g_strdup_printf (
      "[{'c':'products','k':'p-%d','op':'put','set':{'name':'N','status':'active'}}]", (int) n);
  g_autoptr (LsMessage) result = NULL;

  ls_test_link_mutate (fixture->link, n, mid, changes);
  ls_test_hub_run (fixture->hub);
  result = ls_test_link_expect (fixture->link, LS_MESSAGE_RESULT);
  g_assert_cmpint (result->result.status, ==, LS_RESULT_APPLIED);
}

/* However the log behind it is read: a shared one has the edits that were made before it. */
static void
test_done (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr (GBytes) first = NULL;

  fixture->storage->piece = GPOINTER_TO_UINT (data);
  edit (fixture, 1);
  edit (fixture, 2);
  first = g_bytes_ref (get (fixture));
  g_assert_cmpint (fixture->done, ==, 2);
  for (int64_t n = 3; n <= 5; n++)
    edit (fixture, n);
  g_assert_true (get (fixture) == first);
  g_assert_cmpint (fixture->done, ==, 2);
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/snapshots/busy", Fixture, NULL, set_up, test_busy, tear_down);
  g_test_add ("/snapshots/done", Fixture, NULL, set_up, test_done, tear_down);
  g_test_add ("/snapshots/done/piecewise", Fixture, GUINT_TO_POINTER (1), set_up, test_done, tear_down);
  return g_test_run ();
}
