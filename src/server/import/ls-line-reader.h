/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LsLineStep:
 * @LS_LINE_READ: there is a line
 * @LS_LINE_TOO_LONG: there was one that is longer than allowed; reading may go on behind it
 * @LS_LINE_END: nothing more
 * @LS_LINE_FAILED: the stream can't be read; the error is set
 *
 * What ls_line_reader_read() came to.
 */
typedef enum {
  LS_LINE_READ,
  LS_LINE_TOO_LONG,
  LS_LINE_END,
  LS_LINE_FAILED,
} LsLineStep;

/**
 * LsLineReader:
 *
 * Reads lines of bounded length out of a stream. One thread.
 */
typedef struct _LsLineReader LsLineReader;

LsLineReader *ls_line_reader_new        (GInputStream  *stream,
                                         size_t         max_bytes);
void          ls_line_reader_free       (LsLineReader  *reader);
LsLineStep    ls_line_reader_read       (LsLineReader  *reader,
                                         const char   **ret_line,
                                         size_t        *ret_length,
                                         GError       **error);
int64_t       ls_line_reader_get_line   (LsLineReader  *reader);
int64_t       ls_line_reader_get_offset (LsLineReader  *reader);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsLineReader, ls_line_reader_free)

G_END_DECLS
