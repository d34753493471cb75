/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-access.h"
#include "server/ls-hub.h"
#include "server/ls-sink.h"

G_BEGIN_DECLS

/**
 * LsSession:
 *
 * One client's connection, whatever carries it: a state machine on the hub's queue, fed by the
 * transport, writing to a sink. Reference-counted.
 *
 * These functions may be called from any thread; those of one session one at a time, as a wire's
 * callbacks are. They do not wait.
 */

LsSession  *ls_session_new           (LsHub            *hub,
                                      LsIdentity       *identity,
                                      LsSink           *sink);
LsSession  *ls_session_ref           (LsSession        *session);
void        ls_session_unref         (LsSession        *session);
LsSink     *ls_session_get_sink      (LsSession        *session);
const char *ls_session_get_id        (LsSession        *session);
void        ls_session_opened        (LsSession        *session);
void        ls_session_receive       (LsSession        *session,
                                      const uint8_t    *data,
                                      size_t            length,
                                      bool              is_binary);
void        ls_session_overflowed    (LsSession        *session);
void        ls_session_drained       (LsSession        *session);
void        ls_session_identify      (LsSession        *session,
                                      LsIdentity       *identity);
void        ls_session_closed        (LsSession        *session);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsSession, ls_session_unref)

G_END_DECLS
