/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>

G_BEGIN_DECLS

#define LS_TYPE_FRAME_STREAM (ls_frame_stream_get_type ())
G_DECLARE_FINAL_TYPE (LsFrameStream, ls_frame_stream, LS, FRAME_STREAM, GInputStream)

GInputStream *ls_frame_stream_new             (GInputStream  *base,
                                               GBytes        *first,
                                               size_t         max_message);
void          ls_frame_stream_set_max_message (LsFrameStream *self,
                                               size_t         bytes);
void          ls_frame_stream_set_paused      (LsFrameStream *self,
                                               bool           paused);

G_END_DECLS
