/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-environment.h"

G_BEGIN_DECLS

#define LS_TYPE_NOTICE_BOARD (ls_notice_board_get_type ())
G_DECLARE_FINAL_TYPE (LsNoticeBoard, ls_notice_board, LS, NOTICE_BOARD, GObject)

LsNoticeBoard *ls_notice_board_new           (LsEnvironment *environment);
void           ls_notice_board_take          (LsNoticeBoard *self,
                                              const char    *kind,
                                              const char    *message,
                                              int64_t        until);
void           ls_notice_board_begin_session (LsNoticeBoard *self);
void           ls_notice_board_dismiss       (LsNoticeBoard *self);
void           ls_notice_board_clear         (LsNoticeBoard *self);
const char    *ls_notice_board_get_words     (LsNoticeBoard *self);

G_END_DECLS
