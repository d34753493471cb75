/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-context"

#include "config.h"

#include "app/ls-context.h"

#include <string.h>

#include <adwaita.h>
#include <glib/gi18n.h>

#include "app/compat/ls-confirm.h"
#include "app/text/ls-collation-icu.h"
#include "app/ls-sample-server.h"
#include "client/ls-account.h"
#include "core/ls-error.h"

/**
 * LsContext:
 *
 * What all windows share: the environment, the settings, and the account that is signed in, if any.
 * Property `client` notifies when the account comes or goes; property `busy` while a sign-in or the
 * opening of a cache is under way.
 */
struct _LsContext {
  GObject parent_instance;

  /* owned */
  GSettings *settings;
  LsEnvironment *environment;
  LsClient *client;
  LsSampleServer *sample;

  /* state */
  gboolean busy;
};

G_DEFINE_FINAL_TYPE (LsContext, ls_context, G_TYPE_OBJECT)

typedef enum {
  PROP_CLIENT = 1,
  PROP_BUSY,
} LsContextProperty;

static GParamSpec *properties[PROP_BUSY + 1];

enum {
  FAILED,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

#define SAMPLE_USER "admin"
#define SAMPLE_URL "sample"

/* What a sign-in is about, from its first step to the last. */
typedef struct {
  char *server_url;
  char *user;
  char *token;
  gboolean remember;
  gboolean looking_up; /* whether the token is still being looked for */
  LsClient *client;
} SignIn;

static void
sign_in_free (gpointer data)
{
  SignIn *sign_in = data;

  g_free (sign_in->server_url);
  g_free (sign_in->user);
  g_free (sign_in->token);
  g_clear_object (&sign_in->client);
  g_free (sign_in);
}

static void
set_busy (LsContext *self,
          gboolean   busy)
{
  if (self->busy == busy)
    return;
  self->busy = busy;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_BUSY]);
}

static void
set_client (LsContext *self,
            LsClient  *client)
{
  if (self->client == client)
    return;
  if (self->client != NULL)
    ls_client_stop (self->client);
  g_set_object (&self->client, client);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CLIENT]);
}

/* Nobody asked for it, so nobody waits for the answer: whoever has a window shows it. */
static void
tell_failed (LsContext    *self,
             const char   *title,
             const GError *error)
{
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_signal_emit (self, signals[FAILED], 0, title, error);
}

/* A damaged cache was set aside when the account was opened. */
static void
tell_set_aside (LsContext *self,
                LsClient  *client)
{
  unsigned n_edits;
  const char *kept = ls_client_get_set_aside (client, &n_edits);
  g_autofree char *title = NULL;
  g_autoptr (GError) where = NULL;

  if (kept == NULL)
    return;
  title = g_strdup_printf (ngettext ("The copy on this computer was damaged and is fetched again. %u change was kept",
                                     "The copy on this computer was damaged and is fetched again. %u changes were kept",
                                     n_edits),
                           n_edits);
  /* Translators: the name of a file */
  where = g_error_new (LS_ERROR, LS_ERROR_STORAGE, _("the damaged file is %s"), kept);
  tell_failed (self, title, where);
}

static void
token_stored_cb (GObject      *source,
                 GAsyncResult *result,
                 gpointer      user_data)
{
  g_autoptr (GError) error = NULL;
  LsTokenKeeping keeping = LS_TOKEN_IN_MEMORY;

  if (!ls_account_store_token_finish (result, &keeping, &error))
    g_message ("The token is not kept: %s", error->message);
  else if (keeping == LS_TOKEN_IN_MEMORY)
    g_message ("There is no Secret Service: the next start asks for the password again");
}

static gboolean
start_cb (gpointer data)
{
  GTask *task = data;
  LsContext *self = g_task_get_source_object (task);
  SignIn *sign_in = g_task_get_task_data (task);

  if (sign_in->client != self->client)
    return G_SOURCE_REMOVE;
  if (sign_in->token != NULL)
    ls_client_set_token (sign_in->client, sign_in->token);
  ls_client_start (sign_in->client);
  return G_SOURCE_REMOVE;
}

/* The network comes after what is known already: first the cache's rows are painted. Without a token
 * there is no network, and the banner that says so should not come late and push the rows down. */
static void
start_soon (GTask *task)
{
  if (((SignIn *) g_task_get_task_data (task))->token != NULL)
    g_idle_add_full (G_PRIORITY_LOW, start_cb, g_object_ref (task), g_object_unref);
  else
    start_cb (task);
}

static void
opened_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  LsContext *self = g_task_get_source_object (task);
  SignIn *sign_in = g_task_get_task_data (task);
  GError *error = NULL;

  if (!ls_client_open_finish (LS_CLIENT (source), result, &error))
    {
      set_busy (self, FALSE);
      g_task_return_error (task, error);
      return;
    }
  if (sign_in->remember)
    {
      g_settings_set_string (self->settings, "server-url", sign_in->server_url);
      g_settings_set_string (self->settings, "user", sign_in->user);
      if (sign_in->token != NULL)
        ls_account_store_token_async (sign_in->server_url, sign_in->user, sign_in->token, NULL,
                                      token_stored_cb, NULL);
    }
  ls_client_set_offline (sign_in->client, g_settings_get_boolean (self->settings, "work-offline"));
  set_client (self, sign_in->client);
  tell_set_aside (self, sign_in->client);
  set_busy (self, FALSE);
  if (!sign_in->looking_up)
    start_soon (task);
  g_task_return_boolean (task, TRUE);
}

/* From the settings, and over them from the environment. */
static void
set_options (LsContext *self,
             LsClient  *client)
{
  g_auto (GStrv) environment = g_get_environ ();
  g_autoptr (GError) error = NULL;
  LsConnectionOptions options;
  size_t count;
  const LsConnectionOption *table = ls_connection_options_list (&count);

  ls_connection_options_init (&options);
  for (size_t i = 0; i < count; i++)
    ls_connection_options_set (&options, &table[i],
                               g_settings_get_uint (self->settings, table[i].name));
  if (!ls_connection_options_load_environment (&options, (const char *const *) environment, &error))
    g_message ("%s; it is ignored", error->message);
  ls_client_set_options (client, &options);
}

/* Opens the cache of the account that @task is about. */
static void
open_client (GTask *task)
{
  LsContext *self = g_task_get_source_object (task);
  SignIn *sign_in = g_task_get_task_data (task);
  g_autofree char *data_dir = ls_account_get_data_dir (
      g_str_has_prefix (sign_in->server_url, "lockstep+unix:") ? SAMPLE_URL : sign_in->server_url,
      sign_in->user);

  sign_in->client = ls_client_new (self->environment, sign_in->server_url, sign_in->user, data_dir);
  ls_client_set_collation (sign_in->client, ls_collation_icu_get ());
  set_options (self, sign_in->client);
  ls_client_open_async (sign_in->client, g_task_get_cancellable (task), opened_cb, g_object_ref (task));
}

static GTask *
begin_sign_in (LsContext          *self,
               const char         *server_url,
               const char         *user,
               const char         *token,
               gboolean            remember,
               GCancellable       *cancellable,
               GAsyncReadyCallback callback,
               gpointer            user_data)
{
  GTask *task = g_task_new (self, cancellable, callback, user_data);
  SignIn *sign_in = g_new0 (SignIn, 1);

  sign_in->server_url = g_strdup (server_url);
  sign_in->user = g_strdup (user);
  sign_in->token = g_strdup (token);
  sign_in->remember = remember;
  g_task_set_task_data (task, sign_in, sign_in_free);
  set_busy (self, TRUE);
  return task;
}

static void
fail (GTask  *task,
      GError *error)
{
  set_busy (g_task_get_source_object (task), FALSE);
  g_task_return_error (task, error);
}

static void
token_found_cb (GObject      *source,
                GAsyncResult *result,
                gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  LsContext *self = g_task_get_source_object (task);
  SignIn *sign_in = g_task_get_task_data (task);
  g_autoptr (GError) error = NULL;

  sign_in->token = ls_account_lookup_token_finish (result, &error);
  sign_in->looking_up = FALSE;
  if (error != NULL)
    g_message ("The token could not be looked up: %s", error->message);
  /* Without a token the cache is shown all the same; the banner asks for a sign-in. */
  if (self->client == sign_in->client)
    start_soon (task);
}

static void
restored_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (GError) error = NULL;

  if (!g_task_propagate_boolean (G_TASK (result), &error))
    {
      g_message ("The account could not be opened: %s", error->message);
      tell_failed (LS_CONTEXT (source), _("The account could not be opened"), error);
    }
}

static void
sample_restored_cb (GObject      *source,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  g_autoptr (GError) error = NULL;

  if (!ls_context_explore_sample_finish (LS_CONTEXT (source), result, &error))
    {
      g_message ("The sample shop could not be opened: %s", error->message);
      tell_failed (LS_CONTEXT (source), _("The sample shop could not be opened"), error);
    }
}

/* Behind a bare name is TLS, but on this machine: there is no need for it, and no certificate. */
static char *
complete_url (const char *address)
{
  static const char *const own[] = { "localhost", "127.", "[::1]" };

  if (strstr (address, "://") != NULL)
    return g_strdup (address);
  for (size_t i = 0; i < G_N_ELEMENTS (own); i++)
    if (g_str_has_prefix (address, own[i]))
      return g_strconcat ("http://", address, NULL);
  return g_strconcat ("https://", address, NULL);
}

static void
signed_in_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  SignIn *sign_in = g_task_get_task_data (task);
  GError *error = NULL;

  sign_in->token = ls_account_sign_in_finish (result, &error);
  if (sign_in->token == NULL)
    fail (task, error);
  else
    open_client (task);
}

static void
sample_started_cb (GObject      *source,
                   GAsyncResult *result,
                   gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  LsContext *self = g_task_get_source_object (task);
  SignIn *sign_in = g_task_get_task_data (task);
  GError *error = NULL;

  g_clear_pointer (&sign_in->server_url, g_free);
  if (!ls_sample_server_start_finish (self->sample, result, &sign_in->server_url, &sign_in->token, &error))
    {
      g_clear_object (&self->sample);
      fail (task, error);
      return;
    }
  g_settings_set_string (self->settings, "server-url", SAMPLE_URL);
  open_client (task);
}

static void
wiped_cb (GObject      *source,
          GAsyncResult *result,
          gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (ls_account_wipe_finish (result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
sign_out (GTask *task)
{
  LsContext *self = g_task_get_source_object (task);
  g_autofree char *user = g_strdup (ls_client_get_user (self->client));
  g_autofree char *url = g_strdup (self->sample != NULL ? SAMPLE_URL
                                                        : ls_client_get_server_url (self->client));

  set_client (self, NULL);
  g_clear_object (&self->sample);
  g_settings_reset (self->settings, "server-url");
  g_settings_reset (self->settings, "user");
  ls_account_wipe_async (url, user, g_task_get_cancellable (task), wiped_cb, g_object_ref (task));
}

static void
sign_out_confirmed_cb (GObject      *source,
                       GAsyncResult *result,
                       gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  LsContext *self = g_task_get_source_object (task);
  g_autofree char *response = ls_confirm_finish (result, NULL);

  if (g_strcmp0 (response, "sign-out") == 0 && self->client != NULL)
    sign_out (task);
  else
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "Cancelled");
}

static void
signed_in_again_cb (GObject      *source,
                    GAsyncResult *result,
                    gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  LsContext *self = g_task_get_source_object (task);
  LsClient *client = g_task_get_task_data (task);
  GError *error = NULL;
  g_autofree char *token = ls_account_sign_in_finish (result, &error);

  if (token == NULL)
    {
      g_task_return_error (task, error);
      return;
    }
  if (client != self->client)
    {
      g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_CANCELLED, "The account was closed");
      return;
    }
  ls_account_store_token_async (ls_client_get_server_url (client), ls_client_get_user (client), token,
                                NULL, token_stored_cb, NULL);
  ls_client_set_token (client, token);
  g_task_return_boolean (task, TRUE);
}

static void
ls_context_get_property (GObject    *object,
                         unsigned    prop_id,
                         GValue     *value,
                         GParamSpec *pspec)
{
  LsContext *self = LS_CONTEXT (object);

  switch ((LsContextProperty) prop_id)
    {
    case PROP_CLIENT:
      g_value_set_object (value, self->client);
      break;
    case PROP_BUSY:
      g_value_set_boolean (value, self->busy);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_context_dispose (GObject *object)
{
  LsContext *self = LS_CONTEXT (object);

  g_clear_object (&self->client);
  g_clear_object (&self->sample);
  g_clear_object (&self->settings);
  g_clear_object (&self->environment);
  G_OBJECT_CLASS (ls_context_parent_class)->dispose (object);
}

static void
ls_context_class_init (LsContextClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->get_property = ls_context_get_property;
  object_class->dispose = ls_context_dispose;

  /**
   * LsContext:client:
   *
   * The account that is signed in, or %NULL.
   */
  properties[PROP_CLIENT] =
      g_param_spec_object ("client", NULL, NULL, LS_TYPE_CLIENT,
                           G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  /**
   * LsContext:busy:
   *
   * Whether a sign-in or the opening of a cache is under way.
   */
  properties[PROP_BUSY] =
      g_param_spec_boolean ("busy", NULL, NULL, FALSE,
                            G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);

  g_object_class_install_properties (object_class, G_N_ELEMENTS (properties), properties);

  /**
   * LsContext::failed:
   * @self: the context
   * @title: what did not work, translated
   * @error: why
   *
   * Something went wrong that nobody waits for.
   */
  signals[FAILED] = g_signal_new ("failed", LS_TYPE_CONTEXT, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_ERROR);
}

static void
ls_context_init (LsContext *self)
{
  self->environment = ls_system_environment_new ();
}

/**
 * ls_context_new:
 * @settings: the app's settings
 *
 * Returns: (transfer full): a context without an account
 */
LsContext *
ls_context_new (GSettings *settings)
{
  LsContext *self = g_object_new (LS_TYPE_CONTEXT, NULL);

  self->settings = g_object_ref (settings);
  return self;
}

/**
 * ls_context_get_settings:
 * @self: a context
 *
 * Returns: (transfer none): the app's settings
 */
GSettings *
ls_context_get_settings (LsContext *self)
{
  return self->settings;
}

/**
 * ls_context_get_client:
 * @self: a context
 *
 * Returns: (transfer none) (nullable): the account that is signed in
 */
LsClient *
ls_context_get_client (LsContext *self)
{
  return self->client;
}

/**
 * ls_context_get_busy:
 * @self: a context
 *
 * Returns: whether a sign-in or the opening of a cache is under way
 */
gboolean
ls_context_get_busy (LsContext *self)
{
  return self->busy;
}

/**
 * ls_context_restore:
 * @self: a context without an account
 * @server_url: (nullable): the server that the command line names
 * @token: (nullable): the token that it gives
 *
 * Opens the account of the last session, or that of the command line. Its cache shows at once,
 * whether the server can be reached or not, and before the Secret Service has given the token.
 */
void
ls_context_restore (LsContext  *self,
                    const char *server_url,
                    const char *token)
{
  g_autofree char *url = g_settings_get_string (self->settings, "server-url");
  g_autofree char *user = g_settings_get_string (self->settings, "user");
  g_autoptr (GTask) task = NULL;

  if (server_url != NULL && token != NULL)
    {
      g_autofree char *name = g_strdup (*user != '\0' ? user : g_get_user_name ());

      task = begin_sign_in (self, server_url, name, token, FALSE, NULL, restored_cb, NULL);
      open_client (task);
      return;
    }
  if (g_str_equal (url, SAMPLE_URL))
    {
      ls_context_explore_sample_async (self, NULL, sample_restored_cb, NULL);
      return;
    }
  if (*url == '\0' || *user == '\0' || (server_url != NULL && !g_str_equal (server_url, url)))
    {
      if (server_url != NULL)
        g_settings_set_string (self->settings, "server-url", server_url);
      return;
    }
  task = begin_sign_in (self, url, user, NULL, FALSE, NULL, restored_cb, NULL);
  ((SignIn *) g_task_get_task_data (task))->looking_up = TRUE;
  open_client (task);
  ls_account_lookup_token_async (url, user, NULL, token_found_cb, g_object_ref (task));
}

/**
 * ls_context_sign_in_async:
 * @self: a context
 * @server_url: the server's address; https:// is put before a bare name, http:// before this machine's
 * @user: the user
 * @password: his password
 * @cancellable: (nullable): stops it
 * @callback: what to call
 * @user_data: for @callback
 *
 * Signs in and opens the account.
 */
void
ls_context_sign_in_async (LsContext          *self,
                          const char         *server_url,
                          const char         *user,
                          const char         *password,
                          GCancellable       *cancellable,
                          GAsyncReadyCallback callback,
                          gpointer            user_data)
{
  g_autofree char *stripped = g_strstrip (g_strdup (server_url));
  g_autofree char *url = complete_url (stripped);
  g_autofree char *ca_file = g_settings_get_string (self->settings, "server-ca-file");
  g_autoptr (GTask) task =
      begin_sign_in (self, url, user, NULL, TRUE, cancellable, callback, user_data);

  g_task_set_source_tag (task, ls_context_sign_in_async);
  ls_account_sign_in_async (self->environment, url, *ca_file != '\0' ? ca_file : NULL, user, password,
                            cancellable, signed_in_cb, g_object_ref (task));
}

/**
 * ls_context_sign_in_finish:
 * @self: a context
 * @result: of ls_context_sign_in_async()
 * @error: where to put why not
 *
 * Returns: whether the account is open
 */
gboolean
ls_context_sign_in_finish (LsContext    *self,
                           GAsyncResult *result,
                           GError      **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * ls_context_sign_in_again_async:
 * @self: a context with an account
 * @password: the user's password
 * @cancellable: (nullable): stops it
 * @callback: what to call
 * @user_data: for @callback
 *
 * Lets the user of the open account in again, whose sign-in has run out or was ended. The cache and
 * the edits that wait stay as they are.
 */
void
ls_context_sign_in_again_async (LsContext          *self,
                                const char         *password,
                                GCancellable       *cancellable,
                                GAsyncReadyCallback callback,
                                gpointer            user_data)
{
  g_autofree char *ca_file = g_settings_get_string (self->settings, "server-ca-file");
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);

  g_return_if_fail (self->client != NULL);

  g_task_set_source_tag (task, ls_context_sign_in_again_async);
  g_task_set_task_data (task, g_object_ref (self->client), g_object_unref);
  ls_account_sign_in_async (self->environment, ls_client_get_server_url (self->client),
                            *ca_file != '\0' ? ca_file : NULL, ls_client_get_user (self->client),
                            password, cancellable, signed_in_again_cb, g_object_ref (task));
}

/**
 * ls_context_sign_in_again_finish:
 * @self: a context
 * @result: of ls_context_sign_in_again_async()
 * @error: where to put why not
 *
 * Returns: whether the account goes on with a new sign-in
 */
gboolean
ls_context_sign_in_again_finish (LsContext    *self,
                                 GAsyncResult *result,
                                 GError      **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * ls_context_explore_sample_async:
 * @self: a context
 * @cancellable: (nullable): stops it
 * @callback: what to call
 * @user_data: for @callback
 *
 * Starts a private server with a sample shop and opens it.
 */
void
ls_context_explore_sample_async (LsContext          *self,
                                 GCancellable       *cancellable,
                                 GAsyncReadyCallback callback,
                                 gpointer            user_data)
{
  g_autofree char *data_dir = g_build_filename (g_get_user_data_dir (), "lockstep", "sample", NULL);
  g_autofree char *runtime_dir = g_build_filename (g_get_user_runtime_dir (), "lockstep", NULL);
  g_autoptr (GTask) task =
      begin_sign_in (self, SAMPLE_URL, SAMPLE_USER, NULL, FALSE, cancellable, callback, user_data);

  g_task_set_source_tag (task, ls_context_explore_sample_async);
  g_set_object (&self->sample, NULL);
  self->sample = ls_sample_server_new (data_dir, runtime_dir);
  ls_sample_server_start_async (self->sample, cancellable, sample_started_cb, g_object_ref (task));
}

/**
 * ls_context_explore_sample_finish:
 * @self: a context
 * @result: of ls_context_explore_sample_async()
 * @error: where to put why not
 *
 * Returns: whether the sample shop is open
 */
gboolean
ls_context_explore_sample_finish (LsContext    *self,
                                  GAsyncResult *result,
                                  GError      **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * ls_context_sign_out_async:
 * @self: a context
 * @parent: (nullable): the window that asks
 * @cancellable: (nullable): stops it
 * @callback: what to call
 * @user_data: for @callback
 *
 * Signs out: the cache of the account is wiped, after asking when changes still wait.
 */
void
ls_context_sign_out_async (LsContext          *self,
                           GtkWidget          *parent,
                           GCancellable       *cancellable,
                           GAsyncReadyCallback callback,
                           gpointer            user_data)
{
  g_autoptr (GTask) task = g_task_new (self, cancellable, callback, user_data);
  g_autofree char *body = NULL;
  unsigned waiting;
  LsConfirmResponse responses[] = {
    { "cancel", _("_Cancel"), ADW_RESPONSE_DEFAULT },
    { "sign-out", _("_Discard and sign out"), ADW_RESPONSE_DESTRUCTIVE },
  };
  LsConfirm question = {
    .heading = _("Discard waiting changes?"),
    .responses = responses,
    .n_responses = G_N_ELEMENTS (responses),
    .close_response = "cancel",
    .default_response = "cancel",
  };

  g_task_set_source_tag (task, ls_context_sign_out_async);
  if (self->client == NULL)
    {
      g_task_return_boolean (task, TRUE);
      return;
    }
  if (ls_store_get_read_only (ls_client_get_store (self->client)))
    {
      /* What the other process needs is not wiped under its feet. */
      g_task_return_new_error (task, LS_ERROR, LS_ERROR_STORAGE, "%s",
                               _("Another Lockstep process has this account open"));
      return;
    }
  waiting = ls_store_get_pending_count (ls_client_get_store (self->client));
  if (waiting == 0)
    {
      sign_out (task);
      return;
    }
  body = g_strdup_printf (ngettext ("%u change has not reached the server. Signing out loses it.",
                                    "%u changes have not reached the server. Signing out loses them.",
                                    waiting),
                          waiting);
  question.body = body;
  ls_confirm_async (parent, &question, cancellable, sign_out_confirmed_cb, g_object_ref (task));
}

/**
 * ls_context_sign_out_finish:
 * @self: a context
 * @result: of ls_context_sign_out_async()
 * @error: where to put why not
 *
 * Returns: whether nobody is signed in any more
 */
gboolean
ls_context_sign_out_finish (LsContext    *self,
                            GAsyncResult *result,
                            GError      **error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

/**
 * ls_context_shutdown:
 * @self: a context
 *
 * Ends the account's work and all threads, at the end of the program.
 */
void
ls_context_shutdown (LsContext *self)
{
  set_client (self, NULL);
  g_clear_object (&self->sample);
  ls_environment_stop (self->environment);
}
