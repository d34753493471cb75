/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-session"

#include "config.h"

#include "server/ls-session.h"

#include <string.h>

#include "core/ls-error.h"
#include "core/ls-id.h"
#include "server/ls-hub-private.h"

/*
 * The receiving thread decodes, so that a large message costs only those who share that thread, and
 * reads acks without a parser or a queue. Everything else goes to the hub's queue.
 */

/*
 * What a full sink dropped comes again: deltas and results from the log, digests by themselves.
 * Not so an `error`, a `resync`, a `forked`, rights that changed. Until the sink has taken such a
 * one for certain the session owes it; if it overflows meanwhile, the way out is a new
 * connection, which starts from what both ends know.
 */

/* What may wait for the hub: more is a peer that sends without waiting for anything. */
#define MAX_QUEUED_MESSAGES 512
#define MAX_QUEUED_BYTES (2 * LS_MAX_CLIENT_MESSAGE)

typedef enum {
  EVENT_OPENED,
  EVENT_MESSAGE,
  EVENT_MALFORMED,
  EVENT_FLOODED,
  EVENT_OVERFLOWED,
  EVENT_DRAINED,
  EVENT_IDENTITY,
  EVENT_CLOSED,
} EventKind;

typedef struct {
  EventKind kind;
  LsSession *session;
  LsMessage *message;
  LsIdentity *identity;
  GError *error;
  size_t length;
} Event;

static void
sub_free (gpointer data)
{
  LsSub *sub = data;

  ls_sub_clear_results (sub);
  ls_sub_forget_decided (sub);
  g_clear_pointer (&sub->held, ls_blob_unref);
  g_free (sub);
}

/**
 * ls_session_new:
 * @hub: where it belongs
 * @identity: whose it is
 * @sink: (transfer full): where its messages go
 *
 * Makes a session that waits for ls_session_opened().
 *
 * Returns: (transfer full): the session
 */
LsSession *
ls_session_new (LsHub      *hub,
                LsIdentity *identity,
                LsSink     *sink)
{
  LsSession *session = g_new0 (LsSession, 1);

  g_atomic_ref_count_init (&session->ref_count);
  session->hub = hub;
  session->identity = ls_identity_ref (identity);
  session->sink = sink;
  session->id = ls_id_new_secret (hub->environment, 8);
  session->subs = g_ptr_array_new_with_free_func (sub_free);
  session->link.data = session;
  g_queue_init (&session->early);
  g_mutex_init (&session->lock);
  return session;
}

/**
 * ls_session_ref:
 * @session: a session
 *
 * Returns: (transfer full): @session
 */
LsSession *
ls_session_ref (LsSession *session)
{
  g_atomic_ref_count_inc (&session->ref_count);
  return session;
}

/**
 * ls_session_unref:
 * @session: (transfer full): a session
 *
 * Drops a reference.
 */
void
ls_session_unref (LsSession *session)
{
  if (!g_atomic_ref_count_dec (&session->ref_count))
    return;
  g_clear_pointer (&session->subs, g_ptr_array_unref);
  g_queue_clear_full (&session->early, (GDestroyNotify) ls_message_unref);
  session->sink->klass->free (session->sink);
  ls_identity_unref (session->identity);
  g_mutex_clear (&session->lock);
  g_free (session->client);
  g_free (session->id);
  g_free (session);
}

/**
 * ls_session_get_sink:
 * @session: a session
 *
 * Returns: (transfer none): what it was made with
 */
LsSink *
ls_session_get_sink (LsSession *session)
{
  return session->sink;
}

/**
 * ls_session_get_id:
 * @session: a session
 *
 * Returns: (transfer none): its id, as `welcome` tells it
 */
const char *
ls_session_get_id (LsSession *session)
{
  return session->id;
}

static void
event_free (gpointer data)
{
  Event *event = data;

  if (event->kind == EVENT_MESSAGE || event->kind == EVENT_MALFORMED)
    {
      event->session->queued_messages--;
      event->session->queued_bytes -= event->length;
    }
  g_clear_pointer (&event->message, ls_message_unref);
  g_clear_pointer (&event->identity, ls_identity_unref);
  g_clear_error (&event->error);
  ls_session_unref (event->session);
  g_free (event);
}

static void
open_session (LsSession *session)
{
  LsHub *hub = session->hub;

  session->deadline = ls_environment_monotonic (hub->environment) + hub->options.hello_timeout;
  g_queue_push_tail_link (&hub->sessions, &session->link);
  ls_session_ref (session);
  LS_COUNT (hub, sessions);
}

static void
close_session (LsSession *session)
{
  LsHub *hub = session->hub;

  if (session->link.prev == NULL && session->link.next == NULL &&
      hub->sessions.head != &session->link)
    return;
  session->state = LS_SESSION_CLOSED;
  for (unsigned i = 0; i < session->subs->len; i++)
    ls_sub_detach (g_ptr_array_index (session->subs, i), LS_SUB_NONE);
  g_queue_unlink (&hub->sessions, &session->link);
  hub->counters.sessions--;
  ls_session_unref (session);
}

static void
overflow_session (LsSession *session)
{
  if (session->overflowed || session->state == LS_SESSION_CLOSED)
    return;
  session->overflowed = true;
  LS_COUNT (session->hub, overflows);
  for (unsigned i = 0; i < session->subs->len; i++)
    ls_sub_overflowed (g_ptr_array_index (session->subs, i));
}

static void
drain_session (LsSession *session)
{
  if (session->state == LS_SESSION_CLOSED)
    return;
  if (session->overflowed)
    session->sink->klass->resume (session->sink);
  if (session->overflowed && session->owes)
    {
      ls_session_close (session, LS_FRAME_CODE_TRY_LATER, "too slow");
      return;
    }
  session->overflowed = false;
  session->owes = false;
  for (unsigned i = 0; i < session->subs->len; i++)
    {
      LsSub *sub = g_ptr_array_index (session->subs, i);

      if (sub->state == LS_SUB_OVERFLOWED)
        sub->state = LS_SUB_BEHIND;
      ls_sub_continue (sub);
    }
}

static void
event_cb (gpointer data)
{
  Event *event = data;
  LsSession *session = event->session;

  switch (event->kind)
    {
    case EVENT_OPENED:
      open_session (session);
      break;
    case EVENT_MESSAGE:
      ls_session_handle (session, event->message);
      break;
    case EVENT_MALFORMED:
      ls_session_malformed (session, event->error);
      break;
    case EVENT_FLOODED:
      ls_session_close (session, LS_FRAME_CODE_POLICY, "too many messages at once");
      break;
    case EVENT_OVERFLOWED:
      overflow_session (session);
      break;
    case EVENT_DRAINED:
      drain_session (session);
      break;
    case EVENT_IDENTITY:
      ls_session_take_identity (session, event->identity);
      break;
    case EVENT_CLOSED:
    default:
      close_session (session);
      break;
    }
}

static Event *
event_new (LsSession *session,
           EventKind  kind)
{
  Event *event = g_new0 (Event, 1);

  event->kind = kind;
  event->session = ls_session_ref (session);
  return event;
}

static void
post (LsSession *session,
      EventKind  kind,
      LsMessage *message,
      GError    *error,
      size_t     length)
{
  LsHub *hub = session->hub;
  Event *event = event_new (session, kind);

  event->message = message;
  event->error = error;
  event->length = length;
  if (kind == EVENT_MESSAGE || kind == EVENT_MALFORMED)
    {
      session->queued_messages++;
      session->queued_bytes += length;
    }
  ls_environment_post (hub->environment, hub->queue, event_cb, event, event_free);
}

/**
 * ls_session_opened:
 * @session: a session
 *
 * Says that the transport is up. Comes first.
 */
void
ls_session_opened (LsSession *session)
{
  post (session, EVENT_OPENED, NULL, NULL, 0);
}

/* An ack, taken where it was read: most of what clients send is that. */
static bool
take_ack (LsSession  *session,
          const char *text,
          size_t      length)
{
  char shop[LS_KEY_MAX_BYTES + 1];
  LsAck ack;

  if (!ls_message_scan_ack (text, length, shop, sizeof shop, &ack))
    return false;
  LS_COUNT (session->hub, acks);
  g_mutex_lock (&session->lock);
  for (unsigned i = 0; i < session->subs->len; i++)
    {
      LsSub *sub = g_ptr_array_index (session->subs, i);

      if (strcmp (sub->shop->shop, shop) != 0)
        continue;
      sub->acked = MAX (sub->acked, ack.version);
      sub->acked_n = MAX (sub->acked_n, ack.n);
      break;
    }
  g_mutex_unlock (&session->lock);
  return true;
}

/**
 * ls_session_receive:
 * @session: a session
 * @data: (array length=length): a whole message
 * @length: its bytes
 * @is_binary: whether it came as binary, which no message does
 *
 * Takes a message of the peer.
 */
void
ls_session_receive (LsSession     *session,
                    const uint8_t *data,
                    size_t         length,
                    bool           is_binary)
{
  const char *text = (const char *) data;
  GError *error = NULL;
  LsMessage *message;

  if (session->deaf)
    return;
  if (session->queued_messages >= MAX_QUEUED_MESSAGES ||
      session->queued_bytes + length > MAX_QUEUED_BYTES)
    {
      session->deaf = true;
      post (session, EVENT_FLOODED, NULL, NULL, 0);
      return;
    }
  if (is_binary)
    {
      error = g_error_new_literal (LS_ERROR, LS_ERROR_PROTOCOL, "messages are text, not binary");
      post (session, EVENT_MALFORMED, NULL, error, length);
      return;
    }
  if (take_ack (session, text, length))
    return;
  message = ls_message_decode (text, length, LS_FROM_CLIENT, &error);
  post (session, message != NULL ? EVENT_MESSAGE : EVENT_MALFORMED, message, error, length);
}

/**
 * ls_session_overflowed:
 * @session: a session
 *
 * Says that the sink dropped a blob and takes none.
 */
void
ls_session_overflowed (LsSession *session)
{
  post (session, EVENT_OVERFLOWED, NULL, NULL, 0);
}

/**
 * ls_session_drained:
 * @session: a session
 *
 * Says that the sink is nearly empty.
 */
void
ls_session_drained (LsSession *session)
{
  post (session, EVENT_DRAINED, NULL, NULL, 0);
}

/**
 * ls_session_identify:
 * @session: a session
 * @identity: of the same user, under a token that was checked
 *
 * Says that the peer shows another token than before: rights and expiry are those of that one.
 */
void
ls_session_identify (LsSession  *session,
                     LsIdentity *identity)
{
  Event *event = event_new (session, EVENT_IDENTITY);

  event->identity = ls_identity_ref (identity);
  ls_environment_post (session->hub->environment, session->hub->queue, event_cb, event, event_free);
}

/**
 * ls_session_closed:
 * @session: a session
 *
 * Says that the transport is gone. Comes last.
 */
void
ls_session_closed (LsSession *session)
{
  session->deaf = true;
  post (session, EVENT_CLOSED, NULL, NULL, 0);
}

LsBlob *
ls_message_to_blob (const LsMessage *message)
{
  size_t length;
  g_autofree char *text = ls_message_encode (message, &length);

  return ls_blob_new_frame (LS_FRAME_TEXT, text, length);
}

void
ls_session_send_blob (LsSession *session,
                      LsBlob    *blob)
{
  if (session->state != LS_SESSION_CLOSED && !session->overflowed)
    session->sink->klass->send (session->sink, blob);
}

void
ls_session_send (LsSession       *session,
                 const LsMessage *message)
{
  g_autoptr (LsBlob) blob = ls_message_to_blob (message);

  ls_session_send_blob (session, blob);
  if (message->type == LS_MESSAGE_ERROR || message->type == LS_MESSAGE_RESYNC ||
      message->type == LS_MESSAGE_FORKED || message->type == LS_MESSAGE_WELCOME)
    {
      session->owes = true;
      session->sink->klass->notify_drained (session->sink);
    }
}

/* The place that a decoder's message begins with, such as `changes[3].set.price`. */
static char *
path_of (const GError *error)
{
  const char *colon = strstr (error->message, ": ");

  if (colon == NULL || memchr (error->message, ' ', (size_t) (colon - error->message)) != NULL)
    return NULL;
  return g_strndup (error->message, (size_t) (colon - error->message));
}

void
ls_session_send_error (LsSession    *session,
                       const GError *error,
                       const char   *shop,
                       int64_t       expected_n,
                       int64_t       retry_after)
{
  g_autofree char *path = path_of (error);
  g_autoptr (LsMessage) message = ls_message_new_error (error, path, retry_after);

  message->error.shop = g_strdup (shop);
  message->error.expected_n = expected_n;
  LS_COUNT (session->hub, errors);
  ls_session_send (session, message);
}

void
ls_session_close (LsSession  *session,
                  uint16_t    code,
                  const char *reason)
{
  if (session->deaf && session->state == LS_SESSION_CLOSED)
    return;
  session->deaf = true;
  session->deadline = INT64_MAX;
  LS_COUNT (session->hub, refused);
  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "SESSION", session->id, "USER",
                    session->identity->user, "MESSAGE", "Closing a connection: %s", reason);
  session->sink->klass->close (session->sink, code, reason);
}

LsSub *
ls_session_find_sub (LsSession *session,
                     LsHubShop *shop)
{
  for (unsigned i = 0; i < session->subs->len; i++)
    {
      LsSub *sub = g_ptr_array_index (session->subs, i);

      if (sub->shop == shop)
        return sub;
    }
  return NULL;
}

/* What the session has to do with @shop, from now on. */
LsSub *
ls_session_need_sub (LsSession *session,
                     LsHubShop *shop,
                     LsRole     role)
{
  LsSub *sub = ls_session_find_sub (session, shop);

  if (sub == NULL)
    {
      sub = g_new0 (LsSub, 1);
      sub->session = session;
      sub->shop = shop;
      g_queue_init (&sub->results);
      g_queue_init (&sub->decided);
      g_mutex_lock (&session->lock);
      g_ptr_array_add (session->subs, sub);
      g_mutex_unlock (&session->lock);
    }
  if (sub->state == LS_SUB_NONE)
    {
      sub->role = role;
      sub->view = ls_view_get (role, session->schema_version);
    }
  return sub;
}
