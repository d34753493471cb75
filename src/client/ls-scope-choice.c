/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-scope"

#include "config.h"

#include "client/ls-scope-choice.h"

#include "core/ls-calendar.h"
#include "core/ls-digest.h"

#define BIT(collection) (UINT32_C (1) << (collection))

/**
 * ls_scope_choice_get_optional:
 *
 * Returns: a mask of the collections that can be done without: nothing that others show follows
 *   from them, or the server derives it
 */
uint32_t
ls_scope_choice_get_optional (void)
{
  return BIT (LS_ACTIVITY) | BIT (LS_DOWNLOADS) | BIT (LS_LICENCES) | BIT (LS_FAVORITES) |
         BIT (LS_SERVICES) | BIT (LS_RESERVATIONS) | BIT (LS_SUBSCRIPTIONS);
}

/**
 * ls_scope_choice_get_monthly:
 *
 * The days of sales are not among them: there are few, and whatever is said of the past is made of
 * them.
 *
 * Returns: a mask of the collections of which some months can be held
 */
uint32_t
ls_scope_choice_get_monthly (void)
{
  return BIT (LS_ORDERS) | BIT (LS_ORDER_ITEMS) | BIT (LS_PAYMENTS) | BIT (LS_REFUNDS) |
         BIT (LS_ACTIVITY);
}

/**
 * ls_scope_choice_equal:
 * @a: a choice
 * @b: another
 *
 * Returns: whether both are the same
 */
bool
ls_scope_choice_equal (const LsScopeChoice *a,
                       const LsScopeChoice *b)
{
  return a->months == b->months && a->off == b->off;
}

/**
 * ls_scope_choice_sanitize:
 * @choice: a choice, from a file perhaps
 *
 * Makes it one that can be.
 */
void
ls_scope_choice_sanitize (LsScopeChoice *choice)
{
  choice->months = MIN (choice->months, LS_SCOPE_MAX_MONTHS);
  choice->off &= ls_scope_choice_get_optional ();
}

/**
 * ls_scope_choice_resolve:
 * @choice: a choice
 * @now: the time of day, µs since the epoch
 * @ret_scope: (out): which buckets it means now
 *
 * Months are those of UTC: around midnight of the last day of one that may differ from the shop's by
 * a day, of the oldest month that is held.
 */
void
ls_scope_choice_resolve (const LsScopeChoice *choice,
                         int64_t              now,
                         LsScope             *ret_scope)
{
  uint32_t this_month = ls_digest_day_bucket (MAX (now, 0) / LS_USEC_PER_DAY);

  ls_scope_init (ret_scope);
  for (unsigned id = 0; id < LS_N_COLLECTIONS; id++)
    {
      if (choice->off & BIT (id))
        ret_scope->since[id] = LS_SCOPE_NOTHING;
      else if (choice->months > 0 && (ls_scope_choice_get_monthly () & BIT (id)))
        ret_scope->since[id] = this_month > choice->months ? this_month - choice->months : 1;
    }
}
