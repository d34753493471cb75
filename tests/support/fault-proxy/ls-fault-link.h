/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

G_BEGIN_DECLS

/**
 * LsFaultWay:
 * @LS_FAULT_UP: from client to server
 * @LS_FAULT_DOWN: from server to client
 * @LS_FAULT_N_WAYS: how many there are
 *
 * A direction.
 */
typedef enum {
  LS_FAULT_UP,
  LS_FAULT_DOWN,
  LS_FAULT_N_WAYS,
} LsFaultWay;

/**
 * LsFaultLane:
 * @hold: nothing moves; what comes waits in the sockets, as on a line that is dead for now
 * @delay: µs that each byte is late
 * @jitter: µs that it may be later still; the order stays
 * @rate: bytes a second and connection, 0 for no limit
 * @noise: of a million bytes, how many have one bit turned
 * @flip_at: the how many-th byte from now on has one bit turned, 0 for none
 * @truncate_at: after how many more bytes the connection that carries them is reset, 0 for never
 * @n_bytes: how many went through
 *
 * What is done to the bytes of one direction, of all connections.
 */
typedef struct {
  bool hold;
  int64_t delay;
  int64_t jitter;
  uint64_t rate;
  uint64_t noise;
  uint64_t flip_at;
  uint64_t truncate_at;
  uint64_t n_bytes;
} LsFaultLane;

/**
 * LsFaultBlock:
 * @by_upgrade: whether @text is looked for in the `Upgrade` header, not the path
 * @text: part of it, without regard to case
 * @status: what is answered; 0 for a reset, -1 for silence
 *
 * Requests that do not pass.
 */
typedef struct {
  bool by_upgrade;
  char *text;
  int status;
} LsFaultBlock;

/**
 * LsFaultProxy:
 * @lanes: what is done to bytes
 * @blocks: (element-type LsFaultBlock): what is done to requests
 * @links: (element-type LsFaultLink): open connections
 * @idle: ms after which a connection on which nothing moved is reset, 0 for never
 * @dice: where all chance comes from
 * @server: the server's address
 * @server_length: its length
 * @n_links: how many there were
 * @n_blocked: how many requests did not pass
 *
 * All that connections share.
 */
typedef struct {
  LsFaultLane lanes[LS_FAULT_N_WAYS];
  GPtrArray *blocks;
  GPtrArray *links;
  unsigned idle;
  GRand *dice;
  struct sockaddr_storage server;
  socklen_t server_length;
  uint64_t n_links;
  uint64_t n_blocked;
} LsFaultProxy;

/**
 * LsFaultLink:
 *
 * A client's connection and the one to the server that belongs to it.
 */
typedef struct _LsFaultLink LsFaultLink;

void ls_fault_link_new    (LsFaultProxy *proxy,
                           int           client);
void ls_fault_link_reset  (LsFaultLink  *link);
void ls_fault_link_update (LsFaultLink  *link);

G_END_DECLS
