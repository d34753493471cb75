/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-message"

#include "config.h"

#include "core/ls-message.h"

#include <string.h>

#include "core/ls-json-guard.h"
#include "core/ls-message-decode-private.h"
#include "core/ls-message-private.h"
#include "core/ls-message-rows.h"

#define MAX_ID_BYTES 128
#define MAX_NAME_BYTES 1000
#define MAX_WORDS_BYTES 4000
#define MAX_TOKEN_BYTES 16384
#define MAX_STATE_BYTES 65536

/* Which side may send which type. */
static const unsigned senders[] = {
  [LS_MESSAGE_HELLO] = LS_FROM_CLIENT,
  [LS_MESSAGE_WELCOME] = LS_FROM_SERVER,
  [LS_MESSAGE_FORKED] = LS_FROM_SERVER,
  [LS_MESSAGE_SUBSCRIBE] = LS_FROM_CLIENT,
  [LS_MESSAGE_DELTA] = LS_FROM_SERVER,
  [LS_MESSAGE_ACK] = LS_FROM_CLIENT,
  [LS_MESSAGE_MUTATE] = LS_FROM_CLIENT,
  [LS_MESSAGE_RESULT] = LS_FROM_SERVER,
  [LS_MESSAGE_DIGEST] = LS_FROM_SERVER,
  [LS_MESSAGE_VERIFY] = LS_FROM_CLIENT,
  [LS_MESSAGE_ROWS] = LS_FROM_SERVER,
  [LS_MESSAGE_RESYNC] = LS_FROM_SERVER,
  [LS_MESSAGE_VIEW] = LS_FROM_CLIENT | LS_FROM_SERVER,
  [LS_MESSAGE_PING] = LS_FROM_CLIENT | LS_FROM_SERVER,
  [LS_MESSAGE_PONG] = LS_FROM_CLIENT | LS_FROM_SERVER,
  [LS_MESSAGE_AUTH] = LS_FROM_CLIENT,
  [LS_MESSAGE_ERROR] = LS_FROM_CLIENT | LS_FROM_SERVER,
  [LS_MESSAGE_NOTICE] = LS_FROM_SERVER,
};

unsigned
ls_message_length_of (const LsJsonNode *array)
{
  return array != NULL ? array->length : 0;
}

char *
ls_message_required_text (LsJsonReader     *reader,
                          const LsJsonNode *object,
                          const char       *name,
                          size_t            max_bytes)
{
  return ls_json_reader_text (reader, object, name, LS_JSON_REQUIRED, max_bytes);
}

static char *
optional_text (LsJsonReader     *reader,
               const LsJsonNode *object,
               const char       *name,
               size_t            max_bytes)
{
  return ls_json_reader_text (reader, object, name, LS_JSON_OPTIONAL, max_bytes);
}

int64_t
ls_message_required_integer (LsJsonReader     *reader,
                             const LsJsonNode *object,
                             const char       *name)
{
  return ls_json_reader_integer (reader, object, name, LS_JSON_REQUIRED, 0);
}

char *
ls_message_shop_id (LsJsonReader     *reader,
                    const LsJsonNode *object)
{
  g_autofree char *shop = ls_message_required_text (reader, object, "shop", LS_KEY_MAX_BYTES);

  if (shop != NULL && !ls_key_is_valid (shop))
    ls_json_reader_fail (reader, "shop", "not a valid shop id");
  return g_steal_pointer (&shop);
}

static void
read_position (LsJsonReader     *reader,
               const LsJsonNode *object,
               LsPosition       *ret_position)
{
  g_autofree char *epoch = ls_message_required_text (reader, object, "epoch", LS_EPOCH_BYTES - 1);

  ret_position->version = ls_message_required_integer (reader, object, "version");
  ret_position->check = ls_json_reader_hash (reader, object, "check");
  if (epoch == NULL)
    return;
  if (strspn (epoch, "0123456789abcdef") != strlen (epoch))
    ls_json_reader_fail (reader, "epoch", "not hex digits");
  g_strlcpy (ret_position->epoch, epoch, sizeof ret_position->epoch);
}

static void
read_shop (LsJsonReader     *reader,
           const LsJsonNode *object,
           LsMessageType     type,
           LsShopInfo       *info)
{
  info->shop = ls_message_shop_id (reader, object);
  if (type == LS_MESSAGE_PING || type == LS_MESSAGE_PONG)
    {
      info->position.version = ls_message_required_integer (reader, object, "version");
      if (type == LS_MESSAGE_PONG)
        info->n = ls_json_reader_integer (reader, object, "n", LS_JSON_OPTIONAL, 0);
      return;
    }
  info->n = ls_message_required_integer (reader, object, "n");
  if (type == LS_MESSAGE_WELCOME)
    {
      g_autofree char *role = ls_message_required_text (reader, object, "role", MAX_ID_BYTES);

      info->name = optional_text (reader, object, "name", MAX_NAME_BYTES);
      read_position (reader, object, &info->position);
      info->base = ls_json_reader_integer (reader, object, "base", LS_JSON_OPTIONAL, 0);
      if (role != NULL && !ls_role_from_name (role, &info->role))
        info->role = LS_ROLE_VIEWER;
    }
}

static void
read_shops (LsJsonReader     *reader,
            const LsJsonNode *object,
            LsMessageType     type,
            GArray           *shops)
{
  bool ping = type == LS_MESSAGE_PING || type == LS_MESSAGE_PONG;
  const LsJsonNode *array =
      ls_json_reader_array (reader, object, "shops", ping ? LS_JSON_OPTIONAL : LS_JSON_REQUIRED,
                            LS_MAX_SHOPS);

  for (unsigned i = 0; i < ls_message_length_of (array); i++)
    {
      size_t mark = ls_json_reader_enter (reader, "shops", (int) i);
      const LsJsonNode *element = ls_json_reader_element (reader, array, i);

      if (element != NULL)
        {
          g_array_set_size (shops, shops->len + 1);
          read_shop (reader, element, type, &g_array_index (shops, LsShopInfo, shops->len - 1));
        }
      ls_json_reader_leave (reader, mark);
    }
}

static void
read_subscriptions (LsJsonReader     *reader,
                    const LsJsonNode *object,
                    GArray           *collections)
{
  const LsJsonNode *array =
      ls_json_reader_array (reader, object, "collections", LS_JSON_REQUIRED, LS_N_COLLECTIONS * 4);

  for (unsigned i = 0; i < ls_message_length_of (array); i++)
    {
      size_t mark = ls_json_reader_enter (reader, "collections", (int) i);
      const LsJsonNode *element = ls_json_reader_element (reader, array, i);

      if (element != NULL)
        {
          g_autofree char *name = ls_message_required_text (reader, element, "c", LS_KEY_MAX_BYTES);
          LsSubscription subscription = {
            .collection = name != NULL ? ls_schema_find_collection (name) : NULL,
            .priority = (LsPriority) ls_json_reader_choice (
                reader, element, "p", ls_priority_names, G_N_ELEMENTS (ls_priority_names)),
            .since = ls_json_reader_integer (reader, element, "since", LS_JSON_OPTIONAL, 0),
          };
          g_autoptr (GError) wrong = NULL;

          if (reader->error == NULL && subscription.collection != NULL &&
              !ls_scope_check_since (subscription.collection, subscription.since, &wrong))
            ls_json_reader_fail (reader, "since", "%s", wrong->message);
          if (ls_json_reader_boolean (reader, element, "off", false))
            subscription.since = LS_SCOPE_NOTHING;
          /* A newer peer may know more collections. */
          if (subscription.collection != NULL)
            g_array_append_val (collections, subscription);
        }
      ls_json_reader_leave (reader, mark);
    }
}

static void
read_welcome (LsJsonReader     *reader,
              const LsJsonNode *object,
              LsWelcome        *welcome)
{
  welcome->session = ls_message_required_text (reader, object, "session", MAX_ID_BYTES);
  welcome->client = ls_message_required_text (reader, object, "client", MAX_ID_BYTES);
  welcome->user = ls_message_required_text (reader, object, "user", MAX_NAME_BYTES);
  welcome->max_client_message = ls_message_required_integer (reader, object, "max_client_message");
  welcome->max_server_message = ls_message_required_integer (reader, object, "max_server_message");
  welcome->window = ls_message_required_integer (reader, object, "window");
  welcome->heartbeat = ls_message_required_integer (reader, object, "heartbeat");
  welcome->server_time = ls_message_required_integer (reader, object, "time");
  read_shops (reader, object, LS_MESSAGE_WELCOME, welcome->shops);
}

static void
read_delta (LsJsonReader     *reader,
            const LsJsonNode *object,
            LsMessage        *message)
{
  LsDelta *delta = &message->delta;
  const LsJsonNode *array;

  delta->shop = ls_message_shop_id (reader, object);
  delta->from = ls_message_required_integer (reader, object, "from");
  delta->to = ls_message_required_integer (reader, object, "to");
  delta->check = ls_json_reader_hash (reader, object, "check");
  delta->done = ls_json_reader_integer (reader, object, "done", LS_JSON_OPTIONAL, -1);
  array = ls_json_reader_array (reader, object, "changes", LS_JSON_REQUIRED, G_MAXUINT);
  if (reader->error == NULL && delta->to <= delta->from)
    ls_json_reader_fail (reader, "to", "not after from");
  for (unsigned i = 0; i < ls_message_length_of (array) && reader->error == NULL; i++)
    {
      size_t mark = ls_json_reader_enter (reader, "changes", (int) i);
      const LsJsonNode *element = ls_json_reader_element (reader, array, i);

      if (element != NULL)
        {
          g_autofree char *mid = optional_text (reader, element, "m", MAX_ID_BYTES);
          int64_t version = ls_message_required_integer (reader, element, "v");
          g_autoptr (LsChange) change = ls_json_reader_delta_change (reader, element);

          if (reader->error == NULL && (version <= delta->from || version > delta->to))
            ls_json_reader_fail (reader, "v", "not between from and to");
          if (reader->error == NULL && change != NULL)
            ls_delta_add (message, version, g_steal_pointer (&change), mid);
        }
      ls_json_reader_leave (reader, mark);
    }
}

/* An edit whose body can't be read is still answered, as long as shop, n and mid can be (PROTOCOL
 * rule 8). */
static void
read_mutate (LsJsonReader     *reader,
             const LsJsonNode *object,
             LsMutate         *mutate)
{
  const LsJsonNode *array;

  mutate->shop = ls_message_shop_id (reader, object);
  mutate->n = ls_message_required_integer (reader, object, "n");
  mutate->mid = ls_message_required_text (reader, object, "mid", MAX_ID_BYTES);
  if (reader->error == NULL && mutate->n < 1)
    ls_json_reader_fail (reader, "n", "counts from 1");
  if (reader->error != NULL)
    return;
  mutate->is_void = ls_json_reader_boolean (reader, object, "void", false);
  if (mutate->is_void)
    return;
  array = ls_json_reader_array (reader, object, "changes", LS_JSON_REQUIRED, LS_MAX_CHANGES);
  if (array != NULL)
    ls_json_reader_changes (reader, array, LS_UNKNOWN_FAIL, mutate->changes);
  if (reader->error == NULL && mutate->changes->len == 0)
    ls_json_reader_fail (reader, "changes", "empty");
  mutate->body_error = g_steal_pointer (&reader->error);
  if (mutate->body_error != NULL)
    g_clear_pointer (&mutate->changes, g_ptr_array_unref);
}

static void
read_result (LsJsonReader     *reader,
             const LsJsonNode *object,
             LsResult         *result)
{
  const LsJsonNode *rows;

  result->shop = ls_message_shop_id (reader, object);
  result->n = ls_message_required_integer (reader, object, "n");
  result->mid = ls_message_required_text (reader, object, "mid", MAX_ID_BYTES);
  result->status = (LsResultStatus) ls_json_reader_choice (
      reader, object, "status", ls_result_status_names, G_N_ELEMENTS (ls_result_status_names));
  result->version = ls_message_required_integer (reader, object, "version");
  result->code = optional_text (reader, object, "code", MAX_ID_BYTES);
  result->message = optional_text (reader, object, "message", MAX_WORDS_BYTES);
  result->path = optional_text (reader, object, "path", MAX_NAME_BYTES);
  result->reason = ls_message_read_reason (reader, object);
  rows = ls_json_reader_array (reader, object, "rows", LS_JSON_OPTIONAL, LS_MAX_CHANGES);
  if (rows != NULL)
    ls_json_reader_changes (reader, rows, LS_UNKNOWN_SKIP, result->rows);
}

static void
read_view (LsJsonReader     *reader,
           const LsJsonNode *object,
           LsViewMessage    *view)
{
  view->shop = ls_message_shop_id (reader, object);
  view->window = ls_message_required_text (reader, object, "window", MAX_ID_BYTES);
  view->group = optional_text (reader, object, "group", MAX_ID_BYTES);
  view->page = optional_text (reader, object, "page", MAX_ID_BYTES);
  view->state = optional_text (reader, object, "state", MAX_STATE_BYTES);
  view->editing = optional_text (reader, object, "editing", MAX_ID_BYTES);
  view->user = optional_text (reader, object, "user", MAX_NAME_BYTES);
}

static void
read_error (LsJsonReader     *reader,
            const LsJsonNode *object,
            LsErrorMessage   *error)
{
  g_autofree char *code = ls_message_required_text (reader, object, "code", MAX_ID_BYTES);

  /* A newer peer may know more classes; what it says of their duration holds all the same. */
  error->code = LS_ERROR_PROTOCOL;
  if (code != NULL)
    ls_error_from_name (code, &error->code);
  error->message = ls_message_required_text (reader, object, "message", MAX_WORDS_BYTES);
  error->path = optional_text (reader, object, "path", MAX_NAME_BYTES);
  error->temporary = ls_json_reader_boolean (reader, object, "temporary", false);
  error->retry_after = ls_json_reader_integer (reader, object, "retry_after", LS_JSON_OPTIONAL, 0);
  error->shop = optional_text (reader, object, "shop", LS_KEY_MAX_BYTES);
  error->expected_n = ls_json_reader_integer (reader, object, "expected", LS_JSON_OPTIONAL, 0);
}

static void
read_subscribe (LsJsonReader     *reader,
                const LsJsonNode *object,
                LsSubscribe      *subscribe)
{
  subscribe->shop = ls_message_shop_id (reader, object);
  read_position (reader, object, &subscribe->position);
  subscribe->view = ls_json_reader_hash (reader, object, "view");
  subscribe->keep = ls_json_reader_boolean (reader, object, "keep", false);
  read_subscriptions (reader, object, subscribe->collections);
}

static void
read_hello (LsJsonReader     *reader,
            const LsJsonNode *object,
            LsHello          *hello)
{
  hello->protocol = ls_message_required_integer (reader, object, "protocol");
  hello->client = optional_text (reader, object, "client", MAX_ID_BYTES);
  hello->app_version = ls_message_required_text (reader, object, "app", MAX_ID_BYTES);
  hello->schema_version = ls_message_required_integer (reader, object, "schema");
  read_shops (reader, object, LS_MESSAGE_HELLO, hello->shops);
}

static void
read_body (LsJsonReader     *reader,
           const LsJsonNode *object,
           LsMessage        *message)
{
  switch (message->type)
    {
    case LS_MESSAGE_HELLO:
      read_hello (reader, object, &message->hello);
      break;
    case LS_MESSAGE_WELCOME:
      read_welcome (reader, object, &message->welcome);
      break;
    case LS_MESSAGE_FORKED:
      message->forked.client = ls_message_required_text (reader, object, "client", MAX_ID_BYTES);
      break;
    case LS_MESSAGE_SUBSCRIBE:
      read_subscribe (reader, object, &message->subscribe);
      break;
    case LS_MESSAGE_DELTA:
      read_delta (reader, object, message);
      break;
    case LS_MESSAGE_ACK:
      message->ack.shop = ls_message_shop_id (reader, object);
      message->ack.version = ls_message_required_integer (reader, object, "version");
      message->ack.n = ls_message_required_integer (reader, object, "n");
      message->ack.applied = ls_message_required_integer (reader, object, "applied");
      break;
    case LS_MESSAGE_MUTATE:
      read_mutate (reader, object, &message->mutate);
      break;
    case LS_MESSAGE_RESULT:
      read_result (reader, object, &message->result);
      break;
    case LS_MESSAGE_DIGEST:
      ls_message_read_digest (reader, object, &message->digest);
      break;
    case LS_MESSAGE_VERIFY:
      ls_message_read_verify (reader, object, &message->verify);
      break;
    case LS_MESSAGE_ROWS:
      ls_message_read_rows (reader, object, &message->rows);
      break;
    case LS_MESSAGE_RESYNC:
      message->resync.shop = ls_message_shop_id (reader, object);
      message->resync.reason = (LsResyncReason) ls_json_reader_choice (
          reader, object, "reason", ls_resync_reason_names, G_N_ELEMENTS (ls_resync_reason_names));
      read_subscriptions (reader, object, message->resync.collections);
      break;
    case LS_MESSAGE_VIEW:
      read_view (reader, object, &message->view);
      break;
    case LS_MESSAGE_PING:
    case LS_MESSAGE_PONG:
      message->ping.id = ls_message_required_integer (reader, object, "id");
      read_shops (reader, object, message->type, message->ping.shops);
      break;
    case LS_MESSAGE_AUTH:
      message->auth.token = ls_message_required_text (reader, object, "token", MAX_TOKEN_BYTES);
      break;
    case LS_MESSAGE_ERROR:
      read_error (reader, object, &message->error);
      break;
    case LS_MESSAGE_NOTICE:
    default:
      message->notice.kind = ls_message_required_text (reader, object, "kind", MAX_ID_BYTES);
      message->notice.message = optional_text (reader, object, "message", MAX_WORDS_BYTES);
      message->notice.until = ls_json_reader_integer (reader, object, "until", LS_JSON_OPTIONAL, 0);
      break;
    }
}

static bool
read_type (LsJsonReader     *reader,
           const LsJsonNode *object,
           LsMessageSide     from,
           LsMessageType    *ret_type)
{
  int type = ls_json_reader_choice (reader, object, "t", ls_message_type_names,
                                    G_N_ELEMENTS (ls_message_type_names));

  if (reader->error == NULL && !(senders[type] & from))
    ls_json_reader_fail (reader, "t", "%s does not come from this side",
                         ls_message_type_names[type]);
  *ret_type = (LsMessageType) type;
  return reader->error == NULL;
}

/**
 * ls_message_decode:
 * @text: one message as it came
 * @length: its bytes
 * @from: who sent it
 * @error: where to put why not, %LS_ERROR_PROTOCOL; its message begins with the place
 *
 * The one strict decoder. The guard looks at every byte before the parser does; then types, lengths
 * and counts are checked. Unknown members are ignored, an unknown type is an error. Safe from any
 * thread.
 *
 * Returns: (transfer full) (nullable): the message
 */
LsMessage *
ls_message_decode (const char    *text,
                   size_t         length,
                   LsMessageSide  from,
                   GError       **error)
{
  const LsJsonLimits limits = {
    .max_bytes = from == LS_FROM_CLIENT ? LS_MAX_CLIENT_MESSAGE : LS_MAX_SERVER_MESSAGE,
    .max_depth = LS_JSON_GUARD_DEFAULT_DEPTH,
    .max_values = LS_JSON_GUARD_DEFAULT_VALUES,
    .max_string_bytes = LS_MAX_SERVER_MESSAGE,
  };
  g_autoptr (LsJsonDocument) document = NULL;
  g_autoptr (LsMessage) message = NULL;
  g_auto (LsJsonReader) reader = { NULL, NULL };
  const LsJsonNode *object;
  LsMessageType type;

  document = ls_json_document_new (text, length, &limits, error);
  if (document == NULL)
    return NULL;
  object = ls_json_document_get_object (document);
  if (object == NULL)
    {
      g_set_error_literal (error, LS_ERROR, LS_ERROR_PROTOCOL, "a message is a JSON object");
      return NULL;
    }
  ls_json_reader_init (&reader);
  if (read_type (&reader, object, from, &type))
    {
      message = ls_message_new (type);
      read_body (&reader, object, message);
    }
  if (reader.error != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&reader.error));
      return NULL;
    }
  return g_steal_pointer (&message);
}
