/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-session.h"

G_BEGIN_DECLS

LsWire    *ls_live_new_wire    (const LsWireOptions *options,
                                GError             **error);
LsSession *ls_live_new_session (LsHub               *hub,
                                LsWire              *wire,
                                LsIdentity          *identity);
void       ls_live_drop        (gpointer             session);

G_END_DECLS
