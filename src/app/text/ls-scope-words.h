/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-client.h"

G_BEGIN_DECLS

/**
 * LS_SCOPE_N_MONTHS:
 *
 * How many numbers of months can be chosen.
 */
#define LS_SCOPE_N_MONTHS 4

unsigned ls_scope_get_months        (unsigned           index);
unsigned ls_scope_find_months       (unsigned           months);
char    *ls_scope_words_orders      (const LsShopEntry *shop,
                                     bool              *ret_is_coming);
char    *ls_scope_words_missing     (const LsShopEntry *shop);
char    *ls_scope_words_open_orders (const LsShopEntry *shop,
                                     unsigned           count);

G_END_DECLS
