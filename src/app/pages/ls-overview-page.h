/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/pages/ls-page.h"

G_BEGIN_DECLS

#define LS_TYPE_OVERVIEW_PAGE (ls_overview_page_get_type ())
G_DECLARE_FINAL_TYPE (LsOverviewPage, ls_overview_page, LS, OVERVIEW_PAGE, LsPage)

G_END_DECLS
