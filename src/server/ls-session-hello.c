/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-session"

#include "config.h"

#include "core/ls-error.h"
#include "server/ls-hub-private.h"

/*
 * Who a client is and what it may do: at `hello`, when it renews its token, and when an operator
 * changes rights while it is connected. All of it is looked up on the access queue.
 *
 * A client whose id is not its own, or that does not know of edits made under it, holds a copied or
 * restored cache. It gets `forked` and a new id, and says hello again under that (PROTOCOL rule 9).
 */

/* How long a session may go on after its token has expired. */
#define GRACE ((int64_t) 60 * G_USEC_PER_SEC)
#define MAX_SESSIONS_LOOKED_AT 100000

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
      last_n = ls_storage_get_last_n (storage, shop->shop, hello->client, &hello->error);
      if (last_n < 0)
        return false;
      if (last_n > (claimed != NULL ? *claimed : 0))
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
  welcome->window = LS_MUTATION_WINDOW;
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

typedef struct {
  LsSession *session;
  char *token;
  LsIdentity *identity;
  GError *error;
} Renewal;

static void
renewal_free (gpointer data)
{
  Renewal *job = data;

  ls_session_unref (job->session);
  g_free (job->token);
  g_clear_pointer (&job->identity, ls_identity_unref);
  g_clear_error (&job->error);
  g_free (job);
}

static void
check_token_cb (gpointer data)
{
  Renewal *job = data;

  job->identity = ls_access_check_token (job->session->hub->access, job->token, &job->error);
}

static void
take_identity (LsSession  *session,
               LsIdentity *identity)
{
  ls_identity_unref (session->identity);
  session->identity = ls_identity_ref (identity);
}

static void
renewed_cb (gpointer data)
{
  Renewal *job = data;
  LsSession *session = job->session;

  if (session->state == LS_SESSION_CLOSED)
    return;
  if (job->identity != NULL && !g_str_equal (job->identity->user, session->identity->user))
    {
      job->error = g_error_new_literal (LS_ERROR, LS_ERROR_AUTH, "token: it is another user's");
      g_clear_pointer (&job->identity, ls_identity_unref);
    }
  if (job->identity != NULL)
    take_identity (session, job->identity);
  else
    ls_session_send_error (session, job->error, NULL, 0, 0);
}

/* Puts another token in the place of the session's. */
void
ls_session_renew (LsSession  *session,
                  const char *token)
{
  LsHub *hub = session->hub;
  Renewal *job = g_new0 (Renewal, 1);

  job->session = ls_session_ref (session);
  job->token = g_strdup (token);
  ls_hub_work (hub, hub->access_queue, check_token_cb, renewed_cb, job, renewal_free);
}

/* A look at all that may have changed behind the hub's back. */
typedef struct {
  LsHub *hub;
  GPtrArray *sessions;   /* LsSession */
  GPtrArray *hashes;     /* of their tokens */
  int64_t generation;    /* in: seen last; out: now */
  bool changed;
  GPtrArray *identities; /* LsIdentity, NULL where a sign-in has ended */
  GPtrArray *shops;      /* LsShop */
} Look;

static void
look_free (gpointer data)
{
  Look *look = data;

  g_ptr_array_unref (look->sessions);
  g_ptr_array_unref (look->hashes);
  for (unsigned i = 0; i < look->identities->len; i++)
    g_clear_pointer ((LsIdentity **) &look->identities->pdata[i], ls_identity_unref);
  g_ptr_array_unref (look->identities);
  g_clear_pointer (&look->shops, g_ptr_array_unref);
  g_free (look);
}

static void
look_cb (gpointer data)
{
  Look *look = data;
  int64_t generation = look->generation;
  g_autoptr (GError) error = NULL;

  look->shops = ls_storage_list_shops (look->hub->storage, NULL);
  if (!ls_access_get_generation (look->hub->access, &generation, &error))
    {
      g_warning ("Rights could not be looked at: %s", error->message);
      return;
    }
  look->changed = generation != look->generation;
  look->generation = generation;
  for (unsigned i = 0; look->changed && i < look->hashes->len; i++)
    {
      g_autoptr (GError) local = NULL;
      LsIdentity *identity = ls_access_find_identity (
          look->hub->access, g_ptr_array_index (look->hashes, i), &local);

      /* What can't be read now is looked at again by the next change, and at the next hello. */
      if (identity == NULL && !g_error_matches (local, LS_ERROR, LS_ERROR_AUTH))
        look->changed = false;
      g_ptr_array_add (look->identities, identity);
    }
}

static void
sign_out (LsSession *session)
{
  g_autoptr (LsMessage) notice = ls_message_new (LS_MESSAGE_NOTICE);

  notice->notice.kind = g_strdup ("sign-out");
  ls_session_send (session, notice);
  ls_session_close (session, LS_FRAME_CODE_POLICY, "signed out");
}

/* Applies rights that changed: a subscription without a right ends, one with other fields starts
 * anew. */
static void
change_rights (LsSession  *session,
               LsIdentity *identity)
{
  g_autoptr (GError) gone =
      g_error_new_literal (LS_ERROR, LS_ERROR_FORBIDDEN, "shop: no right in it any more");
  g_autoptr (GPtrArray) resync = g_ptr_array_new ();

  take_identity (session, identity);
  for (unsigned i = 0; i < session->subs->len; i++)
    {
      LsSub *sub = g_ptr_array_index (session->subs, i);
      LsRole role;

      if (!ls_identity_get_role (identity, sub->shop->shop, &role))
        {
          if (sub->state != LS_SUB_NONE)
            ls_session_send_error (session, gone, sub->shop->shop, 0, 0);
          ls_sub_detach (sub, LS_SUB_NONE);
          continue;
        }
      if (sub->state != LS_SUB_NONE && ls_view_get (role, session->schema_version) != sub->view)
        g_ptr_array_add (resync, sub);
      sub->role = role;
    }
  ls_session_welcome (session, NULL);
  for (unsigned i = 0; i < resync->len; i++)
    ls_sub_resync (g_ptr_array_index (resync, i), LS_RESYNC_VIEW, NULL);
}

static bool
same_rights (LsHub      *hub,
             LsIdentity *before,
             LsIdentity *after)
{
  GHashTableIter iter;
  gpointer data;

  g_hash_table_iter_init (&iter, hub->shops);
  while (g_hash_table_iter_next (&iter, NULL, &data))
    {
      const char *shop = ((LsHubShop *) data)->shop;
      LsRole was = LS_ROLE_VIEWER;
      LsRole is = LS_ROLE_VIEWER;

      if (ls_identity_get_role (before, shop, &was) != ls_identity_get_role (after, shop, &is) ||
          was != is)
        return false;
    }
  return true;
}

static void
add_new_shops (Look *look)
{
  LsHub *hub = look->hub;

  for (unsigned i = 0; look->shops != NULL && i < look->shops->len; i++)
    {
      const LsShop *shop = g_ptr_array_index (look->shops, i);
      LsRole role;

      if (ls_hub_find_shop (hub, shop->shop) != NULL)
        continue;
      ls_hub_add_shop (hub, shop);
      for (GList *link = hub->sessions.head; link != NULL; link = link->next)
        {
          LsSession *session = link->data;

          if (session->state == LS_SESSION_OPEN &&
              ls_identity_get_role (session->identity, shop->shop, &role))
            ls_session_welcome (session, NULL);
        }
    }
}

static void
looked_cb (gpointer data)
{
  Look *look = data;
  LsHub *hub = look->hub;
  int64_t now = ls_environment_now (hub->environment);

  hub->looking = false;
  add_new_shops (look);
  if (look->changed)
    hub->access_generation = look->generation;
  for (unsigned i = 0; i < look->sessions->len; i++)
    {
      LsSession *session = g_ptr_array_index (look->sessions, i);
      LsIdentity *found = look->changed ? g_ptr_array_index (look->identities, i) : NULL;
      bool current =
          g_str_equal (session->identity->token_hash, g_ptr_array_index (look->hashes, i));

      if (session->state == LS_SESSION_CLOSED || session->deaf)
        continue;
      if (session->identity->expires + GRACE < now)
        sign_out (session);
      else if (look->changed && current && found == NULL && session->identity->expires > now)
        sign_out (session);
      else if (found != NULL && current && session->state == LS_SESSION_OPEN &&
               !same_rights (hub, session->identity, found))
        change_rights (session, found);
      else if (found != NULL && current && session->state != LS_SESSION_OPEN)
        take_identity (session, found);
    }
}

/* Finds out, on the access queue, whether rights or shops changed; then acts on it. */
void
ls_hub_look_at_rights (LsHub *hub)
{
  Look *look = g_new0 (Look, 1);

  hub->looking = true;
  look->hub = hub;
  look->generation = hub->access_generation;
  look->sessions = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_session_unref);
  look->hashes = g_ptr_array_new_with_free_func (g_free);
  look->identities = g_ptr_array_new ();
  for (GList *link = hub->sessions.head; link != NULL; link = link->next)
    {
      LsSession *session = link->data;

      g_ptr_array_add (look->sessions, ls_session_ref (session));
      g_ptr_array_add (look->hashes, g_strdup (session->identity->token_hash));
    }
  ls_hub_work (hub, hub->access_queue, look_cb, looked_cb, look, look_free);
}
