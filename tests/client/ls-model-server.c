/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/ls-edit-count.h"
#include "core/ls-digest.h"

#include "ls-model-server.h"

#include <string.h>

#include "core/ls-error.h"
#include "core/ls-schema.h"
#include "core/ls-snapshot.h"
#include "core/ls-view.h"

#define SHOP "music"

typedef struct {
  LsChange *change;
  char *mid;
  char *client;
  int64_t n;
} Entry;

typedef struct {
  char *id;
  int64_t last_n;
  LsEditCount before;
  GHashTable *results; /* mid -> LsMessage */
} Client;

typedef struct {
  LsFakeTransport *transport;
  char *client;
  bool subscribed;
  int64_t sent;
} Session;

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  ls_change_unref (entry->change);
  g_free (entry->mid);
  g_free (entry->client);
  g_free (entry);
}

static void
client_free (gpointer data)
{
  Client *client = data;

  g_free (client->id);
  g_hash_table_unref (client->results);
  g_free (client);
}

static void
session_free (gpointer data)
{
  Session *session = data;

  g_free (session->client);
  g_free (session);
}

static const LsView *
view (void)
{
  return ls_view_get (LS_ROLE_ADMIN, LS_SCHEMA_VERSION);
}

uint64_t
ls_model_server_check (int64_t version)
{
  return (uint64_t) version * UINT64_C (0x9e3779b97f4a7c15);
}

static LsPosition
position_of (LsModelServer *self)
{
  LsPosition position = { .version = self->version };

  position.check = ls_model_server_check (self->version);
  g_strlcpy (position.epoch, self->epoch, sizeof position.epoch);
  return position;
}

static Client *
issue_client (LsModelServer *self)
{
  Client *client = g_new0 (Client, 1);

  client->id = g_strdup_printf ("client-%u", ++self->last_client);
  client->results =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) ls_message_unref);
  g_hash_table_insert (self->clients, client->id, client);
  return client;
}

/* --- Streams --------------------------------------------------------------------------------- */

static void
send_range (LsModelServer *self,
            Session       *session,
            int64_t        from,
            int64_t        to,
            bool           squash)
{
  LsMessage *delta = ls_message_new (LS_MESSAGE_DELTA);

  delta->delta.shop = g_strdup (SHOP);
  delta->delta.from = from;
  delta->delta.to = to;
  delta->delta.check = ls_model_server_check (to);
  if (squash)
    delta->delta.done = 0;
  for (int64_t version = from + 1; version <= to; version++)
    {
      Entry *entry = g_ptr_array_index (self->log, version - 1);

      ls_delta_add (delta, version, ls_change_ref (entry->change), squash ? NULL : entry->mid);
      if (squash && g_strcmp0 (entry->client, session->client) == 0)
        delta->delta.done = MAX (delta->delta.done, entry->n);
    }
  session->sent = to;
  ls_fake_transport_push (session->transport, delta);
}

static void
send_up_to_now (LsModelServer *self,
                Session       *session)
{
  if (!session->subscribed || session->sent >= self->version)
    return;
  if (self->squash && self->version - session->sent > 3)
    send_range (self, session, session->sent, self->version, true);
  while (session->sent < self->version)
    send_range (self, session, session->sent, session->sent + 1, false);
}

static void
append (LsModelServer *self,
        LsChange      *change,
        LsRecord      *after,
        const char    *mid,
        const char    *client,
        int64_t        n)
{
  LsRecord *before = g_hash_table_lookup (self->rows, change->key);
  Entry *entry = g_new0 (Entry, 1);

  if (change->op == LS_CHANGE_DEL)
    entry->change = ls_change_ref (change);
  else if (before == NULL)
    entry->change = ls_change_new_put (after);
  else
    entry->change = ls_change_new_between (before, after);
  /* Nothing is another: a version all the same. */
  if (entry->change == NULL)
    entry->change = ls_change_new (LS_CHANGE_SET, change->collection, change->key);
  entry->mid = g_strdup (mid);
  entry->client = g_strdup (client);
  entry->n = n;
  g_ptr_array_add (self->log, entry);
  self->version++;
  if (after != NULL)
    g_hash_table_insert (self->rows, g_strdup (change->key), ls_record_ref (after));
  else
    g_hash_table_remove (self->rows, change->key);
  for (unsigned i = 0; i < self->sessions->len; i++)
    send_up_to_now (self, g_ptr_array_index (self->sessions, i));
}

/* --- Edits ----------------------------------------------------------------------------------- */

/* Whether what was seen still holds (rule 13). */
static bool
conflicts (const LsChange *change,
           const LsRecord *row)
{
  if (change->op == LS_CHANGE_PUT || change->op == LS_CHANGE_ADD)
    return false;
  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      if (row != NULL && edit->has_was &&
          !ls_value_equal (&edit->was, ls_record_get (row, edit->field)) &&
          !(edit->has_set && ls_value_equal (&edit->set, ls_record_get (row, edit->field))))
        return true;
    }
  return row == NULL;
}

static LsResultStatus
decide (LsModelServer  *self,
        const LsMutate *mutate,
        const char     *client)
{
  LsChange *change;
  LsRecord *row;
  unsigned price =
      (unsigned) ls_collection_field (ls_schema_collection (LS_PRODUCTS), "price");
  g_autoptr (LsRecord) after = NULL;
  int times;

  if (mutate->is_void)
    return LS_RESULT_REJECTED;
  g_assert_cmpuint (mutate->changes->len, ==, 1);
  change = g_ptr_array_index (mutate->changes, 0);
  row = g_hash_table_lookup (self->rows, change->key);
  if (conflicts (change, row))
    return LS_RESULT_CONFLICT;
  after = ls_change_apply (change, row, LS_APPLY_KEEP_DERIVED, NULL);
  if (after == NULL && change->op != LS_CHANGE_DEL)
    return LS_RESULT_CONFLICT;
  if (after != NULL && ls_record_get_integer (after, price, 0) < 0)
    return LS_RESULT_REJECTED;
  times = GPOINTER_TO_INT (g_hash_table_lookup (self->edits, mutate->mid));
  g_hash_table_insert (self->edits, g_strdup (mutate->mid), GINT_TO_POINTER (times + 1));
  self->n_applied++;
  append (self, change, after, mutate->mid, client, mutate->n);
  return LS_RESULT_APPLIED;
}

static void
refuse (Session    *session,
        LsErrorCode code,
        int64_t     expected)
{
  LsMessage *error = ls_message_new (LS_MESSAGE_ERROR);

  error->error.code = code;
  error->error.message = g_strdup ("not now");
  error->error.temporary = ls_error_info (code)->temporary;
  error->error.shop = g_strdup (SHOP);
  error->error.expected_n = expected;
  ls_fake_transport_push (session->transport, error);
}

static void
handle_mutate (LsModelServer  *self,
               Session        *session,
               const LsMutate *mutate)
{
  Client *client = g_hash_table_lookup (self->clients, session->client);
  LsMessage *result = g_hash_table_lookup (client->results, mutate->mid);

  if (result == NULL && mutate->n <= client->last_n)
    {
      LsMessage *forked = ls_message_new (LS_MESSAGE_FORKED);

      forked->forked.client = g_strdup (issue_client (self)->id);
      session->subscribed = false;
      g_clear_pointer (&session->client, g_free);
      ls_fake_transport_push (session->transport, forked);
      return;
    }
  if (result == NULL && mutate->n > client->last_n + 1)
    {
      refuse (session, LS_ERROR_PROTOCOL, client->last_n + 1);
      return;
    }
  if (result == NULL && self->n_temporary > 0)
    {
      self->n_temporary--;
      refuse (session, LS_ERROR_STORAGE, mutate->n);
      return;
    }
  if (result == NULL)
    {
      result = ls_message_new (LS_MESSAGE_RESULT);
      result->result.shop = g_strdup (SHOP);
      result->result.n = mutate->n;
      result->result.mid = g_strdup (mutate->mid);
      result->result.status = decide (self, mutate, session->client);
      result->result.version = self->version;
      if (result->result.status != LS_RESULT_APPLIED)
        result->result.code = g_strdup (
            result->result.status == LS_RESULT_CONFLICT ? "conflict" : "validation");
      g_hash_table_insert (client->results, g_strdup (mutate->mid), result);
    }
  client->last_n = MAX (client->last_n, mutate->n);
  if (self->n_lost > 0)
    {
      self->n_lost--;
      ls_fake_transport_drop (session->transport, LS_ERROR_NETWORK);
      return;
    }
  ls_fake_transport_push (session->transport, ls_message_ref (result));
}

/* --- Greetings ------------------------------------------------------------------------------- */

static void
welcome (LsModelServer *self,
         Session       *session,
         Client        *client)
{
  LsMessage *message = ls_message_new (LS_MESSAGE_WELCOME);
  LsShopInfo info = {
    .shop = g_strdup (SHOP),
    .name = g_strdup ("Music"),
    .role = LS_ROLE_ADMIN,
    .position = position_of (self),
    .n = client->last_n,
  };

  message->welcome.session = g_strdup ("session");
  message->welcome.client = g_strdup (client->id);
  message->welcome.user = g_strdup ("ada");
  message->welcome.max_client_message = LS_MAX_CLIENT_MESSAGE;
  message->welcome.max_server_message = LS_MAX_SERVER_MESSAGE;
  message->welcome.window = LS_MUTATION_WINDOW;
  message->welcome.heartbeat = 30 * G_USEC_PER_SEC;
  g_array_append_val (message->welcome.shops, info);
  g_free (session->client);
  session->client = g_strdup (client->id);
  ls_fake_transport_push (session->transport, message);
}

static void
handle_hello (LsModelServer *self,
              Session       *session,
              const LsHello *hello)
{
  Client *client =
      hello->client != NULL ? g_hash_table_lookup (self->clients, hello->client) : NULL;
  int64_t made = hello->shops->len > 0 ? g_array_index (hello->shops, LsShopInfo, 0).n : 0;

  session->subscribed = false;
  if (client != NULL && client->last_n > made)
    {
      LsMessage *forked = ls_message_new (LS_MESSAGE_FORKED);

      forked->forked.client = g_strdup (issue_client (self)->id);
      ls_fake_transport_push (session->transport, forked);
      return;
    }
  welcome (self, session, client != NULL ? client : issue_client (self));
}

static char *
write_snapshot (LsModelServer *self)
{
  LsPosition position = position_of (self);
  g_autoptr (LsSnapshotWriter) writer = ls_snapshot_writer_new (SHOP, &position, view ());
  GHashTableIter iter;
  gpointer row;

  for (unsigned id = 0; id < LS_N_COLLECTIONS; id++)
    {
      ls_snapshot_writer_begin_collection (writer, ls_schema_collection ((LsCollectionId) id));
      if (id != LS_PRODUCTS)
        continue;
      g_hash_table_iter_init (&iter, self->rows);
      while (g_hash_table_iter_next (&iter, NULL, &row))
        ls_snapshot_writer_add (writer, row);
    }
  ls_snapshot_writer_finish (writer);
  return ls_snapshot_writer_take_text (writer, NULL);
}

/* What a fetch answers is set before it is asked for: the rows as they are at the resync. */
static void
resync (LsModelServer *self,
        Session       *session,
        LsResyncReason reason)
{
  LsMessage *message = ls_message_new (LS_MESSAGE_RESYNC);

  message->resync.shop = g_strdup (SHOP);
  message->resync.reason = reason;
  ls_fake_transport_push (session->transport, message);
}

static void
handle_subscribe (LsModelServer     *self,
                  Session           *session,
                  const LsSubscribe *subscribe)
{
  const LsPosition *position = &subscribe->position;

  session->subscribed = false;
  if (subscribe->view != ls_view_get_total_hash (view ()))
    resync (self, session, LS_RESYNC_VIEW);
  else if (!g_str_equal (position->epoch, self->epoch) || position->version > self->version ||
           position->check != ls_model_server_check (position->version))
    resync (self, session, LS_RESYNC_EPOCH);
  else if (position->version < self->horizon)
    resync (self, session, LS_RESYNC_TOO_OLD);
  else
    {
      session->subscribed = true;
      session->sent = position->version;
      send_up_to_now (self, session);
    }
}

/* --- Proof ----------------------------------------------------------------------------------- */

static LsMessage *
digest_new (LsModelServer *self)
{
  LsMessage *digest = ls_message_new (LS_MESSAGE_DIGEST);

  digest->digest.shop = g_strdup (SHOP);
  digest->digest.version = self->version;
  digest->digest.check = ls_model_server_check (self->version);
  digest->digest.view = ls_view_get_total_hash (view ());
  return digest;
}

static void
push_totals (LsModelServer *self,
             Session       *session)
{
  LsDigestSum sum = ls_model_server_sum (self);
  LsDigestItem item = { ls_schema_collection (LS_PRODUCTS), -1, NULL, sum.count, sum.hash };
  LsMessage *digest = digest_new (self);

  g_array_append_val (digest->digest.items, item);
  ls_fake_transport_push (session->transport, digest);
}

/* Sums of all buckets, or with @only >= 0 the rows of that one. */
static void
push_bucket (LsModelServer *self,
             Session       *session,
             int64_t        only)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  LsMessage *digest = digest_new (self);

  digest->digest.collection = products;
  digest->digest.bucket = only;
  for (int64_t bucket = 0; bucket < 256; bucket++)
    {
      LsDigestItem sum = { products, bucket, NULL, 0, 0 };
      GHashTableIter iter;
      gpointer row;

      g_hash_table_iter_init (&iter, self->rows);
      while (g_hash_table_iter_next (&iter, NULL, &row))
        {
          uint64_t hash = ls_digest_record (row, UINT64_MAX);
          LsDigestItem item = { products, bucket, NULL, 1, hash };

          if (ls_digest_bucket (row) != bucket || (only >= 0 && bucket != only))
            continue;
          sum.count++;
          sum.hash ^= hash;
          item.key = g_strdup (ls_record_get_key (row));
          if (only >= 0)
            g_array_append_val (digest->digest.items, item);
          else
            g_free (item.key);
        }
      if (only < 0 && sum.count > 0)
        g_array_append_val (digest->digest.items, sum);
    }
  ls_fake_transport_push (session->transport, digest);
}

static void
push_rows (LsModelServer  *self,
           Session        *session,
           const LsVerify *verify)
{
  LsMessage *rows = ls_message_new (LS_MESSAGE_ROWS);

  rows->rows.shop = g_strdup (SHOP);
  rows->rows.version = self->version;
  rows->rows.check = ls_model_server_check (self->version);
  rows->rows.view = ls_view_get_total_hash (view ());
  rows->rows.collection = verify->collection;
  rows->rows.bucket = verify->bucket;
  for (unsigned i = 0; i < verify->keys->len; i++)
    {
      const char *key = g_ptr_array_index (verify->keys, i);
      LsRecord *row = g_hash_table_lookup (self->rows, key);

      g_ptr_array_add (rows->rows.changes,
                       row != NULL ? ls_change_new_put (row)
                                   : ls_change_new (LS_CHANGE_DEL, verify->collection, key));
    }
  self->n_healed += verify->keys->len;
  ls_fake_transport_push (session->transport, rows);
}

static void
handle_verify (LsModelServer  *self,
               Session        *session,
               const LsVerify *verify)
{
  if (!session->subscribed)
    return;
  self->n_verifies++;
  if (verify->collection == NULL)
    push_totals (self, session);
  else if (verify->keys->len == 0)
    push_bucket (self, session, verify->bucket);
  else
    push_rows (self, session, verify);
}

static void
handle (LsModelServer *self,
        Session       *session,
        LsMessage     *message)
{
  LsMessage *pong;

  switch ((unsigned) message->type)
    {
    case LS_MESSAGE_HELLO:
      handle_hello (self, session, &message->hello);
      break;
    case LS_MESSAGE_SUBSCRIBE:
      handle_subscribe (self, session, &message->subscribe);
      break;
    case LS_MESSAGE_MUTATE:
      if (session->client != NULL)
        handle_mutate (self, session, &message->mutate);
      break;
    case LS_MESSAGE_VERIFY:
      handle_verify (self, session, &message->verify);
      break;
    case LS_MESSAGE_PING:
      pong = ls_message_new (LS_MESSAGE_PONG);
      pong->ping.id = message->ping.id;
      if (session->subscribed)
        {
          LsShopInfo info = { .shop = g_strdup (SHOP), .position = { .version = session->sent } };

          g_array_append_val (pong->ping.shops, info);
        }
      ls_fake_transport_push (session->transport, pong);
      break;
    default:
      break;
    }
}

/* How far the client had come in the epoch before. */
static void
tell_before (LsModelServer *self,
             Session       *session)
{
  const Client *client =
      session->client != NULL ? g_hash_table_lookup (self->clients, session->client) : NULL;
  g_autofree char *before = client != NULL ? ls_edit_count_to_text (&client->before) : NULL;

  ls_fake_transport_set_before (session->transport, before);
}

/* --- For tests ------------------------------------------------------------------------------- */

/**
 * ls_model_server_new:
 * @environment: dice
 *
 * Returns: (transfer full): a server with an empty shop
 */
LsModelServer *
ls_model_server_new (LsEnvironment *environment)
{
  LsModelServer *self = g_new0 (LsModelServer, 1);

  self->environment = environment;
  self->rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
                                      (GDestroyNotify) ls_record_unref);
  self->log = g_ptr_array_new_with_free_func (entry_free);
  self->clients = g_hash_table_new_full (g_str_hash, g_str_equal, NULL, client_free);
  self->sessions = g_ptr_array_new_with_free_func (session_free);
  self->edits = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  g_strlcpy (self->epoch, "00000000000000000000000000000001", sizeof self->epoch);
  return self;
}

/**
 * ls_model_server_free:
 * @self: (transfer full): a server
 *
 * Frees it.
 */
void
ls_model_server_free (LsModelServer *self)
{
  g_hash_table_unref (self->rows);
  g_ptr_array_unref (self->log);
  g_hash_table_unref (self->clients);
  g_ptr_array_unref (self->sessions);
  g_hash_table_unref (self->edits);
  g_free (self);
}

/**
 * ls_model_server_connect:
 * @self: a server
 * @transport: a client's transport, which outlives the server
 *
 * Makes the server the far end of a transport.
 */
void
ls_model_server_connect (LsModelServer   *self,
                         LsFakeTransport *transport)
{
  Session *session = g_new0 (Session, 1);

  session->transport = transport;
  g_ptr_array_add (self->sessions, session);
}

/**
 * ls_model_server_serve:
 * @self: a server
 *
 * Handles what the clients have sent so far.
 *
 * Returns: whether there was anything
 */
bool
ls_model_server_serve (LsModelServer *self)
{
  bool any = false;

  for (unsigned i = 0; i < self->sessions->len; i++)
    {
      Session *session = g_ptr_array_index (self->sessions, i);
      g_autofree char *snapshot = write_snapshot (self);
      LsMessage *message;

      if (!ls_fake_transport_is_open (session->transport))
        session->subscribed = false;
      ls_fake_transport_set_answer (session->transport, 200, snapshot, 500, LS_ERROR_VALIDATION);
      tell_before (self, session);
      while ((message = ls_fake_transport_pop (session->transport)) != NULL)
        {
          any = true;
          if (ls_fake_transport_is_open (session->transport))
            handle (self, session, message);
          ls_message_unref (message);
        }
    }
  return any;
}

/**
 * ls_model_server_edit:
 * @self: a server
 * @change: (transfer full): something that happens without a client
 *
 * Makes a version, whatever the client's rows are.
 */
void
ls_model_server_edit (LsModelServer *self,
                      LsChange      *change)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LsRecord) after = ls_change_apply (
      change, g_hash_table_lookup (self->rows, change->key), LS_APPLY_KEEP_DERIVED, &error);

  g_assert_no_error (error);
  append (self, change, after, NULL, NULL, 0);
  ls_change_unref (change);
}

/**
 * ls_model_server_sum:
 * @self: a server
 *
 * Returns: the digest of its products
 */
LsDigestSum
ls_model_server_sum (LsModelServer *self)
{
  LsDigestSum sum = { 0, 0 };
  GHashTableIter iter;
  gpointer row;

  g_hash_table_iter_init (&iter, self->rows);
  while (g_hash_table_iter_next (&iter, NULL, &row))
    {
      sum.count++;
      sum.hash ^= ls_digest_record (row, UINT64_MAX);
    }
  return sum;
}

/**
 * ls_model_server_digest:
 * @self: a server
 *
 * Tells all who are subscribed what the products add up to.
 */
void
ls_model_server_digest (LsModelServer *self)
{
  for (unsigned i = 0; i < self->sessions->len; i++)
    {
      Session *session = g_ptr_array_index (self->sessions, i);

      if (session->subscribed)
        push_totals (self, session);
    }
}

/**
 * ls_model_server_new_epoch:
 * @self: a server without connections
 *
 * Says that its history is another now: clients count from 1 in it.
 */
void
ls_model_server_new_epoch (LsModelServer *self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    {
      Client *client = value;

      if (client->last_n == 0)
        continue;
      g_strlcpy (client->before.epoch, self->epoch, sizeof client->before.epoch);
      client->before.n = client->last_n;
      client->last_n = 0;
    }
  self->epoch[0] = (char) (self->epoch[0] == '9' ? '1' : self->epoch[0] + 1);
}

/**
 * ls_model_server_restore:
 * @self: a server without connections
 * @version: a version that is not before the beginning
 *
 * Restores a backup made at @version: what came after is forgotten, numbers of clients too.
 */
void
ls_model_server_restore (LsModelServer *self,
                         int64_t        version)
{
  GHashTableIter iter;
  gpointer client;

  g_hash_table_remove_all (self->rows);
  g_ptr_array_set_size (self->log, (int) version);
  self->version = version;
  for (int64_t i = 0; i < version; i++)
    {
      Entry *entry = g_ptr_array_index (self->log, i);
      const char *key = entry->change->key;
      LsRecord *after = ls_change_apply (entry->change, g_hash_table_lookup (self->rows, key),
                                         LS_APPLY_EXACT, NULL);

      if (after != NULL)
        g_hash_table_insert (self->rows, g_strdup (key), after);
      else
        g_hash_table_remove (self->rows, key);
    }
  g_hash_table_iter_init (&iter, self->clients);
  while (g_hash_table_iter_next (&iter, NULL, &client))
    {
      ((Client *) client)->last_n = 0;
      g_hash_table_remove_all (((Client *) client)->results);
    }
}
