/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define LS_TYPE_SIDEBAR (ls_sidebar_get_type ())
G_DECLARE_FINAL_TYPE (LsSidebar, ls_sidebar, LS, SIDEBAR, AdwBin)

void ls_sidebar_select    (LsSidebar  *self,
                           const char *page);
void ls_sidebar_set_count (LsSidebar  *self,
                           const char *page,
                           unsigned    count,
                           const char *words);
void        ls_sidebar_set_waiting (LsSidebar  *self,
                                    unsigned    waiting,
                                    unsigned    failed,
                                    unsigned    lost);

G_END_DECLS
