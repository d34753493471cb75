/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "client/ls-sync-machine.h"
#include "core/ls-error.h"
#include "core/ls-schema.h"
#include "core/ls-view.h"

/* What the machine does when digests differ. Its shell, the server and the cache are the test. */

#define SECOND INT64_C (1000000)
#define EPOCH "0123456789abcdef0123456789abcdef"
#define PRODUCTS (UINT32_C (1) << LS_PRODUCTS)
#define ORDERS (UINT32_C (1) << LS_ORDERS)

typedef struct {
  LsSyncMachine *machine;
  GQueue actions; /* without reports */
  GString *reports;
  int64_t now;
  unsigned view; /* the generation of the last view that the cache was to take */
} Fixture;

static uint64_t
draw (gpointer user_data)
{
  return 500000;
}

static void
collect (Fixture *fixture)
{
  LsSyncAction *action;

  while ((action = ls_sync_machine_next (fixture->machine)) != NULL)
    if (action->type == LS_SYNC_REPORT)
      {
        g_string_append_printf (fixture->reports, "%s(%d) ", action->event->type,
                                (int) action->event->count);
        ls_sync_action_free (action);
      }
    else
      {
        if (action->type == LS_SYNC_SET_VIEW)
          fixture->view = action->generation;
        g_queue_push_tail (&fixture->actions, action);
      }
}

static LsSyncAction *
expect (Fixture         *fixture,
        LsSyncActionType type)
{
  LsSyncAction *action;

  collect (fixture);
  action = g_queue_pop_head (&fixture->actions);
  g_assert_nonnull (action);
  g_assert_cmpint (action->type, ==, type);
  return action;
}

static void
expect_drop (Fixture         *fixture,
             LsSyncActionType type)
{
  ls_sync_action_free (expect (fixture, type));
}

static void
expect_nothing (Fixture *fixture)
{
  collect (fixture);
  g_assert_cmpuint (fixture->actions.length, ==, 0);
}

static void
expect_reported (Fixture    *fixture,
                 const char *words)
{
  collect (fixture);
  g_test_message ("%s", fixture->reports->str);
  g_assert_nonnull (strstr (fixture->reports->str, words));
  g_string_truncate (fixture->reports, 0);
}

/* `verify` of @collection (NULL: of all), of @bucket (-1: of none), of @n_keys rows. */
static void
expect_verify (Fixture       *fixture,
               LsCollectionId id,
               int64_t        bucket,
               unsigned       n_keys)
{
  g_autoptr (LsSyncAction) action = expect (fixture, LS_SYNC_SEND);
  const LsVerify *verify = &action->message->verify;

  g_assert_cmpint (action->message->type, ==, LS_MESSAGE_VERIFY);
  g_assert_cmpstr (verify->shop, ==, "music");
  g_assert_true (verify->collection == ls_schema_collection (id));
  g_assert_cmpint (verify->bucket, ==, bucket);
  g_assert_cmpuint (verify->keys->len, ==, n_keys);
}

static void
expect_totals (Fixture *fixture)
{
  g_autoptr (LsSyncAction) action = expect (fixture, LS_SYNC_SEND);

  g_assert_cmpint (action->message->type, ==, LS_MESSAGE_VERIFY);
  g_assert_null (action->message->verify.collection);
}

static void
receive (Fixture   *fixture,
         LsMessage *message)
{
  ls_sync_machine_received (fixture->machine, message, 100, fixture->now);
  ls_message_unref (message);
}

static void
open_session (Fixture *fixture)
{
  LsMessage *welcome = ls_message_new (LS_MESSAGE_WELCOME);
  LsShopInfo info = {
    .shop = g_strdup ("music"),
    .name = g_strdup ("Music"),
    .role = LS_ROLE_ADMIN,
    .position = { .version = 10, .check = 10 },
  };

  g_strlcpy (info.position.epoch, EPOCH, sizeof info.position.epoch);
  welcome->welcome.session = g_strdup ("s");
  welcome->welcome.client = g_strdup ("c1");
  welcome->welcome.user = g_strdup ("ada");
  welcome->welcome.max_client_message = 10000;
  welcome->welcome.window = LS_MUTATION_WINDOW;
  g_array_append_val (welcome->welcome.shops, info);
  ls_sync_machine_opened (fixture->machine, fixture->now);
  expect_drop (fixture, LS_SYNC_SEND); /* hello */
  receive (fixture, welcome);
  collect (fixture);
  g_queue_clear_full (&fixture->actions, (GDestroyNotify) ls_sync_action_free);
  ls_sync_machine_view_set (fixture->machine, "music", fixture->view, 0, NULL, fixture->now);
  collect (fixture); /* subscribe, and what comes with it */
  g_queue_clear_full (&fixture->actions, (GDestroyNotify) ls_sync_action_free);
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  g_autoptr (GPtrArray) shops = g_ptr_array_new ();
  g_autoptr (GPtrArray) sent = g_ptr_array_new ();
  LsSyncShop shop = { (char *) "music", NULL, { .version = 10, .check = 10 }, 0, 0, sent };

  fixture->machine = ls_sync_machine_new (draw, NULL);
  g_queue_init (&fixture->actions);
  fixture->reports = g_string_new (NULL);
  fixture->now = 1000 * SECOND;
  g_strlcpy (shop.position.epoch, EPOCH, sizeof shop.position.epoch);
  g_ptr_array_add (shops, &shop);
  ls_sync_machine_loaded (fixture->machine, "c1", shops, fixture->now);
  open_session (fixture);
  g_string_truncate (fixture->reports, 0);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_queue_clear_full (&fixture->actions, (GDestroyNotify) ls_sync_action_free);
  ls_sync_machine_free (fixture->machine);
  g_string_free (fixture->reports, TRUE);
}

static void
tick (Fixture *fixture,
      int64_t  by)
{
  fixture->now += by;
  ls_sync_machine_tick (fixture->machine, fixture->now);
}

/* --- The server's and the cache's answers ---------------------------------------------------- */

/* A sum of each collection, of all its rows; the machine does not look at more. */
static void
add_sums (LsMessage *digest)
{
  for (unsigned i = 0; i < LS_N_COLLECTIONS; i++)
    {
      LsDigestItem item = { ls_schema_collection ((LsCollectionId) i), -1, NULL, 0, 0, 0 };

      g_array_append_val (digest->digest.items, item);
    }
}

/* Digests of whole collections. */
static void
compare (Fixture *fixture,
         uint32_t compared,
         uint32_t different)
{
  LsMessage *digest = ls_message_new (LS_MESSAGE_DIGEST);

  digest->digest.shop = g_strdup ("music");
  digest->digest.version = 10;
  add_sums (digest);
  receive (fixture, digest);
  expect_drop (fixture, LS_SYNC_COMPARE);
  ls_sync_machine_compared (fixture->machine, "music", 10, compared, different, NULL,
                            fixture->now);
}

static void
say_digest (Fixture       *fixture,
            LsCollectionId id,
            int64_t        bucket)
{
  LsMessage *digest = ls_message_new (LS_MESSAGE_DIGEST);

  digest->digest.shop = g_strdup ("music");
  digest->digest.collection = ls_schema_collection (id);
  digest->digest.bucket = bucket;
  receive (fixture, digest);
}

/* Buckets 0 to @n_different - 1 of @n_buckets differ. */
static void
buckets (Fixture       *fixture,
         LsCollectionId id,
         bool           fits,
         unsigned       n_different,
         unsigned       n_buckets)
{
  g_autoptr (LsSyncAction) action = NULL;
  g_autoptr (GArray) different = g_array_new (FALSE, FALSE, sizeof (uint32_t));

  for (uint32_t i = 0; i < n_different; i++)
    g_array_append_val (different, i);
  say_digest (fixture, id, -1);
  action = expect (fixture, LS_SYNC_COMPARE);
  ls_sync_machine_bucketed (fixture->machine, "music", action->generation, fits, different,
                            n_buckets, NULL, fixture->now);
}

/* @n_keys rows of the bucket differ. */
static void
list (Fixture       *fixture,
      LsCollectionId id,
      int64_t        bucket,
      unsigned       n_keys,
      bool           corrected)
{
  g_autoptr (LsSyncAction) action = NULL;
  g_autoptr (GPtrArray) keys = g_ptr_array_new_with_free_func (g_free);

  for (unsigned i = 0; i < n_keys; i++)
    g_ptr_array_add (keys, g_strdup_printf ("key-%u", i));
  say_digest (fixture, id, bucket);
  action = expect (fixture, LS_SYNC_COMPARE);
  ls_sync_machine_listed (fixture->machine, "music", action->generation, true, keys, corrected,
                          NULL, fixture->now);
}

/* Rows @first to @first + @n - 1 of those come. */
static void
rows (Fixture       *fixture,
      LsCollectionId id,
      int64_t        bucket,
      unsigned       first,
      unsigned       n,
      bool           fits,
      GError        *error)
{
  g_autoptr (GError) owned = error;
  g_autoptr (LsSyncAction) action = NULL;
  LsMessage *message = ls_message_new (LS_MESSAGE_ROWS);

  message->rows.shop = g_strdup ("music");
  message->rows.collection = ls_schema_collection (id);
  message->rows.bucket = bucket;
  for (unsigned i = first; i < first + n; i++)
    {
      g_autofree char *key = g_strdup_printf ("key-%u", i);

      g_ptr_array_add (message->rows.changes,
                       ls_change_new (LS_CHANGE_DEL, message->rows.collection, key));
    }
  receive (fixture, message);
  action = expect (fixture, LS_SYNC_HEAL_ROWS);
  ls_sync_machine_healed (fixture->machine, "music", action->generation, fits, action->message,
                          error, fixture->now);
}

/* --- Tests ----------------------------------------------------------------------------------- */

static void
test_agree (Fixture      *fixture,
            gconstpointer data)
{
  g_autoptr (LsSyncAction) action = NULL;

  compare (fixture, PRODUCTS | ORDERS, 0);
  action = expect (fixture, LS_SYNC_VERIFIED);
  g_assert_cmpint (action->n, ==, 10);
  expect_reported (fixture, LS_EVENT_VERIFIED);
  compare (fixture, 0, 0); /* the cache stood elsewhere */
  expect_nothing (fixture);
  g_assert_cmpuint (fixture->reports->len, ==, 0);
}

static void
test_just_what_differs (Fixture      *fixture,
                        gconstpointer data)
{
  compare (fixture, PRODUCTS | ORDERS, PRODUCTS);
  expect_reported (fixture, LS_EVENT_FINDING);
  expect_verify (fixture, LS_PRODUCTS, -1, 0);
  buckets (fixture, LS_PRODUCTS, true, 2, 200);
  expect_verify (fixture, LS_PRODUCTS, 0, 0);
  list (fixture, LS_PRODUCTS, 0, 3, false);
  expect_verify (fixture, LS_PRODUCTS, 0, 3);
  /* Not all fit into one message. */
  rows (fixture, LS_PRODUCTS, 0, 0, 2, true, NULL);
  expect_verify (fixture, LS_PRODUCTS, 0, 1);
  rows (fixture, LS_PRODUCTS, 0, 2, 1, true, NULL);
  expect_verify (fixture, LS_PRODUCTS, 1, 0);
  list (fixture, LS_PRODUCTS, 1, 1, true);
  expect_verify (fixture, LS_PRODUCTS, 1, 1);
  rows (fixture, LS_PRODUCTS, 1, 0, 1, true, NULL);
  expect_reported (fixture, LS_EVENT_HEALED "(4)");
  /* And the proof. */
  expect_totals (fixture);
  compare (fixture, PRODUCTS | ORDERS, 0);
  expect_drop (fixture, LS_SYNC_VERIFIED);
  expect_nothing (fixture);
}

/* What is said of a position where the cache does not stand is asked for again, and after three
 * times left for the next round. */
static void
test_elsewhere (Fixture      *fixture,
                gconstpointer data)
{
  compare (fixture, PRODUCTS, PRODUCTS);
  expect_verify (fixture, LS_PRODUCTS, -1, 0);
  buckets (fixture, LS_PRODUCTS, false, 5, 5);
  expect_verify (fixture, LS_PRODUCTS, -1, 0);
  buckets (fixture, LS_PRODUCTS, true, 1, 5);
  expect_verify (fixture, LS_PRODUCTS, 0, 0);
  list (fixture, LS_PRODUCTS, 0, 1, false);
  for (int i = 0; i < 3; i++)
    {
      expect_verify (fixture, LS_PRODUCTS, 0, 1);
      rows (fixture, LS_PRODUCTS, 0, 0, 1, false, NULL);
    }
  expect_nothing (fixture);
  tick (fixture, 59 * SECOND);
  expect_nothing (fixture);
  tick (fixture, 2 * SECOND);
  expect_verify (fixture, LS_PRODUCTS, 0, 0);
}

/* Answers that nobody waits for do nothing: late ones, of other buckets, of other collections. */
static void
test_unasked (Fixture      *fixture,
              gconstpointer data)
{
  say_digest (fixture, LS_PRODUCTS, -1);
  say_digest (fixture, LS_PRODUCTS, 3);
  expect_nothing (fixture);
  compare (fixture, PRODUCTS, PRODUCTS);
  expect_verify (fixture, LS_PRODUCTS, -1, 0);
  say_digest (fixture, LS_ORDERS, -1);
  say_digest (fixture, LS_PRODUCTS, 0);
  expect_nothing (fixture);
  buckets (fixture, LS_PRODUCTS, true, 1, 5);
  expect_verify (fixture, LS_PRODUCTS, 0, 0);
  say_digest (fixture, LS_PRODUCTS, -1);
  say_digest (fixture, LS_PRODUCTS, 1);
  expect_nothing (fixture);
  /* The cache answers a question that was given up. */
  {
    g_autoptr (LsSyncAction) action = NULL;
    g_autoptr (GPtrArray) keys = g_ptr_array_new ();

    say_digest (fixture, LS_PRODUCTS, 0);
    action = expect (fixture, LS_SYNC_COMPARE);
    say_digest (fixture, LS_PRODUCTS, 0); /* twice the same: once is enough */
    expect_nothing (fixture);
    tick (fixture, 31 * SECOND);
    g_ptr_array_add (keys, (gpointer) "key-1");
    ls_sync_machine_listed (fixture->machine, "music", action->generation, true, keys, false, NULL,
                            fixture->now);
    expect_nothing (fixture);
  }
}

static void
test_no_answer (Fixture      *fixture,
                gconstpointer data)
{
  compare (fixture, PRODUCTS, PRODUCTS);
  expect_verify (fixture, LS_PRODUCTS, -1, 0);
  g_assert_cmpint (ls_sync_machine_get_deadline (fixture->machine), ==, fixture->now + 30 * SECOND);
  tick (fixture, 30 * SECOND);
  expect_nothing (fixture);
  g_assert_cmpint (ls_sync_machine_get_deadline (fixture->machine), ==, fixture->now + 30 * SECOND);
  tick (fixture, 30 * SECOND);
  expect_verify (fixture, LS_PRODUCTS, -1, 0);
  /* The session ends: the doubt goes over into the next. */
  ls_sync_machine_closed (fixture->machine, fixture->now);
  expect_nothing (fixture);
  g_assert_cmpint (ls_sync_machine_get_deadline (fixture->machine), ==, -1);
  fixture->now += 70 * SECOND;
  open_session (fixture);
  tick (fixture, 0);
  expect_verify (fixture, LS_PRODUCTS, -1, 0);
}

/* One round a minute, and no more questions in it than the server answers. */
static void
test_pace (Fixture      *fixture,
           gconstpointer data)
{
  compare (fixture, PRODUCTS | ORDERS, PRODUCTS | ORDERS);
  expect_verify (fixture, LS_PRODUCTS, -1, 0);
  buckets (fixture, LS_PRODUCTS, true, 10, 100);
  for (int64_t bucket = 0; bucket < 8; bucket++)
    {
      expect_verify (fixture, LS_PRODUCTS, bucket, 0);
      list (fixture, LS_PRODUCTS, bucket, 1, false);
      expect_verify (fixture, LS_PRODUCTS, bucket, 1);
      rows (fixture, LS_PRODUCTS, bucket, 0, 1, true, NULL);
    }
  expect_nothing (fixture);
  compare (fixture, PRODUCTS | ORDERS, PRODUCTS | ORDERS);
  expect_nothing (fixture);
  tick (fixture, 60 * SECOND);
  /* Orders had to wait longest. */
  expect_verify (fixture, LS_ORDERS, -1, 0);
  buckets (fixture, LS_ORDERS, true, 0, 3);
  expect_verify (fixture, LS_PRODUCTS, 8, 0);
}

/* A bucket that differs again and again is left alone longer each time, fetched once, and it is
 * said so. */
static void
test_guard (Fixture      *fixture,
            gconstpointer data)
{
  static const int minutes[] = { 0, 1, 2 };
  const LsPosition position = { EPOCH, 10, 10 };

  for (size_t i = 0; i < G_N_ELEMENTS (minutes); i++)
    {
      tick (fixture, minutes[i] * 60 * SECOND);
      collect (fixture);
      g_queue_clear_full (&fixture->actions, (GDestroyNotify) ls_sync_action_free);
      ls_sync_machine_verify (fixture->machine, "music", PRODUCTS, fixture->now);
      collect (fixture);
      if (fixture->actions.length == 0)
        tick (fixture, 60 * SECOND);
      expect_verify (fixture, LS_PRODUCTS, -1, 0);
      buckets (fixture, LS_PRODUCTS, true, 1, 100);
      expect_verify (fixture, LS_PRODUCTS, 0, 0);
      list (fixture, LS_PRODUCTS, 0, 1, false);
      expect_verify (fixture, LS_PRODUCTS, 0, 1);
      rows (fixture, LS_PRODUCTS, 0, 0, 1, true, NULL);
      expect_totals (fixture);
    }
  /* After a minute it is too soon. */
  compare (fixture, PRODUCTS, PRODUCTS);
  tick (fixture, 60 * SECOND);
  expect_verify (fixture, LS_PRODUCTS, -1, 0);
  buckets (fixture, LS_PRODUCTS, true, 1, 100);
  expect_nothing (fixture);
  expect_reported (fixture, LS_EVENT_LOOP_GUARD);
  /* It is not even asked for, until its time has come. */
  compare (fixture, PRODUCTS, PRODUCTS);
  tick (fixture, 60 * SECOND);
  expect_nothing (fixture);
  tick (fixture, 3 * 60 * SECOND);
  expect_verify (fixture, LS_PRODUCTS, -1, 0);
  buckets (fixture, LS_PRODUCTS, true, 1, 100);
  {
    g_autoptr (LsSyncAction) action = expect (fixture, LS_SYNC_FETCH);

    g_assert_cmpuint (action->collections, ==, PRODUCTS);
  }
  ls_sync_machine_fetched (fixture->machine, "music", &position, NULL, fixture->now);
  /* For eight minutes it is too soon now. Its collection is looked at before that: another is healed. */
  compare (fixture, PRODUCTS, PRODUCTS);
  tick (fixture, 60 * SECOND);
  expect_verify (fixture, LS_PRODUCTS, -1, 0);
  buckets (fixture, LS_PRODUCTS, true, 1, 100);
  expect_nothing (fixture);
  tick (fixture, 5 * 60 * SECOND - 1);
  expect_nothing (fixture);
  tick (fixture, 1);
  expect_verify (fixture, LS_PRODUCTS, -1, 0);
  buckets (fixture, LS_PRODUCTS, true, 2, 100);
  expect_verify (fixture, LS_PRODUCTS, 1, 0);
}

/* Most buckets differ: the sums may be wrong, or the rows. */
static void
test_most (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr (LsSyncAction) action = NULL;
  g_autoptr (LsSyncAction) fetch = NULL;

  compare (fixture, PRODUCTS, PRODUCTS);
  expect_verify (fixture, LS_PRODUCTS, -1, 0);
  buckets (fixture, LS_PRODUCTS, true, 200, 256);
  action = expect (fixture, LS_SYNC_RECOUNT);
  g_assert_cmpuint (action->collections, ==, PRODUCTS);
  ls_sync_machine_recounted (fixture->machine, "music", action->generation, 200, NULL,
                             fixture->now);
  expect_verify (fixture, LS_PRODUCTS, -1, 0);
  buckets (fixture, LS_PRODUCTS, true, 200, 256);
  fetch = expect (fixture, LS_SYNC_FETCH);
  g_assert_cmpuint (fetch->collections, ==, PRODUCTS);
  g_string_truncate (fixture->reports, 0);
  {
    LsPosition position = { EPOCH, 10, 10 };

    ls_sync_machine_fetched (fixture->machine, "music", &position, NULL, fixture->now);
  }
  expect_reported (fixture, LS_EVENT_HEALED);
}

/* What can't be written is fetched: an index rotted with the row. */
static void
test_broken_table (Fixture      *fixture,
                   gconstpointer data)
{
  g_autoptr (LsSyncAction) fetch = NULL;

  compare (fixture, PRODUCTS, PRODUCTS);
  expect_verify (fixture, LS_PRODUCTS, -1, 0);
  buckets (fixture, LS_PRODUCTS, true, 1, 100);
  expect_verify (fixture, LS_PRODUCTS, 0, 0);
  list (fixture, LS_PRODUCTS, 0, 1, false);
  expect_verify (fixture, LS_PRODUCTS, 0, 1);
  rows (fixture, LS_PRODUCTS, 0, 0, 1, true,
        g_error_new_literal (LS_ERROR, LS_ERROR_STORAGE, "malformed"));
  fetch = expect (fixture, LS_SYNC_FETCH);
  g_assert_cmpuint (fetch->collections, ==, PRODUCTS);
}

/* The cache answers each of its two questions with an error; the machine's id for it is @id. */
static void
fail_buckets (Fixture  *fixture,
              unsigned  id)
{
  g_autoptr (GArray) none = g_array_new (FALSE, FALSE, sizeof (uint32_t));
  g_autoptr (GError) error = g_error_new_literal (LS_ERROR, LS_ERROR_STORAGE, "malformed");

  ls_sync_machine_bucketed (fixture->machine, "music", id, false, none, 0, error, fixture->now);
}

static void
fail_list (Fixture  *fixture,
           unsigned  id)
{
  g_autoptr (GPtrArray) none = g_ptr_array_new ();
  g_autoptr (GError) error = g_error_new_literal (LS_ERROR, LS_ERROR_STORAGE, "malformed");

  ls_sync_machine_listed (fixture->machine, "music", id, false, none, false, error, fixture->now);
}

/* Sums that can't be read now are compared another time; rows that can't be read are fetched. */
static void
test_unreadable (Fixture      *fixture,
                 gconstpointer data)
{
  g_autoptr (LsSyncAction) sums = NULL;
  g_autoptr (LsSyncAction) listing = NULL;
  g_autoptr (LsSyncAction) fetch = NULL;

  compare (fixture, PRODUCTS, PRODUCTS);
  expect_verify (fixture, LS_PRODUCTS, -1, 0);
  say_digest (fixture, LS_PRODUCTS, -1);
  sums = expect (fixture, LS_SYNC_COMPARE);
  g_string_truncate (fixture->reports, 0);
  fail_buckets (fixture, sums->generation);
  expect_reported (fixture, LS_EVENT_ERROR);
  expect_nothing (fixture);
  tick (fixture, 60 * SECOND);
  expect_verify (fixture, LS_PRODUCTS, -1, 0);

  /* What was asked before that is no longer waited for, however it ends. */
  fail_buckets (fixture, sums->generation);
  fail_list (fixture, sums->generation);
  collect (fixture);
  g_assert_null (strstr (fixture->reports->str, LS_EVENT_ERROR));
  buckets (fixture, LS_PRODUCTS, true, 1, 100);
  expect_verify (fixture, LS_PRODUCTS, 0, 0);
  say_digest (fixture, LS_PRODUCTS, 0);
  listing = expect (fixture, LS_SYNC_COMPARE);
  fail_list (fixture, sums->generation);
  expect_nothing (fixture);
  fail_list (fixture, listing->generation);
  fetch = expect (fixture, LS_SYNC_FETCH);
  g_assert_cmpuint (fetch->collections, ==, PRODUCTS);
  expect_reported (fixture, LS_EVENT_RESYNC);
}

/* The rows are the same one by one, and not added up. */
static void
test_server_disagrees (Fixture      *fixture,
                       gconstpointer data)
{
  compare (fixture, PRODUCTS, PRODUCTS);
  expect_verify (fixture, LS_PRODUCTS, -1, 0);
  buckets (fixture, LS_PRODUCTS, true, 1, 100);
  expect_verify (fixture, LS_PRODUCTS, 0, 0);
  g_string_truncate (fixture->reports, 0);
  list (fixture, LS_PRODUCTS, 0, 0, false);
  expect_reported (fixture, LS_EVENT_FINDING);
  expect_nothing (fixture);
}

/* The scrub knows which bucket: it is all that is asked for. */
static void
test_suspect (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr (GArray) suspects = g_array_new (FALSE, FALSE, sizeof (uint32_t));
  uint32_t bucket = 7;

  g_array_append_val (suspects, bucket);
  ls_sync_machine_suspect (fixture->machine, "music", ls_schema_collection (LS_PRODUCTS), suspects,
                           fixture->now);
  expect_verify (fixture, LS_PRODUCTS, 7, 0);
  /* A digest that differs meanwhile is no news. */
  compare (fixture, PRODUCTS, PRODUCTS);
  expect_nothing (fixture);
  g_string_truncate (fixture->reports, 0);
  list (fixture, LS_PRODUCTS, 7, 1, false);
  expect_verify (fixture, LS_PRODUCTS, 7, 1);
  rows (fixture, LS_PRODUCTS, 7, 0, 1, true, NULL);
  expect_reported (fixture, LS_EVENT_HEALED "(1)");
  expect_totals (fixture);
  /* One that is sound after all accuses nobody. */
  ls_sync_machine_suspect (fixture->machine, "music", ls_schema_collection (LS_ORDERS), suspects,
                           fixture->now);
  tick (fixture, 60 * SECOND);
  expect_verify (fixture, LS_ORDERS, 7, 0);
  list (fixture, LS_ORDERS, 7, 0, false);
  collect (fixture);
  g_assert_null (strstr (fixture->reports->str, LS_EVENT_FINDING));
}

/* What is held back is healed when its time has come, though no digest says again that it differs. */
static void
test_held_back (Fixture      *fixture,
                gconstpointer data)
{
  g_autoptr (GArray) suspects = g_array_new (FALSE, FALSE, sizeof (uint32_t));
  uint32_t bucket = 7;

  g_array_append_val (suspects, bucket);
  for (int i = 0; i < 2; i++)
    {
      tick (fixture, 60 * SECOND);
      ls_sync_machine_suspect (fixture->machine, "music", ls_schema_collection (LS_PRODUCTS),
                               suspects, fixture->now);
      expect_verify (fixture, LS_PRODUCTS, 7, 0);
      list (fixture, LS_PRODUCTS, 7, 1, false);
      expect_verify (fixture, LS_PRODUCTS, 7, 1);
      rows (fixture, LS_PRODUCTS, 7, 0, 1, true, NULL);
      expect_totals (fixture);
    }
  tick (fixture, 60 * SECOND);
  ls_sync_machine_suspect (fixture->machine, "music", ls_schema_collection (LS_PRODUCTS), suspects,
                           fixture->now);
  expect_nothing (fixture);
  expect_reported (fixture, LS_EVENT_LOOP_GUARD);
  tick (fixture, 60 * SECOND);
  expect_verify (fixture, LS_PRODUCTS, -1, 0);
}

/* A bucket too large for a list: its collection alone is fetched. */
static void
test_too_many (Fixture      *fixture,
               gconstpointer data)
{
  LsMessage *resync = ls_message_new (LS_MESSAGE_RESYNC);
  LsSubscription which = { ls_schema_collection (LS_PRODUCTS), LS_PRIORITY_MEDIUM, 0 };
  g_autoptr (LsSyncAction) fetch = NULL;

  compare (fixture, PRODUCTS, PRODUCTS);
  expect_verify (fixture, LS_PRODUCTS, -1, 0);
  resync->resync.shop = g_strdup ("music");
  resync->resync.reason = LS_RESYNC_BULK;
  g_array_append_val (resync->resync.collections, which);
  receive (fixture, resync);
  expect_drop (fixture, LS_SYNC_SEND); /* subscribe */
  fetch = expect (fixture, LS_SYNC_FETCH);
  g_assert_cmpuint (fetch->collections, ==, PRODUCTS);
}

static void
test_verify_now (Fixture      *fixture,
                 gconstpointer data)
{
  ls_sync_machine_verify (fixture->machine, "music", 0, fixture->now);
  expect_totals (fixture);
  ls_sync_machine_verify (fixture->machine, "music", 0, fixture->now);
  expect_nothing (fixture);
  tick (fixture, 5 * SECOND);
  ls_sync_machine_verify (fixture->machine, "music", 0, fixture->now);
  expect_totals (fixture);
  ls_sync_machine_verify (fixture->machine, "nowhere", 0, fixture->now);
  expect_nothing (fixture);
}

int
main (int    argc,
      char **argv)
{
  static const struct {
    const char *name;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "agree", test_agree },
    { "just-what-differs", test_just_what_differs },
    { "elsewhere", test_elsewhere },
    { "unasked", test_unasked },
    { "no-answer", test_no_answer },
    { "pace", test_pace },
    { "guard", test_guard },
    { "held-back", test_held_back },
    { "most", test_most },
    { "broken-table", test_broken_table },
    { "unreadable", test_unreadable },
    { "server-disagrees", test_server_disagrees },
    { "suspect", test_suspect },
    { "too-many", test_too_many },
    { "verify-now", test_verify_now },
  };

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/sync-heal/", tests[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
  return g_test_run ();
}
