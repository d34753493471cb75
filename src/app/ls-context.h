/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "app/text/ls-error-desk.h"
#include "app/text/ls-notice-board.h"
#include "client/ls-client.h"

G_BEGIN_DECLS

#define LS_TYPE_CONTEXT (ls_context_get_type ())
G_DECLARE_FINAL_TYPE (LsContext, ls_context, LS, CONTEXT, GObject)

LsContext *ls_context_new                   (GSettings            *settings);
GSettings *ls_context_get_settings          (LsContext            *self);
LsClient  *ls_context_get_client            (LsContext            *self);
LsErrorDesk *ls_context_get_desk            (LsContext            *self);
LsNoticeBoard *ls_context_get_notices       (LsContext            *self);
LsEnvironment *ls_context_get_environment   (LsContext            *self);
gboolean   ls_context_get_busy              (LsContext            *self);
void       ls_context_restore               (LsContext            *self,
                                             const char           *server_url,
                                             const char           *token);
void       ls_context_sign_in_async         (LsContext            *self,
                                             const char           *server_url,
                                             const char           *user,
                                             const char           *password,
                                             GCancellable         *cancellable,
                                             GAsyncReadyCallback   callback,
                                             gpointer              user_data);
gboolean   ls_context_sign_in_finish        (LsContext            *self,
                                             GAsyncResult         *result,
                                             GError              **error);
void       ls_context_sign_in_again_async   (LsContext            *self,
                                             const char           *password,
                                             GCancellable         *cancellable,
                                             GAsyncReadyCallback   callback,
                                             gpointer              user_data);
gboolean   ls_context_sign_in_again_finish  (LsContext            *self,
                                             GAsyncResult         *result,
                                             GError              **error);
void       ls_context_explore_sample_async  (LsContext            *self,
                                             GCancellable         *cancellable,
                                             GAsyncReadyCallback   callback,
                                             gpointer              user_data);
gboolean   ls_context_explore_sample_finish (LsContext            *self,
                                             GAsyncResult         *result,
                                             GError              **error);
void       ls_context_sign_out_async        (LsContext            *self,
                                             GtkWidget            *parent,
                                             GCancellable         *cancellable,
                                             GAsyncReadyCallback   callback,
                                             gpointer              user_data);
gboolean   ls_context_sign_out_finish       (LsContext            *self,
                                             GAsyncResult         *result,
                                             GError              **error);
void       ls_context_shutdown              (LsContext            *self);

G_END_DECLS
