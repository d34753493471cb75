/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/pages/ls-page.h"

G_BEGIN_DECLS

#define LS_TYPE_PRODUCTS_PAGE (ls_products_page_get_type ())
G_DECLARE_FINAL_TYPE (LsProductsPage, ls_products_page, LS, PRODUCTS_PAGE, LsPage)

G_END_DECLS
