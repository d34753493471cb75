/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/pages/ls-row-line.h"
#include "client/ls-live-query.h"

G_BEGIN_DECLS

/* Lines of such a list. */
#define LS_SUMMARY_LIST_LINES 6

#define LS_TYPE_SUMMARY_LIST (ls_summary_list_get_type ())
G_DECLARE_FINAL_TYPE (LsSummaryList, ls_summary_list, LS, SUMMARY_LIST, AdwBin)

void ls_summary_list_set_query (LsSummaryList *self,
                                LsLiveQuery   *query,
                                LsRowLineFunc  func,
                                gpointer       user_data);

G_END_DECLS
