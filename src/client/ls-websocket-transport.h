/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-transport.h"

G_BEGIN_DECLS

/**
 * LS_CONNECT_TIMEOUT:
 *
 * How long a connection may take to come up, in µs.
 */
#define LS_CONNECT_TIMEOUT (15 * G_USEC_PER_SEC)

#define LS_TYPE_WEBSOCKET_TRANSPORT (ls_websocket_transport_get_type ())
G_DECLARE_FINAL_TYPE (LsWebsocketTransport,
                      ls_websocket_transport,
                      LS,
                      WEBSOCKET_TRANSPORT,
                      LsTransport)

LsTransport *ls_websocket_transport_new (LsEnvironment *environment,
                                         LsQueue       *queue);

G_END_DECLS
