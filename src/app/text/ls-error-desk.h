/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/text/ls-telling.h"
#include "client/ls-connection-status.h"

G_BEGIN_DECLS

#define LS_TYPE_ERROR_DESK (ls_error_desk_get_type ())
G_DECLARE_FINAL_TYPE (LsErrorDesk, ls_error_desk, LS, ERROR_DESK, GObject)

LsErrorDesk *ls_error_desk_new            (void);
void         ls_error_desk_tell           (LsErrorDesk              *self,
                                           LsOperation               operation,
                                           const GError             *error,
                                           GObject                  *where,
                                           GClosure                 *retry);
void         ls_error_desk_tell_words     (LsErrorDesk              *self,
                                           LsOperation               operation,
                                           const GError             *error,
                                           const char               *words);
char        *ls_error_desk_take           (LsErrorDesk              *self,
                                           LsOperation               operation,
                                           const GError             *error,
                                           const char               *words);
void         ls_error_desk_gone           (LsErrorDesk              *self,
                                           LsOperation               operation);
void         ls_error_desk_set_connection (LsErrorDesk              *self,
                                           const LsConnectionStatus *status);

G_END_DECLS
