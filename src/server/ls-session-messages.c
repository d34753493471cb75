/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-session"

#include "config.h"

#include "core/ls-error.h"
#include "server/ls-hub-private.h"

/* What a session does with each message, on the hub's queue. */

#define SECOND ((int64_t) G_USEC_PER_SEC)
#define MAX_EARLY (2 * LS_MUTATION_WINDOW)

/* Besides edits and acks: a client sends a few of these a minute. */
static const LsRate request_rate = { 50, SECOND, 500 };
/* A client asks once a minute at most, for all it is in doubt of: a `verify` of each collection, then
 * two for each bucket that differs. */
static const LsRate verify_rate = { 20, 60 * SECOND, 60 };
/* Presence goes to everybody else at the shop. */
static const LsRate view_rate = { 10, SECOND, 30 };
/* Malformed messages, before the connection is closed. */
static const LsRate strike_rate = { 5, 60 * SECOND, 5 };

static void
refuse (LsSession  *session,
        LsErrorCode code,
        const char *shop,
        const char *words)
{
  g_autoptr (GError) error = g_error_new_literal (LS_ERROR, (int) code, words);

  ls_session_send_error (session, error, shop, 0, 0);
}

static int64_t
now_of (LsSession *session)
{
  return ls_environment_monotonic (session->hub->environment);
}

/* A message that could not be read: told, and if it goes on so, the end. */
void
ls_session_malformed (LsSession    *session,
                      const GError *error)
{
  if (session->state == LS_SESSION_CLOSED || session->deaf)
    return;
  ls_session_send_error (session, error, NULL, 0, 0);
  if (!ls_bucket_take (&session->strike_bucket, &strike_rate, now_of (session), NULL))
    ls_session_close (session, LS_FRAME_CODE_POLICY, "too many malformed messages");
}

static void
out_of_order (LsSession     *session,
              LsMessageType  type)
{
  g_autoptr (GError) error = g_error_new (LS_ERROR, LS_ERROR_PROTOCOL, "t: %s before hello",
                                          ls_message_type_to_name (type));

  ls_session_malformed (session, error);
}

/* The shop that a message names, as far as the user may know of it. */
static LsHubShop *
find_shop (LsSession  *session,
           const char *name,
           LsRole     *ret_role)
{
  LsHubShop *shop = ls_hub_find_shop (session->hub, name);

  if (shop == NULL || !ls_identity_get_role (session->identity, name, ret_role))
    {
      refuse (session, LS_ERROR_FORBIDDEN, name, "shop: no such shop, or no right in it");
      return NULL;
    }
  return shop;
}

/* The collections that a client has windows on; all of them when it does not say. */
static uint32_t
find_urgent (const LsSubscribe *subscribe,
             const LsView      *view)
{
  uint32_t low = 0;
  uint32_t urgent = 0;

  for (unsigned i = 0; i < subscribe->collections->len; i++)
    {
      const LsSubscription *which = &g_array_index (subscribe->collections, LsSubscription, i);
      uint32_t bit = UINT32_C (1) << which->collection->id;

      if (which->priority > LS_PRIORITY_LOW)
        urgent |= bit;
      else if (ls_view_has_collection (view, which->collection))
        low |= bit;
    }
  return (low & ~urgent) != 0 ? urgent : LS_EVERYTHING;
}

static void
handle_subscribe (LsSession         *session,
                  const LsSubscribe *subscribe)
{
  LsRole role;
  LsHubShop *shop = find_shop (session, subscribe->shop, &role);
  LsScope scope;
  LsSub *sub;

  if (shop == NULL)
    return;
  ls_subscribe_get_scope (subscribe, &scope);
  sub = ls_session_need_sub (session, shop, role);
  if (subscribe->keep && sub->state != LS_SUB_NONE &&
      subscribe->view == ls_view_get_total_hash (sub->view))
    {
      ls_sub_set_wants (sub, &scope, find_urgent (subscribe, sub->view));
      return;
    }
  ls_sub_detach (sub, LS_SUB_NONE);
  sub = ls_session_need_sub (session, shop, role);
  sub->urgent = find_urgent (subscribe, sub->view);
  sub->scope = scope;
  if (subscribe->view != ls_view_get_total_hash (sub->view))
    ls_sub_resync (sub, LS_RESYNC_VIEW, NULL);
  else
    ls_sub_begin (sub, &subscribe->position);
}

static void
answer_verify (LsSub          *sub,
               const LsVerify *verify)
{
  LS_COUNT (sub->session->hub, verifies);
  if (verify->collection == NULL)
    {
      if (sub->state == LS_SUB_LIVE && ls_audience_flush (sub->audience))
        ls_sub_send_digest (sub);
    }
  else if (verify->bucket < 0)
    ls_sub_send_buckets (sub, verify->collection);
  else
    ls_sub_read_bucket (sub, verify->collection, verify->bucket, verify->keys);
}

static void
handle_verify (LsSession      *session,
               const LsVerify *verify)
{
  LsRole role;
  LsHubShop *shop = find_shop (session, verify->shop, &role);
  LsSub *sub = shop != NULL ? ls_session_find_sub (session, shop) : NULL;
  g_autoptr (GError) error = NULL;
  int64_t wait = 0;

  if (shop == NULL)
    return;
  if (sub == NULL || sub->state == LS_SUB_NONE)
    refuse (session, LS_ERROR_PROTOCOL, verify->shop, "shop: not subscribed");
  else if (verify->collection != NULL && !ls_view_has_collection (sub->view, verify->collection))
    refuse (session, LS_ERROR_FORBIDDEN, verify->shop, "c: no right to see it");
  else if (!ls_bucket_take (&session->verify_bucket, &verify_rate, now_of (session), &wait))
    {
      error = g_error_new_literal (LS_ERROR, LS_ERROR_RATE_LIMIT, "too much to verify");
      ls_session_send_error (session, error, verify->shop, 0, wait);
    }
  else
    answer_verify (sub, verify);
}

static void
handle_ack (LsSession   *session,
            const LsAck *ack)
{
  LsHubShop *shop = ls_hub_find_shop (session->hub, ack->shop);
  LsSub *sub = shop != NULL ? ls_session_find_sub (session, shop) : NULL;

  if (sub == NULL)
    return;
  g_mutex_lock (&session->lock);
  sub->acked = MAX (sub->acked, ack->version);
  sub->acked_n = MAX (sub->acked_n, ack->n);
  g_mutex_unlock (&session->lock);
}

static void
handle_ping (LsSession    *session,
             const LsPing *ping)
{
  g_autoptr (LsMessage) pong = ls_message_new (LS_MESSAGE_PONG);

  pong->ping.id = ping->id;
  for (unsigned i = 0; i < session->subs->len; i++)
    {
      LsSub *sub = g_ptr_array_index (session->subs, i);
      LsShopInfo info = { .shop = g_strdup (sub->shop->shop) };

      /* Whoever asks how far the server is wants to be there. */
      if (sub->state == LS_SUB_LIVE)
        ls_audience_flush (sub->audience);
      /* A position that nobody has looked into yet is the client's word, not the server's. */
      info.position.version = MIN (ls_sub_get_sent (sub), sub->shop->published.version);
      info.n = sub->taken_n;
      if (sub->state == LS_SUB_NONE)
        g_free (info.shop);
      else
        g_array_append_val (pong->ping.shops, info);
    }
  ls_session_send (session, pong);
}

/* What one window shows, for the user's other windows and his colleagues' presence. */
static void
handle_view (LsSession *session,
             LsMessage *message)
{
  LsRole role;
  LsHubShop *shop = find_shop (session, message->view.shop, &role);
  g_autoptr (LsMessage) told = NULL;
  g_autoptr (LsBlob) blob = NULL;

  if (shop == NULL || !ls_bucket_take (&session->view_bucket, &view_rate, now_of (session), NULL))
    return;
  told = ls_message_new (LS_MESSAGE_VIEW);
  told->view.shop = g_strdup (message->view.shop);
  told->view.window = g_strdup (message->view.window);
  told->view.group = g_strdup (message->view.group);
  told->view.page = g_strdup (message->view.page);
  told->view.state = g_strdup (message->view.state);
  told->view.editing = g_strdup (message->view.editing);
  told->view.user = g_strdup (session->identity->user);
  blob = ls_message_to_blob (told);
  for (unsigned i = 0; i < shop->audiences->len; i++)
    {
      LsAudience *audience = g_ptr_array_index (shop->audiences, i);
      GPtrArray *arrays[] = { audience->wired, audience->others };

      for (unsigned a = 0; a < G_N_ELEMENTS (arrays); a++)
        for (unsigned k = 0; k < arrays[a]->len; k++)
          {
            LsSub *sub = g_ptr_array_index (arrays[a], k);

            if (sub->session != session)
              ls_session_send_blob (sub->session, blob);
          }
    }
}

/* What a client sends without waiting for `welcome` is looked at after it. */
static void
hold (LsSession *session,
      LsMessage *message)
{
  if (g_queue_get_length (&session->early) < MAX_EARLY)
    g_queue_push_tail (&session->early, ls_message_ref (message));
  else
    ls_session_close (session, LS_FRAME_CODE_POLICY, "too many messages before welcome");
}

static bool
may_ask (LsSession *session)
{
  g_autoptr (GError) error = NULL;
  int64_t wait = 0;

  if (ls_bucket_take (&session->request_bucket, &request_rate, now_of (session), &wait))
    return true;
  error = g_error_new_literal (LS_ERROR, LS_ERROR_RATE_LIMIT, "too many messages");
  ls_session_send_error (session, error, NULL, 0, wait);
  if (!ls_bucket_take (&session->strike_bucket, &strike_rate, now_of (session), NULL))
    ls_session_close (session, LS_FRAME_CODE_POLICY, "too many messages");
  return false;
}

static void
handle_open (LsSession *session,
             LsMessage *message)
{
  switch (message->type)
    {
    case LS_MESSAGE_SUBSCRIBE:
      handle_subscribe (session, &message->subscribe);
      break;
    case LS_MESSAGE_MUTATE:
      ls_session_mutate (session, message);
      break;
    case LS_MESSAGE_ACK:
      handle_ack (session, &message->ack);
      break;
    case LS_MESSAGE_VERIFY:
      handle_verify (session, &message->verify);
      break;
    case LS_MESSAGE_VIEW:
      handle_view (session, message);
      break;
    case LS_MESSAGE_HELLO:
      refuse (session, LS_ERROR_PROTOCOL, NULL, "t: hello comes once");
      break;
    case LS_MESSAGE_PING:
    case LS_MESSAGE_PONG:
    case LS_MESSAGE_AUTH:
    case LS_MESSAGE_ERROR:
    case LS_MESSAGE_WELCOME:
    case LS_MESSAGE_FORKED:
    case LS_MESSAGE_DELTA:
    case LS_MESSAGE_RESULT:
    case LS_MESSAGE_DIGEST:
    case LS_MESSAGE_ROWS:
    case LS_MESSAGE_RESYNC:
    case LS_MESSAGE_NOTICE:
    default:
      /* Either handled before, or refused by the decoder. */
      break;
    }
}

/* One message of the client. */
void
ls_session_handle (LsSession *session,
                   LsMessage *message)
{
  if (session->state == LS_SESSION_CLOSED || session->deaf)
    return;
  if (message->type != LS_MESSAGE_MUTATE && message->type != LS_MESSAGE_ACK && !may_ask (session))
    return;
  if (message->type == LS_MESSAGE_PING)
    handle_ping (session, &message->ping);
  else if (message->type == LS_MESSAGE_AUTH)
    ls_session_renew (session, message->auth.token);
  else if (message->type == LS_MESSAGE_ERROR)
    g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "SESSION", session->id, "USER",
                      session->identity->user, "MESSAGE", "The client says: %s",
                      message->error.message);
  else if (message->type == LS_MESSAGE_HELLO && session->state == LS_SESSION_NEW)
    ls_session_hello (session, &message->hello);
  else if (session->state == LS_SESSION_OPEN)
    handle_open (session, message);
  else if (session->state == LS_SESSION_BUSY)
    hold (session, message);
  else if (!session->forked)
    out_of_order (session, message->type);
}
