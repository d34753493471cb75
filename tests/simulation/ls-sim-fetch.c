/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "core/ls-error.h"
#include "core/ls-snapshot.h"
#include "core/ls-view.h"
#include "ls-sim-network-private.h"

/* A request for rows: what HTTP does between the client and #LsSnapshots, without HTTP. */

#define PIECE 16384

typedef enum {
  BREAK_NOT,
  BREAK_BEFORE,   /* no answer, an error */
  BREAK_BUSY,     /* an answer that says later */
  BREAK_INSIDE,   /* the body ends with an error */
  BREAK_SHORT,    /* the body ends too early, and nobody says so */
  BREAK_GARBLED,  /* a byte of it is another */
  N_BREAKS,
} Break;

#define LS_TYPE_SIM_FETCH (ls_sim_fetch_get_type ())
G_DECLARE_FINAL_TYPE (LsSimFetch, ls_sim_fetch, LS, SIM_FETCH, LsFetch)

struct _LsSimFetch {
  LsFetch parent_instance;

  LsSimNetwork *network;
  unsigned client;
  LsSimNode *node;
  LsQueue *queue;
  Break breaks;

  char *token;
  char *client_id;
  char *collections;
  int64_t min_version;

  unsigned status; /* 0 for no answer at all */
  int64_t done;
  GByteArray *body;
  size_t at;
  char done_text[24];
};

G_DEFINE_FINAL_TYPE (LsSimFetch, ls_sim_fetch, LS_TYPE_FETCH)

static void
post_to_client (LsSimFetch *self,
                LsJobFunc   func)
{
  ls_environment_post (LS_ENVIRONMENT (self->node), self->queue, func, g_object_ref (self),
                       g_object_unref);
}

static void
fail (LsSimFetch *self)
{
  g_autoptr (GError) error =
      g_error_new_literal (LS_ERROR, LS_ERROR_NETWORK, "the connection broke off");

  ls_fetch_emit_end (LS_FETCH (self), error);
}

static void
head_job (gpointer data)
{
  LsSimFetch *self = data;

  if (self->status == 0)
    fail (self);
  else
    ls_fetch_emit_head (LS_FETCH (self), self->status);
}

static void
piece_job (gpointer data)
{
  LsSimFetch *self = data;
  size_t end = self->body->len;
  size_t length;

  if (self->breaks == BREAK_INSIDE || self->breaks == BREAK_SHORT)
    end /= 2;
  length = MIN (PIECE, end - self->at);
  self->at += length;
  if (length > 0)
    ls_fetch_emit_data (LS_FETCH (self), (char *) self->body->data + self->at - length, length);
  else if (self->breaks == BREAK_INSIDE)
    fail (self);
  else
    ls_fetch_emit_end (LS_FETCH (self), NULL);
}

static void
head_arrives (gpointer data)
{
  post_to_client (data, head_job);
}

static void
piece_arrives (gpointer data)
{
  post_to_client (data, piece_job);
}

static void
post_to_world (LsSimFetch *self,
               LsJobFunc   func)
{
  ls_sim_world_post (self->network->world, ls_sim_network_delay (self->network, self->client),
                     func, g_object_ref (self), g_object_unref);
}

/* --- On the server --------------------------------------------------------------------------- */

static GByteArray *
unzip (GBytes *gzipped)
{
  g_autoptr (GZlibDecompressor) decompressor =
      g_zlib_decompressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP);
  g_autoptr (GInputStream) memory = g_memory_input_stream_new_from_bytes (gzipped);
  g_autoptr (GInputStream) stream =
      g_converter_input_stream_new (memory, G_CONVERTER (decompressor));
  g_autoptr (GError) error = NULL;
  GByteArray *body = g_byte_array_new ();
  uint8_t piece[PIECE];
  gssize length;

  while ((length = g_input_stream_read (stream, piece, sizeof piece, NULL, &error)) > 0)
    g_byte_array_append (body, piece, (unsigned) length);
  g_assert_no_error (error);
  return body;
}

static void
snapshot_cb (GBytes       *body,
             int64_t       done,
             const GError *error,
             gpointer      user_data)
{
  LsSimFetch *self = user_data;

  if (body != NULL)
    {
      self->status = 200;
      self->done = done;
      g_byte_array_unref (self->body);
      self->body = unzip (body);
      if (self->breaks == BREAK_GARBLED)
        self->body->data[self->body->len / 2 +
                         ls_sim_dice_below (&self->network->dice, self->body->len / 2)] ^= 0x10;
      ls_sim_world_note (self->network->world, "client %u gets rows, done %" G_GINT64_FORMAT ": %.120s",
                         self->client, done, (char *) self->body->data);
      ls_sim_world_note_bytes (self->network->world, self->body->data, self->body->len);
    }
  else
    self->status = g_error_matches (error, LS_ERROR, LS_ERROR_VALIDATION) ? 403 : 503;
  post_to_world (self, head_arrives);
}

static void
ask_job (gpointer data)
{
  LsSimFetch *self = data;
  LsSimServer *server = self->network->server;
  g_autoptr (GError) error = NULL;
  g_autoptr (LsIdentity) identity = ls_access_check_token (server->access, self->token, &error);
  LsScope scope;
  LsRole role;

  self->status = identity == NULL && g_error_matches (error, LS_ERROR, LS_ERROR_AUTH) ? 401 : 403;
  if (identity == NULL && self->status != 401)
    self->status = 503;
  if (identity == NULL || !ls_identity_get_role (identity, LS_SIM_SHOP, &role))
    {
      post_to_world (self, head_arrives);
      return;
    }
  ls_scope_from_text (self->collections, &scope, &error);
  g_assert_no_error (error);
  ls_snapshots_get (server->snapshots, identity, LS_SIM_SHOP,
                    ls_view_get (role, LS_SCHEMA_VERSION), &scope, self->min_version,
                    self->client_id, snapshot_cb, g_object_ref (self), g_object_unref);
}

static void
request_arrives (gpointer data)
{
  LsSimFetch *self = data;
  LsSimServer *server = self->network->server;
  LsEnvironment *environment;

  if (!ls_sim_server_is_up (server) || self->breaks == BREAK_BEFORE)
    {
      head_arrives (self);
      return;
    }
  if (self->breaks == BREAK_BUSY)
    {
      self->status = 503;
      head_arrives (self);
      return;
    }
  environment = LS_ENVIRONMENT (server->node);
  ls_environment_post (environment, ls_environment_get_queue (environment, LS_QUEUE_MAIN), ask_job,
                       g_object_ref (self), g_object_unref);
}

/* A server that ended takes the question with it: the client's patience ends some time. */
static void
patience_cb (gpointer data)
{
  LsSimFetch *self = data;

  if (self->status == 0 && !ls_fetch_is_over (LS_FETCH (self)))
    post_to_client (self, head_job);
}

/* --- The client's end ------------------------------------------------------------------------ */

static void
ls_sim_fetch_read (LsFetch *fetch)
{
  post_to_world (LS_SIM_FETCH (fetch), piece_arrives);
}

static void
ls_sim_fetch_cancel (LsFetch *fetch)
{
}

static const char *
ls_sim_fetch_get_header (LsFetch    *fetch,
                         const char *name)
{
  LsSimFetch *self = LS_SIM_FETCH (fetch);

  if (g_ascii_strcasecmp (name, LS_SNAPSHOT_DONE_HEADER) != 0 || self->done < 0)
    return NULL;
  g_snprintf (self->done_text, sizeof self->done_text, "%" G_GINT64_FORMAT, self->done);
  return self->done_text;
}

static void
ls_sim_fetch_finalize (GObject *object)
{
  LsSimFetch *self = LS_SIM_FETCH (object);

  g_byte_array_unref (self->body);
  g_object_unref (self->node);
  g_free (self->token);
  g_free (self->client_id);
  g_free (self->collections);
  G_OBJECT_CLASS (ls_sim_fetch_parent_class)->finalize (object);
}

static void
ls_sim_fetch_class_init (LsSimFetchClass *klass)
{
  LsFetchClass *fetch_class = LS_FETCH_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = ls_sim_fetch_finalize;
  fetch_class->read = ls_sim_fetch_read;
  fetch_class->cancel = ls_sim_fetch_cancel;
  fetch_class->get_header = ls_sim_fetch_get_header;
}

static void
ls_sim_fetch_init (LsSimFetch *self)
{
  self->body = g_byte_array_new ();
  self->done = -1;
}

#define PATIENCE (60 * G_USEC_PER_SEC)

static void
parse_query (LsSimFetch *self,
             const char *query)
{
  g_auto (GStrv) parts = query != NULL ? g_strsplit (query, "&", -1) : NULL;

  for (size_t i = 0; parts != NULL && parts[i] != NULL; i++)
    if (g_str_has_prefix (parts[i], "collections="))
      self->collections = g_strdup (strchr (parts[i], '=') + 1);
    else if (g_str_has_prefix (parts[i], "version="))
      self->min_version = g_ascii_strtoll (strchr (parts[i], '=') + 1, NULL, 10);
}

LsFetch *
ls_sim_fetch_new (LsSimNetwork      *network,
                  unsigned           client,
                  LsSimNode         *node,
                  LsQueue           *queue,
                  LsEndpoint        *endpoint,
                  const LsFetchSpec *spec)
{
  LsSimFetch *self = g_object_new (LS_TYPE_SIM_FETCH, NULL);
  LsSimPath *path = &network->paths[client];
  int64_t now = ls_sim_world_get_time (network->world);

  ls_fetch_set_spec (LS_FETCH (self), spec);
  self->network = network;
  self->client = client;
  self->node = g_object_ref (node);
  self->queue = queue;
  self->token = g_strdup (ls_endpoint_get_token (endpoint));
  for (size_t i = 0; spec->headers != NULL && spec->headers[i] != NULL; i += 2)
    if (g_ascii_strcasecmp (spec->headers[i], LS_SNAPSHOT_CLIENT_HEADER) == 0)
      self->client_id = g_strdup (spec->headers[i + 1]);
  parse_query (self, spec->query);
  if (path->broken_fetches > 0)
    {
      path->broken_fetches--;
      self->breaks = (Break) (1 + ls_sim_dice_below (&network->dice, N_BREAKS - 1));
    }
  if (path->refused_until > now)
    self->breaks = BREAK_BEFORE;
  post_to_world (self, request_arrives);
  ls_sim_world_post (network->world, PATIENCE, patience_cb, g_object_ref (self), g_object_unref);
  return LS_FETCH (self);
}
