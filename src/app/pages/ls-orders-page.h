/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/pages/ls-page.h"

G_BEGIN_DECLS

#define LS_TYPE_ORDERS_PAGE (ls_orders_page_get_type ())
G_DECLARE_FINAL_TYPE (LsOrdersPage, ls_orders_page, LS, ORDERS_PAGE, LsPage)

G_END_DECLS
