/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/wire/ls-wire.h"

#include <glib.h>

G_BEGIN_DECLS

/* Both ends of a connection, for tests of the wire: what the callbacks told of the session, and the
 * far end with a frame parser of its own. The far end blocks, and gives up after PEER_PATIENCE_MS:
 * no test waits by time. */

#define PEER_PATIENCE_MS 60000

/* Bytes of a numbered blob, without its header. */
#define PEER_PIECE (16 * 1024)
/* Of a socket, so that a reader that does not read shows soon. */
#define PEER_SMALL_BUFFER (16 * 1024)

typedef struct _Peer Peer;

/* Run within the message callback. */
typedef void (*PeerHook) (Peer          *peer,
                          LsWireHandle   handle,
                          const uint8_t *data,
                          size_t         length,
                          gboolean       is_binary);

typedef enum {
  PEER_UNIX,
  PEER_TCP,
} PeerKind;

typedef struct {
  LsFrameOpcode opcode; /* LS_FRAME_CONTINUATION for the end of the stream */
  uint16_t      code;
  GBytes       *payload;
} PeerItem;

/* All fields but the first two are to be read by the functions below. */
struct _Peer {
  LsWire       *wire;
  LsWireHandle  handle;

  int           fd;
  LsFrameParser parser;
  uint8_t      *bytes;
  size_t        at;
  size_t        used;

  PeerHook      hook;
  unsigned      opened;
  unsigned      messages;
  unsigned      overflowed;
  unsigned      drained;
  unsigned      closed;
  uint16_t      code;
  LsWireWhy     why;
  GPtrArray    *texts;
};

void         peer_item_clear     (PeerItem            *item);

/* A wire whose callbacks fill peers, with a clock that stands still until it is advanced. */
LsWire      *peer_wire_new       (const LsWireOptions *options);
LsWire      *peer_wire_new_default (unsigned           threads);
void         peer_clock_advance  (LsWire              *wire,
                                  unsigned             ms);

/* Waits until nothing is held for any session, and at least @blobs were written: a far end may have
 * read what the wire is just about to count and to forget. */
void         peer_wire_settle    (LsWire              *wire,
                                  unsigned             blobs,
                                  LsWireStats         *stats);

Peer        *peer_new            (LsWire              *wire,
                                  PeerKind             kind);
Peer        *peer_new_echo       (LsWire              *wire,
                                  PeerKind             kind);
Peer        *peer_new_full       (LsWire              *wire,
                                  PeerKind             kind,
                                  int                  server_buffer,
                                  PeerHook             hook,
                                  const void          *initial,
                                  size_t               length);
void         peer_free           (Peer                *self);

/* The far end. */
void         peer_write          (Peer                *self,
                                  const void          *bytes,
                                  size_t               length);
void         peer_send           (Peer                *self,
                                  uint8_t              first,
                                  const void          *payload,
                                  size_t               length);
void         peer_send_text      (Peer                *self,
                                  const char          *text);
PeerItem     peer_read           (Peer                *self);
void         peer_expect         (Peer                *self,
                                  LsFrameOpcode        opcode,
                                  const void          *payload,
                                  size_t               length);
void         peer_expect_text    (Peer                *self,
                                  const char          *text);
void         peer_expect_close   (Peer                *self,
                                  uint16_t             code);
void         peer_expect_end     (Peer                *self);
/* A message there and back: everything the server had to do before is done. */
void         peer_round_trip     (Peer                *self);

LsBlob      *peer_text_blob      (const char          *text);

/* Large messages that tell their order. */
LsBlob      *peer_numbered_blob  (unsigned             number);
void         peer_send_number    (Peer                *self,
                                  unsigned             number);
unsigned     peer_read_number    (Peer                *self);

/* What the callbacks told. */
unsigned     peer_count          (Peer                *self,
                                  const unsigned      *counter);
void         peer_wait           (Peer                *self,
                                  const unsigned      *counter,
                                  unsigned             count);
void         peer_wait_closed    (Peer                *self,
                                  uint16_t             code,
                                  LsWireWhy            why);
char        *peer_get_text       (Peer                *self,
                                  unsigned             index);

/* Hooks. */
void         peer_hook_echo      (Peer                *peer,
                                  LsWireHandle         handle,
                                  const uint8_t       *data,
                                  size_t               length,
                                  gboolean             is_binary);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Peer, peer_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (PeerItem, peer_item_clear)

G_END_DECLS
