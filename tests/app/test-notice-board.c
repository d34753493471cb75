/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "app/text/ls-notice-board.h"
#include "app/text/ls-notice-words.h"
#include "core/ls-message.h"
#include "ls-test-environment.h"

/*
 * What the server says to the admin: what lasts stands for as long as it holds, what passes is told once,
 * and a stranger's words can't pass for the app's own.
 */

#define SECOND ((int64_t) G_USEC_PER_SEC)
#define HOUR (3600 * SECOND)
#define NOW (1790000000 * SECOND)

typedef struct {
  LsTestEnvironment *environment;
  LsNoticeBoard *board;
  unsigned n_changed;
  unsigned n_told;
  char *told;
  gboolean stays;
} Fixture;

static void
changed_cb (Fixture *fixture)
{
  fixture->n_changed++;
}

static void
tell_cb (Fixture    *fixture,
         const char *words,
         gboolean    stays)
{
  fixture->n_told++;
  g_free (fixture->told);
  fixture->told = g_strdup (words);
  fixture->stays = stays;
}

static void
set_up (Fixture      *fixture,
        gconstpointer data)
{
  fixture->environment = ls_test_environment_new (1);
  ls_test_environment_set_now (fixture->environment, NOW);
  fixture->board = ls_notice_board_new (LS_ENVIRONMENT (fixture->environment));
  g_signal_connect_swapped (fixture->board, "changed", G_CALLBACK (changed_cb), fixture);
  g_signal_connect_swapped (fixture->board, "tell", G_CALLBACK (tell_cb), fixture);
}

static void
tear_down (Fixture      *fixture,
           gconstpointer data)
{
  g_assert_finalize_object (fixture->board);
  g_free (fixture->told);
  ls_environment_stop (LS_ENVIRONMENT (fixture->environment));
  g_assert_finalize_object (fixture->environment);
}

static void
take (Fixture    *fixture,
      const char *kind,
      const char *message,
      int64_t     until)
{
  ls_notice_board_take (fixture->board, kind, message, until);
  ls_test_environment_run (fixture->environment);
}

static void
expect_words (Fixture    *fixture,
              const char *part,
              unsigned    n_changed)
{
  const char *words = ls_notice_board_get_words (fixture->board);

  if (part == NULL)
    g_assert_null (words);
  else if (words == NULL || strstr (words, part) == NULL)
    g_error ("Instead of %s: %s", part, words);
  g_assert_cmpuint (fixture->n_changed, ==, n_changed);
}

/* Maintenance stands until a session begins without it. */
static void
test_session (Fixture      *fixture,
              gconstpointer data)
{
  take (fixture, LS_NOTICE_MAINTENANCE, NULL, 0);
  expect_words (fixture, "being serviced", 1);
  take (fixture, LS_NOTICE_MAINTENANCE, NULL, 0);
  expect_words (fixture, "being serviced", 1);
  ls_test_environment_advance (fixture->environment, 24 * HOUR);
  expect_words (fixture, "being serviced", 1);
  ls_notice_board_begin_session (fixture->board);
  expect_words (fixture, NULL, 2);
  ls_notice_board_begin_session (fixture->board);
  expect_words (fixture, NULL, 2);
  g_assert_cmpuint (fixture->n_told, ==, 0);
}

/* It ends when it was said to end, neither before nor when the clock is wrong for a while. */
static void
test_until (Fixture      *fixture,
            gconstpointer data)
{
  int64_t until = NOW + 2 * HOUR + HOUR / 2;

  take (fixture, LS_NOTICE_MAINTENANCE, "New disks", until);
  expect_words (fixture, "“New disks”", 1);
  ls_test_environment_advance (fixture->environment, 2 * HOUR + HOUR / 2 - SECOND);
  expect_words (fixture, "“New disks”", 1);
  /* Somebody puts the clock back. */
  ls_test_environment_set_now (fixture->environment, until - HOUR);
  ls_test_environment_advance (fixture->environment, 10 * SECOND);
  expect_words (fixture, "“New disks”", 1);
  ls_test_environment_advance (fixture->environment, HOUR);
  expect_words (fixture, NULL, 2);
  /* What is over is not shown at all. */
  take (fixture, LS_NOTICE_MAINTENANCE, "Later", until);
  expect_words (fixture, NULL, 2);
}

/* Another one takes its place, and has its own end. */
static void
test_replaced (Fixture      *fixture,
               gconstpointer data)
{
  take (fixture, LS_NOTICE_MAINTENANCE, "First", NOW + HOUR);
  take (fixture, LS_NOTICE_MAINTENANCE, "Second", NOW + 3 * HOUR);
  expect_words (fixture, "“Second”", 2);
  ls_test_environment_advance (fixture->environment, 2 * HOUR);
  expect_words (fixture, "“Second”", 2);
  /* That it is over now is said as one whose time has come. */
  take (fixture, LS_NOTICE_MAINTENANCE, "Second", NOW + HOUR);
  expect_words (fixture, NULL, 3);
}

/* What the admin has seen enough of does not come back with the next session; something else does. */
static void
test_dismissed (Fixture      *fixture,
                gconstpointer data)
{
  take (fixture, LS_NOTICE_MAINTENANCE, "Tonight", NOW + HOUR);
  ls_notice_board_dismiss (fixture->board);
  expect_words (fixture, NULL, 2);
  ls_notice_board_begin_session (fixture->board);
  take (fixture, LS_NOTICE_MAINTENANCE, "Tonight", NOW + HOUR);
  expect_words (fixture, NULL, 2);
  take (fixture, LS_NOTICE_MAINTENANCE, "Tomorrow", NOW + HOUR);
  expect_words (fixture, "“Tomorrow”", 3);
  /* Another account has an admin of its own. */
  ls_notice_board_clear (fixture->board);
  expect_words (fixture, NULL, 4);
  take (fixture, LS_NOTICE_MAINTENANCE, "Tonight", NOW + HOUR);
  expect_words (fixture, "“Tonight”", 5);
}

/* What passes is told once, however often it is said; after an hour it is news again. */
static void
test_passing (Fixture      *fixture,
              gconstpointer data)
{
  for (unsigned i = 0; i < 5; i++)
    {
      take (fixture, LS_NOTICE_RATE_LIMITED, NULL, 0);
      take (fixture, LS_NOTICE_ALERT, "The disk is nearly full", 0);
      ls_notice_board_begin_session (fixture->board);
      ls_test_environment_advance (fixture->environment, HOUR / 6);
      g_assert_cmpuint (fixture->n_told, ==, 2);
    }
  g_assert_cmpstr (fixture->told, ==, "The server says: “The disk is nearly full”");
  g_assert_true (fixture->stays);
  ls_test_environment_advance (fixture->environment, HOUR / 6);
  take (fixture, LS_NOTICE_RATE_LIMITED, NULL, 0);
  g_assert_cmpuint (fixture->n_told, ==, 3);
  g_assert_false (fixture->stays);
  expect_words (fixture, NULL, 0);
}

/* A newer server's kinds are alerts; what has no words and no name that is known is nothing; that the
 * admin is signed out the connection says. */
static void
test_kinds (Fixture      *fixture,
            gconstpointer data)
{
  take (fixture, "weather", NULL, 0);
  take (fixture, LS_NOTICE_ALERT, NULL, 0);
  take (fixture, LS_NOTICE_ALERT, " \n\t", 0);
  take (fixture, LS_NOTICE_SIGN_OUT, "Goodbye", 0);
  g_assert_cmpuint (fixture->n_told, ==, 0);
  take (fixture, "weather", "Sunny", 0);
  g_assert_cmpstr (fixture->told, ==, "The server says: “Sunny”");
  expect_words (fixture, NULL, 0);
}

/* The server's words are one line of letters that can be seen, and not too many. */
static void
test_stranger (void)
{
  static const struct {
    const char *message;
    const char *words;
  } cases[] = {
    { "<b>Bold</b> & 'plain'", "The server says: “<b>Bold</b> & 'plain'”" },
    { "  a\n\n\nb\tc\xe2\x80\xa8" "d  ", "The server says: “a b c d”" },
    { "\xe2\x80\xaeklim\xe2\x80\xac", "The server says: “klim”" },
    { "a\x07\x1b[31mb\xe2\x80\x8b", "The server says: “a[31mb”" },
    { "Un café à 5 €, 你好", "The server says: “Un café à 5 €, 你好”" },
    { "\xe2\x80\xae\xe2\x80\x8b \n", NULL },
    { "not \xff text", NULL },
  };
  g_autofree char *flood = g_strnfill (4000, 'x');
  g_autofree char *cut = NULL;

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *words = ls_notice_words_passing (LS_NOTICE_ALERT, cases[i].message);

      g_assert_cmpstr (words, ==, cases[i].words);
    }
  cut = ls_notice_words_maintenance (flood, NOW);
  g_assert_true (g_str_has_suffix (cut, "xx…”"));
  g_assert_cmpint (g_utf8_strlen (cut, -1), <, LS_NOTICE_MAX_CHARS + 60);
  g_assert_nonnull (strstr (cut, "Maintenance until "));
}

int
main (int    argc,
      char **argv)
{
  static const struct {
    const char *name;
    void (*test) (Fixture *fixture, gconstpointer data);
  } tests[] = {
    { "session", test_session },   { "until", test_until },     { "replaced", test_replaced },
    { "dismissed", test_dismissed }, { "passing", test_passing }, { "kinds", test_kinds },
  };

  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/notice-board/", tests[i].name, NULL);

      g_test_add (path, Fixture, NULL, set_up, tests[i].test, tear_down);
    }
  g_test_add_func ("/notice-board/stranger", test_stranger);
  return g_test_run ();
}
