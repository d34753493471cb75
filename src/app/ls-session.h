/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/ls-application.h"

G_BEGIN_DECLS

void ls_session_restore       (LsApplication *application);
void ls_session_save          (LsApplication *application);
void ls_session_window_closed (LsApplication *application,
                               LsWindow      *window);

G_END_DECLS
