/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-poll-pace"

#include "config.h"

#include "client/ls-poll-pace.h"

/* Waits that are cut in a row before the next may not wait. One may be an accident. */
#define CUTS 2
/* Answers without a word before the next wait is longer. */
#define PATIENCE 5

/* For each attention: the shortest interval in shortest ones, the longest in shares of the longest. */
static const struct {
  unsigned first;
  unsigned share;
} intervals[] = {
  [LS_ATTENTION_ACTIVE] = { 1, 0 },
  [LS_ATTENTION_WATCHING] = { 1, 4 },
  [LS_ATTENTION_AWAY] = { 5, 1 },
};

/**
 * ls_poll_pace_init:
 * @pace: (out): what to fill
 * @options: the bounds; must outlive @pace
 *
 * Begins as somebody who is at it, and with requests that may wait.
 */
void
ls_poll_pace_init (LsPollPace                *pace,
                   const LsConnectionOptions *options)
{
  *pace = (LsPollPace) { .options = options, .probe_wait = options->probe_first };
}

/**
 * ls_poll_pace_get_interval:
 * @pace: a pace
 *
 * While the admin is at it: the shortest. While he only looks, or does not, polls that bring
 * nothing come further and further apart.
 *
 * Returns: µs between two polls, 0 where they wait for what is new
 */
int64_t
ls_poll_pace_get_interval (const LsPollPace *pace)
{
  int64_t interval = pace->options->poll_min * intervals[pace->attention].first;
  unsigned share = intervals[pace->attention].share;
  int64_t longest = share > 0 ? pace->options->poll_max / share : pace->options->poll_min;

  if (!pace->interval_poll)
    return 0;
  for (unsigned i = PATIENCE; i <= pace->empty && interval < longest; i++)
    interval += interval / 2;
  return CLAMP (interval, pace->options->poll_min,
                MAX (longest, pace->options->poll_min));
}

/**
 * ls_poll_pace_may_wait:
 * @pace: a pace
 * @now: monotonic
 *
 * Returns: whether the next request may wait: always, or to see whether it may by now
 */
bool
ls_poll_pace_may_wait (const LsPollPace *pace,
                       int64_t           now)
{
  return !pace->interval_poll || now >= pace->probe_at;
}

/**
 * ls_poll_pace_heard:
 * @pace: a pace
 * @news: whether there was something, or will be: something was sent
 *
 * Notes an answer.
 */
void
ls_poll_pace_heard (LsPollPace *pace,
                    bool        news)
{
  pace->empty = news ? 0 : MIN (pace->empty + 1, 1000);
}

/**
 * ls_poll_pace_was_cut:
 * @pace: a pace
 * @now: monotonic
 *
 * Notes that a request could not wait, while one that did not wait went through.
 *
 * Returns: whether the pace is another now
 */
bool
ls_poll_pace_was_cut (LsPollPace *pace,
                      int64_t     now)
{
  if (pace->interval_poll)
    {
      pace->probe_at = now + pace->probe_wait;
      pace->probe_wait = MIN (2 * pace->probe_wait, pace->options->probe_cap);
      return false;
    }
  if (++pace->cuts < CUTS)
    return false;
  pace->interval_poll = true;
  pace->empty = 0;
  pace->probe_at = now + pace->options->probe_first;
  pace->probe_wait = MIN (2 * pace->options->probe_first, pace->options->probe_cap);
  return true;
}

/**
 * ls_poll_pace_was_held:
 * @pace: a pace
 *
 * Notes that a request could wait.
 *
 * Returns: whether the pace is another now
 */
bool
ls_poll_pace_was_held (LsPollPace *pace)
{
  bool changed = pace->interval_poll;

  pace->cuts = 0;
  pace->interval_poll = false;
  return changed;
}
