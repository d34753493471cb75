/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-core"

#include "config.h"

#include "core/ls-backoff.h"

void
ls_backoff_init (LsBackoff *backoff,
                 int64_t    first_us,
                 int64_t    cap_us)
{
  g_return_if_fail (backoff != NULL);
  g_return_if_fail (first_us > 0);
  g_return_if_fail (cap_us >= first_us && cap_us < INT64_MAX);

  backoff->first_us = first_us;
  backoff->cap_us = cap_us;
  backoff->n_attempts = 0;
}

int64_t
ls_backoff_next (LsBackoff    *backoff,
                 LsRandomFunc  draw,
                 gpointer      user_data)
{
  uint64_t limit;

  g_return_val_if_fail (backoff != NULL, 0);
  g_return_val_if_fail (draw != NULL, 0);

  limit = (uint64_t) ls_backoff_get_limit (backoff);
  if (backoff->n_attempts < UINT_MAX)
    backoff->n_attempts++;

  /* The bias of the remainder is one in 2^64 / limit. */
  return (int64_t) (draw (user_data) % (limit + 1));
}

int64_t
ls_backoff_get_limit (const LsBackoff *backoff)
{
  int64_t limit;

  g_return_val_if_fail (backoff != NULL, 0);

  limit = backoff->first_us;
  for (unsigned i = 0; i < backoff->n_attempts && limit < backoff->cap_us; i++)
    limit = limit > backoff->cap_us / 2 ? backoff->cap_us : limit * 2;

  return limit;
}

void
ls_backoff_reset (LsBackoff *backoff)
{
  g_return_if_fail (backoff != NULL);

  backoff->n_attempts = 0;
}

unsigned
ls_backoff_get_n_attempts (const LsBackoff *backoff)
{
  g_return_val_if_fail (backoff != NULL, 0);

  return backoff->n_attempts;
}
