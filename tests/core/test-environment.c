/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "core/ls-environment.h"
#include "core/ls-id.h"

#define N_JOBS 20000

typedef struct {
  LsEnvironment *environment;
  LsQueue *queue;
  int next;
  bool in_order;
  bool on_queue;
  int done; /* atomic */
} Order;

typedef struct {
  Order *order;
  int number;
} OrderJob;

static void
order_job (gpointer data)
{
  OrderJob *job = data;

  if (job->number != job->order->next++)
    job->order->in_order = false;
  if (!ls_environment_is_current (job->order->environment, job->order->queue))
    job->order->on_queue = false;
  if (job->number == N_JOBS - 1)
    {
      g_atomic_int_set (&job->order->done, 1);
      g_main_context_wakeup (NULL);
    }
}

static void
test_order (void)
{
  g_autoptr (LsEnvironment) environment = ls_system_environment_new ();
  Order order = { environment, ls_environment_get_queue (environment, "one"), 0, true, true, 0 };

  g_assert_true (order.queue == ls_environment_get_queue (environment, "one"));
  for (int i = 0; i < N_JOBS; i++)
    {
      OrderJob *job = g_new0 (OrderJob, 1);

      job->order = &order;
      job->number = i;
      ls_environment_post (environment, order.queue, order_job, job, g_free);
    }
  while (!g_atomic_int_get (&order.done))
    g_main_context_iteration (NULL, TRUE);
  ls_environment_stop (environment);
  g_assert_true (order.in_order);
  g_assert_true (order.on_queue);
  g_assert_false (ls_environment_is_current (environment, order.queue));
}

static void
count_job (gpointer data)
{
  g_atomic_int_inc ((int *) data);
}

static void
count_destroy (gpointer data)
{
  g_atomic_int_add ((int *) data, 1000);
}

static void
test_cancel (void)
{
  g_autoptr (LsEnvironment) environment = ls_system_environment_new ();
  LsQueue *main_queue = ls_environment_get_queue (environment, LS_QUEUE_MAIN);
  int counts[3] = { 0, 0, 0 };
  uint64_t late = ls_environment_post_after (environment, main_queue, INT64_C (3600) * G_USEC_PER_SEC, count_job, &counts[0],
                                             count_destroy);

  ls_environment_post_after (environment, main_queue, 1000, count_job, &counts[1], count_destroy);
  g_assert_true (ls_environment_cancel (environment, main_queue, late));
  g_assert_false (ls_environment_cancel (environment, main_queue, late));
  g_assert_cmpint (counts[0], ==, 1000);
  while (g_atomic_int_get (&counts[1]) < 1001)
    g_main_context_iteration (NULL, TRUE);
  g_assert_cmpint (counts[1], ==, 1001);
}

/* What has not begun when the queues end is dropped, and its data freed all the same. */
static void
test_stop (void)
{
  g_autoptr (LsEnvironment) environment = ls_system_environment_new ();
  LsQueue *queue = ls_environment_get_queue (environment, "one");
  int timer = 0;
  int after = 0;

  ls_environment_post_after (environment, queue, INT64_C (3600) * G_USEC_PER_SEC, count_job, &timer, count_destroy);
  ls_environment_stop (environment);
  g_assert_cmpint (g_atomic_int_get (&timer), ==, 1000);
  ls_environment_post (environment, queue, count_job, &after, count_destroy);
  g_assert_cmpint (g_atomic_int_get (&after), ==, 1000);
  ls_environment_stop (environment);
}

static void
test_ids (void)
{
  g_autoptr (LsEnvironment) environment = ls_system_environment_new ();
  g_autoptr (GHashTable) seen = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_autofree char *secret = ls_id_new_secret (environment, 16);
  int64_t before = ls_environment_monotonic (environment);

  for (int i = 0; i < 10000; i++)
    {
      char *id = ls_id_new_uuid (environment);

      g_assert_true (g_uuid_string_is_valid (id));
      g_assert_cmpint (id[14], ==, '7');
      g_assert_nonnull (strchr ("89ab", id[19]));
      g_assert_true (g_hash_table_add (seen, id));
    }
  g_assert_cmpuint (strlen (secret), ==, 32);
  g_assert_cmpuint (strspn (secret, "0123456789abcdef"), ==, 32);
  g_assert_cmpint (ls_environment_monotonic (environment), >=, before);
  g_assert_cmpint (ls_environment_now (environment), >, INT64_C (1700000000000000));
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/environment/order", test_order);
  g_test_add_func ("/environment/cancel", test_cancel);
  g_test_add_func ("/environment/stop", test_stop);
  g_test_add_func ("/environment/ids", test_ids);
  return g_test_run ();
}
