/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "core/ls-error.h"
#include "core/ls-snapshot.h"
#include "ls-sim-fetch-private.h"

/* A request and its way: what HTTP does between the client and the server, without HTTP. Each has a
 * connection of its own, so that one may overtake another. */

#define PIECE 16384
/* A server that ended takes the question with it: the client's patience ends some time. */
#define PATIENCE (60 * G_USEC_PER_SEC)
/* A client's next request leads to another server once in so many times: what stands in front keeps
 * it at one. */
#define MOVES 50
#define EXCHANGE_PATH "/v1/exchange"
#define PORTAL "<html>Sign in to this network</html>"

G_DEFINE_FINAL_TYPE (LsSimFetch, ls_sim_fetch, LS_TYPE_FETCH)

/* --- To the client --------------------------------------------------------------------------- */

static void
post_to_client (LsSimFetch *self,
                LsJobFunc   func)
{
  if (self->node != NULL && !self->lost[LS_SIM_DOWN])
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

  self->heard = true;
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

  if (self->breaks == LS_SIM_BREAK_INSIDE || self->breaks == LS_SIM_BREAK_SHORT)
    end /= 2;
  length = MIN (PIECE, end - self->at);
  self->at += length;
  if (length > 0)
    ls_fetch_emit_data (LS_FETCH (self), (char *) self->body->data + self->at - length, length);
  else if (self->breaks == LS_SIM_BREAK_INSIDE)
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

void
ls_sim_fetch_answer (LsSimFetch *self,
                     unsigned    status)
{
  if (self->answered)
    return;
  self->answered = true;
  self->status = status;
  post_to_world (self, head_arrives);
}

/* --- To the server --------------------------------------------------------------------------- */

static void
ask_job (gpointer data)
{
  LsSimFetch *self = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (LsIdentity) identity =
      ls_access_check_token (self->server->access, self->token, &error);

  if (identity == NULL)
    ls_sim_fetch_answer (self, g_error_matches (error, LS_ERROR, LS_ERROR_AUTH) ? 401 : 503);
  else if (self->request != NULL)
    ls_sim_fetch_ask_exchange (self, identity);
  else
    ls_sim_fetch_ask_snapshot (self, identity);
}

static void
reach_server (LsSimFetch *self)
{
  LsEnvironment *environment = LS_ENVIRONMENT (self->server->node);

  ls_environment_post (environment, ls_environment_get_queue (environment, LS_QUEUE_MAIN), ask_job,
                       g_object_ref (self), g_object_unref);
}

/* The same once more, of which nobody hears the answer. */
static void
ask_before (LsSimFetch *self)
{
  g_autoptr (LsSimFetch) other = g_object_new (LS_TYPE_SIM_FETCH, NULL);

  other->network = self->network;
  other->server = self->server;
  other->client = self->client;
  other->token = g_strdup (self->token);
  other->request = g_bytes_ref (self->request);
  reach_server (other);
}

/* Something in between does not let a request take that long. */
static void
cut_cb (gpointer data)
{
  ls_sim_fetch_answer (data, 504);
}

static void
request_arrives (gpointer data)
{
  LsSimFetch *self = data;
  LsSimNetwork *network = self->network;
  const LsSimPath *path = &network->paths[self->client];

  if (self->lost[LS_SIM_UP] || self->answered)
    return;
  if (!ls_sim_server_is_up (self->server) || self->breaks == LS_SIM_BREAK_BEFORE)
    {
      self->answered = true;
      head_arrives (self);
      return;
    }
  if (self->breaks == LS_SIM_BREAK_BUSY)
    {
      self->answered = true;
      self->status = 503;
      head_arrives (self);
      return;
    }
  if (self->breaks == LS_SIM_BREAK_PORTAL)
    {
      g_byte_array_append (self->body, (const uint8_t *) PORTAL, strlen (PORTAL));
      ls_sim_fetch_answer (self, 200);
      return;
    }
  if (self->breaks == LS_SIM_BREAK_TWICE)
    ask_before (self);
  reach_server (self);
  if (self->request != NULL && path->cut_until > ls_sim_world_get_time (network->world))
    ls_sim_world_post (network->world, path->longest, cut_cb, g_object_ref (self), g_object_unref);
}

static void
patience_cb (gpointer data)
{
  LsSimFetch *self = data;

  if (self->heard || ls_fetch_is_over (LS_FETCH (self)))
    return;
  self->answered = true;
  self->status = 0;
  self->lost[LS_SIM_DOWN] = false;
  post_to_client (self, head_job);
}

/* What happens to all connections of a client happens to this one. */
void
ls_sim_fetch_trouble (gpointer     fetch,
                      LsSimTrouble trouble)
{
  LsSimFetch *self = fetch;

  /* Rows that are coming come. */
  if (self->request == NULL && self->answered)
    return;
  if (trouble == LS_SIM_CUT)
    ls_sim_fetch_answer (self, 0);
  self->lost[LS_SIM_UP] |= trouble == LS_SIM_MUTE_UP || trouble == LS_SIM_MUTE_BOTH;
  self->lost[LS_SIM_DOWN] |= trouble == LS_SIM_MUTE_DOWN || trouble == LS_SIM_MUTE_BOTH;
}

unsigned
ls_sim_fetch_get_client (gpointer fetch)
{
  return ((LsSimFetch *) fetch)->client;
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
  int64_t value = -1;

  if (g_ascii_strcasecmp (name, LS_SNAPSHOT_BEFORE_HEADER) == 0 && self->before.epoch[0] != '\0')
    {
      g_autofree char *text = ls_edit_count_to_text (&self->before);

      g_strlcpy (self->header_text, text, sizeof self->header_text);
      return self->header_text;
    }
  if (g_ascii_strcasecmp (name, LS_SNAPSHOT_DONE_HEADER) == 0)
    value = self->done;
  else if (g_ascii_strcasecmp (name, "Retry-After") == 0 && self->retry_after > 0)
    value = (self->retry_after + G_USEC_PER_SEC - 1) / G_USEC_PER_SEC;
  if (value < 0)
    return NULL;
  g_snprintf (self->header_text, sizeof self->header_text, "%" G_GINT64_FORMAT, value);
  return self->header_text;
}

static void
ls_sim_fetch_dispose (GObject *object)
{
  LsSimFetch *self = LS_SIM_FETCH (object);

  if (self->network != NULL)
    g_ptr_array_remove (self->network->fetches, self);
  g_clear_object (&self->node);
  G_OBJECT_CLASS (ls_sim_fetch_parent_class)->dispose (object);
}

static void
ls_sim_fetch_finalize (GObject *object)
{
  LsSimFetch *self = LS_SIM_FETCH (object);

  g_byte_array_unref (self->body);
  g_clear_pointer (&self->request, g_bytes_unref);
  g_free (self->token);
  g_free (self->client_id);
  g_free (self->collections);
  G_OBJECT_CLASS (ls_sim_fetch_parent_class)->finalize (object);
}

static void
ls_sim_fetch_class_init (LsSimFetchClass *klass)
{
  LsFetchClass *fetch_class = LS_FETCH_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_sim_fetch_dispose;
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

/* What befalls this one. */
static void
draw_break (LsSimFetch *self)
{
  LsSimNetwork *network = self->network;
  LsSimPath *path = &network->paths[self->client];
  unsigned *left = self->request != NULL ? &path->broken_polls : &path->broken_fetches;
  unsigned n_breaks = self->request != NULL ? LS_SIM_N_BREAKS : LS_SIM_N_FETCH_BREAKS;

  if (*left > 0)
    {
      (*left)--;
      self->breaks = (LsSimBreak) (1 + ls_sim_dice_below (&network->dice, n_breaks - 1));
    }
  if (path->refused_until > ls_sim_world_get_time (network->world))
    self->breaks = LS_SIM_BREAK_BEFORE;
  self->lost[LS_SIM_UP] = self->breaks == LS_SIM_BREAK_LOST;
  self->lost[LS_SIM_DOWN] = self->breaks == LS_SIM_BREAK_UNHEARD;
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

  ls_fetch_set_spec (LS_FETCH (self), spec);
  self->network = network;
  self->server = ls_sim_network_pick (network, client, MOVES);
  self->client = client;
  self->node = g_object_ref (node);
  self->queue = queue;
  self->token = g_strdup (ls_endpoint_get_token (endpoint));
  if (g_str_equal (spec->path, EXCHANGE_PATH))
    self->request = g_bytes_ref (spec->body);
  for (size_t i = 0; spec->headers != NULL && spec->headers[i] != NULL; i += 2)
    if (g_ascii_strcasecmp (spec->headers[i], LS_SNAPSHOT_CLIENT_HEADER) == 0)
      self->client_id = g_strdup (spec->headers[i + 1]);
  parse_query (self, spec->query);
  draw_break (self);
  g_ptr_array_add (network->fetches, self);
  post_to_world (self, request_arrives);
  if (self->request != NULL)
    ls_sim_fetch_watch (self);
  else
    ls_sim_world_post (network->world, PATIENCE, patience_cb, g_object_ref (self), g_object_unref);
  return LS_FETCH (self);
}
