/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "app/widgets/ls-age.h"

#define SECOND INT64_C (1000000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

/* 12 March 2026, 00:30 UTC */
#define NOW ((INT64_C (1773273600) + 1800) * SECOND)

static const struct
{
  int64_t age;
  const char *text;
  int64_t next;
} cases[] = {
  { 0, "Updated just now", 10 * SECOND },
  { 1, "Updated just now", 10 * SECOND - 1 },
  { 10 * SECOND - 1, "Updated just now", 1 },
  { 10 * SECOND, "Updated less than a minute ago", 50 * SECOND },
  { MINUTE - 1, "Updated less than a minute ago", 1 },
  { MINUTE, "Updated 1 minute ago", MINUTE },
  { 2 * MINUTE, "Updated 2 minutes ago", MINUTE },
  { 2 * MINUTE + 1, "Updated 2 minutes ago", MINUTE - 1 },
  { HOUR - 1, "Updated 59 minutes ago", 1 },
  { HOUR, "Updated 1 hour ago", HOUR },
  { DAY - 1, "Updated 23 hours ago", 1 },
  { DAY, "Updated 1 day ago", DAY },
  { 7 * DAY - 1, "Updated 6 days ago", 1 },
  { 7 * DAY, "Updated on 5 March 2026", INT64_MAX },
  { 400 * DAY, "Updated on 5 February 2025", INT64_MAX },
  { -1, "Updated just now", 10 * SECOND + 1 },
  { -HOUR, "Updated just now", HOUR + 10 * SECOND },
};

static void
test_words (void)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_utc ();

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *text = ls_age_format (NOW - cases[i].age, NOW, zone);

      g_assert_cmpstr (text, ==, cases[i].text);
      g_assert_cmpint (ls_age_next_change (NOW - cases[i].age, NOW), ==, cases[i].next);
    }
}

/* The words are the same until the time told, and others from then on. */
static void
test_next_change (void)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_utc ();
  int64_t time = NOW;
  int64_t now = NOW;
  int n_changes = 0;

  while (TRUE)
    {
      int64_t next = ls_age_next_change (time, now);
      g_autofree char *text = ls_age_format (time, now, zone);
      g_autofree char *before = NULL;
      g_autofree char *after = NULL;

      if (next == INT64_MAX)
        break;
      before = ls_age_format (time, now + next - 1, zone);
      after = ls_age_format (time, now + next, zone);
      g_assert_cmpstr (before, ==, text);
      g_assert_cmpstr (after, !=, text);
      now += next;
      n_changes++;
    }
  /* just now, less than a minute, 59 minutes, 23 hours, 6 days */
  g_assert_cmpint (n_changes, ==, 1 + 1 + 59 + 23 + 6);
}

static void
test_zone (void)
{
  g_autoptr (GTimeZone) zone = g_time_zone_new_offset (-3600);
  g_autofree char *text = ls_age_format (NOW, NOW + 30 * DAY, zone);

  g_assert_cmpstr (text, ==, "Updated on 11 March 2026");
}

static void
test_extremes (void)
{
  const int64_t times[] = { INT64_MIN, INT64_MIN + 1, -1, 0, 1, NOW, INT64_MAX - 1, INT64_MAX };
  g_autoptr (GTimeZone) zone = g_time_zone_new_utc ();

  for (size_t i = 0; i < G_N_ELEMENTS (times); i++)
    {
      for (size_t j = 0; j < G_N_ELEMENTS (times); j++)
        {
          g_autofree char *text = ls_age_format (times[i], times[j], zone);

          g_assert_nonnull (text);
          g_assert_cmpint (ls_age_next_change (times[i], times[j]), >, 0);
        }
    }
}

int
main (int   argc,
      char *argv[])
{
  g_test_init (&argc, &argv, NULL);

  g_test_add_func ("/age/words", test_words);
  g_test_add_func ("/age/next-change", test_next_change);
  g_test_add_func ("/age/zone", test_zone);
  g_test_add_func ("/age/extremes", test_extremes);

  return g_test_run ();
}
