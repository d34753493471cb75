/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "app/ls-window.h"

G_BEGIN_DECLS

#define LS_TYPE_APPLICATION (ls_application_get_type ())
G_DECLARE_FINAL_TYPE (LsApplication, ls_application, LS, APPLICATION, AdwApplication)

LsApplication *ls_application_new         (void);
LsContext     *ls_application_get_context (LsApplication *self);
LsWindow      *ls_application_open_window (LsApplication *self,
                                           const char    *shop,
                                           const char    *page);

G_END_DECLS
