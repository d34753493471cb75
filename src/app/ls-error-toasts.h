/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/ls-feedback.h"
#include "app/text/ls-error-desk.h"

G_BEGIN_DECLS

#define LS_TYPE_ERROR_TOASTS (ls_error_toasts_get_type ())
G_DECLARE_FINAL_TYPE (LsErrorToasts, ls_error_toasts, LS, ERROR_TOASTS, GObject)

LsErrorToasts *ls_error_toasts_new          (LsErrorDesk          *desk,
                                             LsFeedbackWindowFunc  func,
                                             gpointer              user_data);
void           ls_error_toasts_window_ready (LsErrorToasts        *self);

G_END_DECLS
