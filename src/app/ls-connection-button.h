/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "client/ls-client.h"

G_BEGIN_DECLS

#define LS_TYPE_CONNECTION_BUTTON (ls_connection_button_get_type ())
G_DECLARE_FINAL_TYPE (LsConnectionButton, ls_connection_button, LS, CONNECTION_BUTTON, AdwBin)

void ls_connection_button_set_client  (LsConnectionButton *self,
                                       LsClient           *client);
void ls_connection_button_set_compact (LsConnectionButton *self,
                                       gboolean            compact);

G_END_DECLS
