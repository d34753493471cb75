/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "app-test.h"
#include "app/ls-attention-watch.h"
#include "client/ls-client-private.h"
#include "ls-test-dir.h"
#include "ls-test-environment.h"

/*
 * Whether somebody is at it, only looks, or has turned away: by the focus, the keyboard and the pointer of
 * a real display, and a clock of the test.
 */

#define SECOND ((int64_t) G_USEC_PER_SEC)
#define ACTIVE_FOR (60 * SECOND)

typedef struct {
  LsTestDir *dir;
  LsTestEnvironment *environment;
  LsClient *client;
  LsAttentionWatch *watch;
  GtkWindow *first;
  GtkWindow *second;
  GtkWindow *foreign; /* nobody watches it: another program's */
} Fixture;

/* --- Hands --------------------------------------------------------------------------------------- */

static void
use (const char *const *arguments)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GSubprocess) process = NULL;

  /* What the display does not know yet, such as a title, can't be found there. */
  gdk_display_sync (gdk_display_get_default ());
  process = g_subprocess_newv (arguments, G_SUBPROCESS_FLAGS_STDOUT_SILENCE, &error);
  g_assert_no_error (error);
  g_subprocess_wait_check (process, NULL, &error);
  g_assert_no_error (error);
}

static gboolean
is_active (gpointer user_data)
{
  return gtk_window_is_active (user_data);
}

static gboolean
is_true (gpointer user_data)
{
  return *(gboolean *) user_data;
}

static void
look_at (GtkWindow *window)
{
  const char *const arguments[] = { "xdotool",   "search",      "--sync", "--name", gtk_window_get_title (window),
                                    "windowraise", "windowfocus", NULL };

  use (arguments);
  app_test_wait (is_active, window);
}

static void
raise_up (GtkWindow *window)
{
  const char *const arguments[] = { "xdotool", "search", "--sync", "--name", gtk_window_get_title (window),
                                    "windowraise", NULL };

  use (arguments);
}

typedef struct {
  GdkEventType type;
  gboolean heard;
} Wanted;

static gboolean
heard_cb (Wanted   *wanted,
          GdkEvent *event)
{
  if (gdk_event_get_event_type (event) == wanted->type)
    wanted->heard = TRUE;
  return GDK_EVENT_PROPAGATE;
}

/* Does what makes an event of the display, and waits until a window has heard it. */
static void
wait_heard (GtkWindow         *window,
            GdkEventType       type,
            const char *const *arguments)
{
  GtkEventController *controller = gtk_event_controller_legacy_new ();
  Wanted wanted = { type, FALSE };

  /* Behind the watch, which hears it first. */
  g_signal_connect_swapped (controller, "event", G_CALLBACK (heard_cb), &wanted);
  gtk_widget_add_controller (GTK_WIDGET (window), controller);
  use (arguments);
  app_test_wait (is_true, &wanted.heard);
  gtk_widget_remove_controller (GTK_WIDGET (window), controller);
}

static void
press_key (GtkWindow *window)
{
  const char *const arguments[] = { "xdotool", "key", "a", NULL };

  wait_heard (window, GDK_KEY_PRESS, arguments);
}

/* Windows lie at 0,0: over the one in front. */
static void
move_pointer (GtkWindow *window)
{
  static unsigned moves;
  g_autofree char *x = g_strdup_printf ("%u", 20 + moves++ % 2 * 20);
  const char *const arguments[] = { "xdotool", "mousemove", x, "40", NULL };

  wait_heard (window, GDK_MOTION_NOTIFY, arguments);
}

/* --- What is told -------------------------------------------------------------------------------- */

static void
expect (Fixture    *fixture,
        LsAttention attention)
{
  ls_test_environment_run (fixture->environment);
  g_assert_cmpint (fixture->client->attention, ==, attention);
}

static void
advance (Fixture *fixture,
         int64_t  span)
{
  ls_test_environment_advance (fixture->environment, span);
}

/* Nothing wakes the program up any more. */
static void
expect_rest (Fixture *fixture)
{
  g_assert_cmpint (ls_test_environment_get_due (fixture->environment), ==, -1);
}

static LsClient *
new_client (Fixture    *fixture,
            const char *user)
{
  return ls_client_new (LS_ENVIRONMENT (fixture->environment), "http://127.0.0.1:1", user,
                        ls_test_dir_get_path (fixture->dir));
}

static GtkWindow *
new_window (const char *title)
{
  GtkWindow *window = app_test_show (gtk_label_new (title), 200, 100);

  gtk_window_set_title (window, title);
  return window;
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->dir = ls_test_dir_new ();
  fixture->environment = ls_test_environment_new (1);
  fixture->client = new_client (fixture, "admin");
  fixture->watch = ls_attention_watch_new (LS_ENVIRONMENT (fixture->environment));
  ls_attention_watch_set_client (fixture->watch, fixture->client);
  fixture->first = new_window ("The first");
  fixture->second = new_window ("The second");
  fixture->foreign = new_window ("A foreign one");
  look_at (fixture->foreign);
  ls_attention_watch_add_window (fixture->watch, fixture->first);
  ls_attention_watch_add_window (fixture->watch, fixture->second);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_clear_pointer (&fixture->first, app_test_close);
  g_clear_pointer (&fixture->second, app_test_close);
  app_test_close (fixture->foreign);
  g_assert_finalize_object (fixture->watch);
  g_assert_finalize_object (fixture->client);
  expect_rest (fixture);
  ls_environment_stop (LS_ENVIRONMENT (fixture->environment));
  g_assert_finalize_object (fixture->environment);
  ls_test_dir_free (fixture->dir);
}

/* Who turns to a window is at it, and after a minute without a key only looks. */
static void
test_focus (Fixture      *fixture,
            gconstpointer data)
{
  expect (fixture, LS_ATTENTION_AWAY);
  expect_rest (fixture);
  look_at (fixture->first);
  expect (fixture, LS_ATTENTION_ACTIVE);
  advance (fixture, ACTIVE_FOR - 1);
  expect (fixture, LS_ATTENTION_ACTIVE);
  advance (fixture, 1);
  expect (fixture, LS_ATTENTION_WATCHING);
  expect_rest (fixture);
  /* Another window of the program counts as much. */
  look_at (fixture->second);
  expect (fixture, LS_ATTENTION_ACTIVE);
  look_at (fixture->foreign);
  expect (fixture, LS_ATTENTION_AWAY);
  expect_rest (fixture);
}

/* A key and the pointer show that somebody is at it, for a minute from the last of them. */
static void
test_activity (Fixture      *fixture,
               gconstpointer data)
{
  look_at (fixture->first);
  advance (fixture, ACTIVE_FOR);
  expect (fixture, LS_ATTENTION_WATCHING);
  press_key (fixture->first);
  expect (fixture, LS_ATTENTION_ACTIVE);
  advance (fixture, ACTIVE_FOR / 2);
  press_key (fixture->first);
  advance (fixture, ACTIVE_FOR - 1);
  expect (fixture, LS_ATTENTION_ACTIVE);
  advance (fixture, 1);
  expect (fixture, LS_ATTENTION_WATCHING);
  move_pointer (fixture->first);
  expect (fixture, LS_ATTENTION_ACTIVE);
  /* It crosses many windows on its way: without the focus it says nothing. */
  look_at (fixture->foreign);
  advance (fixture, ACTIVE_FOR);
  raise_up (fixture->first);
  move_pointer (fixture->first);
  expect (fixture, LS_ATTENTION_AWAY);
  expect_rest (fixture);
}

/* With the window that had the focus the attention goes. */
static void
test_closed (Fixture      *fixture,
             gconstpointer data)
{
  look_at (fixture->second);
  expect (fixture, LS_ATTENTION_ACTIVE);
  g_clear_pointer (&fixture->second, app_test_close);
  expect (fixture, LS_ATTENTION_AWAY);
  expect_rest (fixture);
}

/* Another account hears how it is, and the one before nothing any more. */
static void
test_account (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr (LsClient) before = g_steal_pointer (&fixture->client);

  look_at (fixture->first);
  advance (fixture, ACTIVE_FOR);
  ls_attention_watch_set_client (fixture->watch, NULL);
  look_at (fixture->foreign);
  g_assert_cmpint (before->attention, ==, LS_ATTENTION_WATCHING);
  fixture->client = new_client (fixture, "other");
  ls_attention_watch_set_client (fixture->watch, fixture->client);
  expect (fixture, LS_ATTENTION_AWAY);
  look_at (fixture->first);
  expect (fixture, LS_ATTENTION_ACTIVE);
  g_assert_cmpint (before->attention, ==, LS_ATTENTION_WATCHING);
}

int
main (int   argc,
      char *argv[])
{
  app_test_init (&argc, &argv);
#define ADD(path, test) g_test_add (path, Fixture, NULL, set_up, test, tear_down)
  ADD ("/attention/focus", test_focus);
  ADD ("/attention/activity", test_activity);
  ADD ("/attention/closed", test_closed);
  ADD ("/attention/account", test_account);
#undef ADD
  return g_test_run ();
}
