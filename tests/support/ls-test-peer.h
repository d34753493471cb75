/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-message.h"
#include "ls-test-server.h"

G_BEGIN_DECLS

/**
 * LsTestPeer:
 *
 * The far end of a connection to a server, byte by byte: a blocking socket with a frame reader of
 * its own, for peers that behave and peers that do not. Whatever it waits for and does not get in
 * two minutes fails the test.
 */
typedef struct _LsTestPeer LsTestPeer;

/**
 * ls_test_peer_new:
 * @port: of a server on the loopback address
 *
 * Returns: (transfer full): a connection on which nothing was said
 */
LsTestPeer *ls_test_peer_new           (uint16_t          port);

/**
 * ls_test_peer_connect:
 * @port: of a server on the loopback address
 * @token: who it is
 *
 * Returns: (transfer full): a WebSocket of `lockstep.v1`
 */
LsTestPeer *ls_test_peer_connect       (uint16_t          port,
                                        const char       *token);

void        ls_test_peer_free          (LsTestPeer       *peer);

/**
 * ls_test_peer_write:
 * @peer: a peer
 * @bytes: (array length=length): anything
 * @length: how many
 *
 * Writes bytes. A connection that the server has closed takes them without complaint.
 */
void        ls_test_peer_write         (LsTestPeer       *peer,
                                        const void       *bytes,
                                        size_t            length);

/**
 * ls_test_peer_read_all:
 * @peer: a peer
 *
 * Returns: (transfer full): all that comes until the server closes
 */
char       *ls_test_peer_read_all      (LsTestPeer       *peer);

/**
 * ls_test_peer_send_frame:
 * @peer: a peer on a WebSocket
 * @first: the first byte of the frame: opcode, and 0x80 in the last fragment
 * @payload: (array length=length): what is in it
 * @length: how many bytes
 *
 * Sends a masked frame.
 */
void        ls_test_peer_send_frame    (LsTestPeer       *peer,
                                        uint8_t           first,
                                        const void       *payload,
                                        size_t            length);

void        ls_test_peer_send_text     (LsTestPeer       *peer,
                                        const char       *text);
void        ls_test_peer_send          (LsTestPeer       *peer,
                                        const LsMessage  *message);

/**
 * ls_test_peer_receive:
 * @peer: a peer on a WebSocket
 *
 * Waits for the next message. Pings of the wire are answered on the way.
 *
 * Returns: (transfer full) (nullable): the message, or %NULL when the server closed: see
 *   ls_test_peer_get_close()
 */
LsMessage  *ls_test_peer_receive       (LsTestPeer       *peer);

/**
 * ls_test_peer_expect:
 * @peer: a peer on a WebSocket
 * @type: what shall come
 *
 * Waits for the next message of a type. Those that come by the clock, `ping` and `digest`, are
 * passed over when they are not it; any other is a failure.
 *
 * Returns: (transfer full): the message
 */
LsMessage  *ls_test_peer_expect        (LsTestPeer       *peer,
                                        LsMessageType     type);
uint16_t    ls_test_peer_get_close     (LsTestPeer       *peer);

/**
 * ls_test_peer_hello:
 * @peer: a peer on a WebSocket
 * @client: (nullable): its id
 * @shop: (nullable): a shop
 * @n: the highest n made there
 *
 * Says hello and waits for the answer.
 *
 * Returns: (transfer full): `welcome` or `forked`
 */
LsMessage  *ls_test_peer_hello         (LsTestPeer       *peer,
                                        const char       *client,
                                        const char       *shop,
                                        int64_t           n);
void        ls_test_peer_subscribe     (LsTestPeer       *peer,
                                        const char       *shop,
                                        const LsPosition *position,
                                        const LsView     *view);
void        ls_test_peer_mutate        (LsTestPeer       *peer,
                                        const char       *shop,
                                        int64_t           n,
                                        const char       *mid,
                                        const char       *changes);

/**
 * ls_test_peer_request:
 * @port: of a server on the loopback address
 * @head: request line and headers but Host, each ended by a line feed
 * @body: (nullable): the body; with it goes a Content-Length
 *
 * Makes one HTTP request.
 *
 * Returns: (transfer full): the whole answer
 */
char       *ls_test_peer_request       (uint16_t          port,
                                        const char       *head,
                                        const char       *body);

/**
 * ls_test_peer_fetch:
 * @port: of a server on the loopback address
 * @token: who asks
 * @path: what for, with its query
 * @client: (nullable): the client id that is told
 * @ret_head: (out) (optional): status line and headers
 *
 * Makes a GET, expects 200, and undoes a gzip encoding.
 *
 * Returns: (transfer full): the body
 */
GBytes     *ls_test_peer_fetch         (uint16_t          port,
                                        const char       *token,
                                        const char       *path,
                                        const char       *client,
                                        char            **ret_head);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsTestPeer, ls_test_peer_free)

G_END_DECLS
