/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"
#include "server/wire/ls-blob.h"
#include "server/wire/ls-wire.h"

G_BEGIN_DECLS

typedef struct _LsSink LsSink;

/**
 * LsSinkClass:
 * @send: takes a blob, or drops it when it is full: then and until @resume it takes no other, and
 *   tells ls_session_overflowed(), later ls_session_drained()
 * @resume: takes blobs again
 * @notify_drained: asks for one ls_session_drained(), when what was sent before is nearly out
 * @close: ends the connection behind what was sent; ls_session_closed() follows
 * @free: the session is gone
 *
 * What a transport is to a session. All are called on the hub's queue, but for @free.
 */
typedef struct {
  void (*send)           (LsSink     *sink,
                          LsBlob     *blob);
  void (*resume)         (LsSink     *sink);
  void (*notify_drained) (LsSink     *sink);
  void (*close)          (LsSink     *sink,
                          uint16_t    code,
                          const char *reason);
  void (*free)           (LsSink     *sink);
} LsSinkClass;

/**
 * LsSink:
 * @klass: what it does
 * @wire: (nullable): the wire, for a sink that is one of its sessions: the hub then sends one
 *   blob to many at once
 * @handle: which of them
 * @quiet: whether its transport knows by itself that the peer is there, so that it needs no pings
 *
 * Where a session's messages go.
 */
struct _LsSink {
  const LsSinkClass *klass;
  LsWire *wire;
  LsWireHandle handle;
  bool quiet;
};

G_END_DECLS
