/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-session"

#include "config.h"

#include "core/ls-error.h"
#include "core/ls-fault.h"
#include "server/ls-hub-private.h"

/*
 * What a client may do, after `hello`: when it renews its token, when that expires, and when an
 * operator changes rights or adds a shop while it is connected.
 */

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
    ls_session_take_identity (session, job->identity);
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

/* A look at what may have changed behind the hub's back: first whether anything has, then what. */
typedef struct {
  LsHub *hub;
  int64_t generation; /* in: seen last; out: now */
  GPtrArray *shops;   /* LsShop */
} Glance;

typedef struct {
  LsHub *hub;
  int64_t generation;
  GPtrArray *sessions;   /* LsSession */
  GPtrArray *hashes;     /* of their tokens */
  GPtrArray *identities; /* LsIdentity, NULL where a sign-in has ended */
  bool failed;
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
  g_free (look);
}

static void
look_cb (gpointer data)
{
  Look *look = data;

  for (unsigned i = 0; i < look->hashes->len && !look->failed; i++)
    {
      g_autoptr (GError) error = NULL;
      LsIdentity *identity = ls_access_find_identity (
          look->hub->access, g_ptr_array_index (look->hashes, i), &error);

      g_ptr_array_add (look->identities, identity);
      look->failed = identity == NULL && !g_error_matches (error, LS_ERROR, LS_ERROR_AUTH);
      if (look->failed)
        g_warning ("Rights could not be looked at: %s", error->message);
    }
}

static void
sign_out (LsSession *session)
{
  ls_session_notify (session, LS_NOTICE_SIGN_OUT);
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

/* The session goes on as @identity, which is the same user under another token. */
void
ls_session_take_identity (LsSession  *session,
                          LsIdentity *identity)
{
  if (session->state == LS_SESSION_CLOSED || session->deaf ||
      !g_str_equal (session->identity->user, identity->user))
    return;
  if (session->state == LS_SESSION_OPEN &&
      !same_rights (session->hub, session->identity, identity))
    change_rights (session, identity);
  else
    take_identity (session, identity);
}

static void
looked_cb (gpointer data)
{
  Look *look = data;
  LsHub *hub = look->hub;

  hub->looking = false;
  /* Then the next glance finds the same, and looks again. */
  if (look->failed)
    return;
  hub->access_generation = look->generation;
  for (unsigned i = 0; i < look->sessions->len; i++)
    {
      LsSession *session = g_ptr_array_index (look->sessions, i);
      LsIdentity *found = g_ptr_array_index (look->identities, i);

      /* One that renewed its token meanwhile was looked up just then. */
      if (session->state == LS_SESSION_CLOSED || session->deaf ||
          !g_str_equal (session->identity->token_hash, g_ptr_array_index (look->hashes, i)))
        continue;
      if (found == NULL && session->identity->expires > ls_environment_now (hub->environment))
        sign_out (session);
      else if (found != NULL && session->state == LS_SESSION_OPEN &&
               !same_rights (hub, session->identity, found))
        change_rights (session, found);
      else if (found != NULL && session->state != LS_SESSION_OPEN)
        take_identity (session, found);
    }
}

static void
look_at_sessions (LsHub   *hub,
                  int64_t  generation)
{
  Look *look = g_new0 (Look, 1);

  look->hub = hub;
  look->generation = generation;
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

static void
glance_free (gpointer data)
{
  Glance *glance = data;

  g_clear_pointer (&glance->shops, g_ptr_array_unref);
  g_free (glance);
}

static void
glance_cb (gpointer data)
{
  Glance *glance = data;
  g_autoptr (GError) error = NULL;

  glance->shops = ls_storage_list_shops (glance->hub->storage, &error);
  if (glance->shops == NULL)
    g_warning ("Shops could not be looked at: %s", error->message);
  g_clear_error (&error);
  if (!ls_access_get_generation (glance->hub->access, &glance->generation, &error))
    g_warning ("Rights could not be looked at: %s", error->message);
}

static void
add_new_shops (LsHub     *hub,
               GPtrArray *shops)
{
  for (unsigned i = 0; i < shops->len; i++)
    {
      const LsShop *shop = g_ptr_array_index (shops, i);
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
close_expired (LsHub *hub)
{
  int64_t now = ls_environment_now (hub->environment);

  for (GList *link = hub->sessions.head; link != NULL; link = link->next)
    {
      LsSession *session = link->data;

      if (!session->deaf && session->identity->expires + LS_ACCESS_GRACE < now)
        sign_out (session);
    }
}

static void
glanced_cb (gpointer data)
{
  Glance *glance = data;
  LsHub *hub = glance->hub;

  hub->looking = false;
  if (glance->shops != NULL)
    add_new_shops (hub, glance->shops);
  close_expired (hub);
  if (glance->generation == hub->access_generation)
    return;
  hub->looking = true;
  look_at_sessions (hub, glance->generation);
}

/* Finds out, on the access queue, whether rights or shops changed; then acts on it. */
void
ls_hub_look_at_rights (LsHub *hub)
{
  Glance *glance;

  if (LS_FAULT (RIGHTS_NOT_NOTICED))
    return;
  glance = g_new0 (Glance, 1);
  hub->looking = true;
  glance->hub = hub;
  glance->generation = hub->access_generation;
  ls_hub_work (hub, hub->access_queue, glance_cb, glanced_cb, glance, glance_free);
}
