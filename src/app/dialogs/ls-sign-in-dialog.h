/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/ls-context.h"

#include <adwaita.h>

G_BEGIN_DECLS

#define LS_TYPE_SIGN_IN_DIALOG (ls_sign_in_dialog_get_type ())
G_DECLARE_FINAL_TYPE (LsSignInDialog, ls_sign_in_dialog, LS, SIGN_IN_DIALOG, AdwWindow)

LsSignInDialog *ls_sign_in_dialog_new (GtkWindow *parent,
                                       LsContext *context);

G_END_DECLS
