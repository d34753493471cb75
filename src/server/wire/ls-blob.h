/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/wire/ls-frame.h"

#include <glib.h>
#include <stdatomic.h>
#include <stdint.h>

G_BEGIN_DECLS

/**
 * LsBlob:
 *
 * Bytes that are ready for the wire: one or more whole server frames. Immutable, counted, shared by
 * any number of sessions and threads.
 */
typedef struct _LsBlob LsBlob;

/**
 * LsBlobPart:
 * @data: the payload of one message
 * @length: its bytes
 *
 * One message of several that go into one blob.
 */
typedef struct {
  const void *data;
  size_t      length;
} LsBlobPart;

/**
 * ls_blob_new_frame:
 * @opcode: text, binary, or a control opcode
 * @data: (nullable) (array length=length): the payload; copied. Text must be valid UTF-8: it is not
 *   checked
 * @length: its bytes
 *
 * Encodes one whole message or control frame.
 *
 * Returns: (transfer full): a new blob
 */
LsBlob        *ls_blob_new_frame  (LsFrameOpcode     opcode,
                                   const void       *data,
                                   size_t            length);

/**
 * ls_blob_new_frames:
 * @opcode: text or binary
 * @parts: (array length=n_parts): the messages, in order; copied
 * @n_parts: how many, at least one
 *
 * Encodes several messages into one blob, which then costs each session one write.
 *
 * Returns: (transfer full): a new blob
 */
LsBlob        *ls_blob_new_frames (LsFrameOpcode     opcode,
                                   const LsBlobPart *parts,
                                   size_t            n_parts);

/**
 * ls_blob_ref:
 * @blob: a blob
 *
 * Any thread.
 *
 * Returns: (transfer full): @blob
 */
LsBlob        *ls_blob_ref        (LsBlob           *blob);

/**
 * ls_blob_unref:
 * @blob: (transfer full): a blob
 *
 * Any thread; the last one frees it.
 */
void           ls_blob_unref      (LsBlob           *blob);

/**
 * ls_blob_get_data:
 * @blob: a blob
 * @length: (out) (optional): its bytes, frame headers included
 *
 * Returns: (transfer none): what goes to the wire
 */
const uint8_t *ls_blob_get_data   (const LsBlob     *blob,
                                   size_t           *length);

/**
 * ls_blob_get_length:
 * @blob: a blob
 *
 * Returns: its bytes, frame headers included
 */
size_t         ls_blob_get_length (const LsBlob     *blob);

/**
 * ls_blob_pin:
 * @blob: a blob that the caller holds a reference to
 * @pinned: the sum of bytes of all blobs that are pinned
 *
 * Notes that one more session queue holds the blob. All queues together hold one reference and are
 * charged for the bytes once. Only for the wire's own use; any thread.
 */
void           ls_blob_pin        (LsBlob           *blob,
                                   _Atomic size_t   *pinned);

/**
 * ls_blob_unpin:
 * @blob: a pinned blob
 * @pinned: the same sum
 *
 * Undoes one ls_blob_pin(); the last one drops the queues' reference.
 */
void           ls_blob_unpin      (LsBlob           *blob,
                                   _Atomic size_t   *pinned);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsBlob, ls_blob_unref)

G_END_DECLS
