/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "client/ls-sync-machine.h"
#include "core/ls-schema.h"
#include "core/ls-view.h"

#define SECOND INT64_C (1000000)
#define EPOCH "0123456789abcdef0123456789abcdef"
#define OTHER_EPOCH "ffffffffffffffffffffffffffffffff"

/* A machine whose shell is the test. */
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
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->machine = ls_sync_machine_new (draw, NULL);
  g_queue_init (&fixture->actions);
  fixture->reports = g_string_new (NULL);
  fixture->now = 1000 * SECOND;
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
collect (Fixture *fixture)
{
  LsSyncAction *action;

  while ((action = ls_sync_machine_next (fixture->machine)) != NULL)
    if (action->type == LS_SYNC_REPORT)
      {
        g_string_append_printf (fixture->reports, "%s ", action->event->type);
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
expect_with_n (Fixture         *fixture,
               LsSyncActionType type,
               int64_t          n)
{
  g_autoptr (LsSyncAction) action = expect (fixture, type);

  g_assert_cmpint (action->n, ==, n);
}

static LsMessage *
expect_sent (Fixture      *fixture,
             LsMessageType type)
{
  g_autoptr (LsSyncAction) action = expect (fixture, LS_SYNC_SEND);

  g_assert_cmpstr (ls_message_type_to_name (action->message->type), ==,
                   ls_message_type_to_name (type));
  return ls_message_ref (action->message);
}

static void
expect_nothing (Fixture *fixture)
{
  collect (fixture);
  g_assert_cmpuint (fixture->actions.length, ==, 0);
}

static int64_t
expect_ping (Fixture *fixture)
{
  g_autoptr (LsMessage) ping = expect_sent (fixture, LS_MESSAGE_PING);

  return ping->ping.id;
}

static void
expect_subscribe (Fixture *fixture,
                  int64_t  version)
{
  g_autoptr (LsMessage) message = expect_sent (fixture, LS_MESSAGE_SUBSCRIBE);

  g_assert_cmpstr (message->subscribe.shop, ==, "music");
  g_assert_cmpstr (message->subscribe.position.epoch, ==, EPOCH);
  g_assert_cmpint (message->subscribe.position.version, ==, version);
  g_assert_cmpuint (message->subscribe.position.check, ==, (uint64_t) version);
}

static void
expect_reported (Fixture    *fixture,
                 const char *type)
{
  collect (fixture);
  g_assert_nonnull (strstr (fixture->reports->str, type));
  g_string_truncate (fixture->reports, 0);
}

/* Lets the clock come to the machine's deadline. */
static void
wait_deadline (Fixture *fixture)
{
  int64_t due = ls_sync_machine_get_deadline (fixture->machine);

  g_assert_cmpint (due, >=, 0);
  fixture->now = MAX (fixture->now, due);
  ls_sync_machine_tick (fixture->machine, fixture->now);
}

/* --- What the server says, and the cache ----------------------------------------------------- */

static void
receive (Fixture   *fixture,
         LsMessage *message,
         size_t     length)
{
  ls_sync_machine_received (fixture->machine, message, length, fixture->now);
  ls_message_unref (message);
}

static void
say_welcome (Fixture    *fixture,
             const char *client,
             const char *shop,
             const char *epoch,
             int64_t     version,
             LsRole      role)
{
  LsMessage *welcome = ls_message_new (LS_MESSAGE_WELCOME);
  LsShopInfo info = {
    .shop = g_strdup (shop),
    .name = g_strdup ("Music"),
    .role = role,
    .position = { .version = version, .check = (uint64_t) version },
    .base = 2,
  };

  g_strlcpy (info.position.epoch, epoch, sizeof info.position.epoch);
  welcome->welcome.session = g_strdup ("s");
  welcome->welcome.client = g_strdup (client);
  welcome->welcome.user = g_strdup ("ada");
  welcome->welcome.max_client_message = 10000;
  welcome->welcome.window = LS_MUTATION_WINDOW;
  g_array_append_val (welcome->welcome.shops, info);
  receive (fixture, welcome, 100);
}

static void
say_delta (Fixture *fixture,
           int64_t  from,
           int64_t  to,
           size_t   length)
{
  LsMessage *delta = ls_message_new (LS_MESSAGE_DELTA);

  delta->delta.shop = g_strdup ("music");
  delta->delta.from = from;
  delta->delta.to = to;
  delta->delta.check = (uint64_t) to;
  receive (fixture, delta, length);
}

static void
say_resync (Fixture       *fixture,
            LsResyncReason reason)
{
  LsMessage *resync = ls_message_new (LS_MESSAGE_RESYNC);

  resync->resync.shop = g_strdup ("music");
  resync->resync.reason = reason;
  receive (fixture, resync, 100);
}

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

static void
say_digest (Fixture *fixture,
            int64_t  version)
{
  LsMessage *digest = ls_message_new (LS_MESSAGE_DIGEST);

  digest->digest.shop = g_strdup ("music");
  digest->digest.version = version;
  add_sums (digest);
  receive (fixture, digest, 100);
}

static void
say_result (Fixture       *fixture,
            int64_t        n,
            LsResultStatus status)
{
  LsMessage *result = ls_message_new (LS_MESSAGE_RESULT);

  result->result.shop = g_strdup ("music");
  result->result.n = n;
  result->result.mid = g_strdup_printf ("mid-%d", (int) n);
  result->result.status = status;
  receive (fixture, result, 100);
}

static void
say_error (Fixture    *fixture,
           LsErrorCode code,
           const char *shop,
           int64_t     expected)
{
  LsMessage *error = ls_message_new (LS_MESSAGE_ERROR);

  error->error.code = code;
  error->error.message = g_strdup ("no");
  error->error.temporary = ls_error_info (code)->temporary;
  error->error.shop = g_strdup (shop);
  error->error.expected_n = expected;
  receive (fixture, error, 100);
}

static void
say_pong_with_n (Fixture *fixture,
                 int64_t  id,
                 int64_t  version,
                 int64_t  n)
{
  LsMessage *pong = ls_message_new (LS_MESSAGE_PONG);
  LsShopInfo info = { .shop = g_strdup ("music"), .position = { .version = version }, .n = n };

  pong->ping.id = id;
  g_array_append_val (pong->ping.shops, info);
  receive (fixture, pong, 100);
}

static void
say_pong (Fixture *fixture,
          int64_t  id,
          int64_t  version)
{
  say_pong_with_n (fixture, id, version, 0);
}

static GPtrArray *
edits_new (int64_t first,
           int64_t last)
{
  GPtrArray *edits = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_edit_unref);

  for (int64_t n = first; n <= last; n++)
    {
      LsEdit *edit = ls_edit_new ();
      LsChange *change = ls_change_new (LS_CHANGE_SET, ls_schema_collection (LS_PRODUCTS), "p");

      edit->n = n;
      edit->mid = g_strdup_printf ("mid-%d", (int) n);
      edit->shop = g_strdup ("music");
      if (edit->changes == NULL)
        edit->changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
      ls_change_take_set (change, 0, ls_value_text ("Drums"));
      g_ptr_array_add (edit->changes, change);
      g_ptr_array_add (edits, edit);
    }
  return edits;
}

/* The cache holds the shop at @version (-1: not at all) with edits up to @highest_n, the last
 * @n_sent of them undecided. */
static void
load (Fixture    *fixture,
      const char *client,
      int64_t     version,
      int64_t     highest_n,
      int64_t     n_sent)
{
  g_autoptr (GPtrArray) shops = g_ptr_array_new ();
  g_autoptr (GPtrArray) sent = edits_new (highest_n - n_sent + 1, highest_n);
  LsSyncShop shop = { (char *) "music", NULL, { .version = version, .check = (uint64_t) version },
                      0, highest_n, sent };

  g_strlcpy (shop.position.epoch, EPOCH, sizeof shop.position.epoch);
  if (version >= 0)
    g_ptr_array_add (shops, &shop);
  ls_sync_machine_loaded (fixture->machine, client, shops, fixture->now);
}

static void
applied (Fixture      *fixture,
         LsSyncAction *action,
         LsErrorCode   code)
{
  g_autoptr (GError) error =
      code != LS_ERROR_VALIDATION ? g_error_new_literal (LS_ERROR, (int) code, "cache") : NULL;

  ls_sync_machine_applied (fixture->machine, "music", action->generation, action->message, 77,
                           error, fixture->now);
}

static void
apply (Fixture    *fixture,
       LsErrorCode code)
{
  g_autoptr (LsSyncAction) action = expect (fixture, LS_SYNC_APPLY_DELTA);

  applied (fixture, action, code);
}

#define OK LS_ERROR_VALIDATION

static void
fetched (Fixture    *fixture,
         int64_t     version,
         LsErrorCode code)
{
  LsPosition position = { EPOCH, version, (uint64_t) version };
  g_autoptr (GError) error =
      code != OK ? g_error_new_literal (LS_ERROR, (int) code, "fetch") : NULL;

  ls_sync_machine_fetched (fixture->machine, "music", error == NULL ? &position : NULL, error,
                           fixture->now);
}

static void
decided (Fixture *fixture,
         int64_t  n)
{
  g_autoptr (LsSyncAction) action = expect (fixture, LS_SYNC_APPLY_RESULT);
  g_autoptr (GPtrArray) edits = edits_new (n, n);

  g_assert_cmpint (action->message->result.n, ==, n);
  ls_sync_machine_decided (fixture->machine, "music", action->message,
                           g_ptr_array_index (edits, 0), NULL, fixture->now);
}

static void
numbered (Fixture *fixture,
          int64_t  first,
          int64_t  last)
{
  g_autoptr (GPtrArray) edits = edits_new (first, last);

  expect_drop (fixture, LS_SYNC_NUMBER);
  ls_sync_machine_numbered (fixture->machine, "music", edits, NULL, fixture->now);
}

static void
expect_mutate (Fixture *fixture,
               int64_t  n,
               bool     is_void)
{
  g_autoptr (LsMessage) message = expect_sent (fixture, LS_MESSAGE_MUTATE);

  g_assert_cmpint (message->mutate.n, ==, n);
  g_assert_cmpint (message->mutate.is_void, ==, is_void);
  g_assert_cmpuint (message->mutate.changes->len, ==, is_void ? 0 : 1);
}

/* From the start to a shop that is subscribed at @version, where the server is too. */
static void
go_live (Fixture *fixture,
         int64_t  version,
         int64_t  highest_n)
{
  load (fixture, "c1", version, highest_n, 0);
  ls_sync_machine_opened (fixture->machine, fixture->now);
  ls_message_unref (expect_sent (fixture, LS_MESSAGE_HELLO));
  say_welcome (fixture, "c1", "music", EPOCH, version, LS_ROLE_ADMIN);
  expect_drop (fixture, LS_SYNC_READY);
  expect_drop (fixture, LS_SYNC_NAME_SHOP);
  expect_drop (fixture, LS_SYNC_SET_VIEW);
  expect_drop (fixture, LS_SYNC_SHOPS);
  ls_sync_machine_view_set (fixture->machine, "music", fixture->view, 0, NULL, fixture->now);
  numbered (fixture, 1, 0);
  expect_subscribe (fixture, version);
  expect_drop (fixture, LS_SYNC_SET_SYNCED);
  expect_nothing (fixture);
}

static void
expect_ack (Fixture *fixture,
            int64_t  version,
            int64_t  n)
{
  g_autoptr (LsMessage) message = expect_sent (fixture, LS_MESSAGE_ACK);

  g_assert_cmpint (message->ack.version, ==, version);
  g_assert_cmpint (message->ack.n, ==, n);
}

/* --- Tests ----------------------------------------------------------------------------------- */

static void
test_first_sync (Fixture      *fixture,
                 gconstpointer data)
{
  g_autoptr (LsMessage) hello = NULL;
  g_autoptr (LsSyncAction) client = NULL;
  g_autoptr (LsSyncAction) fetch = NULL;

  ls_sync_machine_opened (fixture->machine, fixture->now);
  expect_nothing (fixture);
  load (fixture, NULL, -1, 0, 0);
  hello = expect_sent (fixture, LS_MESSAGE_HELLO);
  g_assert_null (hello->hello.client);
  g_assert_cmpuint (hello->hello.shops->len, ==, 0);
  say_delta (fixture, 0, 1, 10);
  expect_nothing (fixture);

  say_welcome (fixture, "c1", "music", EPOCH, 40, LS_ROLE_ADMIN);
  expect_drop (fixture, LS_SYNC_READY);
  client = expect (fixture, LS_SYNC_SET_CLIENT);
  g_assert_cmpstr (client->text, ==, "c1");
  expect_drop (fixture, LS_SYNC_NAME_SHOP);
  expect_drop (fixture, LS_SYNC_SET_VIEW);
  expect_drop (fixture, LS_SYNC_SHOPS);
  ls_sync_machine_view_set (fixture->machine, "music", fixture->view, 0, NULL, fixture->now);
  fetch = expect (fixture, LS_SYNC_FETCH);
  g_assert_cmpuint (fetch->collections, ==, UINT32_MAX);
  /* No edit goes before the shop is here. */
  ls_sync_machine_edits_changed (fixture->machine, "music", fixture->now);
  expect_nothing (fixture);

  fetched (fixture, 42, OK);
  expect_subscribe (fixture, 42);
  numbered (fixture, 1, 1);
  expect_mutate (fixture, 1, false);
  numbered (fixture, 1, 1);
  expect_nothing (fixture);
}

static void
test_hello_says_n (Fixture      *fixture,
                   gconstpointer data)
{
  g_autoptr (LsMessage) hello = NULL;

  load (fixture, "c1", 7, 12, 3);
  ls_sync_machine_opened (fixture->machine, fixture->now);
  hello = expect_sent (fixture, LS_MESSAGE_HELLO);
  g_assert_cmpstr (hello->hello.client, ==, "c1");
  g_assert_cmpstr (g_array_index (hello->hello.shops, LsShopInfo, 0).shop, ==, "music");
  g_assert_cmpint (g_array_index (hello->hello.shops, LsShopInfo, 0).n, ==, 12);
}

static void
test_deltas (Fixture      *fixture,
             gconstpointer data)
{
  go_live (fixture, 10, 0);
  say_delta (fixture, 10, 12, 100);
  say_delta (fixture, 8, 11, 100);  /* known */
  say_delta (fixture, 11, 13, 100); /* in part */
  {
    g_autoptr (LsSyncAction) first = expect (fixture, LS_SYNC_APPLY_DELTA);
    g_autoptr (LsSyncAction) second = expect (fixture, LS_SYNC_APPLY_DELTA);

    expect_nothing (fixture);
    applied (fixture, first, OK);
    expect_ack (fixture, 12, 0);
    applied (fixture, second, OK);
    expect_nothing (fixture);
  }
  wait_deadline (fixture);
  expect_ack (fixture, 13, 0);
  expect_nothing (fixture);
  g_assert_cmpint (ls_sync_machine_get_deadline (fixture->machine), ==, -1);

  say_delta (fixture, 15, 16, 100); /* a gap */
  expect_subscribe (fixture, 13);
  say_delta (fixture, 13, 16, 100);
  apply (fixture, OK);
  wait_deadline (fixture);
  expect_ack (fixture, 16, 0);
}

static void
test_gap_by_pong (Fixture      *fixture,
                  gconstpointer data)
{
  go_live (fixture, 10, 0);
  say_pong (fixture, 1, 10);
  expect_nothing (fixture);
  say_pong (fixture, 2, 12);
  expect_subscribe (fixture, 10);
}

static void
test_pressure (Fixture      *fixture,
               gconstpointer data)
{
  GQueue given = G_QUEUE_INIT;

  go_live (fixture, 0, 0);
  for (int i = 0; i < 10; i++)
    say_delta (fixture, i, i + 1, 1000 * 1000);
  for (int i = 0; i < 9; i++)
    g_queue_push_tail (&given, expect (fixture, LS_SYNC_APPLY_DELTA));
  expect_drop (fixture, LS_SYNC_PAUSE);
  g_queue_push_tail (&given, expect (fixture, LS_SYNC_APPLY_DELTA));
  expect_nothing (fixture);
  for (int i = 0; i < 10; i++)
    {
      g_autoptr (LsSyncAction) action = g_queue_pop_head (&given);

      applied (fixture, action, OK);
      collect (fixture);
      if (i < 8)
        g_assert_cmpuint (fixture->actions.length, ==, 1); /* the ack */
    }
  expect_ack (fixture, 1, 0);
  expect_drop (fixture, LS_SYNC_RESUME);
}

static void
test_cache_fails (Fixture      *fixture,
                  gconstpointer data)
{
  g_autoptr (LsSyncAction) first = NULL;
  g_autoptr (LsSyncAction) second = NULL;
  LsPosition position = { EPOCH, 10, 10 }, nowhere = { "", 0, 0 };
  g_autoptr (GError) error = NULL;

  go_live (fixture, 10, 0);
  say_delta (fixture, 10, 11, 100);
  say_delta (fixture, 11, 12, 100);
  first = expect (fixture, LS_SYNC_APPLY_DELTA);
  second = expect (fixture, LS_SYNC_APPLY_DELTA);
  applied (fixture, first, LS_ERROR_STORAGE);
  expect_drop (fixture, LS_SYNC_RELOAD);
  expect_reported (fixture, LS_EVENT_ERROR);
  applied (fixture, second, LS_ERROR_PROTOCOL); /* because of the first */
  say_delta (fixture, 12, 13, 100);
  expect_nothing (fixture);
  /* Nor can it say where it stands: it is asked again. */
  error = g_error_new_literal (LS_ERROR, LS_ERROR_STORAGE, "no");
  ls_sync_machine_reloaded (fixture->machine, "music", &nowhere, error, fixture->now);
  expect_nothing (fixture);
  wait_deadline (fixture);
  expect_drop (fixture, LS_SYNC_RELOAD);
  ls_sync_machine_reloaded (fixture->machine, "music", &position, NULL, fixture->now);
  expect_nothing (fixture);
  wait_deadline (fixture);
  expect_subscribe (fixture, 10);
}

static void
test_cache_disagrees (Fixture      *fixture,
                      gconstpointer data)
{
  go_live (fixture, 10, 0);
  say_delta (fixture, 10, 11, 100);
  apply (fixture, LS_ERROR_INCONSISTENCY);
  expect_drop (fixture, LS_SYNC_FETCH);
  expect_reported (fixture, LS_EVENT_FINDING);
  fetched (fixture, 11, OK);
  expect_subscribe (fixture, 11);
}

/* Rows that were just fetched are the server's: where its log does not fit them either, they are not
 * fetched without end. */
static void
test_log_disagrees (Fixture      *fixture,
                    gconstpointer data)
{
  unsigned n_fetches = 0;
  int64_t end;

  go_live (fixture, 10, 0);
  end = fixture->now + 150 * SECOND;
  while (fixture->now < end)
    {
      say_delta (fixture, 10, 11, 100);
      apply (fixture, LS_ERROR_INCONSISTENCY);
      collect (fixture);
      if (g_queue_is_empty (&fixture->actions))
        {
          expect_reported (fixture, LS_EVENT_LOOP_GUARD);
          wait_deadline (fixture);
        }
      else
        {
          expect_drop (fixture, LS_SYNC_FETCH);
          g_assert_cmpuint (++n_fetches, <=, 3);
          fetched (fixture, 10, OK);
        }
      expect_subscribe (fixture, 10);
      /* Noted as up to date now and then: all that it heard of is there. */
      collect (fixture);
      if (!g_queue_is_empty (&fixture->actions))
        expect_drop (fixture, LS_SYNC_SET_SYNCED);
    }
  g_assert_cmpuint (n_fetches, ==, 3);
}

/* Nothing is subscribed to in a view that the rows do not have: first the cache has to take it. */
static void
test_view_fails (Fixture      *fixture,
                 gconstpointer data)
{
  g_autoptr (GError) error = g_error_new_literal (LS_ERROR, LS_ERROR_STORAGE, "no");

  go_live (fixture, 10, 0);
  say_welcome (fixture, "c1", "music", EPOCH, 10, LS_ROLE_STAFF);
  expect_drop (fixture, LS_SYNC_NAME_SHOP);
  expect_drop (fixture, LS_SYNC_SET_VIEW);
  expect_drop (fixture, LS_SYNC_SHOPS);
  ls_sync_machine_view_set (fixture->machine, "music", fixture->view, 0, error, fixture->now);
  expect_reported (fixture, LS_EVENT_ERROR);
  wait_deadline (fixture);
  expect_drop (fixture, LS_SYNC_SET_VIEW);
}

static void
test_resync (Fixture      *fixture,
             gconstpointer data)
{
  go_live (fixture, 10, 0);
  say_resync (fixture, LS_RESYNC_TOO_OLD);
  expect_drop (fixture, LS_SYNC_FETCH);
  say_delta (fixture, 10, 11, 100);
  say_digest (fixture, 10);
  expect_nothing (fixture);
  fetched (fixture, 90, OK);
  expect_subscribe (fixture, 90);
  expect_reported (fixture, LS_EVENT_RESYNC);

  /* The same again, although the rows have just come: not at once. */
  say_resync (fixture, LS_RESYNC_TOO_OLD);
  expect_nothing (fixture);
  expect_reported (fixture, LS_EVENT_LOOP_GUARD);
  g_assert_cmpint (ls_sync_machine_get_deadline (fixture->machine), >=, fixture->now + 5 * SECOND);
  wait_deadline (fixture);
  expect_subscribe (fixture, 90);
  say_delta (fixture, 90, 91, 100);
  apply (fixture, OK);
  collect (fixture);
  expect_ack (fixture, 91, 0);
  say_resync (fixture, LS_RESYNC_TOO_OLD);
  expect_drop (fixture, LS_SYNC_FETCH);
}

static void
test_fetch_fails (Fixture      *fixture,
                  gconstpointer data)
{
  go_live (fixture, 10, 0);
  say_resync (fixture, LS_RESYNC_EPOCH);
  /* The same epoch: since when it has another history can't be told. */
  expect_with_n (fixture, LS_SYNC_LOSE, 0);
  expect_drop (fixture, LS_SYNC_FETCH);
  fetched (fixture, 0, LS_ERROR_NETWORK);
  expect_nothing (fixture);
  wait_deadline (fixture);
  expect_subscribe (fixture, 10);
  say_resync (fixture, LS_RESYNC_EPOCH);
  expect_drop (fixture, LS_SYNC_LOSE);
  expect_drop (fixture, LS_SYNC_FETCH);
  fetched (fixture, 0, LS_ERROR_AUTH);
  {
    g_autoptr (LsSyncAction) action = expect (fixture, LS_SYNC_FAIL);

    g_assert_error (action->error, LS_ERROR, LS_ERROR_AUTH);
  }
}

/* The files of a server were exchanged for older ones: what came after is lost. */
static void
test_went_back (Fixture      *fixture,
                gconstpointer data)
{
  load (fixture, "c1", 10, 20, 0);
  ls_sync_machine_opened (fixture->machine, fixture->now);
  ls_message_unref (expect_sent (fixture, LS_MESSAGE_HELLO));
  say_welcome (fixture, "c1", "music", EPOCH, 7, LS_ROLE_ADMIN);
  expect_drop (fixture, LS_SYNC_READY);
  expect_drop (fixture, LS_SYNC_NAME_SHOP);
  expect_drop (fixture, LS_SYNC_SET_VIEW);
  expect_drop (fixture, LS_SYNC_SHOPS);
  ls_sync_machine_view_set (fixture->machine, "music", fixture->view, 0, NULL, fixture->now);
  expect_drop (fixture, LS_SYNC_NUMBER);
  ls_message_unref (expect_sent (fixture, LS_MESSAGE_SUBSCRIBE));
  say_resync (fixture, LS_RESYNC_EPOCH);
  expect_with_n (fixture, LS_SYNC_LOSE, 7);
  expect_drop (fixture, LS_SYNC_FETCH);
}

static void
test_circles (Fixture      *fixture,
              gconstpointer data)
{
  go_live (fixture, 10, 0);
  for (int i = 0; i < 4; i++)
    {
      fixture->now += 100 * 1000;
      say_delta (fixture, 20, 21, 100);
      expect_subscribe (fixture, 10);
    }
  fixture->now += 100 * 1000;
  say_delta (fixture, 20, 21, 100);
  expect_nothing (fixture);
  expect_reported (fixture, LS_EVENT_LOOP_GUARD);
  say_delta (fixture, 20, 21, 100);
  expect_nothing (fixture);
  wait_deadline (fixture);
  expect_subscribe (fixture, 10);
  /* Now and then is no circle. */
  for (int i = 0; i < 20; i++)
    {
      fixture->now += SECOND;
      say_delta (fixture, 20, 21, 100);
      expect_subscribe (fixture, 10);
    }
}

static void
test_wider_view (Fixture      *fixture,
                 gconstpointer data)
{
  go_live (fixture, 10, 0);
  say_welcome (fixture, "c1", "music", EPOCH, 10, LS_ROLE_OWNER);
  expect_drop (fixture, LS_SYNC_NAME_SHOP);
  expect_drop (fixture, LS_SYNC_SET_VIEW);
  expect_drop (fixture, LS_SYNC_SHOPS);
  ls_sync_machine_view_set (fixture->machine, "music", fixture->view, 1 << LS_CUSTOMERS, NULL,
                            fixture->now);
  expect_subscribe (fixture, 10);
  {
    g_autoptr (LsSyncAction) action = expect (fixture, LS_SYNC_FETCH);

    g_assert_cmpuint (action->collections, ==, 1 << LS_CUSTOMERS);
  }
}

static void
test_shop_goes (Fixture      *fixture,
                gconstpointer data)
{
  go_live (fixture, 10, 0);
  say_welcome (fixture, "c1", "books", EPOCH, 3, LS_ROLE_ADMIN);
  expect_drop (fixture, LS_SYNC_NAME_SHOP);
  {
    g_autoptr (LsSyncAction) view = expect (fixture, LS_SYNC_SET_VIEW);
    g_autoptr (LsSyncAction) gone = expect (fixture, LS_SYNC_REMOVE_SHOP);

    g_assert_cmpstr (view->shop, ==, "books");
    g_assert_cmpstr (gone->shop, ==, "music");
  }
  expect_drop (fixture, LS_SYNC_RELOAD);
  expect_drop (fixture, LS_SYNC_SHOPS);
  say_delta (fixture, 10, 11, 100);
  expect_nothing (fixture);
}

/* Who waits for what it has is not kept waiting. */
static void
test_shop_goes_awaited (Fixture      *fixture,
                        gconstpointer data)
{
  go_live (fixture, 10, 0);
  ls_sync_machine_sync_now (fixture->machine, NULL, 7, fixture->now);
  expect_ping (fixture);
  say_welcome (fixture, "c1", "books", EPOCH, 3, LS_ROLE_ADMIN);
  expect_drop (fixture, LS_SYNC_NAME_SHOP);
  expect_drop (fixture, LS_SYNC_SET_VIEW);
  expect_with_n (fixture, LS_SYNC_PROGRESS, 7);
  expect_drop (fixture, LS_SYNC_REMOVE_SHOP);
  expect_drop (fixture, LS_SYNC_RELOAD);
  expect_drop (fixture, LS_SYNC_SHOPS);
  expect_nothing (fixture);
}

/* The right in it was taken while nobody was connected. */
static void
test_shop_went (Fixture      *fixture,
                gconstpointer data)
{
  load (fixture, "c1", 10, 0, 0);
  ls_sync_machine_opened (fixture->machine, fixture->now);
  ls_message_unref (expect_sent (fixture, LS_MESSAGE_HELLO));
  say_welcome (fixture, "c1", "books", EPOCH, 3, LS_ROLE_ADMIN);
  expect_drop (fixture, LS_SYNC_READY);
  expect_drop (fixture, LS_SYNC_NAME_SHOP);
  expect_drop (fixture, LS_SYNC_SET_VIEW);
  {
    g_autoptr (LsSyncAction) gone = expect (fixture, LS_SYNC_REMOVE_SHOP);

    g_assert_cmpstr (gone->shop, ==, "music");
  }
  expect_drop (fixture, LS_SYNC_RELOAD);
  expect_drop (fixture, LS_SYNC_SHOPS);
  /* Rights of others change: it is gone. */
  say_welcome (fixture, "c1", "books", EPOCH, 3, LS_ROLE_ADMIN);
  expect_drop (fixture, LS_SYNC_NAME_SHOP);
  expect_drop (fixture, LS_SYNC_SHOPS);
  expect_nothing (fixture);
}

static void
say_blank_pong (Fixture *fixture,
                int64_t  id)
{
  LsMessage *pong = ls_message_new (LS_MESSAGE_PONG);

  pong->ping.id = id;
  receive (fixture, pong, 20);
}

/* The server could not read something: what it does not know of then is said again. */
static void
test_unreadable (Fixture      *fixture,
                 gconstpointer data)
{
  int64_t id;

  go_live (fixture, 10, 0);
  say_error (fixture, LS_ERROR_PROTOCOL, NULL, 0);
  id = expect_ping (fixture);
  /* What can't be read for ever does not go round. */
  say_error (fixture, LS_ERROR_PROTOCOL, NULL, 0);
  expect_nothing (fixture);
  say_blank_pong (fixture, id);
  expect_subscribe (fixture, 10);
  /* That one was asked before. */
  say_blank_pong (fixture, id);
  expect_nothing (fixture);
  fixture->now += 5 * SECOND;
  ls_sync_machine_edits_changed (fixture->machine, "music", fixture->now);
  numbered (fixture, 1, 1);
  expect_mutate (fixture, 1, false);
  numbered (fixture, 1, 1);
  say_error (fixture, LS_ERROR_PROTOCOL, NULL, 0);
  id = expect_ping (fixture);
  g_assert_cmpint (expect_ping (fixture), ==, id + 1);
  say_pong_with_n (fixture, id, 10, 0);
  expect_mutate (fixture, 1, false);
  expect_nothing (fixture);
}

/* The pings of the connection show it too, though not at once. */
static void
test_unknown_stream (Fixture      *fixture,
                     gconstpointer data)
{
  go_live (fixture, 10, 0);
  for (unsigned i = 0; i < 3; i++)
    {
      say_blank_pong (fixture, 1);
      expect_nothing (fixture);
      say_pong (fixture, 2, 10);
      expect_nothing (fixture);
    }
  say_blank_pong (fixture, 3);
  expect_nothing (fixture);
  say_blank_pong (fixture, 4);
  expect_subscribe (fixture, 10);
  say_blank_pong (fixture, 5);
  expect_nothing (fixture);
}

/* The role changes twice, faster than the cache: only the last answer tells what the rows lack. */
static void
test_role_changes_back (Fixture      *fixture,
                        gconstpointer data)
{
  unsigned stale;

  go_live (fixture, 10, 0);
  say_welcome (fixture, "c1", "music", EPOCH, 10, LS_ROLE_STAFF);
  expect_drop (fixture, LS_SYNC_NAME_SHOP);
  expect_drop (fixture, LS_SYNC_SET_VIEW);
  expect_drop (fixture, LS_SYNC_SHOPS);
  stale = fixture->view;
  say_welcome (fixture, "c1", "music", EPOCH, 10, LS_ROLE_ADMIN);
  expect_drop (fixture, LS_SYNC_NAME_SHOP);
  expect_drop (fixture, LS_SYNC_SET_VIEW);
  expect_drop (fixture, LS_SYNC_SHOPS);
  ls_sync_machine_view_set (fixture->machine, "music", stale, 0, NULL, fixture->now);
  expect_nothing (fixture);
  ls_sync_machine_view_set (fixture->machine, "music", fixture->view, 1 << LS_CUSTOMERS, NULL,
                            fixture->now);
  expect_subscribe (fixture, 10);
  expect_drop (fixture, LS_SYNC_FETCH);
}

/* Under the very role it had: the rows went, so all of them are asked for again. */
static void
test_shop_comes_back (Fixture      *fixture,
                      gconstpointer data)
{
  const LsPosition nothing = { "", 0, 0 };

  go_live (fixture, 10, 0);
  say_welcome (fixture, "c1", "books", EPOCH, 3, LS_ROLE_ADMIN);
  expect_drop (fixture, LS_SYNC_NAME_SHOP);
  expect_drop (fixture, LS_SYNC_SET_VIEW);
  expect_drop (fixture, LS_SYNC_REMOVE_SHOP);
  expect_drop (fixture, LS_SYNC_RELOAD);
  expect_drop (fixture, LS_SYNC_SHOPS);
  ls_sync_machine_reloaded (fixture->machine, "music", &nothing, NULL, fixture->now);
  expect_nothing (fixture);

  say_welcome (fixture, "c1", "music", EPOCH, 12, LS_ROLE_ADMIN);
  expect_drop (fixture, LS_SYNC_NAME_SHOP);
  {
    g_autoptr (LsSyncAction) view = expect (fixture, LS_SYNC_SET_VIEW);

    g_assert_cmpstr (view->shop, ==, "music");
  }
  expect_drop (fixture, LS_SYNC_REMOVE_SHOP);
  expect_drop (fixture, LS_SYNC_RELOAD);
  expect_drop (fixture, LS_SYNC_SHOPS);
  ls_sync_machine_view_set (fixture->machine, "music", fixture->view, 0, NULL, fixture->now);
  {
    g_autoptr (LsSyncAction) fetch = expect (fixture, LS_SYNC_FETCH);

    g_assert_cmpuint (fetch->collections, ==, UINT32_MAX);
  }
}

static void
test_edits (Fixture      *fixture,
            gconstpointer data)
{
  go_live (fixture, 10, 4);
  ls_sync_machine_edits_changed (fixture->machine, "music", fixture->now);
  numbered (fixture, 5, 7);
  expect_mutate (fixture, 5, false);
  expect_mutate (fixture, 6, false);
  expect_mutate (fixture, 7, false);
  numbered (fixture, 5, 7);
  expect_nothing (fixture);
  say_result (fixture, 5, LS_RESULT_APPLIED);
  decided (fixture, 5);
  expect_ack (fixture, 10, 5);
  expect_reported (fixture, LS_EVENT_EDIT_APPLIED);
  say_result (fixture, 6, LS_RESULT_CONFLICT);
  decided (fixture, 6);
  expect_reported (fixture, LS_EVENT_EDIT_FAILED);
  expect_nothing (fixture);
  wait_deadline (fixture);
  expect_ack (fixture, 10, 6);

  /* The connection breaks: what is undecided goes again, and what is known is told again. */
  ls_sync_machine_closed (fixture->machine, fixture->now);
  ls_sync_machine_opened (fixture->machine, fixture->now);
  ls_message_unref (expect_sent (fixture, LS_MESSAGE_HELLO));
  say_welcome (fixture, "c1", "music", EPOCH, 10, LS_ROLE_ADMIN);
  expect_drop (fixture, LS_SYNC_READY);
  expect_drop (fixture, LS_SYNC_NAME_SHOP);
  expect_drop (fixture, LS_SYNC_SET_VIEW);
  expect_drop (fixture, LS_SYNC_SHOPS);
  ls_sync_machine_view_set (fixture->machine, "music", fixture->view, 0, NULL, fixture->now);
  numbered (fixture, 7, 7);
  expect_subscribe (fixture, 10);
  expect_drop (fixture, LS_SYNC_SET_SYNCED);
  expect_mutate (fixture, 7, false);
  wait_deadline (fixture);
  expect_ack (fixture, 10, 6);
}

static void
test_refusals (Fixture      *fixture,
               gconstpointer data)
{
  go_live (fixture, 10, 0);
  ls_sync_machine_edits_changed (fixture->machine, "music", fixture->now);
  numbered (fixture, 1, 2);
  expect_mutate (fixture, 1, false);
  expect_mutate (fixture, 2, false);
  numbered (fixture, 1, 2);
  say_error (fixture, LS_ERROR_STORAGE, "music", 1);
  say_error (fixture, LS_ERROR_STORAGE, "music", 1);
  expect_nothing (fixture);
  expect_reported (fixture, LS_EVENT_OUTBOX_HELD);
  wait_deadline (fixture);
  expect_mutate (fixture, 1, false);
  expect_mutate (fixture, 2, false);
  say_error (fixture, LS_ERROR_PROTOCOL, "music", 2);
  wait_deadline (fixture);
  expect_mutate (fixture, 2, false);
  expect_nothing (fixture);
}

static void
test_too_large (Fixture      *fixture,
                gconstpointer data)
{
  g_autoptr (GPtrArray) edits = edits_new (1, 1);
  g_autofree char *text = g_strnfill (11000, 'x');
  LsEdit *edit = g_ptr_array_index (edits, 0);

  ls_change_take_set (g_ptr_array_index (edit->changes, 0), 5, ls_value_text (text));
  go_live (fixture, 10, 0);
  ls_sync_machine_edits_changed (fixture->machine, "music", fixture->now);
  expect_drop (fixture, LS_SYNC_NUMBER);
  ls_sync_machine_numbered (fixture->machine, "music", edits, NULL, fixture->now);
  {
    g_autoptr (LsSyncAction) action = expect (fixture, LS_SYNC_APPLY_RESULT);

    g_assert_cmpint (action->message->result.status, ==, LS_RESULT_REJECTED);
    g_assert_cmpstr (action->message->result.code, ==, "validation");
  }
  expect_mutate (fixture, 1, true);
}

static void
test_forked (Fixture      *fixture,
             gconstpointer data)
{
  g_autoptr (GPtrArray) edits = edits_new (1, 2);
  LsMessage *forked = ls_message_new (LS_MESSAGE_FORKED);

  go_live (fixture, 10, 7);
  forked->forked.client = g_strdup ("c2");
  receive (fixture, forked, 50);
  {
    g_autoptr (LsSyncAction) action = expect (fixture, LS_SYNC_SET_CLIENT);

    g_assert_cmpstr (action->text, ==, "c2");
  }
  expect_with_n (fixture, LS_SYNC_RENUMBER, 1);
  expect_reported (fixture, LS_EVENT_FORKED);
  ls_sync_machine_edits_changed (fixture->machine, "music", fixture->now);
  expect_nothing (fixture);
  ls_sync_machine_renumbered (fixture->machine, "music", 2, edits, NULL, fixture->now);
  {
    g_autoptr (LsMessage) hello = expect_sent (fixture, LS_MESSAGE_HELLO);

    g_assert_cmpstr (hello->hello.client, ==, "c2");
    g_assert_cmpint (g_array_index (hello->hello.shops, LsShopInfo, 0).n, ==, 2);
  }
  say_welcome (fixture, "c2", "music", EPOCH, 10, LS_ROLE_ADMIN);
  expect_drop (fixture, LS_SYNC_READY);
  expect_drop (fixture, LS_SYNC_NAME_SHOP);
  expect_drop (fixture, LS_SYNC_SET_VIEW);
  expect_drop (fixture, LS_SYNC_SHOPS);
  ls_sync_machine_view_set (fixture->machine, "music", fixture->view, 0, NULL, fixture->now);
  numbered (fixture, 1, 2);
  expect_subscribe (fixture, 10);
  expect_drop (fixture, LS_SYNC_SET_SYNCED);
  expect_mutate (fixture, 1, false);
  expect_mutate (fixture, 2, false);
}

static void
test_new_epoch (Fixture      *fixture,
                gconstpointer data)
{
  g_autoptr (GPtrArray) edits = edits_new (1, 1);
  LsPosition position = { OTHER_EPOCH, 3, 3 };

  load (fixture, "c1", 10, 20, 1);
  /* What was acknowledged is told again in a session after the first. */
  ls_sync_machine_opened (fixture->machine, fixture->now);
  ls_message_unref (expect_sent (fixture, LS_MESSAGE_HELLO));
  ls_sync_machine_closed (fixture->machine, fixture->now);
  ls_sync_machine_opened (fixture->machine, fixture->now);
  ls_message_unref (expect_sent (fixture, LS_MESSAGE_HELLO));
  say_welcome (fixture, "c1", "music", OTHER_EPOCH, 3, LS_ROLE_ADMIN);
  expect_drop (fixture, LS_SYNC_READY);
  expect_drop (fixture, LS_SYNC_NAME_SHOP);
  /* Before the rows come, by which the cache would know no more; the old count is needed for them. */
  expect_with_n (fixture, LS_SYNC_LOSE, 2);
  expect_drop (fixture, LS_SYNC_SET_VIEW);
  expect_drop (fixture, LS_SYNC_SHOPS);
  ls_sync_machine_view_set (fixture->machine, "music", fixture->view, 0, NULL, fixture->now);
  expect_drop (fixture, LS_SYNC_FETCH);
  expect_nothing (fixture);
  ls_sync_machine_fetched (fixture->machine, "music", &position, NULL, fixture->now);
  expect_with_n (fixture, LS_SYNC_RENUMBER, 0);
  ls_message_unref (expect_sent (fixture, LS_MESSAGE_SUBSCRIBE));
  expect_drop (fixture, LS_SYNC_SET_SYNCED);
  /* Until it is known how they are counted now none goes, and no old number is acknowledged. */
  fixture->now += G_USEC_PER_SEC;
  ls_sync_machine_tick (fixture->machine, fixture->now);
  expect_nothing (fixture);
  ls_sync_machine_renumbered (fixture->machine, "music", 1, edits, NULL, fixture->now);
  numbered (fixture, 1, 1);
  expect_mutate (fixture, 1, false);
}

static void
expect_shown (Fixture *fixture,
              int64_t  version,
              uint32_t shown,
              bool     keep)
{
  g_autoptr (LsMessage) message = expect_sent (fixture, LS_MESSAGE_SUBSCRIBE);

  g_assert_cmpint (message->subscribe.position.version, ==, version);
  g_assert_cmpint (message->subscribe.keep, ==, keep);
  g_assert_cmpuint (message->subscribe.collections->len, >, 10);
  for (unsigned i = 0; i < message->subscribe.collections->len; i++)
    {
      const LsSubscription *which =
          &g_array_index (message->subscribe.collections, LsSubscription, i);

      g_assert_cmpint (which->priority, ==,
                       shown & (UINT32_C (1) << which->collection->id) ? LS_PRIORITY_HIGH
                                                                       : LS_PRIORITY_LOW);
    }
}

static void
test_shown (Fixture      *fixture,
            gconstpointer data)
{
  uint32_t products = UINT32_C (1) << LS_PRODUCTS;

  /* Before there is a stream it is remembered; of other shops it is no business of this one. */
  ls_sync_machine_set_shown (fixture->machine, "music", products);
  ls_sync_machine_set_shown (fixture->machine, "books", 0);
  expect_nothing (fixture);
  load (fixture, "c1", 7, 0, 0);
  ls_sync_machine_opened (fixture->machine, fixture->now);
  ls_message_unref (expect_sent (fixture, LS_MESSAGE_HELLO));
  say_welcome (fixture, "c1", "music", EPOCH, 7, LS_ROLE_ADMIN);
  for (int i = 0; i < 4; i++)
    {
      collect (fixture);
      ls_sync_action_free (g_queue_pop_head (&fixture->actions));
    }
  ls_sync_machine_view_set (fixture->machine, "music", fixture->view, 0, NULL, fixture->now);
  numbered (fixture, 1, 0);
  expect_shown (fixture, 7, products, false);
  expect_drop (fixture, LS_SYNC_SET_SYNCED);

  /* Another page: told at once, as often as it changes, and the stream goes on. */
  for (unsigned i = 0; i < 20; i++)
    {
      uint32_t shown = i % 2 ? products : UINT32_C (1) << LS_ORDERS;

      ls_sync_machine_set_shown (fixture->machine, "music", shown);
      expect_shown (fixture, 7, shown, true);
      ls_sync_machine_set_shown (fixture->machine, "music", shown);
      expect_nothing (fixture);
    }
  say_delta (fixture, 7, 8, 100);
  apply (fixture, OK);
}

/* Over a poor connection nothing is urgent; then it is again what windows show. */
static void
test_limited (Fixture      *fixture,
              gconstpointer data)
{
  uint32_t products = UINT32_C (1) << LS_PRODUCTS;

  ls_sync_machine_set_shown (fixture->machine, "music", products);
  load (fixture, "c1", 7, 0, 0);
  ls_sync_machine_opened (fixture->machine, fixture->now);
  ls_message_unref (expect_sent (fixture, LS_MESSAGE_HELLO));
  say_welcome (fixture, "c1", "music", EPOCH, 7, LS_ROLE_ADMIN);
  for (int i = 0; i < 4; i++)
    {
      collect (fixture);
      ls_sync_action_free (g_queue_pop_head (&fixture->actions));
    }
  ls_sync_machine_view_set (fixture->machine, "music", fixture->view, 0, NULL, fixture->now);
  numbered (fixture, 1, 0);
  expect_shown (fixture, 7, products, false);
  expect_drop (fixture, LS_SYNC_SET_SYNCED);

  ls_sync_machine_set_limited (fixture->machine, true);
  expect_shown (fixture, 7, 0, true);
  ls_sync_machine_set_limited (fixture->machine, true);
  ls_sync_machine_set_shown (fixture->machine, "music", UINT32_C (1) << LS_ORDERS);
  expect_nothing (fixture);
  ls_sync_machine_set_limited (fixture->machine, false);
  expect_shown (fixture, 7, UINT32_C (1) << LS_ORDERS, true);
}

static void
test_sync_now (Fixture      *fixture,
               gconstpointer data)
{
  int64_t id;

  ls_sync_machine_sync_now (fixture->machine, "music", 1, fixture->now);
  {
    g_autoptr (LsSyncAction) action = expect (fixture, LS_SYNC_PROGRESS);

    g_assert_error (action->error, LS_ERROR, LS_ERROR_NETWORK);
  }
  go_live (fixture, 10, 0);
  ls_sync_machine_sync_now (fixture->machine, "music", 2, fixture->now);
  {
    g_autoptr (LsMessage) ping = expect_sent (fixture, LS_MESSAGE_PING);

    id = ping->ping.id;
  }
  say_delta (fixture, 10, 12, 100);
  say_pong (fixture, id, 12);
  {
    g_autoptr (LsSyncAction) action = expect (fixture, LS_SYNC_APPLY_DELTA);

    expect_nothing (fixture);
    applied (fixture, action, OK);
  }
  expect_ack (fixture, 12, 0);
  {
    g_autoptr (LsSyncAction) action = expect (fixture, LS_SYNC_PROGRESS);

    g_assert_no_error (action->error);
    g_assert_cmpint (action->n, ==, 2);
  }
  ls_sync_machine_sync_now (fixture->machine, NULL, 3, fixture->now);
  ls_message_unref (expect_sent (fixture, LS_MESSAGE_PING));
  ls_sync_machine_closed (fixture->machine, fixture->now);
  {
    g_autoptr (LsSyncAction) action = expect (fixture, LS_SYNC_PROGRESS);

    g_assert_error (action->error, LS_ERROR, LS_ERROR_NETWORK);
  }
}

/* Of two edits the second got lost, and nothing comes that would show it. */
static void
test_edit_lost (Fixture      *fixture,
                gconstpointer data)
{
  int64_t first, second;

  go_live (fixture, 10, 0);
  ls_sync_machine_edits_changed (fixture->machine, "music", fixture->now);
  numbered (fixture, 1, 2);
  expect_mutate (fixture, 1, false);
  expect_mutate (fixture, 2, false);
  numbered (fixture, 1, 2);
  expect_nothing (fixture);
  wait_deadline (fixture);
  first = expect_ping (fixture);
  wait_deadline (fixture);
  second = expect_ping (fixture);
  /* The answers to others say nothing. */
  say_pong_with_n (fixture, 7, 10, 0);
  expect_drop (fixture, LS_SYNC_SET_SYNCED);
  say_pong_with_n (fixture, first, 10, 0);
  expect_nothing (fixture);
  say_pong_with_n (fixture, second, 10, 1);
  expect_mutate (fixture, 2, false);
  expect_nothing (fixture);
}

/* How far the server was before it went back is no measure any more: who waited for that waited for
 * ever. */
static void
test_sync_now_gone_back (Fixture      *fixture,
                         gconstpointer data)
{
  int64_t id;

  go_live (fixture, 12, 0);
  ls_sync_machine_sync_now (fixture->machine, "music", 1, fixture->now);
  {
    g_autoptr (LsMessage) ping = expect_sent (fixture, LS_MESSAGE_PING);

    id = ping->ping.id;
  }
  say_delta (fixture, 12, 14, 100);
  expect_drop (fixture, LS_SYNC_APPLY_DELTA);
  say_pong (fixture, id, 14);
  say_resync (fixture, LS_RESYNC_TOO_OLD);
  expect_drop (fixture, LS_SYNC_FETCH);
  fetched (fixture, 11, OK);
  expect_subscribe (fixture, 11);
  ls_message_unref (expect_sent (fixture, LS_MESSAGE_PING));
  expect_nothing (fixture);
  say_pong (fixture, id, 11);
  {
    g_autoptr (LsSyncAction) action = expect (fixture, LS_SYNC_PROGRESS);

    g_assert_no_error (action->error);
    g_assert_cmpint (action->n, ==, 1);
  }
}

static void
test_errors (Fixture      *fixture,
             gconstpointer data)
{
  go_live (fixture, 10, 0);
  say_error (fixture, LS_ERROR_RATE_LIMIT, NULL, 0);
  expect_nothing (fixture);
  expect_reported (fixture, LS_EVENT_ERROR);
  wait_deadline (fixture);
  expect_subscribe (fixture, 10);
  say_error (fixture, LS_ERROR_VALIDATION, NULL, 0);
  expect_nothing (fixture);
  say_error (fixture, LS_ERROR_FORBIDDEN, "music", 0);
  say_delta (fixture, 10, 11, 100);
  expect_nothing (fixture);
  say_error (fixture, LS_ERROR_AUTH, NULL, 0);
  {
    g_autoptr (LsSyncAction) action = expect (fixture, LS_SYNC_FAIL);

    g_assert_error (action->error, LS_ERROR, LS_ERROR_AUTH);
  }
}

static void
test_sign_out (Fixture      *fixture,
               gconstpointer data)
{
  LsMessage *notice = ls_message_new (LS_MESSAGE_NOTICE);
  g_autoptr (LsSyncAction) action = NULL;

  go_live (fixture, 10, 0);
  notice->notice.kind = g_strdup ("sign-out");
  receive (fixture, notice, 50);
  action = expect (fixture, LS_SYNC_FAIL);
  g_assert_error (action->error, LS_ERROR, LS_ERROR_AUTH);
}

static void
test_closed_while_fetching (Fixture      *fixture,
                            gconstpointer data)
{
  go_live (fixture, 10, 0);
  say_resync (fixture, LS_RESYNC_TOO_OLD);
  expect_drop (fixture, LS_SYNC_FETCH);
  ls_sync_machine_closed (fixture->machine, fixture->now);
  expect_drop (fixture, LS_SYNC_CANCEL_FETCH);
  fetched (fixture, 90, OK);
  expect_nothing (fixture);
  g_assert_cmpint (ls_sync_machine_get_deadline (fixture->machine), ==, -1);
}

/* Under an id that the cache could not keep nothing may be numbered: the session is given up, and the next asks
 * for one. */
static void
test_client_not_kept (Fixture      *fixture,
                      gconstpointer data)
{
  g_autoptr (GError) error = g_error_new_literal (LS_ERROR, LS_ERROR_STORAGE, "full");

  load (fixture, NULL, 10, 0, 0);
  ls_sync_machine_opened (fixture->machine, fixture->now);
  expect_drop (fixture, LS_SYNC_SEND);
  say_welcome (fixture, "c1", "music", EPOCH, 10, LS_ROLE_ADMIN);
  expect_drop (fixture, LS_SYNC_READY);
  expect_drop (fixture, LS_SYNC_SET_CLIENT);
  expect_drop (fixture, LS_SYNC_NAME_SHOP);
  expect_drop (fixture, LS_SYNC_SET_VIEW);
  expect_drop (fixture, LS_SYNC_SHOPS);
  g_assert_cmpstr (ls_sync_machine_get_client (fixture->machine), ==, "c1");

  ls_sync_machine_cache_failed (fixture->machine, LS_SYNC_SET_CLIENT, NULL, error);
  {
    g_autoptr (LsSyncAction) action = expect (fixture, LS_SYNC_FAIL);

    g_assert_error (action->error, LS_ERROR, LS_ERROR_STORAGE);
  }
  expect_nothing (fixture);
  expect_reported (fixture, LS_EVENT_ERROR);
  g_assert_null (ls_sync_machine_get_client (fixture->machine));

  ls_sync_machine_closed (fixture->machine, fixture->now);
  ls_sync_machine_opened (fixture->machine, fixture->now);
  {
    g_autoptr (LsMessage) hello = expect_sent (fixture, LS_MESSAGE_HELLO);

    g_assert_null (hello->hello.client);
  }
}

/* Anything else that the cache could not do is told, and the session goes on. */
static void
test_cache_failed (Fixture      *fixture,
                   gconstpointer data)
{
  g_autoptr (GError) error = g_error_new_literal (LS_ERROR, LS_ERROR_STORAGE, "full");

  go_live (fixture, 10, 0);
  ls_sync_machine_cache_failed (fixture->machine, LS_SYNC_NAME_SHOP, "music", error);
  expect_nothing (fixture);
  expect_reported (fixture, LS_EVENT_ERROR);
  g_assert_cmpstr (ls_sync_machine_get_client (fixture->machine), ==, "c1");

  /* What is lost in a restore would be forgotten with the rows that come. */
  ls_sync_machine_cache_failed (fixture->machine, LS_SYNC_LOSE, "music", error);
  expect_drop (fixture, LS_SYNC_FAIL);
  expect_reported (fixture, LS_EVENT_ERROR);

  /* The session that an id came with has ended by itself. */
  ls_sync_machine_closed (fixture->machine, fixture->now);
  ls_sync_machine_cache_failed (fixture->machine, LS_SYNC_SET_CLIENT, NULL, error);
  expect_nothing (fixture);
  expect_reported (fixture, LS_EVENT_ERROR);
}

static uint32_t
since_of (const LsMessage *subscribe,
          LsCollectionId   collection)
{
  LsScope scope;

  ls_subscribe_get_scope (&subscribe->subscribe, &scope);
  return scope.since[collection];
}

/* Less is told and that is that; more is fetched from where the stream is known to be as wide. */
static void
test_scope (Fixture      *fixture,
            gconstpointer data)
{
  uint32_t orders = UINT32_C (1) << LS_ORDERS;
  LsScopeChoice choice = { 12, UINT32_C (1) << LS_ACTIVITY };
  g_autoptr (LsSyncAction) set = NULL, fetch = NULL;
  g_autoptr (LsMessage) less = NULL, more = NULL, ping = NULL;
  LsScope scope;

  go_live (fixture, 7, 0);
  ls_sync_machine_set_scope (fixture->machine, "music", &choice);
  set = expect (fixture, LS_SYNC_SET_SCOPE);
  g_assert_cmpuint (set->choice.months, ==, 12);
  g_assert_cmpuint (set->choice.off, ==, choice.off);
  ls_scope_init (&scope);
  scope.since[LS_ORDERS] = 671;
  scope.since[LS_ACTIVITY] = LS_SCOPE_NOTHING;
  ls_sync_machine_scoped (fixture->machine, "music", &scope, 0, fixture->now);
  expect_drop (fixture, LS_SYNC_SHOPS);
  less = expect_sent (fixture, LS_MESSAGE_SUBSCRIBE);
  g_assert_true (less->subscribe.keep);
  g_assert_cmpuint (since_of (less, LS_ORDERS), ==, 671);
  g_assert_cmpuint (since_of (less, LS_ACTIVITY), ==, LS_SCOPE_NOTHING);
  g_assert_cmpuint (since_of (less, LS_PRODUCTS), ==, 0);
  expect_nothing (fixture);

  scope.since[LS_ORDERS] = 0;
  ls_sync_machine_scoped (fixture->machine, "music", &scope, orders, fixture->now);
  expect_drop (fixture, LS_SYNC_SHOPS);
  more = expect_sent (fixture, LS_MESSAGE_SUBSCRIBE);
  g_assert_true (more->subscribe.keep);
  g_assert_cmpuint (since_of (more, LS_ORDERS), ==, 0);
  ping = expect_sent (fixture, LS_MESSAGE_PING);
  expect_nothing (fixture);
  /* Sent before the server heard of it: what it left out the snapshot has to have. */
  say_delta (fixture, 7, 8, 100);
  expect_drop (fixture, LS_SYNC_APPLY_DELTA);
  say_pong (fixture, ping->ping.id + 1, 8);
  expect_nothing (fixture);
  say_pong (fixture, ping->ping.id, 8);
  fetch = expect (fixture, LS_SYNC_FETCH);
  g_assert_cmpuint (fetch->collections, ==, orders);
  g_assert_cmpint (fetch->n, ==, 8);
  g_assert_true (ls_scope_equal (&fetch->scope, &scope));
  say_pong (fixture, ping->ping.id, 8);
  expect_nothing (fixture);
}

/* Until the server has answered how wide the stream is it is asked again, and told again if it may not
 * have understood. */
static void
test_scope_unanswered (Fixture      *fixture,
                       gconstpointer data)
{
  uint32_t orders = UINT32_C (1) << LS_ORDERS;
  g_autoptr (LsMessage) first = NULL, second = NULL, third = NULL, again = NULL;
  g_autoptr (LsSyncAction) fetch = NULL;
  LsScope scope;

  go_live (fixture, 7, 0);
  ls_scope_init (&scope);
  scope.since[LS_ORDERS] = 659;
  ls_sync_machine_scoped (fixture->machine, "music", &scope, orders, fixture->now);
  expect_drop (fixture, LS_SYNC_SHOPS);
  ls_message_unref (expect_sent (fixture, LS_MESSAGE_SUBSCRIBE));
  first = expect_sent (fixture, LS_MESSAGE_PING);
  g_assert_cmpint (ls_sync_machine_get_deadline (fixture->machine), ==, fixture->now + 5 * SECOND);
  wait_deadline (fixture);
  second = expect_sent (fixture, LS_MESSAGE_PING);
  expect_nothing (fixture);
  say_pong (fixture, first->ping.id, 7);
  expect_nothing (fixture);
  say_error (fixture, LS_ERROR_PROTOCOL, NULL, 0);
  expect_reported (fixture, LS_EVENT_ERROR);
  again = expect_sent (fixture, LS_MESSAGE_SUBSCRIBE);
  g_assert_cmpuint (since_of (again, LS_ORDERS), ==, 659);
  third = expect_sent (fixture, LS_MESSAGE_PING);
  ls_message_unref (expect_sent (fixture, LS_MESSAGE_PING));
  say_pong (fixture, second->ping.id, 7);
  expect_nothing (fixture);
  say_pong (fixture, third->ping.id, 7);
  fetch = expect (fixture, LS_SYNC_FETCH);
  g_assert_cmpuint (fetch->collections, ==, orders);
  fixture->now += 60 * SECOND;
  ls_sync_machine_tick (fixture->machine, fixture->now);
  expect_nothing (fixture);
}

/* More is wanted while the first rows come, of which the cache can not say yet what they lack. */
static void
test_scope_first_sync (Fixture      *fixture,
                       gconstpointer data)
{
  g_autoptr (LsMessage) subscribe = NULL, ping = NULL;
  g_autoptr (LsSyncAction) fetch = NULL, more = NULL;
  LsScope scope;

  ls_sync_machine_opened (fixture->machine, fixture->now);
  load (fixture, NULL, -1, 0, 0);
  ls_message_unref (expect_sent (fixture, LS_MESSAGE_HELLO));
  say_welcome (fixture, "c1", "music", EPOCH, 40, LS_ROLE_ADMIN);
  expect_drop (fixture, LS_SYNC_READY);
  expect_drop (fixture, LS_SYNC_SET_CLIENT);
  expect_drop (fixture, LS_SYNC_NAME_SHOP);
  expect_drop (fixture, LS_SYNC_SET_VIEW);
  expect_drop (fixture, LS_SYNC_SHOPS);
  ls_scope_init (&scope);
  scope.since[LS_ORDERS] = 671;
  ls_sync_machine_scoped (fixture->machine, "music", &scope, 0, fixture->now);
  expect_drop (fixture, LS_SYNC_SHOPS);
  ls_sync_machine_view_set (fixture->machine, "music", fixture->view, 0, NULL, fixture->now);
  fetch = expect (fixture, LS_SYNC_FETCH);
  g_assert_cmpuint (fetch->scope.since[LS_ORDERS], ==, 671);
  scope.since[LS_ORDERS] = 659;
  ls_sync_machine_scoped (fixture->machine, "music", &scope, 0, fixture->now);
  expect_drop (fixture, LS_SYNC_SHOPS);
  expect_nothing (fixture);
  fetched (fixture, 42, OK);
  subscribe = expect_sent (fixture, LS_MESSAGE_SUBSCRIBE);
  g_assert_cmpuint (since_of (subscribe, LS_ORDERS), ==, 659);
  numbered (fixture, 1, 0);
  ping = expect_sent (fixture, LS_MESSAGE_PING);
  say_pong (fixture, ping->ping.id, 42);
  expect_drop (fixture, LS_SYNC_SET_SYNCED);
  more = expect (fixture, LS_SYNC_FETCH);
  g_assert_cmpuint (more->collections, ==, UINT32_C (1) << LS_ORDERS);
  g_assert_cmpuint (more->scope.since[LS_ORDERS], ==, 659);
}

/* The date says which months are held; it may go back, too. */
static void
test_scope_date (Fixture      *fixture,
                 gconstpointer data)
{
  uint32_t orders = UINT32_C (1) << LS_ORDERS;
  LsScope scope;

  go_live (fixture, 7, 0);
  ls_scope_init (&scope);
  ls_sync_machine_looked_at_scope (fixture->machine, "music", &scope, 0, fixture->now);
  expect_nothing (fixture);
  scope.since[LS_ORDERS] = 659;
  ls_sync_machine_looked_at_scope (fixture->machine, "music", &scope, orders, fixture->now);
  expect_drop (fixture, LS_SYNC_SHOPS);
  ls_message_unref (expect_sent (fixture, LS_MESSAGE_SUBSCRIBE));
  ls_message_unref (expect_sent (fixture, LS_MESSAGE_PING));
  ls_sync_machine_looked_at_scope (fixture->machine, "music", &scope, orders, fixture->now);
  expect_nothing (fixture);
}

/* A server that did not hear what is held says so by what its digests are of, and is told again. */
static void
test_scope_unheard (Fixture      *fixture,
                    gconstpointer data)
{
  g_autoptr (LsMessage) first = NULL, again = NULL;
  LsScope scope;

  go_live (fixture, 7, 0);
  ls_scope_init (&scope);
  scope.since[LS_ORDERS] = 671;
  ls_sync_machine_scoped (fixture->machine, "music", &scope, 0, fixture->now);
  expect_drop (fixture, LS_SYNC_SHOPS);
  first = expect_sent (fixture, LS_MESSAGE_SUBSCRIBE);
  say_digest (fixture, 7);
  again = expect_sent (fixture, LS_MESSAGE_SUBSCRIBE);
  g_assert_true (again->subscribe.keep);
  g_assert_cmpuint (since_of (again, LS_ORDERS), ==, 671);
  expect_drop (fixture, LS_SYNC_COMPARE);
  expect_nothing (fixture);
}

/* Without a connection it is kept; the next session begins with it, and asks for what is lacking. */
static void
test_scope_offline (Fixture      *fixture,
                    gconstpointer data)
{
  uint32_t orders = UINT32_C (1) << LS_ORDERS;
  LsScopeChoice choice = { 24, 0 };
  g_autoptr (LsMessage) subscribe = NULL, ping = NULL;
  g_autoptr (LsSyncAction) fetch = NULL;
  LsScope scope;

  load (fixture, "c1", 7, 0, 0);
  ls_sync_machine_set_scope (fixture->machine, "music", &choice);
  expect_drop (fixture, LS_SYNC_SET_SCOPE);
  ls_scope_init (&scope);
  scope.since[LS_ORDERS] = 659;
  ls_sync_machine_scoped (fixture->machine, "music", &scope, orders, fixture->now);
  expect_drop (fixture, LS_SYNC_SHOPS);
  expect_nothing (fixture);
  ls_sync_machine_opened (fixture->machine, fixture->now);
  ls_message_unref (expect_sent (fixture, LS_MESSAGE_HELLO));
  say_welcome (fixture, "c1", "music", EPOCH, 7, LS_ROLE_ADMIN);
  for (int i = 0; i < 4; i++)
    {
      collect (fixture);
      ls_sync_action_free (g_queue_pop_head (&fixture->actions));
    }
  ls_sync_machine_scoped (fixture->machine, "music", &scope, orders, fixture->now);
  expect_drop (fixture, LS_SYNC_SHOPS);
  ls_sync_machine_view_set (fixture->machine, "music", fixture->view, orders, NULL, fixture->now);
  numbered (fixture, 1, 0);
  subscribe = expect_sent (fixture, LS_MESSAGE_SUBSCRIBE);
  g_assert_false (subscribe->subscribe.keep);
  g_assert_cmpuint (since_of (subscribe, LS_ORDERS), ==, 659);
  ping = expect_sent (fixture, LS_MESSAGE_PING);
  expect_drop (fixture, LS_SYNC_SET_SYNCED);
  say_pong (fixture, ping->ping.id, 7);
  fetch = expect (fixture, LS_SYNC_FETCH);
  g_assert_cmpuint (fetch->collections, ==, orders);
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
    { "first-sync", test_first_sync },
    { "hello-says-n", test_hello_says_n },
    { "deltas", test_deltas },
    { "gap-by-pong", test_gap_by_pong },
    { "pressure", test_pressure },
    { "view-fails", test_view_fails },
    { "cache-fails", test_cache_fails },
    { "cache-failed", test_cache_failed },
    { "client-not-kept", test_client_not_kept },
    { "cache-disagrees", test_cache_disagrees },
    { "log-disagrees", test_log_disagrees },
    { "resync", test_resync },
    { "fetch-fails", test_fetch_fails },
    { "went-back", test_went_back },
    { "circles", test_circles },
    { "wider-view", test_wider_view },
    { "shop-goes", test_shop_goes },
    { "shop-goes-awaited", test_shop_goes_awaited },
    { "shop-went", test_shop_went },
    { "shop-comes-back", test_shop_comes_back },
    { "edits", test_edits },
    { "refusals", test_refusals },
    { "too-large", test_too_large },
    { "forked", test_forked },
    { "new-epoch", test_new_epoch },
    { "shown", test_shown },
    { "limited", test_limited },
    { "scope", test_scope },
    { "scope-offline", test_scope_offline },
    { "scope-unheard", test_scope_unheard },
    { "scope-unanswered", test_scope_unanswered },
    { "scope-date", test_scope_date },
    { "scope-first-sync", test_scope_first_sync },
    { "sync-now", test_sync_now },
    { "unreadable", test_unreadable },
    { "unknown-stream", test_unknown_stream },
    { "role-changes-back", test_role_changes_back },
    { "sync-now-gone-back", test_sync_now_gone_back },
    { "edit-lost", test_edit_lost },
    { "errors", test_errors },
    { "sign-out", test_sign_out },
    { "closed-while-fetching", test_closed_while_fetching },
  };

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/sync-machine/", tests[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
  return g_test_run ();
}
