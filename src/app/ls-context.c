/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-context"

#include "config.h"

#include "app/ls-context.h"

#include "app/ls-context-private.h"

G_DEFINE_FINAL_TYPE (LsContext, ls_context, G_TYPE_OBJECT)

typedef enum {
  PROP_CLIENT = 1,
  PROP_BUSY,
} LsContextProperty;

static GParamSpec *properties[PROP_BUSY + 1];

void
ls_context_set_busy (LsContext *self,
                     gboolean   busy)
{
  if (self->busy == busy)
    return;
  self->busy = busy;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_BUSY]);
}

static void
status_cb (LsContext *self)
{
  ls_error_desk_set_connection (self->desk,
                                self->client != NULL ? ls_client_get_status (self->client) : NULL);
}

/* What fails again and again with nobody waiting for it, or works again. */
static void
trouble_cb (LsContext    *self,
            int           operation,
            const GError *error)
{
  if (error != NULL)
    ls_error_desk_tell (self->desk, (LsOperation) operation, error, NULL, NULL);
  else
    ls_error_desk_gone (self->desk, (LsOperation) operation);
}

static void
notice_cb (LsContext  *self,
           const char *kind,
           const char *message,
           int64_t     until)
{
  ls_notice_board_take (self->notices, kind, message, until);
}

static void
session_cb (LsContext *self)
{
  ls_notice_board_begin_session (self->notices);
}

void
ls_context_set_client (LsContext *self,
                       LsClient  *client)
{
  if (self->client == client)
    return;
  if (self->client != NULL)
    {
      g_signal_handlers_disconnect_by_data (self->client, self);
      ls_client_stop (self->client);
    }
  g_set_object (&self->client, client);
  if (client != NULL)
    {
      g_signal_connect_object (client, "notify::status", G_CALLBACK (status_cb), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (client, "trouble", G_CALLBACK (trouble_cb), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (client, "notice", G_CALLBACK (notice_cb), self, G_CONNECT_SWAPPED);
      g_signal_connect_object (client, "session-began", G_CALLBACK (session_cb), self, G_CONNECT_SWAPPED);
    }
  ls_notice_board_clear (self->notices);
  status_cb (self);
  ls_context_apply_limits (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CLIENT]);
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
  g_clear_object (&self->notices);
  g_clear_object (&self->environment);
  g_clear_object (&self->desk);
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
}

static void
ls_context_init (LsContext *self)
{
  self->environment = ls_system_environment_new ();
  self->desk = ls_error_desk_new ();
  self->notices = ls_notice_board_new (self->environment);
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
  ls_context_follow_settings (self);
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
 * ls_context_get_environment:
 * @self: a context
 *
 * Returns: (transfer none): clock and queues
 */
LsEnvironment *
ls_context_get_environment (LsContext *self)
{
  return self->environment;
}

/**
 * ls_context_get_desk:
 * @self: a context
 *
 * Returns: (transfer none): where failures end
 */
LsErrorDesk *
ls_context_get_desk (LsContext *self)
{
  return self->desk;
}

/**
 * ls_context_get_notices:
 * @self: a context
 *
 * Returns: (transfer none): what the server says to the admin
 */
LsNoticeBoard *
ls_context_get_notices (LsContext *self)
{
  return self->notices;
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
 * ls_context_shutdown:
 * @self: a context
 *
 * Ends the account's work and all threads, at the end of the program.
 */
void
ls_context_shutdown (LsContext *self)
{
  ls_context_set_client (self, NULL);
  g_clear_object (&self->sample);
  ls_environment_stop (self->environment);
}
