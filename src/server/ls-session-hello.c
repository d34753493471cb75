/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-session"

#include "config.h"

#include "core/ls-error.h"
#include "core/ls-fault.h"
#include "server/ls-hub-private.h"

/*
 * Who a client is and what it may do, looked up on the access queue.
 *
 * A client whose id is not its own, or that does not know of edits made under it, holds a copied or
 * restored cache. It gets `forked` and a new id, and says hello again under that (PROTOCOL rule 9).
 */

typedef struct {
  LsSession *session;
  LsIdentity *identity;
  char *client;
  GHashTable *claimed; /* shop -> highest n made */

  /* Found */
  bool forked;
  GPtrArray *shops;     /* LsShop that the user may see */
  GHashTable *last_ns;  /* shop -> last n decided */
  GError *error;
} Hello;

static int64_t *
box (int64_t number)
{
  return g_memdup2 (&number, sizeof number);
}

static void
hello_free (gpointer data)
{
  Hello *hello = data;

  ls_session_unref (hello->session);
  ls_identity_unref (hello->identity);
  g_free (hello->client);
  g_hash_table_unref (hello->claimed);
  g_clear_pointer (&hello->shops, g_ptr_array_unref);
  g_clear_pointer (&hello->last_ns, g_hash_table_unref);
  g_clear_error (&hello->error);
  g_free (hello);
}

/* Whether the client may go on under its id. Fills what it is told of each shop. */
static bool
look_at_shops (Hello *hello)
{
  LsStorage *storage = hello->session->hub->storage;
  LsRole role;

  hello->shops = ls_storage_list_shops (storage, &hello->error);
  for (unsigned i = 0; hello->shops != NULL && i < hello->shops->len; i++)
    {
      const LsShop *shop = g_ptr_array_index (hello->shops, i);
      const int64_t *claimed = g_hash_table_lookup (hello->claimed, shop->shop);
      int64_t last_n;

      if (!ls_identity_get_role (hello->identity, shop->shop, &role))
        continue;
      last_n = ls_storage_get_last_n (storage, shop->shop, hello->client, NULL, &hello->error);
      if (last_n < 0)
        return false;
      if (last_n > (claimed != NULL ? *claimed : 0) && !LS_FAULT (FORK_IGNORED))
        hello->forked = true;
      g_hash_table_insert (hello->last_ns, g_strdup (shop->shop), box (last_n));
    }
  return hello->shops != NULL;
}

static void
look_at_hello_cb (gpointer data)
{
  Hello *hello = data;
  LsAccess *access = hello->session->hub->access;
  bool bound = true;

  if (hello->client != NULL &&
      !ls_access_check_client (access, hello->identity, hello->client, &bound, &hello->error))
    return;
  hello->forked = !bound;
  if (hello->client == NULL)
    hello->client = ls_access_issue_client (access, hello->identity, &hello->error);
  if (hello->client == NULL || hello->forked || !look_at_shops (hello))
    return;
}

static void
set_client (LsSession  *session,
            const char *client)
{
  g_mutex_lock (&session->lock);
  g_free (session->client);
  session->client = g_strdup (client);
  g_mutex_unlock (&session->lock);
}

static void
tell_failure (LsSession    *session,
              const GError *error)
{
  g_autoptr (GError) told =
      g_error_new_literal (LS_ERROR, LS_ERROR_STORAGE, "the server could not look you up");

  g_warning ("A client could not be looked up: %s", error->message);
  ls_session_send_error (session, told, NULL, 0, G_USEC_PER_SEC);
}

static void
replay_early (LsSession *session)
{
  GQueue early = session->early;
  LsMessage *message;

  g_queue_init (&session->early);
  while ((message = g_queue_pop_head (&early)) != NULL)
    {
      ls_session_handle (session, message);
      ls_message_unref (message);
    }
}

static void
hello_done_cb (gpointer data)
{
  Hello *hello = data;
  LsSession *session = hello->session;

  if (session->state != LS_SESSION_BUSY)
    return;
  session->state = LS_SESSION_NEW;
  if (hello->error != NULL)
    {
      tell_failure (session, hello->error);
      return;
    }
  if (hello->forked)
    {
      ls_session_fork (session);
      return;
    }
  for (unsigned i = 0; i < hello->shops->len; i++)
    ls_hub_add_shop (session->hub, g_ptr_array_index (hello->shops, i));
  set_client (session, hello->client);
  session->state = LS_SESSION_OPEN;
  session->forked = false;
  ls_session_welcome (session, hello->last_ns);
  g_log_structured (G_LOG_DOMAIN, G_LOG_LEVEL_INFO, "SESSION", session->id, "USER",
                    session->identity->user, "CLIENT", session->client, "MESSAGE", "Welcome");
  replay_early (session);
}

static void
refuse_version (LsSession     *session,
                const LsHello *hello)
{
  bool old = hello->protocol < LS_PROTOCOL_VERSION;
  g_autoptr (GError) error = NULL;

  error = g_error_new (LS_ERROR, old ? LS_ERROR_TOO_OLD : LS_ERROR_PROTOCOL,
                       "protocol: this server speaks version %d", LS_PROTOCOL_VERSION);
  ls_session_send_error (session, error, NULL, 0, 0);
  ls_session_close (session, LS_FRAME_CODE_POLICY, "another version of the protocol");
}

void
ls_session_hello (LsSession     *session,
                  const LsHello *hello)
{
  LsHub *hub = session->hub;
  Hello *job;

  if (hello->protocol != LS_PROTOCOL_VERSION)
    {
      refuse_version (session, hello);
      return;
    }
  session->state = LS_SESSION_BUSY;
  session->schema_version = (unsigned) CLAMP (hello->schema_version, 1, LS_SCHEMA_VERSION);
  job = g_new0 (Hello, 1);
  job->session = ls_session_ref (session);
  job->identity = ls_identity_ref (session->identity);
  job->client = g_strdup (hello->client);
  job->claimed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  job->last_ns = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  for (unsigned i = 0; i < hello->shops->len; i++)
    {
      const LsShopInfo *info = &g_array_index (hello->shops, LsShopInfo, i);

      g_hash_table_insert (job->claimed, g_strdup (info->shop), box (info->n));
    }
  ls_hub_work (hub, hub->access_queue, look_at_hello_cb, hello_done_cb, job, hello_free);
}

static int
compare_shops (gconstpointer a,
               gconstpointer b)
{
  return g_strcmp0 ((*(LsHubShop *const *) a)->shop, (*(LsHubShop *const *) b)->shop);
}

/* The shops that the session's user may see, by id. */
static GPtrArray *
visible_shops (LsSession *session)
{
  GPtrArray *shops = g_ptr_array_new ();
  GHashTableIter iter;
  gpointer shop;
  LsRole role;

  g_hash_table_iter_init (&iter, session->hub->shops);
  while (g_hash_table_iter_next (&iter, NULL, &shop))
    if (ls_identity_get_role (session->identity, ((LsHubShop *) shop)->shop, &role))
      g_ptr_array_add (shops, shop);
  g_ptr_array_sort (shops, compare_shops);
  return shops;
}

/* Tells a client who it is, what it may do, and how far its edits were decided (@last_ns, %NULL
 * when it knows that). Sent again when its rights change. */
void
ls_session_welcome (LsSession  *session,
                    GHashTable *last_ns)
{
  LsHub *hub = session->hub;
  g_autoptr (LsMessage) message = ls_message_new (LS_MESSAGE_WELCOME);
  g_autoptr (GPtrArray) shops = visible_shops (session);
  LsWelcome *welcome = &message->welcome;

  welcome->session = g_strdup (session->id);
  welcome->client = g_strdup (session->client);
  welcome->user = g_strdup (session->identity->user);
  welcome->max_client_message = LS_MAX_CLIENT_MESSAGE;
  welcome->max_server_message = LS_MAX_SERVER_MESSAGE;
  welcome->window = hub->options.window;
  welcome->heartbeat = hub->options.heartbeat;
  welcome->server_time = ls_environment_now (hub->environment);
  for (unsigned i = 0; i < shops->len && i < LS_MAX_SHOPS; i++)
    {
      LsHubShop *shop = g_ptr_array_index (shops, i);
      const int64_t *n = last_ns != NULL ? g_hash_table_lookup (last_ns, shop->shop) : NULL;
      LsShopInfo info = {
        .shop = g_strdup (shop->shop),
        .name = g_strdup (shop->name),
        .position = shop->published,
        .n = n != NULL ? *n : 0,
        .base = shop->base,
      };

      ls_identity_get_role (session->identity, shop->shop, &info.role);
      g_array_append_val (welcome->shops, info);
    }
  ls_session_send (session, message);
}

typedef struct {
  LsSession *session;
  LsIdentity *identity;
  char *client;
  GError *error;
} Fork;

static void
fork_free (gpointer data)
{
  Fork *job = data;

  ls_session_unref (job->session);
  ls_identity_unref (job->identity);
  g_free (job->client);
  g_clear_error (&job->error);
  g_free (job);
}

static void
issue_client_cb (gpointer data)
{
  Fork *job = data;

  job->client = ls_access_issue_client (job->session->hub->access, job->identity, &job->error);
}

static void
forked_cb (gpointer data)
{
  Fork *job = data;
  g_autoptr (LsMessage) message = NULL;

  if (job->session->state != LS_SESSION_BUSY)
    return;
  job->session->state = LS_SESSION_NEW;
  if (job->client == NULL)
    {
      tell_failure (job->session, job->error);
      return;
    }
  message = ls_message_new (LS_MESSAGE_FORKED);
  message->forked.client = g_strdup (job->client);
  ls_session_send (job->session, message);
}

/* Gives a client an id of its own. What it sent under the old one and is still coming in is not
 * looked at; it says hello again. */
void
ls_session_fork (LsSession *session)
{
  LsHub *hub = session->hub;
  Fork *job = g_new0 (Fork, 1);

  for (unsigned i = 0; i < session->subs->len; i++)
    {
      LsSub *sub = g_ptr_array_index (session->subs, i);

      ls_sub_detach (sub, LS_SUB_NONE);
      ls_sub_clear_results (sub);
      ls_sub_forget_decided (sub);
      sub->taken_n = sub->refused_n = 0;
      g_mutex_lock (&session->lock);
      sub->acked_n = 0;
      g_mutex_unlock (&session->lock);
    }
  set_client (session, NULL);
  g_queue_clear_full (&session->early, (GDestroyNotify) ls_message_unref);
  session->state = LS_SESSION_BUSY;
  session->forked = true;
  job->session = ls_session_ref (session);
  job->identity = ls_identity_ref (session->identity);
  ls_hub_work (hub, hub->access_queue, issue_client_cb, forked_cb, job, fork_free);
}
