/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/ls-window.h"

G_BEGIN_DECLS

/**
 * LsFeedbackWindowFunc:
 * @user_data: as given
 *
 * Returns: (transfer none) (nullable): the window that the admin looks at
 */
typedef LsWindow *(*LsFeedbackWindowFunc) (gpointer user_data);

#define LS_TYPE_FEEDBACK (ls_feedback_get_type ())
G_DECLARE_FINAL_TYPE (LsFeedback, ls_feedback, LS, FEEDBACK, GObject)

LsFeedback *ls_feedback_new          (LsFeedbackWindowFunc  func,
                                      gpointer              user_data);
void        ls_feedback_set_store    (LsFeedback           *self,
                                      LsStore              *store);
void        ls_feedback_window_ready (LsFeedback           *self);

G_END_DECLS
