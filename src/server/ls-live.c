/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-live"

#include "config.h"

#include "server/ls-live.h"

/* Sessions on the wire: what its threads tell goes to the session, what that says to the wire. */

static void
wire_send (LsSink *sink,
           LsBlob *blob)
{
  ls_wire_send_one (sink->wire, sink->handle, blob);
}

static void
wire_resume (LsSink *sink)
{
  ls_wire_resume (sink->wire, sink->handle);
}

static void
wire_notify_drained (LsSink *sink)
{
  ls_wire_notify_drained (sink->wire, sink->handle);
}

static void
wire_close (LsSink     *sink,
            uint16_t    code,
            const char *reason)
{
  ls_wire_close (sink->wire, sink->handle, code, reason);
}

static void
wire_free (LsSink *sink)
{
  g_free (sink);
}

static const LsSinkClass wire_sink = {
  wire_send, wire_resume, wire_notify_drained, wire_close, wire_free,
};

static void
opened_cb (LsWireHandle handle,
           gpointer     user_data)
{
  ls_session_get_sink (user_data)->handle = handle;
  ls_session_opened (user_data);
}

static void
message_cb (LsWireHandle   handle,
            gpointer       user_data,
            const uint8_t *data,
            size_t         length,
            gboolean       is_binary)
{
  ls_session_receive (user_data, data, length, is_binary);
}

static void
overflowed_cb (LsWireHandle handle,
               gpointer     user_data)
{
  ls_session_overflowed (user_data);
}

static void
drained_cb (LsWireHandle handle,
            gpointer     user_data)
{
  ls_session_drained (user_data);
}

static void
closed_cb (LsWireHandle handle,
           gpointer     user_data,
           uint16_t     code,
           LsWireWhy    why)
{
  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "SESSION", ls_session_get_id (user_data),
                    "MESSAGE", "Connection ended: %s, %u", ls_wire_why_to_string (why), code);
  ls_session_closed (user_data);
  ls_session_unref (user_data);
}

/**
 * ls_live_new_wire:
 * @options: what to let through
 * @error: where to put why not
 *
 * Makes the wire that sessions live on.
 *
 * Returns: (transfer full) (nullable): the wire
 */
LsWire *
ls_live_new_wire (const LsWireOptions *options,
                  GError             **error)
{
  static const LsWireCallbacks callbacks = {
    .opened = opened_cb,
    .message = message_cb,
    .overflowed = overflowed_cb,
    .drained = drained_cb,
    .closed = closed_cb,
  };

  return ls_wire_new (options, &callbacks, error);
}

/**
 * ls_live_new_session:
 * @hub: where it belongs
 * @wire: what carries it
 * @identity: whose it is
 *
 * Makes a session to be the user data of a connection that is taken over: the wire holds it from
 * then on. If nothing comes of that, ls_live_drop() it.
 *
 * Returns: (transfer full): the session
 */
LsSession *
ls_live_new_session (LsHub      *hub,
                     LsWire     *wire,
                     LsIdentity *identity)
{
  LsSink *sink = g_new0 (LsSink, 1);

  sink->klass = &wire_sink;
  sink->wire = wire;
  return ls_session_new (hub, identity, sink);
}

/**
 * ls_live_drop:
 * @session: (transfer full): a session that no connection came of
 *
 * Frees it.
 */
void
ls_live_drop (gpointer session)
{
  ls_session_unref (session);
}
