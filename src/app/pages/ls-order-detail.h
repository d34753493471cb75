/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "client/ls-store.h"

G_BEGIN_DECLS

#define LS_TYPE_ORDER_DETAIL (ls_order_detail_get_type ())
G_DECLARE_FINAL_TYPE (LsOrderDetail, ls_order_detail, LS, ORDER_DETAIL, AdwBin)

void ls_order_detail_set_order (LsOrderDetail *self,
                                LsStore       *store,
                                const char    *shop,
                                LsRow         *row,
                                GTimeZone     *time_zone,
                                gboolean       editable);

G_END_DECLS
