/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/wire/ls-blob.h"

#include <sys/uio.h>

G_BEGIN_DECLS

#define LS_WIRE_QUEUE_INLINE 4

/**
 * LsWireQueue:
 *
 * What waits to be written to one connection: a ring of blobs, the first of them partly written. A
 * few have room in the struct itself, so that an idle session allocates nothing. Only for the
 * wire's own use, on one thread.
 */
typedef struct {
  _Atomic size_t *pinned;     /* the sum of all queues */
  LsBlob        **ring;
  uint32_t        size;       /* a power of two */
  uint32_t        first;
  uint32_t        used;
  size_t          first_sent; /* bytes of the first blob that are written */
  size_t          unsent;     /* bytes that are not, of all */
  uint64_t        popped;     /* blobs that have left, ever: the first one's number */
  LsBlob         *room[LS_WIRE_QUEUE_INLINE];
} LsWireQueue;

/**
 * ls_wire_queue_init:
 * @queue: memory of any content; must not be moved after
 * @pinned: where the bytes of all queues are summed up
 *
 * Makes an empty queue.
 */
void     ls_wire_queue_init    (LsWireQueue    *queue,
                                _Atomic size_t *pinned);

/**
 * ls_wire_queue_clear:
 * @queue: a queue
 *
 * Drops everything.
 */
void     ls_wire_queue_clear   (LsWireQueue    *queue);

/**
 * ls_wire_queue_push:
 * @queue: a queue
 * @blob: (transfer none): what to add at the end
 *
 * Returns: the blob's number, for ls_wire_queue_replace()
 */
uint64_t ls_wire_queue_push    (LsWireQueue    *queue,
                                LsBlob         *blob);

/**
 * ls_wire_queue_replace:
 * @queue: a queue
 * @number: of a blob that was pushed
 * @blob: (transfer none): what to write in its place
 *
 * Returns: %FALSE if some of it is written, or it is no longer there: then nothing changed
 */
gboolean ls_wire_queue_replace (LsWireQueue    *queue,
                                uint64_t        number,
                                LsBlob         *blob);

/**
 * ls_wire_queue_drop:
 * @queue: a queue
 *
 * Drops all blobs of which nothing is written.
 */
void     ls_wire_queue_drop    (LsWireQueue    *queue);

/**
 * ls_wire_queue_peek:
 * @queue: a queue
 * @vector: (out caller-allocates): the bytes to be written next, borrowed until the queue changes
 * @room: how many pieces @vector has
 * @length: (out): bytes of all of them
 *
 * Returns: how many pieces there are
 */
unsigned ls_wire_queue_peek    (LsWireQueue    *queue,
                                struct iovec   *vector,
                                unsigned        room,
                                size_t         *length);

/**
 * ls_wire_queue_advance:
 * @queue: a queue
 * @length: bytes that were written; at most what ls_wire_queue_peek() gave
 *
 * Returns: blobs that are written whole now
 */
unsigned ls_wire_queue_advance (LsWireQueue    *queue,
                                size_t          length);

G_END_DECLS
