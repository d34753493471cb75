/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "app/ls-context.h"

G_BEGIN_DECLS

#define LS_TYPE_WELCOME_VIEW (ls_welcome_view_get_type ())
G_DECLARE_FINAL_TYPE (LsWelcomeView, ls_welcome_view, LS, WELCOME_VIEW, AdwBin)

void ls_welcome_view_set_context (LsWelcomeView *self,
                                  LsContext     *context);

G_END_DECLS
