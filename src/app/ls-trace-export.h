/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "app/ls-context.h"

G_BEGIN_DECLS

void     ls_trace_follow_painting (GtkApplication *application,
                                   LsClient       *client);
gboolean ls_trace_export          (LsClient       *client,
                                   const char     *path,
                                   GError        **error);

void     ls_trace_export_async     (LsContext       *context,
                                    const char      *path);

G_END_DECLS
