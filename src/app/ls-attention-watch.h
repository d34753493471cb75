/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "client/ls-client.h"

G_BEGIN_DECLS

#define LS_TYPE_ATTENTION_WATCH (ls_attention_watch_get_type ())
G_DECLARE_FINAL_TYPE (LsAttentionWatch, ls_attention_watch, LS, ATTENTION_WATCH, GObject)

LsAttentionWatch *ls_attention_watch_new        (LsEnvironment    *environment);
void              ls_attention_watch_set_client (LsAttentionWatch *self,
                                                 LsClient         *client);
void              ls_attention_watch_add_window (LsAttentionWatch *self,
                                                 GtkWindow        *window);

G_END_DECLS
