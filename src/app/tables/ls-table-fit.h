/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/tables/ls-table.h"

G_BEGIN_DECLS

int      ls_table_fit_width       (const LsTableColumn *column,
                                   int                  dpi);
uint32_t ls_table_fit_hidden      (const LsTableColumn *columns,
                                   unsigned             n_columns,
                                   int                  width,
                                   int                  dpi);
void     ls_table_fit_show_column (GtkColumnViewColumn *column,
                                   gboolean             shown);
char    *ls_table_fit_details     (const LsTableColumn *columns,
                                   unsigned             n_columns,
                                   uint32_t             hidden,
                                   LsRecord            *record,
                                   const char          *currency,
                                   GTimeZone           *time_zone);

G_END_DECLS
