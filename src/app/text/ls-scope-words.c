/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-text"

#include "config.h"

#include "app/text/ls-scope-words.h"

#include <glib/gi18n.h>

#include "app/text/ls-format.h"
#include "core/ls-calendar.h"

/* From the least to all. */
static const unsigned choices[LS_SCOPE_N_MONTHS] = { 3, 12, 24, 0 };

/**
 * ls_scope_get_months:
 * @index: less than %LS_SCOPE_N_MONTHS
 *
 * Returns: the months of a choice, in ascending order; 0, for all, is the last
 */
unsigned
ls_scope_get_months (unsigned index)
{
  g_return_val_if_fail (index < LS_SCOPE_N_MONTHS, 0);

  return choices[index];
}

/**
 * ls_scope_find_months:
 * @months: months that are held, 0 for all
 *
 * Returns: the index of the least choice that has so many
 */
unsigned
ls_scope_find_months (unsigned months)
{
  for (unsigned i = 0; months > 0 && i < LS_SCOPE_N_MONTHS; i++)
    if (choices[i] >= months)
      return i;
  return LS_SCOPE_N_MONTHS - 1;
}

/**
 * ls_scope_words_orders:
 * @shop: (nullable): what is known of a shop
 * @ret_is_coming: (out): whether more orders are on their way
 *
 * Says which orders are held.
 *
 * Returns: (transfer full) (nullable): words, or %NULL when it is all orders
 */
char *
ls_scope_words_orders (const LsShopEntry *shop,
                       bool              *ret_is_coming)
{
  uint32_t since = shop != NULL ? shop->held.since[LS_ORDERS] : 0;
  g_autofree char *day = NULL;

  *ret_is_coming = shop != NULL && (shop->lacking & (UINT32_C (1) << LS_ORDERS)) != 0;
  if (since == 0 || since == LS_SCOPE_NOTHING)
    return NULL;
  day = ls_format_day (ls_calendar_month_start ((int64_t) since - 1));
  if (*ret_is_coming)
    /* Translators: %s is a day */
    return g_strdup_printf (_("Showing orders since %s; older ones come as soon as the server sends them."), day);
  /* Translators: %s is a day; said below the number of orders and their revenue */
  return g_strdup_printf (_("Showing orders since %s. Number and revenue are of these."), day);
}
