/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "client/ls-client.h"

G_BEGIN_DECLS

void     ls_trace_follow_painting (GtkApplication *application,
                                   LsClient       *client);
gboolean ls_trace_export          (LsClient       *client,
                                   const char     *path,
                                   GError        **error);

G_END_DECLS
