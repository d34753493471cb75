/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/wire/ls-frame.h"

#include <glib.h>

G_BEGIN_DECLS

/* Frames, and what comes of them, as lines that a table can hold.
 *
 * Input: `81'text'` is a frame whose first byte is 0x81, with that payload, masked, its length in
 * the shortest form; `82=00ff` has a payload in hex, `82*300` one of 300 times 'a'; `~8100` is
 * bytes as they are.
 * Output: `text'..'`, `binary'..'`, `ping'..'`, `pong'..'`, `close 1000'..'`, `error 1002`,
 * payloads as above; `more` at the end if a message or frame is under way. */

GByteArray *frame_lines_build        (const char          *input);
void        frame_lines_append_hex   (GByteArray          *bytes,
                                      const char          *hex);
void        frame_lines_append_frame (GByteArray          *bytes,
                                      uint8_t              first,
                                      const uint8_t       *payload,
                                      size_t               length,
                                      const uint8_t       *mask);

/* Feeds all bytes, in pieces of at most @piece bytes (of random length if @random). Returns what
 * came, and after how many bytes an error did, 0 without one. */
char       *frame_lines_parse        (const LsFrameLimits *limits,
                                      GByteArray          *input,
                                      size_t               piece,
                                      GRand               *random,
                                      size_t              *error_at);

void        frame_lines_print_item   (GString             *out,
                                      LsFrameItem         *item);
void        frame_lines_print_more   (GString             *out);
void        frame_lines_print_error  (GString             *out,
                                      unsigned             code);

G_END_DECLS
