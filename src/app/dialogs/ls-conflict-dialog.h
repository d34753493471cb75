/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "app/text/ls-error-desk.h"
#include "client/ls-store.h"

G_BEGIN_DECLS

#define LS_TYPE_CONFLICT_DIALOG (ls_conflict_dialog_get_type ())
G_DECLARE_FINAL_TYPE (LsConflictDialog, ls_conflict_dialog, LS, CONFLICT_DIALOG, AdwWindow)

LsConflictDialog *ls_conflict_dialog_new (GtkWindow   *parent,
                                          LsErrorDesk *desk,
                                          LsStore     *store,
                                          LsEdit      *edit);

G_END_DECLS
