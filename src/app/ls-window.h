/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "app/ls-context.h"

G_BEGIN_DECLS

#define LS_TYPE_WINDOW (ls_window_get_type ())
G_DECLARE_FINAL_TYPE (LsWindow, ls_window, LS, WINDOW, AdwApplicationWindow)

LsWindow   *ls_window_new         (GtkApplication *application,
                                   LsContext      *context);
const char *ls_window_get_shop    (LsWindow       *self);
const char *ls_window_get_page    (LsWindow       *self);
uint32_t    ls_window_get_shown   (LsWindow       *self);
void        ls_window_show_shop   (LsWindow       *self,
                                   const char     *shop);
void        ls_window_show_page   (LsWindow       *self,
                                   const char     *page);
void        ls_window_open_record (LsWindow       *self,
                                   const char     *page,
                                   const char     *key);
void        ls_window_show_toast  (LsWindow       *self,
                                   AdwToast       *toast);
void        ls_window_note_made   (LsWindow       *self,
                                   const char     *shop,
                                   const LsStoreMade *made);
LsWindow   *ls_window_find        (GtkWidget      *widget);
LsErrorDesk *ls_window_get_desk   (LsWindow       *self);
void        ls_window_tell_error  (LsWindow       *self,
                                   LsOperation     operation,
                                   const GError   *error,
                                   const char     *retry_action);
void        ls_window_repeat_banner (LsWindow     *self);
GVariant   *ls_window_save_state  (LsWindow       *self);
void        ls_window_load_state  (LsWindow       *self,
                                   GVariant       *state);

G_END_DECLS
