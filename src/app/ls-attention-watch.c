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
 * It wakes up once a minute while somebody is at it, and else not at all.
 */
struct _LsAttentionWatch {
  GObject parent_instance;

  /* owned */
  LsContext *context;
  GPtrArray *windows; /* borrowed: a window that goes takes itself out */

  /* state */
  int64_t touched_at; /* monotonic */
  unsigned timeout;
};

G_DEFINE_FINAL_TYPE (LsAttentionWatch, ls_attention_watch, G_TYPE_OBJECT)

static gboolean idle_cb (gpointer data);

static gboolean
is_focused (LsAttentionWatch *self)
{
  for (unsigned i = 0; i < self->windows->len; i++)
    if (gtk_window_is_active (g_ptr_array_index (self->windows, i)))
      return TRUE;
  return FALSE;
}

static void
update (LsAttentionWatch *self)
{
  LsClient *client = ls_context_get_client (self->context);
  int64_t quiet = g_get_monotonic_time () - self->touched_at;
  LsAttention attention = LS_ATTENTION_AWAY;

  if (is_focused (self))
    attention = quiet < ACTIVE_FOR ? LS_ATTENTION_ACTIVE : LS_ATTENTION_WATCHING;
  if (client != NULL)
    ls_client_set_attention (client, attention);
  if (attention == LS_ATTENTION_ACTIVE && self->timeout == 0)
    self->timeout = g_timeout_add_seconds (
        (unsigned) ((ACTIVE_FOR - quiet) / G_USEC_PER_SEC) + 1, idle_cb, self);
}

static gboolean
idle_cb (gpointer data)
{
  LsAttentionWatch *self = data;

  self->timeout = 0;
  update (self);
  return G_SOURCE_REMOVE;
}

static void
touch (LsAttentionWatch *self)
{
  int64_t now = g_get_monotonic_time ();
  gboolean was_quiet = now - self->touched_at >= ACTIVE_FOR;

  self->touched_at = now;
  if (was_quiet)
    update (self);
}

static void
active_cb (LsAttentionWatch *self)
{
  if (is_focused (self))
    self->touched_at = g_get_monotonic_time ();
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

  g_clear_handle_id (&self->timeout, g_source_remove);
  for (unsigned i = 0; i < self->windows->len; i++)
    g_object_weak_unref (g_ptr_array_index (self->windows, i), window_gone_cb, self);
  g_ptr_array_set_size (self->windows, 0);
  g_clear_object (&self->context);
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
  self->touched_at = g_get_monotonic_time ();
}

/**
 * ls_attention_watch_new:
 * @context: whose account is told
 *
 * Returns: (transfer full): a watch over no window yet
 */
LsAttentionWatch *
ls_attention_watch_new (LsContext *context)
{
  LsAttentionWatch *self = g_object_new (LS_TYPE_ATTENTION_WATCH, NULL);

  self->context = g_object_ref (context);
  g_signal_connect_object (context, "notify::client", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  return self;
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
