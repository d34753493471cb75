/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "app/text/ls-error-desk.h"
#include "client/ls-store.h"

G_BEGIN_DECLS

#define LS_TYPE_WAITING_DIALOG (ls_waiting_dialog_get_type ())
G_DECLARE_FINAL_TYPE (LsWaitingDialog, ls_waiting_dialog, LS, WAITING_DIALOG, AdwWindow)

LsWaitingDialog *ls_waiting_dialog_new (GtkWindow   *parent,
                                        LsErrorDesk *desk,
                                        LsStore     *store);

G_END_DECLS
