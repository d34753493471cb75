/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-outbox.h"
#include "core/ls-message.h"

#define SECOND INT64_C (1000000)

/* An outbox over a cache that is an array: edits wait in it by their number, 1, 2, 3. */
typedef struct {
  LsOutbox *outbox;
  int64_t n_made;
  int64_t n_numbered;
  unsigned n_writes; /* how often some got theirs */
  int64_t voided; /* the one that was taken back */
  GArray *decided; /* n */
  GString *wire;
  int64_t now;
} Fixture;

static uint64_t
draw (gpointer user_data)
{
  return 30 * SECOND; /* long waits, and the longest where that is the limit */
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->outbox = ls_outbox_new (draw, NULL);
  fixture->decided = g_array_new (FALSE, FALSE, sizeof (int64_t));
  fixture->wire = g_string_new (NULL);
  fixture->now = SECOND;
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  ls_outbox_free (fixture->outbox);
  g_array_unref (fixture->decided);
  g_string_free (fixture->wire, TRUE);
}

static char *
mid_of (int64_t n)
{
  return g_strdup_printf ("mid-%d", (int) n);
}

static bool
is_decided (Fixture *fixture,
            int64_t  n)
{
  for (unsigned i = 0; i < fixture->decided->len; i++)
    if (g_array_index (fixture->decided, int64_t, i) == n)
      return true;
  return false;
}

static GPtrArray *
undecided (Fixture *fixture)
{
  GPtrArray *edits = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_edit_unref);

  for (int64_t n = 1; n <= fixture->n_numbered; n++)
    if (!is_decided (fixture, n))
      {
        LsEdit *edit = ls_edit_new ();

        edit->n = n;
        edit->is_void = n == fixture->voided;
        edit->mid = mid_of (n);
        g_ptr_array_add (edits, edit);
      }
  return edits;
}

/* Runs the outbox until it has nothing to do; what it sends is appended to the wire. */
static void
run (Fixture *fixture)
{
  LsOutboxWork work;
  LsOutboxStep step;

  while ((step = ls_outbox_next (fixture->outbox, fixture->now, &work)) != LS_OUTBOX_NOTHING)
    {
      g_autoptr (GPtrArray) edits = NULL;

      if (step == LS_OUTBOX_SEND)
        g_string_append_printf (fixture->wire, work.edit->is_void ? "%d! " : "%d ",
                                (int) work.edit->n);
      else if (step == LS_OUTBOX_VOID)
        g_string_append_printf (fixture->wire, "v%d ", (int) work.n);
      else if (step == LS_OUTBOX_ASK)
        g_string_append (fixture->wire, "? ");
      else
        {
          fixture->n_writes += fixture->n_numbered < fixture->n_made && work.max > 0;
          fixture->n_numbered = MIN (fixture->n_made, fixture->n_numbered + work.max);
          edits = undecided (fixture);
          g_assert_cmpuint (edits->len, <=, LS_MUTATION_WINDOW);
          ls_outbox_numbered (fixture->outbox, edits, fixture->now);
        }
    }
}

static void
expect_wire (Fixture    *fixture,
             const char *text)
{
  run (fixture);
  g_assert_cmpstr (fixture->wire->str, ==, text);
  g_string_truncate (fixture->wire, 0);
}

static void
make (Fixture *fixture,
      int      n)
{
  fixture->n_made += n;
  ls_outbox_changed (fixture->outbox);
}

static void
decide (Fixture *fixture,
        int64_t  n)
{
  g_autofree char *mid = mid_of (n);

  g_array_append_val (fixture->decided, n);
  ls_outbox_decided (fixture->outbox, mid, true, fixture->now);
}

/* What is taken back while there is no connection goes without its content in the next. */
static void
test_taken_back (Fixture      *fixture,
                 gconstpointer data)
{
  make (fixture, 3);
  ls_outbox_begin (fixture->outbox);
  expect_wire (fixture, "1 2 3 ");
  ls_outbox_end (fixture->outbox);
  fixture->voided = 2;
  ls_outbox_changed (fixture->outbox);
  ls_outbox_begin (fixture->outbox);
  expect_wire (fixture, "1 2! 3 ");
}

static void
test_order (Fixture      *fixture,
            gconstpointer data)
{
  make (fixture, 3);
  expect_wire (fixture, "");
  g_assert_cmpint (fixture->n_numbered, ==, 0);
  ls_outbox_begin (fixture->outbox);
  expect_wire (fixture, "1 2 3 ");
  g_assert_cmpuint (ls_outbox_get_n_sent (fixture->outbox), ==, 3);
  g_assert_cmpint (ls_outbox_get_highest_n (fixture->outbox), ==, 3);
  g_assert_cmpint (ls_outbox_get_known_n (fixture->outbox), ==, 0);
  make (fixture, 1);
  expect_wire (fixture, "4 ");
  decide (fixture, 1);
  decide (fixture, 3);
  g_assert_cmpint (ls_outbox_get_known_n (fixture->outbox), ==, 1);
  decide (fixture, 2);
  decide (fixture, 4);
  g_assert_cmpint (ls_outbox_get_known_n (fixture->outbox), ==, 4);
  expect_wire (fixture, "");
  g_assert_cmpint (ls_outbox_get_deadline (fixture->outbox), ==, -1);
}

static void
test_window (Fixture      *fixture,
             gconstpointer data)
{
  ls_outbox_begin (fixture->outbox);
  make (fixture, 200);
  run (fixture);
  g_assert_cmpint (fixture->n_numbered, ==, LS_MUTATION_WINDOW);
  g_string_truncate (fixture->wire, 0);
  for (int64_t n = 1; n <= 200; n++)
    {
      decide (fixture, n);
      run (fixture);
      /* Always enough of them under way, and not a write for each. */
      g_assert_cmpint (fixture->n_numbered, >=, MIN (200, n + LS_MUTATION_WINDOW * 3 / 4));
    }
  g_assert_cmpint (fixture->n_numbered, ==, 200);
  g_assert_cmpuint (fixture->n_writes, <, 12);
  g_assert_cmpuint (ls_outbox_get_n_sent (fixture->outbox), ==, 0);
}

/* A server may want less under way than a client would have; never more. */
static void
test_small_window (Fixture      *fixture,
                   gconstpointer data)
{
  ls_outbox_set_window (fixture->outbox, 2);
  ls_outbox_begin (fixture->outbox);
  make (fixture, 80);
  expect_wire (fixture, "1 2 ");
  decide (fixture, 1);
  expect_wire (fixture, "3 ");
  ls_outbox_set_window (fixture->outbox, 1000000);
  decide (fixture, 2);
  run (fixture);
  g_assert_cmpint (fixture->n_numbered, ==, 2 + LS_MUTATION_WINDOW);
  /* Those that have their n go on, and none gets one before there is room. */
  ls_outbox_set_window (fixture->outbox, 0);
  g_string_truncate (fixture->wire, 0);
  for (int64_t n = 3; n < 2 + LS_MUTATION_WINDOW; n++)
    decide (fixture, n);
  expect_wire (fixture, "");
  decide (fixture, 2 + LS_MUTATION_WINDOW);
  expect_wire (fixture, "67 ");
}

/* The window is full when an edit is made, and has room again when the cache answers what has an n by
 * then: what found no room is numbered all the same. */
static void
test_room_meanwhile (Fixture      *fixture,
                     gconstpointer data)
{
  LsOutboxWork work;
  g_autoptr (GPtrArray) edits = NULL;

  ls_outbox_begin (fixture->outbox);
  make (fixture, LS_MUTATION_WINDOW);
  run (fixture);
  g_string_truncate (fixture->wire, 0);
  make (fixture, 2);
  g_assert_cmpint (ls_outbox_next (fixture->outbox, fixture->now, &work), ==, LS_OUTBOX_NUMBER);
  g_assert_cmpuint (work.max, ==, 0);
  /* Their results were on the way to the cache before the question was. */
  for (int64_t n = 1; n <= LS_MUTATION_WINDOW / 2; n++)
    decide (fixture, n);
  edits = undecided (fixture);
  ls_outbox_numbered (fixture->outbox, edits, fixture->now);
  expect_wire (fixture, "65 66 ");
}

static void
test_reconnect (Fixture      *fixture,
                gconstpointer data)
{
  ls_outbox_begin (fixture->outbox);
  make (fixture, 4);
  expect_wire (fixture, "1 2 3 4 ");
  decide (fixture, 1);
  ls_outbox_end (fixture->outbox);
  make (fixture, 1);
  expect_wire (fixture, "");
  ls_outbox_begin (fixture->outbox);
  expect_wire (fixture, "2 3 4 5 ");
}

static void
test_restart (Fixture      *fixture,
              gconstpointer data)
{
  g_autoptr (GPtrArray) edits = NULL;

  fixture->n_made = fixture->n_numbered = 5;
  for (int64_t n = 1; n <= 3; n++)
    g_array_append_val (fixture->decided, n);
  edits = undecided (fixture);
  ls_outbox_set_highest_n (fixture->outbox, 5);
  ls_outbox_numbered (fixture->outbox, edits, fixture->now);
  g_assert_cmpint (ls_outbox_get_known_n (fixture->outbox), ==, 3);
  ls_outbox_begin (fixture->outbox);
  expect_wire (fixture, "4 5 ");
}

static void
test_go_back (Fixture      *fixture,
              gconstpointer data)
{
  ls_outbox_begin (fixture->outbox);
  make (fixture, 6);
  expect_wire (fixture, "1 2 3 4 5 6 ");
  decide (fixture, 1);
  /* One was not taken; those behind it come back too. */
  for (int i = 0; i < 5; i++)
    ls_outbox_refused (fixture->outbox, 2, false, 0, fixture->now);
  expect_wire (fixture, "");
  fixture->now = ls_outbox_get_deadline (fixture->outbox);
  expect_wire (fixture, "2 3 4 5 6 ");
  /* Again and again the same: longer and longer waits, and never an end. */
  for (int i = 0; i < 10; i++)
    {
      int64_t before = fixture->now;

      ls_outbox_refused (fixture->outbox, 2, false, 0, fixture->now);
      fixture->now = ls_outbox_get_deadline (fixture->outbox);
      g_assert_cmpint (fixture->now, >, before);
      g_assert_cmpint (fixture->now, <=, before + 30 * SECOND);
      if (i > 6)
        g_assert_cmpint (fixture->now, ==, before + 30 * SECOND);
      expect_wire (fixture, "2 3 4 5 6 ");
    }
  decide (fixture, 2);
  ls_outbox_refused (fixture->outbox, 5, false, 0, fixture->now);
  g_assert_cmpint (ls_outbox_get_deadline (fixture->outbox), <, fixture->now + SECOND);
  fixture->now += SECOND;
  expect_wire (fixture, "5 6 ");
}

/* A result that stands behind one that never came. */
static void
test_missing (Fixture      *fixture,
              gconstpointer data)
{
  ls_outbox_begin (fixture->outbox);
  make (fixture, 6);
  expect_wire (fixture, "1 2 3 4 5 6 ");
  decide (fixture, 1);
  expect_wire (fixture, "");
  decide (fixture, 3);
  expect_wire (fixture, "2 4 5 6 ");
  /* These were on their way already. */
  decide (fixture, 4);
  decide (fixture, 5);
  expect_wire (fixture, "");
  /* But what was sent after it came through, and it did not. */
  make (fixture, 1);
  expect_wire (fixture, "7 ");
  decide (fixture, 7);
  expect_wire (fixture, "2 6 ");
  decide (fixture, 2);
  decide (fixture, 6);
  expect_wire (fixture, "");
  g_assert_cmpint (ls_outbox_get_known_n (fixture->outbox), ==, 7);
}

/* One that was refused here says nothing of what is on its way. */
static void
test_decided_here (Fixture      *fixture,
                   gconstpointer data)
{
  g_autofree char *mid = mid_of (3);

  ls_outbox_begin (fixture->outbox);
  make (fixture, 3);
  expect_wire (fixture, "1 2 3 ");
  ls_outbox_decided (fixture->outbox, mid, false, fixture->now);
  expect_wire (fixture, "");
}

/* The deadline comes, neither earlier nor later than it should. */
static void
wait_for_question (Fixture *fixture,
                   int64_t  patience)
{
  g_assert_cmpint (ls_outbox_get_deadline (fixture->outbox), ==, fixture->now + patience);
  fixture->now += patience - 1;
  expect_wire (fixture, "");
  fixture->now++;
  expect_wire (fixture, "? ");
}

/* Edits that got lost with nothing behind them that would show it. */
static void
test_lost (Fixture      *fixture,
           gconstpointer data)
{
  ls_outbox_begin (fixture->outbox);
  make (fixture, 3);
  expect_wire (fixture, "1 2 3 ");
  wait_for_question (fixture, LS_OUTBOX_PATIENCE);
  ls_outbox_told (fixture->outbox, 1);
  expect_wire (fixture, "2 3 ");
  /* It said so once. */
  ls_outbox_told (fixture->outbox, 1);
  expect_wire (fixture, "");
  /* And got lost again, the other one with it. */
  wait_for_question (fixture, LS_OUTBOX_PATIENCE);
  ls_outbox_told (fixture->outbox, 0);
  expect_wire (fixture, "1 2 3 ");
  decide (fixture, 1);
  wait_for_question (fixture, LS_OUTBOX_PATIENCE);
  /* What goes while the answer is on its way is not what was asked about. */
  make (fixture, 1);
  expect_wire (fixture, "4 ");
  ls_outbox_told (fixture->outbox, 3);
  expect_wire (fixture, "");
  for (int64_t n = 2; n <= 4; n++)
    decide (fixture, n);
  g_assert_cmpint (ls_outbox_get_deadline (fixture->outbox), ==, -1);
  /* What comes after a long time without any waits as long as the first did. */
  fixture->now += 100 * SECOND;
  make (fixture, 1);
  expect_wire (fixture, "5 ");
  wait_for_question (fixture, LS_OUTBOX_PATIENCE);
}

/* The server has the edits, and their results got lost. */
static void
test_result_lost (Fixture      *fixture,
                  gconstpointer data)
{
  ls_outbox_begin (fixture->outbox);
  make (fixture, 2);
  expect_wire (fixture, "1 2 ");
  wait_for_question (fixture, LS_OUTBOX_PATIENCE);
  ls_outbox_told (fixture->outbox, 2);
  expect_wire (fixture, "");
  wait_for_question (fixture, LS_OUTBOX_PATIENCE);
  ls_outbox_told (fixture->outbox, 2);
  expect_wire (fixture, "1 2 ");
  decide (fixture, 1);
  /* A server that is busy for long is not sent the same again and again. */
  wait_for_question (fixture, LS_OUTBOX_PATIENCE);
  ls_outbox_told (fixture->outbox, 2);
  expect_wire (fixture, "");
  decide (fixture, 2);
  ls_outbox_told (fixture->outbox, 2);
  expect_wire (fixture, "");
}

/* Something got lost, and it may have been one of them. */
static void
test_doubt (Fixture      *fixture,
            gconstpointer data)
{
  ls_outbox_begin (fixture->outbox);
  ls_outbox_doubt (fixture->outbox, fixture->now);
  expect_wire (fixture, "");
  make (fixture, 1);
  expect_wire (fixture, "1 ");
  fixture->now += SECOND;
  ls_outbox_doubt (fixture->outbox, fixture->now);
  expect_wire (fixture, "? ");
  ls_outbox_told (fixture->outbox, 0);
  expect_wire (fixture, "1 ");
}

/* Nobody answers: nothing goes again, the questions become rare. */
static void
test_no_answer (Fixture      *fixture,
                gconstpointer data)
{
  static const int64_t waits[] = { 5, 5, 10, 20, 40, 60, 60 };

  ls_outbox_begin (fixture->outbox);
  make (fixture, 1);
  expect_wire (fixture, "1 ");
  for (size_t i = 0; i < G_N_ELEMENTS (waits); i++)
    wait_for_question (fixture, waits[i] * SECOND);
  /* An answer to a session that is over says nothing. */
  ls_outbox_end (fixture->outbox);
  g_assert_cmpint (ls_outbox_get_deadline (fixture->outbox), ==, -1);
  ls_outbox_begin (fixture->outbox);
  expect_wire (fixture, "1 ");
  ls_outbox_told (fixture->outbox, 0);
  expect_wire (fixture, "");
  wait_for_question (fixture, LS_OUTBOX_PATIENCE);
  /* Nor does one that was asked before the server refused. */
  ls_outbox_refused (fixture->outbox, 1, true, 7 * SECOND, fixture->now);
  ls_outbox_told (fixture->outbox, 0);
  expect_wire (fixture, "");
  fixture->now = ls_outbox_get_deadline (fixture->outbox);
  expect_wire (fixture, "1 ");
}

static void
test_temporary (Fixture      *fixture,
                gconstpointer data)
{
  ls_outbox_begin (fixture->outbox);
  make (fixture, 3);
  expect_wire (fixture, "1 2 3 ");
  ls_outbox_refused (fixture->outbox, 1, true, 7 * SECOND, fixture->now);
  g_assert_true (ls_outbox_is_held (fixture->outbox, fixture->now));
  make (fixture, 1);
  ls_outbox_refused (fixture->outbox, 1, true, 9 * SECOND, fixture->now);
  fixture->now += 9 * SECOND - 1;
  expect_wire (fixture, "");
  fixture->now += 1;
  expect_wire (fixture, "1 2 3 4 ");
  g_assert_false (ls_outbox_is_held (fixture->outbox, fixture->now));
}

static void
test_void (Fixture      *fixture,
           gconstpointer data)
{
  ls_outbox_begin (fixture->outbox);
  make (fixture, 5);
  expect_wire (fixture, "1 2 3 4 5 ");
  decide (fixture, 1);
  decide (fixture, 2);
  decide (fixture, 3);
  /* The server has lost two decisions that were told. */
  ls_outbox_refused (fixture->outbox, 2, false, 0, fixture->now);
  fixture->now += SECOND;
  expect_wire (fixture, "v2 v3 4 5 ");
  decide (fixture, 4);
  decide (fixture, 5);
  ls_outbox_refused (fixture->outbox, 5, false, 0, fixture->now);
  fixture->now += SECOND;
  expect_wire (fixture, "v5 ");
  make (fixture, 1);
  expect_wire (fixture, "6 ");
}

static void
test_cache_fails (Fixture      *fixture,
                  gconstpointer data)
{
  LsOutboxWork work;

  ls_outbox_begin (fixture->outbox);
  make (fixture, 1);
  g_assert_cmpint (ls_outbox_next (fixture->outbox, fixture->now, &work), ==, LS_OUTBOX_NUMBER);
  g_assert_cmpint (ls_outbox_next (fixture->outbox, fixture->now, &work), ==, LS_OUTBOX_NOTHING);
  ls_outbox_numbered (fixture->outbox, NULL, fixture->now);
  expect_wire (fixture, "");
  fixture->now = ls_outbox_get_deadline (fixture->outbox);
  expect_wire (fixture, "1 ");
}

int
main (int    argc,
      char **argv)
{
  static const struct {
    const char *name;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "order", test_order },           { "window", test_window },
    { "reconnect", test_reconnect },   { "restart", test_restart },
    { "go-back", test_go_back }, { "missing", test_missing },
    { "decided-here", test_decided_here },       { "temporary", test_temporary },
    { "void", test_void },             { "cache-fails", test_cache_fails },
    { "taken-back", test_taken_back }, { "lost", test_lost },
    { "result-lost", test_result_lost }, { "no-answer", test_no_answer },
    { "doubt", test_doubt }, { "room-meanwhile", test_room_meanwhile },
    { "small-window", test_small_window },
  };

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/outbox/", tests[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
  return g_test_run ();
}
