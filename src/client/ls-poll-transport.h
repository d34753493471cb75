/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-connection-options.h"
#include "client/ls-transport.h"

G_BEGIN_DECLS

#define LS_TYPE_POLL_TRANSPORT (ls_poll_transport_get_type ())
G_DECLARE_FINAL_TYPE (LsPollTransport, ls_poll_transport, LS, POLL_TRANSPORT, LsTransport)

LsTransport *ls_poll_transport_new (LsEnvironment             *environment,
                                    LsQueue                   *queue,
                                    LsTransport               *carrier,
                                    const LsConnectionOptions *options);

G_END_DECLS
