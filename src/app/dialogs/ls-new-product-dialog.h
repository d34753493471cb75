/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/pages/ls-page.h"

G_BEGIN_DECLS

#define LS_TYPE_NEW_PRODUCT_DIALOG (ls_new_product_dialog_get_type ())
G_DECLARE_FINAL_TYPE (LsNewProductDialog, ls_new_product_dialog, LS, NEW_PRODUCT_DIALOG, AdwWindow)

LsNewProductDialog *ls_new_product_dialog_new (LsPage *page);

G_END_DECLS
