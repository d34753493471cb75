/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-message"

#include "config.h"

#include "core/ls-message.h"

#include "core/ls-json-writer.h"
#include "core/ls-message-private.h"

static void
put_text (LsJsonWriter *writer,
          const char   *name,
          const char   *text)
{
  if (text == NULL)
    return;
  ls_json_writer_name (writer, name);
  ls_json_writer_text (writer, text);
}

static void
put_integer (LsJsonWriter *writer,
             const char   *name,
             int64_t       integer)
{
  ls_json_writer_name (writer, name);
  ls_json_writer_integer (writer, integer);
}

static void
put_hash (LsJsonWriter *writer,
          const char   *name,
          uint64_t      hash)
{
  ls_json_writer_name (writer, name);
  ls_json_writer_hash (writer, hash);
}

static void
put_value (LsJsonWriter  *writer,
           const LsField *field,
           const LsValue *value)
{
  ls_json_writer_name (writer, field->name);
  switch (value->kind)
    {
    case LS_VALUE_NULL:
      ls_json_writer_null (writer);
      break;
    case LS_VALUE_INTEGER:
      if (field->type == LS_TYPE_BOOL)
        ls_json_writer_boolean (writer, value->integer != 0);
      else
        ls_json_writer_integer (writer, value->integer);
      break;
    case LS_VALUE_TEXT:
    default:
      ls_json_writer_text (writer, value->text);
      break;
    }
}

/**
 * ls_record_encode:
 * @writer: where to write
 * @record: a row
 * @fields: a mask of the fields to write
 *
 * Writes a row as an object of its fields; NULL fields are left out, the key is not among them.
 */
void
ls_record_encode (LsJsonWriter   *writer,
                  const LsRecord *record,
                  uint64_t        fields)
{
  const LsCollection *collection = ls_record_get_collection (record);

  ls_json_writer_begin_object (writer);
  for (unsigned i = 0; i < collection->n_fields; i++)
    if ((fields & (UINT64_C (1) << i)) && ls_record_get (record, i)->kind != LS_VALUE_NULL)
      put_value (writer, &collection->fields[i], ls_record_get (record, i));
  ls_json_writer_end_object (writer);
}

/**
 * ls_change_encode_item:
 * @writer: where to write, inside the array of a delta's changes
 * @change: PUT, SET or DEL
 * @version: the version that made it
 * @mid: (nullable): the mutation that made it
 * @fields: a mask of the fields that the receiver may see
 *
 * Writes one change of a delta. The old values stay here: a receiver has them.
 */
void
ls_change_encode_item (LsJsonWriter   *writer,
                       const LsChange *change,
                       int64_t         version,
                       const char     *mid,
                       uint64_t        fields)
{
  ls_json_writer_begin_object (writer);
  put_integer (writer, "v", version);
  put_text (writer, "c", change->collection->name);
  put_text (writer, "k", change->key);
  put_text (writer, "op", ls_delta_op_names[change->op]);
  if (change->op != LS_CHANGE_DEL)
    {
      ls_json_writer_name (writer, "d");
      ls_json_writer_begin_object (writer);
      for (unsigned i = 0; i < change->edits->len; i++)
        {
          const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

          if (edit->has_set && (fields & (UINT64_C (1) << edit->field)))
            put_value (writer, &change->collection->fields[edit->field], &edit->set);
        }
      ls_json_writer_end_object (writer);
    }
  put_text (writer, "m", mid);
  ls_json_writer_end_object (writer);
}

static void
put_edits (LsJsonWriter   *writer,
           const LsChange *change,
           bool            was)
{
  bool open = false;

  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      if (!(was ? edit->has_was : edit->has_set))
        continue;
      if (!open)
        {
          ls_json_writer_name (writer, was ? "was" : "set");
          ls_json_writer_begin_object (writer);
          open = true;
        }
      put_value (writer, &change->collection->fields[edit->field], was ? &edit->was : &edit->set);
    }
  if (open)
    ls_json_writer_end_object (writer);
}

/**
 * ls_changes_encode:
 * @writer: where to write
 * @changes: (element-type LsChange): the changes of a mutation
 *
 * Writes the array of a mutation's changes, `set` and `was` included: also the form in which outbox
 * and log keep them.
 */
void
ls_changes_encode (LsJsonWriter *writer,
                   GPtrArray    *changes)
{
  ls_json_writer_begin_array (writer);
  for (unsigned i = 0; i < changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (changes, i);

      ls_json_writer_begin_object (writer);
      put_text (writer, "c", change->collection->name);
      put_text (writer, "k", change->key);
      put_text (writer, "op", ls_mutate_op_names[change->op]);
      put_edits (writer, change, false);
      put_edits (writer, change, true);
      ls_json_writer_end_object (writer);
    }
  ls_json_writer_end_array (writer);
}

/**
 * ls_changes_to_json:
 * @changes: (element-type LsChange): the changes of a mutation
 *
 * Returns: (transfer full): them as a JSON array
 */
char *
ls_changes_to_json (GPtrArray *changes)
{
  g_autoptr (LsJsonWriter) writer = ls_json_writer_new ();

  ls_changes_encode (writer, changes);
  return ls_json_writer_finish (writer, NULL);
}

static void
put_position (LsJsonWriter     *writer,
              const LsPosition *position)
{
  put_text (writer, "epoch", position->epoch);
  put_integer (writer, "version", position->version);
  put_hash (writer, "check", position->check);
}

static void
put_shops (LsJsonWriter  *writer,
           GArray        *shops,
           LsMessageType  type)
{
  ls_json_writer_name (writer, "shops");
  ls_json_writer_begin_array (writer);
  for (unsigned i = 0; i < shops->len; i++)
    {
      const LsShopInfo *info = &g_array_index (shops, LsShopInfo, i);

      ls_json_writer_begin_object (writer);
      put_text (writer, "shop", info->shop);
      if (type == LS_MESSAGE_WELCOME)
        {
          put_text (writer, "name", info->name);
          put_text (writer, "role", ls_role_to_name (info->role));
          put_position (writer, &info->position);
          if (info->base > 0)
            put_integer (writer, "base", info->base);
        }
      if (type == LS_MESSAGE_PING || type == LS_MESSAGE_PONG)
        put_integer (writer, "version", info->position.version);
      if (type != LS_MESSAGE_PING)
        put_integer (writer, "n", info->n);
      ls_json_writer_end_object (writer);
    }
  ls_json_writer_end_array (writer);
}

static void
put_subscriptions (LsJsonWriter *writer,
                   GArray       *collections)
{
  ls_json_writer_name (writer, "collections");
  ls_json_writer_begin_array (writer);
  for (unsigned i = 0; i < collections->len; i++)
    {
      const LsSubscription *subscription = &g_array_index (collections, LsSubscription, i);

      ls_json_writer_begin_object (writer);
      put_text (writer, "c", subscription->collection->name);
      put_text (writer, "p", ls_priority_names[subscription->priority]);
      if (subscription->since == LS_SCOPE_NOTHING)
        {
          ls_json_writer_name (writer, "off");
          ls_json_writer_boolean (writer, true);
        }
      else if (subscription->since > 0)
        put_integer (writer, "since", subscription->since);
      ls_json_writer_end_object (writer);
    }
  ls_json_writer_end_array (writer);
}

static void
encode_welcome (LsJsonWriter    *writer,
                const LsWelcome *welcome)
{
  put_text (writer, "session", welcome->session);
  put_text (writer, "client", welcome->client);
  put_text (writer, "user", welcome->user);
  put_integer (writer, "max_client_message", welcome->max_client_message);
  put_integer (writer, "max_server_message", welcome->max_server_message);
  put_integer (writer, "window", welcome->window);
  put_integer (writer, "heartbeat", welcome->heartbeat);
  put_integer (writer, "time", welcome->server_time);
  put_shops (writer, welcome->shops, LS_MESSAGE_WELCOME);
}

static void
encode_delta (LsJsonWriter  *writer,
              const LsDelta *delta)
{
  put_text (writer, "shop", delta->shop);
  put_integer (writer, "from", delta->from);
  put_integer (writer, "to", delta->to);
  put_hash (writer, "check", delta->check);
  if (delta->done >= 0)
    put_integer (writer, "done", delta->done);
  ls_json_writer_name (writer, "changes");
  ls_json_writer_begin_array (writer);
  for (unsigned i = 0; i < delta->items->len; i++)
    {
      const LsDeltaItem *item = &g_array_index (delta->items, LsDeltaItem, i);

      ls_change_encode_item (writer, item->change, item->version, item->mid, UINT64_MAX);
    }
  ls_json_writer_end_array (writer);
}

static void
encode_mutate (LsJsonWriter   *writer,
               const LsMutate *mutate)
{
  put_text (writer, "shop", mutate->shop);
  put_integer (writer, "n", mutate->n);
  put_text (writer, "mid", mutate->mid);
  if (mutate->is_void)
    {
      ls_json_writer_name (writer, "void");
      ls_json_writer_boolean (writer, true);
      return;
    }
  ls_json_writer_name (writer, "changes");
  ls_changes_encode (writer, mutate->changes);
}

static void
encode_result (LsJsonWriter   *writer,
               const LsResult *result)
{
  put_text (writer, "shop", result->shop);
  put_integer (writer, "n", result->n);
  put_text (writer, "mid", result->mid);
  put_text (writer, "status", ls_result_status_names[result->status]);
  put_integer (writer, "version", result->version);
  put_text (writer, "code", result->code);
  put_text (writer, "message", result->message);
  put_text (writer, "path", result->path);
  ls_message_write_reason (writer, (const char *const *) result->reason);
  if (result->rows->len > 0)
    {
      ls_json_writer_name (writer, "rows");
      ls_changes_encode (writer, result->rows);
    }
}

static void
encode_digest_item (LsJsonWriter          *writer,
                    const LsDigestMessage *digest,
                    const LsDigestItem    *item)
{
  ls_json_writer_begin_object (writer);
  if (digest->collection == NULL)
    put_text (writer, "c", item->collection->name);
  if (digest->bucket < 0 && item->bucket >= 0)
    put_integer (writer, "b", item->bucket);
  put_text (writer, "k", item->key);
  if (digest->bucket < 0)
    put_integer (writer, "count", item->count);
  if (digest->collection == NULL && item->since > 0)
    put_integer (writer, "since", item->since);
  put_hash (writer, "hash", item->hash);
  ls_json_writer_end_object (writer);
}

static void
encode_digest (LsJsonWriter          *writer,
               const LsDigestMessage *digest)
{
  put_text (writer, "shop", digest->shop);
  put_integer (writer, "version", digest->version);
  put_hash (writer, "check", digest->check);
  put_hash (writer, "view", digest->view);
  put_text (writer, "c", digest->collection != NULL ? digest->collection->name : NULL);
  if (digest->bucket >= 0)
    put_integer (writer, "b", digest->bucket);
  ls_json_writer_name (writer, "sums");
  ls_json_writer_begin_array (writer);
  for (unsigned i = 0; i < digest->items->len; i++)
    encode_digest_item (writer, digest, &g_array_index (digest->items, LsDigestItem, i));
  ls_json_writer_end_array (writer);
}

static void
encode_verify (LsJsonWriter   *writer,
               const LsVerify *verify)
{
  put_text (writer, "shop", verify->shop);
  put_text (writer, "c", verify->collection != NULL ? verify->collection->name : NULL);
  if (verify->bucket >= 0)
    put_integer (writer, "b", verify->bucket);
  if (verify->keys->len == 0)
    return;
  ls_json_writer_name (writer, "keys");
  ls_json_writer_begin_array (writer);
  for (unsigned i = 0; i < verify->keys->len; i++)
    ls_json_writer_text (writer, g_ptr_array_index (verify->keys, i));
  ls_json_writer_end_array (writer);
}

static void
encode_rows (LsJsonWriter        *writer,
             const LsRowsMessage *rows)
{
  put_text (writer, "shop", rows->shop);
  put_integer (writer, "version", rows->version);
  put_hash (writer, "check", rows->check);
  put_hash (writer, "view", rows->view);
  put_text (writer, "c", rows->collection->name);
  put_integer (writer, "b", rows->bucket);
  ls_json_writer_name (writer, "rows");
  ls_json_writer_begin_array (writer);
  for (unsigned i = 0; i < rows->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (rows->changes, i);
      g_autoptr (LsRecord) record = ls_change_apply (change, NULL, LS_APPLY_EXACT, NULL);

      ls_json_writer_begin_object (writer);
      put_text (writer, "k", change->key);
      if (record != NULL)
        {
          ls_json_writer_name (writer, "d");
          ls_record_encode (writer, record, UINT64_MAX);
        }
      ls_json_writer_end_object (writer);
    }
  ls_json_writer_end_array (writer);
}

static void
encode_view (LsJsonWriter        *writer,
             const LsViewMessage *view)
{
  put_text (writer, "shop", view->shop);
  put_text (writer, "window", view->window);
  put_text (writer, "group", view->group);
  put_text (writer, "page", view->page);
  put_text (writer, "state", view->state);
  put_text (writer, "editing", view->editing);
  put_text (writer, "user", view->user);
}

static void
encode_error (LsJsonWriter         *writer,
              const LsErrorMessage *error)
{
  put_text (writer, "code", ls_error_info (error->code)->name);
  put_text (writer, "message", error->message);
  put_text (writer, "path", error->path);
  ls_json_writer_name (writer, "temporary");
  ls_json_writer_boolean (writer, error->temporary);
  if (error->retry_after > 0)
    put_integer (writer, "retry_after", error->retry_after);
  put_text (writer, "shop", error->shop);
  if (error->expected_n > 0)
    put_integer (writer, "expected", error->expected_n);
}

static void
encode_body (LsJsonWriter    *writer,
             const LsMessage *message)
{
  switch (message->type)
    {
    case LS_MESSAGE_HELLO:
      put_integer (writer, "protocol", message->hello.protocol);
      put_text (writer, "client", message->hello.client);
      put_text (writer, "app", message->hello.app_version);
      put_integer (writer, "schema", message->hello.schema_version);
      put_shops (writer, message->hello.shops, LS_MESSAGE_HELLO);
      break;
    case LS_MESSAGE_WELCOME:
      encode_welcome (writer, &message->welcome);
      break;
    case LS_MESSAGE_FORKED:
      put_text (writer, "client", message->forked.client);
      break;
    case LS_MESSAGE_SUBSCRIBE:
      put_text (writer, "shop", message->subscribe.shop);
      put_position (writer, &message->subscribe.position);
      put_hash (writer, "view", message->subscribe.view);
      if (message->subscribe.keep)
        {
          ls_json_writer_name (writer, "keep");
          ls_json_writer_boolean (writer, true);
        }
      put_subscriptions (writer, message->subscribe.collections);
      break;
    case LS_MESSAGE_DELTA:
      encode_delta (writer, &message->delta);
      break;
    case LS_MESSAGE_ACK:
      put_text (writer, "shop", message->ack.shop);
      put_integer (writer, "version", message->ack.version);
      put_integer (writer, "n", message->ack.n);
      put_integer (writer, "applied", message->ack.applied);
      break;
    case LS_MESSAGE_MUTATE:
      encode_mutate (writer, &message->mutate);
      break;
    case LS_MESSAGE_RESULT:
      encode_result (writer, &message->result);
      break;
    case LS_MESSAGE_DIGEST:
      encode_digest (writer, &message->digest);
      break;
    case LS_MESSAGE_VERIFY:
      encode_verify (writer, &message->verify);
      break;
    case LS_MESSAGE_ROWS:
      encode_rows (writer, &message->rows);
      break;
    case LS_MESSAGE_RESYNC:
      put_text (writer, "shop", message->resync.shop);
      put_text (writer, "reason", ls_resync_reason_names[message->resync.reason]);
      put_subscriptions (writer, message->resync.collections);
      break;
    case LS_MESSAGE_VIEW:
      encode_view (writer, &message->view);
      break;
    case LS_MESSAGE_PING:
    case LS_MESSAGE_PONG:
      put_integer (writer, "id", message->ping.id);
      if (message->ping.shops->len > 0)
        put_shops (writer, message->ping.shops, message->type);
      break;
    case LS_MESSAGE_AUTH:
      put_text (writer, "token", message->auth.token);
      break;
    case LS_MESSAGE_ERROR:
      encode_error (writer, &message->error);
      break;
    case LS_MESSAGE_NOTICE:
    default:
      put_text (writer, "kind", message->notice.kind);
      put_text (writer, "message", message->notice.message);
      if (message->notice.until > 0)
        put_integer (writer, "until", message->notice.until);
      break;
    }
}

/**
 * ls_message_encode:
 * @message: a message
 * @ret_length: (out) (optional): bytes of the text
 *
 * Writes a message. Members come in a fixed order: the same message gives the same bytes.
 *
 * Returns: (transfer full): the JSON text
 */
char *
ls_message_encode (const LsMessage *message,
                   size_t          *ret_length)
{
  g_autoptr (LsJsonWriter) writer = ls_json_writer_new ();

  ls_json_writer_begin_object (writer);
  put_text (writer, "t", ls_message_type_names[message->type]);
  encode_body (writer, message);
  ls_json_writer_end_object (writer);
  return ls_json_writer_finish (writer, ret_length);
}
