/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/ls-feedback.h"
#include "app/text/ls-notice-board.h"

G_BEGIN_DECLS

#define LS_TYPE_NOTICE_TOASTS (ls_notice_toasts_get_type ())
G_DECLARE_FINAL_TYPE (LsNoticeToasts, ls_notice_toasts, LS, NOTICE_TOASTS, GObject)

LsNoticeToasts *ls_notice_toasts_new          (LsNoticeBoard        *board,
                                               LsFeedbackWindowFunc  func,
                                               gpointer              user_data);
void            ls_notice_toasts_window_ready (LsNoticeToasts       *self);

G_END_DECLS
