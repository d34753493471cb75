/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/wire/ls-wire.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

/* From an HTTP request to a session: the only place where the wire meets libsoup. All of this is
 * for the thread that runs the SoupServer. */

/**
 * ls_wire_soup_upgrade:
 * @wire: a wire
 * @msg: a request whose handler is running, still without a status
 * @protocol: (nullable): the sub-protocol that the client must offer, which is then chosen; %NULL
 *   for none
 * @user_data: for the callbacks of the session
 * @destroy: (nullable): called with @user_data if no session comes of it, also after a return of
 *   %TRUE: when the connection breaks before the answer is out
 * @error: return location for %LS_ERROR_WEBSOCKET or %LS_ERROR_RATE_LIMIT: what was wrong with the
 *   request, or that there is no room
 *
 * Checks an upgrade request as RFC 6455, 4.2.1 has it, and answers it: 101 with the headers that
 * belong to it; 426 to what is no WebSocket request or one of another version; 400 to a bad one;
 * 503 without room. When the 101 is written the connection is taken from libsoup, and `opened` is
 * called for it.
 *
 * @msg must not be paused, and must be answered by nobody else.
 *
 * Returns: whether the answer is 101
 */
gboolean     ls_wire_soup_upgrade   (LsWire            *wire,
                                     SoupServerMessage *msg,
                                     const char        *protocol,
                                     gpointer           user_data,
                                     GDestroyNotify     destroy,
                                     GError           **error);

/**
 * ls_wire_soup_handshake:
 * @msg: a request whose handler is running, still without a status
 * @protocol: (nullable): the sub-protocol that the client must offer, which is then chosen; %NULL
 *   for none
 * @error: return location for %LS_ERROR_WEBSOCKET
 *
 * The first half of ls_wire_soup_upgrade(): checks and answers, takes nothing.
 *
 * Returns: whether the answer is 101
 */
gboolean     ls_wire_soup_handshake (SoupServerMessage *msg,
                                     const char        *protocol,
                                     GError           **error);

/**
 * ls_wire_take_soup:
 * @wire: a wire
 * @msg: a message whose 101 was just written: from a handler of
 *   #SoupServerMessage::wrote-informational
 * @user_data: for the callbacks of the session
 * @error: return location for %LS_ERROR_WEBSOCKET or %LS_ERROR_RATE_LIMIT
 *
 * The second half: takes the connection from libsoup, TCP or Unix, with the bytes that libsoup has
 * read beyond the headers. The connection is gone from libsoup in any case; @msg may be freed with
 * it.
 *
 * Returns: the session, or %LS_WIRE_HANDLE_NONE with @error set; then no callback is called
 */
LsWireHandle ls_wire_take_soup      (LsWire            *wire,
                                     SoupServerMessage *msg,
                                     gpointer           user_data,
                                     GError           **error);

/**
 * ls_wire_soup_accept_key:
 * @key: a Sec-WebSocket-Key
 *
 * Returns: (transfer full): the Sec-WebSocket-Accept that answers it
 */
char        *ls_wire_soup_accept_key (const char       *key);

G_END_DECLS
