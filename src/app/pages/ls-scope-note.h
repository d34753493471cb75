/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "client/ls-client.h"

G_BEGIN_DECLS

#define LS_TYPE_SCOPE_NOTE (ls_scope_note_get_type ())
G_DECLARE_FINAL_TYPE (LsScopeNote, ls_scope_note, LS, SCOPE_NOTE, AdwBin)

void ls_scope_note_set_shop (LsScopeNote *self,
                             LsClient    *client,
                             const char  *shop);

G_END_DECLS
