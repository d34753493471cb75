/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "client/ls-connection-health.h"

#define SECOND ((int64_t) G_USEC_PER_SEC)

/*
 * A script of signs, one every five seconds, and the level after each.
 *
 *   g f p   an answer after 50 ms, 1 s, 3 s
 *   m       one that stays away
 *   r       the connection is lost and stands again
 *   .       nothing
 */
static const struct {
  const char *name;
  const char *signs;
  const char *levels;
} scripts[] = {
  { "good", "gggggg", "GGGGGG" },
  { "one-slow", "ggpggg", "GGGGGG" },
  { "one-missed", "ggmggg", "GGGGGG" },
  { "two-missed", "ggmm", "GGGP" },
  { "nearest", "gpf", "GGF" },
  { "nearest-other-way", "gfp", "GGF" },
  { "fair", "gff", "GGF" },
  { "in-turns", "gmgmgmgmgm", "GGGGGGGGGG" },
  { "in-turns-fair", "gfgfgfgfgf", "GGGGGGGGGG" },
  { "better-after-three", "mmggg", "GPPPG" },
  { "two-are-not-enough", "mmggmgg", "GPPPPPP" },
  { "better-by-steps", "mmffgf", "GPPPFF" },
  { "worse-from-fair", "ffmm", "GFFP" },
  { "a-doubt-is-forgotten", "mgmgm", "GGGGG" },
  { "lost-once", "rgggggggg", "FFFFFFFFG" },
  { "lost-three-times", "rrr", "FFP" },
  { "lost-three-times-and-good", "rrrgggggggg",
    "FFPPPPPPPPG" },
  { "lost-seldom", "r........................r........................r", NULL },
};

static LsHealth
level_of (char letter)
{
  return letter == 'G' ? LS_HEALTH_GOOD : letter == 'F' ? LS_HEALTH_FAIR : LS_HEALTH_POOR;
}

static void
take (LsConnectionHealth *health,
      char                sign,
      int64_t             now)
{
  switch (sign)
    {
    case 'g':
      ls_connection_health_answered (health, SECOND / 20, now);
      break;
    case 'f':
      ls_connection_health_answered (health, SECOND, now);
      break;
    case 'p':
      ls_connection_health_answered (health, 3 * SECOND, now);
      break;
    case 'm':
      ls_connection_health_missed (health, now);
      break;
    case 'r':
      ls_connection_health_reconnects (health, now);
      ls_connection_health_begin (health, now);
      break;
    default:
      break;
    }
}

static void
test_script (gconstpointer data)
{
  size_t i = GPOINTER_TO_SIZE (data);
  LsConnectionHealth health;
  int64_t now = 1000 * SECOND;

  ls_connection_health_init (&health);
  ls_connection_health_begin (&health, now - 100 * SECOND);
  for (size_t at = 0; scripts[i].signs[at] != '\0'; at++, now += 5 * SECOND)
    {
      take (&health, scripts[i].signs[at], now);
      if (scripts[i].levels != NULL && health.level != level_of (scripts[i].levels[at]))
        g_error ("%s: %s after sign %zu", scripts[i].signs, ls_health_to_name (health.level), at);
      g_assert_cmpint (health.level, <, LS_HEALTH_OFFLINE);
    }
  if (scripts[i].levels == NULL)
    g_assert_cmpint (health.level, !=, LS_HEALTH_POOR);
}

/* Whatever the signs are: between two changes for the better lie ten seconds, and a change takes two
 * signs at least that speak for it. */
static void
test_nothing_flickers (void)
{
  static const char signs[] = "gfpm";
  g_autoptr (GRand) dice = g_rand_new_with_seed (4);
  LsConnectionHealth health;
  int64_t now = 1000 * SECOND, changed = 0;
  LsHealth before = LS_HEALTH_GOOD;
  unsigned since = 100, changes = 0;

  ls_connection_health_init (&health);
  for (int i = 0; i < 100000; i++)
    {
      now += g_rand_int_range (dice, 1000, 4 * (int) SECOND);
      take (&health, signs[g_rand_int_range (dice, 0, 4)], now);
      since++;
      if (health.level == before)
        continue;
      g_assert_cmpuint (since, >=, health.level > before ? 2 : 3);
      if (health.level < before)
        g_assert_cmpint (now - changed, >=, 10 * SECOND);
      before = health.level;
      changed = now;
      since = 0;
      changes++;
    }
  g_assert_cmpuint (changes, >, 1000);
}

static void
test_unsure (void)
{
  LsConnectionHealth health;

  ls_connection_health_init (&health);
  g_assert_false (ls_connection_health_is_unsure (&health));
  ls_connection_health_missed (&health, SECOND);
  g_assert_true (ls_connection_health_is_unsure (&health));
  ls_connection_health_answered (&health, 1, 2 * SECOND);
  g_assert_false (ls_connection_health_is_unsure (&health));
  ls_connection_health_missed (&health, 3 * SECOND);
  ls_connection_health_missed (&health, 4 * SECOND);
  g_assert_cmpint (health.level, ==, LS_HEALTH_POOR);
  g_assert_true (ls_connection_health_is_unsure (&health));
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (scripts); i++)
    {
      g_autofree char *path = g_strconcat ("/health/", scripts[i].name, NULL);

      g_test_add_data_func (path, GSIZE_TO_POINTER (i), test_script);
    }
  g_test_add_func ("/health/nothing-flickers", test_nothing_flickers);
  g_test_add_func ("/health/unsure", test_unsure);
  return g_test_run ();
}
