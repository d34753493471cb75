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

/* The first day of which orders are held, or NULL when it is all orders, or none. */
static char *
first_day (const LsShopEntry *shop)
{
  uint32_t since = shop != NULL ? shop->held.since[LS_ORDERS] : 0;

  if (since == 0 || since == LS_SCOPE_NOTHING)
    return NULL;
  return ls_format_day (ls_calendar_month_start ((int64_t) since - 1));
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
  g_autofree char *day = first_day (shop);

  *ret_is_coming = shop != NULL && (shop->lacking & (UINT32_C (1) << LS_ORDERS)) != 0;
  if (day == NULL)
    return NULL;
  if (*ret_is_coming)
    /* Translators: %s is a day */
    return g_strdup_printf (_("Showing orders since %s; older ones come as soon as the server sends them."), day);
  /* Translators: %s is a day; said below the number of orders and their revenue */
  return g_strdup_printf (_("Showing orders since %s. Number and revenue are of these."), day);
}

/**
 * ls_scope_words_missing:
 * @shop: (nullable): what is known of a shop
 *
 * Says why an order that was asked for may not be found.
 *
 * Returns: (transfer full) (nullable): words, or %NULL when all orders are held
 */
char *
ls_scope_words_missing (const LsShopEntry *shop)
{
  g_autofree char *day = first_day (shop);

  if (day == NULL)
    return NULL;
  /* Translators: %s is a day */
  return g_strdup_printf (_("There is no such order on this computer, which keeps those since %s. "
                            "Preferences can keep more."),
                          day);
}

/**
 * ls_scope_words_open_orders:
 * @shop: (nullable): what is known of a shop
 * @count: how many orders are open among those held
 *
 * Returns: (transfer full): the count in words, with from when on it counts where that is not all
 */
char *
ls_scope_words_open_orders (const LsShopEntry *shop,
                            unsigned           count)
{
  g_autofree char *day = first_day (shop);

  if (day == NULL)
    return g_strdup_printf (ngettext ("%u open order", "%u open orders", count), count);
  /* Translators: %1$u is a number, %2$s a day */
  return g_strdup_printf (ngettext ("%1$u open order since %2$s", "%1$u open orders since %2$s", count),
                          count, day);
}
