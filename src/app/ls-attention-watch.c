/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-attention-watch"

#include "config.h"

#include "app/ls-attention-watch.h"

/* After so long without a key, a click or a move of the pointer nobody is at it, µs. */
#define ACTIVE_FOR (60 * (int64_t) G_USEC_PER_SEC)

/**
 * LsAttentionWatch:
 *
 * Tells the account whether somebody works with one of the windows, only has one before him, or has
 * turned to something else: how often to ask the server depends on it, where it can't tell by itself.
 * It wakes up once a minute while somebody is at it, and else not at all. Main thread only.
 */
struct _LsAttentionWatch {
  GObject parent_instance;

  /* owned */
  LsEnvironment *environment;
  LsClient *client;   /* who is told */
  GPtrArray *windows; /* borrowed: a window that goes takes itself out */

  /* state */
  int64_t touched_at; /* monotonic */
  uint64_t timer;     /* until nobody is at it, while somebody is */
};

G_DEFINE_FINAL_TYPE (LsAttentionWatch, ls_attention_watch, G_TYPE_OBJECT)

static void idle_cb (gpointer data);

static LsQueue *
main_queue (LsAttentionWatch *self)
{
  return ls_environment_get_queue (self->environment, LS_QUEUE_MAIN);
}

static gboolean
is_focused (LsAttentionWatch *self)
{
  for (unsigned i = 0; i < self->windows->len; i++)
    if (gtk_window_is_active (g_ptr_array_index (self->windows, i)))
      return TRUE;
  return FALSE;
}

static void
set_timer (LsAttentionWatch *self,
           int64_t           delay)
{
  if (self->timer != 0)
    ls_environment_cancel (self->environment, main_queue (self), self->timer);
  self->timer = delay > 0 ? ls_environment_post_after (self->environment, main_queue (self), delay,
                                                       idle_cb, self, NULL)
                          : 0;
}

static void
update (LsAttentionWatch *self)
{
  int64_t left = self->touched_at + ACTIVE_FOR - ls_environment_monotonic (self->environment);
  LsAttention attention = LS_ATTENTION_AWAY;

  if (is_focused (self))
    attention = left > 0 ? LS_ATTENTION_ACTIVE : LS_ATTENTION_WATCHING;
  if (self->client != NULL)
    ls_client_set_attention (self->client, attention);
  set_timer (self, attention == LS_ATTENTION_ACTIVE ? left : 0);
}

static void
idle_cb (gpointer data)
{
  LsAttentionWatch *self = data;

  self->timer = 0;
  update (self);
}

/* Called for every move of the pointer, so it does no more than it must: the timer finds out by itself
 * that it went off too early. */
static void
touch (LsAttentionWatch *self)
{
  int64_t now = ls_environment_monotonic (self->environment);
  gboolean was_quiet = now - self->touched_at >= ACTIVE_FOR;

  self->touched_at = now;
  if (was_quiet)
    update (self);
}

static void
active_cb (LsAttentionWatch *self)
{
  if (is_focused (self))
    self->touched_at = ls_environment_monotonic (self->environment);
  update (self);
}

static gboolean
event_cb (LsAttentionWatch *self,
          GdkEvent         *event)
{
  GdkEventType type = gdk_event_get_event_type (event);

  if (type == GDK_KEY_PRESS || type == GDK_BUTTON_PRESS || type == GDK_SCROLL ||
      type == GDK_MOTION_NOTIFY || type == GDK_TOUCH_BEGIN)
    touch (self);
  return GDK_EVENT_PROPAGATE;
}

static void
window_gone_cb (gpointer data,
                GObject *window)
{
  LsAttentionWatch *self = data;

  g_ptr_array_remove_fast (self->windows, window);
  update (self);
}

static void
ls_attention_watch_dispose (GObject *object)
{
  LsAttentionWatch *self = LS_ATTENTION_WATCH (object);

  if (self->environment != NULL)
    set_timer (self, 0);
  for (unsigned i = 0; i < self->windows->len; i++)
    g_object_weak_unref (g_ptr_array_index (self->windows, i), window_gone_cb, self);
  g_ptr_array_set_size (self->windows, 0);
  g_clear_object (&self->client);
  g_clear_object (&self->environment);
  G_OBJECT_CLASS (ls_attention_watch_parent_class)->dispose (object);
}

static void
ls_attention_watch_finalize (GObject *object)
{
  g_ptr_array_unref (LS_ATTENTION_WATCH (object)->windows);
  G_OBJECT_CLASS (ls_attention_watch_parent_class)->finalize (object);
}

static void
ls_attention_watch_class_init (LsAttentionWatchClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ls_attention_watch_dispose;
  G_OBJECT_CLASS (klass)->finalize = ls_attention_watch_finalize;
}

static void
ls_attention_watch_init (LsAttentionWatch *self)
{
  self->windows = g_ptr_array_new ();
}

/**
 * ls_attention_watch_new:
 * @environment: clock and queues
 *
 * Returns: (transfer full): a watch over no window yet
 */
LsAttentionWatch *
ls_attention_watch_new (LsEnvironment *environment)
{
  LsAttentionWatch *self = g_object_new (LS_TYPE_ATTENTION_WATCH, NULL);

  self->environment = g_object_ref (environment);
  self->touched_at = ls_environment_monotonic (environment);
  return self;
}

/**
 * ls_attention_watch_set_client:
 * @self: a watch
 * @client: (nullable): the account that is told, now and whenever it changes
 *
 * Tells another account.
 */
void
ls_attention_watch_set_client (LsAttentionWatch *self,
                               LsClient         *client)
{
  g_set_object (&self->client, client);
  update (self);
}

/**
 * ls_attention_watch_add_window:
 * @self: a watch
 * @window: a window, as long as it lives
 *
 * Watches one more window.
 */
void
ls_attention_watch_add_window (LsAttentionWatch *self,
                               GtkWindow        *window)
{
  GtkEventController *controller = gtk_event_controller_legacy_new ();

  g_ptr_array_add (self->windows, window);
  g_object_weak_ref (G_OBJECT (window), window_gone_cb, self);
  g_signal_connect_object (window, "notify::is-active", G_CALLBACK (active_cb), self,
                           G_CONNECT_SWAPPED);
  gtk_event_controller_set_propagation_phase (controller, GTK_PHASE_CAPTURE);
  g_signal_connect_object (controller, "event", G_CALLBACK (event_cb), self, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (GTK_WIDGET (window), controller);
}
