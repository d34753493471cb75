/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/widgets/ls-placeholder.h"
#include "client/ls-live-query.h"

G_BEGIN_DECLS

void ls_query_view_update (LsPlaceholder *placeholder,
                           LsLiveQuery   *query,
                           gboolean       filtered,
                           const char    *icon_name,
                           const char    *empty_title,
                           const char    *empty_description);

G_END_DECLS
