/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-event-bus.h"
#include "ls-test-environment.h"

typedef struct {
  LsTestEnvironment *environment;
  LsEventBus *bus;
  GString *heard;
  bool echo; /* publishes another for each heard */
  bool inside;
} Fixture;

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  LsEnvironment *environment;

  fixture->environment = ls_test_environment_new (1);
  environment = LS_ENVIRONMENT (fixture->environment);
  fixture->bus =
      ls_event_bus_new (environment, ls_environment_get_queue (environment, LS_QUEUE_MAIN));
  fixture->heard = g_string_new (NULL);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  ls_environment_stop (LS_ENVIRONMENT (fixture->environment));
  g_assert_finalize_object (fixture->bus);
  g_assert_finalize_object (fixture->environment);
  g_string_free (fixture->heard, TRUE);
}

static void
event_cb (LsEventBus *bus,
          LsEvent    *event,
          Fixture    *fixture)
{
  g_assert_false (fixture->inside);
  fixture->inside = true;
  g_string_append_printf (fixture->heard, "%s:%s ", event->type, event->shop);
  if (fixture->echo)
    ls_event_bus_publish (bus, ls_event_new (LS_EVENT_SHOWN, event->shop));
  fixture->inside = false;
}

static void
publish (Fixture    *fixture,
         const char *type,
         const char *shop,
         const char *correlation,
         const char *once)
{
  LsEvent *event = ls_event_new (type, shop);

  event->correlation = g_strdup (correlation);
  event->once = g_strdup (once);
  ls_event_bus_publish (fixture->bus, event);
}

static void
test_details (Fixture      *fixture,
              gconstpointer data)
{
  g_signal_connect (fixture->bus, "event::delta", G_CALLBACK (event_cb), fixture);
  publish (fixture, LS_EVENT_DELTA, "a", NULL, NULL);
  publish (fixture, LS_EVENT_NOTICE, "b", NULL, NULL);
  publish (fixture, LS_EVENT_DELTA, "c", NULL, NULL);
  g_assert_cmpstr (fixture->heard->str, ==, "");
  ls_test_environment_run (fixture->environment);
  g_assert_cmpstr (fixture->heard->str, ==, "delta:a delta:c ");
}

static void
test_history (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr (GPtrArray) all = NULL;
  g_autoptr (GPtrArray) some = NULL;
  LsEvent *first, *last;

  for (int i = 0; i < LS_EVENT_BUS_HISTORY + 10; i++)
    publish (fixture, LS_EVENT_DELTA, "a", i % 100 == 0 ? "click" : NULL, NULL);
  ls_test_environment_run (fixture->environment);
  all = ls_event_bus_get_history (fixture->bus, NULL);
  some = ls_event_bus_get_history (fixture->bus, "click");
  g_assert_cmpuint (all->len, ==, LS_EVENT_BUS_HISTORY);
  g_assert_cmpuint (some->len, ==, 10);
  first = g_ptr_array_index (all, 0);
  last = g_ptr_array_index (all, all->len - 1);
  g_assert_cmpint (first->id, ==, 11);
  g_assert_cmpint (last->id, ==, LS_EVENT_BUS_HISTORY + 10);
  g_assert_cmpint (last->at, ==, ls_environment_now (LS_ENVIRONMENT (fixture->environment)));
}

static void
test_once (Fixture      *fixture,
           gconstpointer data)
{
  g_autoptr (GPtrArray) history = NULL;

  g_signal_connect (fixture->bus, "event", G_CALLBACK (event_cb), fixture);
  publish (fixture, LS_EVENT_ERROR, "a", NULL, "disk full");
  publish (fixture, LS_EVENT_ERROR, "a", NULL, "disk full");
  publish (fixture, LS_EVENT_ERROR, "b", NULL, "disk full");
  publish (fixture, LS_EVENT_NOTICE, "a", NULL, "disk full");
  publish (fixture, LS_EVENT_ERROR, "a", NULL, "disk slow");
  publish (fixture, LS_EVENT_ERROR, "a", NULL, NULL);
  publish (fixture, LS_EVENT_ERROR, "a", NULL, NULL);
  ls_test_environment_advance (fixture->environment, G_USEC_PER_SEC - 1);
  publish (fixture, LS_EVENT_ERROR, "a", NULL, "disk full");
  ls_test_environment_advance (fixture->environment, 1);
  publish (fixture, LS_EVENT_ERROR, "a", NULL, "disk full");
  ls_test_environment_run (fixture->environment);
  g_assert_cmpstr (fixture->heard->str, ==,
                   "error:a error:b notice:a error:a error:a error:a error:a ");
  history = ls_event_bus_get_history (fixture->bus, NULL);
  g_assert_cmpuint (((LsEvent *) g_ptr_array_index (history, 0))->repeats, ==, 2);
}

static void
test_reentrancy (Fixture      *fixture,
                 gconstpointer data)
{
  g_autoptr (GPtrArray) history = NULL;

  fixture->echo = true;
  g_signal_connect (fixture->bus, "event", G_CALLBACK (event_cb), fixture);
  publish (fixture, LS_EVENT_NOTICE, "a", NULL, NULL);
  publish (fixture, LS_EVENT_NOTICE, "b", NULL, NULL);
  ls_test_environment_run (fixture->environment);
  g_assert_true (g_str_has_prefix (fixture->heard->str, "notice:a notice:b shown:a shown:b "));
  history = ls_event_bus_get_history (fixture->bus, NULL);
  g_assert_cmpuint (history->len, ==, 2 * (LS_EVENT_BUS_MAX_DEPTH + 1));
  g_assert_cmpuint (ls_event_bus_get_n_dropped (fixture->bus), ==, 2);
}

static void
test_flood (Fixture      *fixture,
            gconstpointer data)
{
  for (int i = 0; i < 20000; i++)
    publish (fixture, LS_EVENT_DELTA, "a", NULL, NULL);
  g_assert_cmpuint (ls_event_bus_get_n_dropped (fixture->bus), ==, 10000);
  ls_test_environment_run (fixture->environment);
  publish (fixture, LS_EVENT_DELTA, "a", NULL, NULL);
  g_assert_cmpuint (ls_event_bus_get_n_dropped (fixture->bus), ==, 10000);
}

static gpointer
publish_thread (gpointer data)
{
  for (int i = 0; i < 1000; i++)
    ls_event_bus_publish (data, ls_event_new (LS_EVENT_DELTA, "a"));
  return NULL;
}

static void
count_cb (LsEventBus *bus,
          LsEvent    *event,
          unsigned   *count)
{
  g_assert_true (g_main_context_is_owner (NULL));
  g_assert_cmpint (event->id, ==, ++*count);
}

static void
test_threads (void)
{
  g_autoptr (LsEnvironment) environment = ls_system_environment_new ();
  LsEventBus *bus =
      ls_event_bus_new (environment, ls_environment_get_queue (environment, LS_QUEUE_MAIN));
  GThread *threads[4];
  unsigned count = 0;

  g_signal_connect (bus, "event", G_CALLBACK (count_cb), &count);
  for (unsigned i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("publish", publish_thread, bus);
  while (count < 1000 * G_N_ELEMENTS (threads))
    g_main_context_iteration (NULL, TRUE);
  for (unsigned i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  ls_environment_stop (environment);
  g_assert_finalize_object (bus);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);

  g_test_add ("/event-bus/details", Fixture, NULL, set_up, test_details, tear_down);
  g_test_add ("/event-bus/history", Fixture, NULL, set_up, test_history, tear_down);
  g_test_add ("/event-bus/once", Fixture, NULL, set_up, test_once, tear_down);
  g_test_add ("/event-bus/reentrancy", Fixture, NULL, set_up, test_reentrancy, tear_down);
  g_test_add ("/event-bus/flood", Fixture, NULL, set_up, test_flood, tear_down);
  g_test_add_func ("/event-bus/threads", test_threads);
  return g_test_run ();
}
