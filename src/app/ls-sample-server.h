/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "app/text/ls-error-desk.h"

G_BEGIN_DECLS

#define LS_TYPE_SAMPLE_SERVER (ls_sample_server_get_type ())
G_DECLARE_FINAL_TYPE (LsSampleServer, ls_sample_server, LS, SAMPLE_SERVER, GObject)

LsSampleServer *ls_sample_server_new          (LsErrorDesk          *desk,
                                               const char           *data_dir,
                                               const char           *runtime_dir);
void            ls_sample_server_start_async  (LsSampleServer       *self,
                                               GCancellable         *cancellable,
                                               GAsyncReadyCallback   callback,
                                               gpointer              user_data);
gboolean        ls_sample_server_start_finish (LsSampleServer       *self,
                                               GAsyncResult         *result,
                                               char                **ret_url,
                                               char                **ret_token,
                                               GError              **error);
void            ls_sample_server_stop         (LsSampleServer       *self);

G_END_DECLS
