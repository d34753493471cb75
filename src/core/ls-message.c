/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-message"

#include "config.h"

#include "core/ls-message.h"

#include <string.h>

#include "core/ls-message-private.h"

const char *const ls_message_type_names[] = {
  [LS_MESSAGE_HELLO] = "hello",   [LS_MESSAGE_WELCOME] = "welcome",
  [LS_MESSAGE_FORKED] = "forked", [LS_MESSAGE_SUBSCRIBE] = "subscribe",
  [LS_MESSAGE_DELTA] = "delta",   [LS_MESSAGE_ACK] = "ack",
  [LS_MESSAGE_MUTATE] = "mutate", [LS_MESSAGE_RESULT] = "result",
  [LS_MESSAGE_DIGEST] = "digest", [LS_MESSAGE_VERIFY] = "verify",
  [LS_MESSAGE_ROWS] = "rows",     [LS_MESSAGE_RESYNC] = "resync",
  [LS_MESSAGE_VIEW] = "view",     [LS_MESSAGE_PING] = "ping",
  [LS_MESSAGE_PONG] = "pong",     [LS_MESSAGE_AUTH] = "auth",
  [LS_MESSAGE_ERROR] = "error",   [LS_MESSAGE_NOTICE] = "notice",
};
const char *const ls_priority_names[] = { "low", "medium", "high", "critical" };
const char *const ls_result_status_names[] = { "applied", "conflict", "rejected", "decided" };
const char *const ls_resync_reason_names[] = { "too-old", "epoch", "view", "bulk" };
const char *const ls_mutate_op_names[] = { "put", "set", "add", "del" };
const char *const ls_delta_op_names[] = { "put", "patch", "add", "del" };

G_DEFINE_BOXED_TYPE (LsMessage, ls_message, ls_message_ref, ls_message_unref)

static void
shop_info_clear (gpointer data)
{
  LsShopInfo *info = data;

  g_free (info->shop);
  g_free (info->name);
}

static void
delta_item_clear (gpointer data)
{
  LsDeltaItem *item = data;

  g_clear_pointer (&item->change, ls_change_unref);
  g_clear_pointer (&item->mid, g_free);
}

static void
digest_item_clear (gpointer data)
{
  g_free (((LsDigestItem *) data)->key);
}

static GArray *
array_new (size_t         element_size,
           GDestroyNotify clear)
{
  GArray *array = g_array_new (FALSE, TRUE, (unsigned) element_size);

  if (clear != NULL)
    g_array_set_clear_func (array, clear);
  return array;
}

GArray *
ls_shop_info_array_new (void)
{
  return array_new (sizeof (LsShopInfo), shop_info_clear);
}

GArray *
ls_subscription_array_new (void)
{
  return array_new (sizeof (LsSubscription), NULL);
}

GArray *
ls_delta_item_array_new (void)
{
  return array_new (sizeof (LsDeltaItem), delta_item_clear);
}

GArray *
ls_digest_item_array_new (void)
{
  return array_new (sizeof (LsDigestItem), digest_item_clear);
}

/**
 * ls_message_new:
 * @type: which type
 *
 * Makes a message with empty arrays and nothing else set; the maker fills it before anybody else
 * sees it.
 *
 * Returns: (transfer full): the message
 */
LsMessage *
ls_message_new (LsMessageType type)
{
  LsMessage *message = g_new0 (LsMessage, 1);

  g_atomic_ref_count_init (&message->ref_count);
  message->type = type;
  switch (type)
    {
    case LS_MESSAGE_HELLO:
      message->hello.shops = ls_shop_info_array_new ();
      break;
    case LS_MESSAGE_WELCOME:
      message->welcome.shops = ls_shop_info_array_new ();
      break;
    case LS_MESSAGE_SUBSCRIBE:
      message->subscribe.collections = ls_subscription_array_new ();
      break;
    case LS_MESSAGE_DELTA:
      message->delta.items = ls_delta_item_array_new ();
      message->delta.done = -1;
      break;
    case LS_MESSAGE_MUTATE:
      message->mutate.changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
      break;
    case LS_MESSAGE_RESULT:
      message->result.rows = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
      break;
    case LS_MESSAGE_DIGEST:
      message->digest.bucket = -1;
      message->digest.items = ls_digest_item_array_new ();
      break;
    case LS_MESSAGE_VERIFY:
      message->verify.bucket = -1;
      message->verify.keys = g_ptr_array_new_with_free_func (g_free);
      break;
    case LS_MESSAGE_ROWS:
      message->rows.changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
      break;
    case LS_MESSAGE_RESYNC:
      message->resync.collections = ls_subscription_array_new ();
      break;
    case LS_MESSAGE_PING:
    case LS_MESSAGE_PONG:
      message->ping.shops = ls_shop_info_array_new ();
      break;
    case LS_MESSAGE_FORKED:
    case LS_MESSAGE_ACK:
    case LS_MESSAGE_VIEW:
    case LS_MESSAGE_AUTH:
    case LS_MESSAGE_ERROR:
    case LS_MESSAGE_NOTICE:
    default:
      break;
    }
  return message;
}

/**
 * ls_subscribe_get_scope:
 * @subscribe: what a client asks for
 * @ret_scope: (out): the rows that it wants, out of those that it may see
 *
 * Reads which part of a shop is asked for.
 */
void
ls_subscribe_get_scope (const LsSubscribe *subscribe,
                        LsScope           *ret_scope)
{
  ls_scope_init (ret_scope);
  for (unsigned i = 0; i < subscribe->collections->len; i++)
    {
      const LsSubscription *which =
          &g_array_index (subscribe->collections, LsSubscription, i);

      ret_scope->since[which->collection->id] = (uint32_t) which->since;
    }
}

/**
 * ls_message_ref:
 * @message: a message
 *
 * Returns: (transfer full): @message
 */
LsMessage *
ls_message_ref (LsMessage *message)
{
  g_atomic_ref_count_inc (&message->ref_count);
  return message;
}

static void
clear_edits (LsMessage *message)
{
  if (message->type == LS_MESSAGE_MUTATE)
    {
      g_free (message->mutate.shop);
      g_free (message->mutate.mid);
      g_clear_pointer (&message->mutate.changes, g_ptr_array_unref);
      g_clear_error (&message->mutate.body_error);
      return;
    }
  g_free (message->result.shop);
  g_free (message->result.mid);
  g_free (message->result.code);
  g_free (message->result.message);
  g_free (message->result.path);
  g_strfreev (message->result.reason);
  g_clear_pointer (&message->result.rows, g_ptr_array_unref);
}

static void
clear_view (LsViewMessage *view)
{
  g_free (view->shop);
  g_free (view->window);
  g_free (view->group);
  g_free (view->page);
  g_free (view->state);
  g_free (view->editing);
  g_free (view->user);
}

static void
clear_greeting (LsMessage *message)
{
  if (message->type == LS_MESSAGE_HELLO)
    {
      g_free (message->hello.client);
      g_free (message->hello.app_version);
      g_clear_pointer (&message->hello.shops, g_array_unref);
      return;
    }
  g_free (message->welcome.session);
  g_free (message->welcome.client);
  g_free (message->welcome.user);
  g_clear_pointer (&message->welcome.shops, g_array_unref);
}

static void
clear_proof (LsMessage *message)
{
  if (message->type == LS_MESSAGE_DIGEST)
    {
      g_free (message->digest.shop);
      g_clear_pointer (&message->digest.items, g_array_unref);
    }
  else if (message->type == LS_MESSAGE_VERIFY)
    {
      g_free (message->verify.shop);
      g_clear_pointer (&message->verify.keys, g_ptr_array_unref);
    }
  else
    {
      g_free (message->rows.shop);
      g_clear_pointer (&message->rows.changes, g_ptr_array_unref);
    }
}

static void
clear_message (LsMessage *message)
{
  switch (message->type)
    {
    case LS_MESSAGE_HELLO:
    case LS_MESSAGE_WELCOME:
      clear_greeting (message);
      break;
    case LS_MESSAGE_FORKED:
      g_free (message->forked.client);
      break;
    case LS_MESSAGE_SUBSCRIBE:
      g_free (message->subscribe.shop);
      g_clear_pointer (&message->subscribe.collections, g_array_unref);
      break;
    case LS_MESSAGE_DELTA:
      g_free (message->delta.shop);
      g_clear_pointer (&message->delta.items, g_array_unref);
      break;
    case LS_MESSAGE_ACK:
      g_free (message->ack.shop);
      break;
    case LS_MESSAGE_MUTATE:
    case LS_MESSAGE_RESULT:
      clear_edits (message);
      break;
    case LS_MESSAGE_DIGEST:
    case LS_MESSAGE_VERIFY:
    case LS_MESSAGE_ROWS:
      clear_proof (message);
      break;
    case LS_MESSAGE_RESYNC:
      g_free (message->resync.shop);
      g_clear_pointer (&message->resync.collections, g_array_unref);
      break;
    case LS_MESSAGE_VIEW:
      clear_view (&message->view);
      break;
    case LS_MESSAGE_PING:
    case LS_MESSAGE_PONG:
      g_clear_pointer (&message->ping.shops, g_array_unref);
      break;
    case LS_MESSAGE_AUTH:
      g_free (message->auth.token);
      break;
    case LS_MESSAGE_ERROR:
      g_free (message->error.message);
      g_free (message->error.path);
      g_free (message->error.shop);
      break;
    case LS_MESSAGE_NOTICE:
    default:
      g_free (message->notice.kind);
      g_free (message->notice.message);
      break;
    }
}

/**
 * ls_message_unref:
 * @message: (transfer full): a message
 *
 * Drops a reference.
 */
void
ls_message_unref (LsMessage *message)
{
  if (!g_atomic_ref_count_dec (&message->ref_count))
    return;
  clear_message (message);
  g_free (message);
}

/**
 * ls_message_type_to_name:
 * @type: a type
 *
 * Returns: (transfer none): its name on the wire
 */
const char *
ls_message_type_to_name (LsMessageType type)
{
  return ls_message_type_names[type];
}

/**
 * ls_message_new_error:
 * @error: what went wrong
 * @path: (nullable): the place in the peer's message
 * @retry_after: µs to wait before trying again, 0 when not said
 *
 * Returns: (transfer full): the `error` message that tells a peer
 */
LsMessage *
ls_message_new_error (const GError *error,
                      const char   *path,
                      int64_t       retry_after)
{
  LsMessage *message = ls_message_new (LS_MESSAGE_ERROR);

  message->error.code = ls_error_code_of (error);
  message->error.message = g_strdup (error->message);
  message->error.path = g_strdup (path);
  message->error.temporary = ls_error_is_temporary (error);
  message->error.retry_after = retry_after;
  return message;
}

/**
 * ls_delta_add:
 * @delta: a message of type %LS_MESSAGE_DELTA that nobody else holds
 * @version: the version that made the change
 * @change: (transfer full): the change
 * @mid: (nullable): the mutation that made it
 *
 * Appends a change to a delta.
 */
void
ls_delta_add (LsMessage  *delta,
              int64_t     version,
              LsChange   *change,
              const char *mid)
{
  LsDeltaItem item = { version, change, g_strdup (mid) };

  g_return_if_fail (delta->type == LS_MESSAGE_DELTA);

  g_array_append_val (delta->delta.items, item);
}
