/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-context"

#include "config.h"

#include "app/ls-context.h"

#include "app/ls-context-private.h"
#include "client/ls-account.h"

/* The token of an account, kept for later starts and found again. A keyring that fails for a while is
 * asked again; one that fails for good costs a sign-in at the next start, and no more. */

typedef struct {
  LsContext *context;
  char *server_url;
  char *user;
  char *token; /* to be kept, NULL to find one */
  LsRetry *retry;
  LsTokenFoundFunc func;
  gpointer user_data;
} Keeping;

static void begin (gpointer data);

static void
keeping_free (gpointer data)
{
  Keeping *keeping = data;

  ls_retry_free (keeping->retry);
  g_object_unref (keeping->context);
  g_free (keeping->server_url);
  g_free (keeping->user);
  g_free (keeping->token);
  g_free (keeping);
}

static void
stored_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  Keeping *keeping = user_data;
  LsTokenKeeping where = LS_TOKEN_IN_MEMORY;
  g_autoptr (GError) error = NULL;

  if (!ls_account_store_token_finish (result, &where, &error))
    {
      if (ls_retry_again (keeping->retry, error, begin, keeping, NULL))
        return;
      ls_error_desk_tell (keeping->context->desk, LS_OPERATION_KEEP_TOKEN, error, NULL, NULL);
    }
  else if (where == LS_TOKEN_IN_MEMORY)
    g_message ("There is no Secret Service: the next start asks for the password again");
  keeping_free (keeping);
}

static void
found_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  Keeping *keeping = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *token = ls_account_lookup_token_finish (result, &error);

  if (error != NULL)
    {
      if (ls_retry_again (keeping->retry, error, begin, keeping, NULL))
        return;
      ls_error_desk_tell (keeping->context->desk, LS_OPERATION_FIND_TOKEN, error, NULL, NULL);
    }
  keeping->func (token, keeping->user_data);
  keeping_free (keeping);
}

static void
begin (gpointer data)
{
  Keeping *keeping = data;

  if (keeping->token != NULL)
    ls_account_store_token_async (keeping->server_url, keeping->user, keeping->token, NULL, stored_cb,
                                  keeping);
  else
    ls_account_lookup_token_async (keeping->server_url, keeping->user, NULL, found_cb, keeping);
}

static Keeping *
keeping_new (LsContext  *self,
             LsOperation operation,
             const char *server_url,
             const char *user)
{
  Keeping *keeping = g_new0 (Keeping, 1);

  keeping->context = g_object_ref (self);
  keeping->server_url = g_strdup (server_url);
  keeping->user = g_strdup (user);
  keeping->retry = ls_retry_new (self->environment, operation);
  return keeping;
}

/* Keeps @token for later starts. */
void
ls_context_keep_token (LsContext  *self,
                       const char *server_url,
                       const char *user,
                       const char *token)
{
  Keeping *keeping = keeping_new (self, LS_OPERATION_KEEP_TOKEN, server_url, user);

  keeping->token = g_strdup (token);
  begin (keeping);
}

/* Looks for the token of an earlier start. @func is called in any case, once. */
void
ls_context_find_token (LsContext       *self,
                       const char      *server_url,
                       const char      *user,
                       LsTokenFoundFunc func,
                       gpointer         user_data)
{
  Keeping *keeping = keeping_new (self, LS_OPERATION_FIND_TOKEN, server_url, user);

  keeping->func = func;
  keeping->user_data = user_data;
  begin (keeping);
}
