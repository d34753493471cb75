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

enum {
  FAILED,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

void
ls_context_set_busy (LsContext *self,
                     gboolean   busy)
{
  if (self->busy == busy)
    return;
  self->busy = busy;
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_BUSY]);
}

void
ls_context_set_client (LsContext *self,
                       LsClient  *client)
{
  if (self->client == client)
    return;
  if (self->client != NULL)
    ls_client_stop (self->client);
  g_set_object (&self->client, client);
  ls_context_apply_limits (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CLIENT]);
}

/* Nobody asked for it, so nobody waits for the answer: whoever has a window shows it. */
void
ls_context_tell_failed (LsContext    *self,
                        const char   *title,
                        const GError *error)
{
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_signal_emit (self, signals[FAILED], 0, title, error);
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
