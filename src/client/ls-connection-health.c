/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-connection-health"

#include "config.h"

#include "client/ls-connection-health.h"

#define SECOND ((int64_t) G_USEC_PER_SEC)
/* A round trip that takes longer than one notices, and one that takes longer than one waits. */
#define FAIR_ROUND_TRIP (SECOND / 2)
#define POOR_ROUND_TRIP (5 * SECOND / 2)
/* Signs in a row that make it worse, and better. */
#define WORSE_AFTER 2
#define BETTER_AFTER 3
/* And how long it stays worse at least. */
#define WORSE_FOR (10 * SECOND)
/* So many reconnects in this time are poor, one is no more than fair; and how long after the last. */
#define MANY_WITHIN (60 * SECOND)
#define REMEMBERED_FOR (30 * SECOND)

/* What the past allows at best. */
static LsHealth
best_of_past (const LsConnectionHealth *health,
              int64_t                   now)
{
  int64_t newest = health->reconnects[0];
  int64_t oldest = health->reconnects[LS_HEALTH_REMEMBERED - 1];

  if (newest == 0 || now - newest >= REMEMBERED_FOR)
    return LS_HEALTH_GOOD;
  return oldest != 0 && newest - oldest < MANY_WITHIN ? LS_HEALTH_POOR : LS_HEALTH_FAIR;
}

static void
change (LsConnectionHealth *health,
        LsHealth            level,
        int64_t             now)
{
  health->level = level;
  health->since = now;
  health->leaning = LS_HEALTH_OFFLINE;
  health->count = 0;
}

/* Whether enough speaks for another level; then it is that. */
static bool
take_sample (LsConnectionHealth *health,
             LsHealth            sample,
             int64_t             now)
{
  bool worse = sample > health->level;

  if (sample == health->level)
    {
      health->leaning = LS_HEALTH_OFFLINE;
      health->count = 0;
      return false;
    }
  /* Signs on the same side add up to the one nearest to where it is now. */
  if (health->leaning == LS_HEALTH_OFFLINE || (health->leaning > health->level) != worse)
    {
      health->leaning = sample;
      health->count = 0;
    }
  health->leaning = worse ? MIN (health->leaning, sample) : MAX (health->leaning, sample);
  health->count++;
  if (worse ? health->count < WORSE_AFTER
            : health->count < BETTER_AFTER || now - health->since < WORSE_FOR)
    return false;
  change (health, health->leaning, now);
  return true;
}

/**
 * ls_connection_health_init:
 * @health: (out): what to fill
 *
 * Begins with a good one.
 */
void
ls_connection_health_init (LsConnectionHealth *health)
{
  *health = (LsConnectionHealth) { .level = LS_HEALTH_GOOD, .leaning = LS_HEALTH_OFFLINE };
}

/**
 * ls_connection_health_answered:
 * @health: a health
 * @round_trip: how long an answer took, µs
 * @now: monotonic
 *
 * Takes a sign of life.
 *
 * Returns: whether the level is another
 */
bool
ls_connection_health_answered (LsConnectionHealth *health,
                               int64_t             round_trip,
                               int64_t             now)
{
  LsHealth sample = round_trip >= POOR_ROUND_TRIP   ? LS_HEALTH_POOR
                    : round_trip >= FAIR_ROUND_TRIP ? LS_HEALTH_FAIR
                                                    : LS_HEALTH_GOOD;

  return take_sample (health, MAX (sample, best_of_past (health, now)), now);
}

/**
 * ls_connection_health_missed:
 * @health: a health
 * @now: monotonic
 *
 * Takes the sign that an answer does not come.
 *
 * Returns: whether the level is another
 */
bool
ls_connection_health_missed (LsConnectionHealth *health,
                             int64_t             now)
{
  return take_sample (health, LS_HEALTH_POOR, now);
}

/**
 * ls_connection_health_reconnects:
 * @health: a health
 * @now: monotonic
 *
 * Notes that a connection was lost.
 */
void
ls_connection_health_reconnects (LsConnectionHealth *health,
                                 int64_t             now)
{
  for (unsigned i = LS_HEALTH_REMEMBERED - 1; i > 0; i--)
    health->reconnects[i] = health->reconnects[i - 1];
  health->reconnects[0] = MAX (now, 1);
}

/**
 * ls_connection_health_begin:
 * @health: a health
 * @now: monotonic
 *
 * A connection stands: it is as good as the past allows.
 */
void
ls_connection_health_begin (LsConnectionHealth *health,
                            int64_t             now)
{
  change (health, best_of_past (health, now), now);
}

/**
 * ls_connection_health_is_unsure:
 * @health: a health
 *
 * Returns: whether more signs are wanted soon: it is poor, or about to change
 */
bool
ls_connection_health_is_unsure (const LsConnectionHealth *health)
{
  return health->level == LS_HEALTH_POOR || health->count > 0;
}
