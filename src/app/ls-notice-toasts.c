/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-notice-toasts"

#include "config.h"

#include "app/ls-notice-toasts.h"

#include "app/ls-toast.h"

/**
 * LsNoticeToasts:
 *
 * Shows what the server says that passes: once, in the window in front. A newer one takes the place of
 * the older, however much the server has to say. What comes while there is no window waits for one.
 */
struct _LsNoticeToasts {
  GObject parent_instance;

  /* owned */
  AdwToast *toast; /* on show */
  char *waiting;   /* words that no window was there for */

  /* borrowed */
  LsFeedbackWindowFunc func;
  gpointer user_data;

  /* state */
  gboolean waiting_stays;
};

G_DEFINE_FINAL_TYPE (LsNoticeToasts, ls_notice_toasts, G_TYPE_OBJECT)

static void
dismissed_cb (LsNoticeToasts *self,
              AdwToast       *toast)
{
  if (self->toast == toast)
    g_clear_object (&self->toast);
}

static void
tell_cb (LsNoticeToasts *self,
         const char     *words,
         gboolean        stays)
{
  LsWindow *window = self->func (self->user_data);
  g_autoptr (AdwToast) before = g_steal_pointer (&self->toast);

  if (before != NULL)
    adw_toast_dismiss (before);
  if (window == NULL)
    {
      g_free (self->waiting);
      self->waiting = g_strdup (words);
      self->waiting_stays = stays;
      return;
    }
  self->toast = ls_toast_new (words);
  if (stays)
    adw_toast_set_timeout (self->toast, 0);
  g_signal_connect_object (self->toast, "dismissed", G_CALLBACK (dismissed_cb), self, G_CONNECT_SWAPPED);
  ls_window_show_toast (window, g_object_ref (self->toast));
}

static void
ls_notice_toasts_dispose (GObject *object)
{
  LsNoticeToasts *self = LS_NOTICE_TOASTS (object);

  g_clear_object (&self->toast);
  g_clear_pointer (&self->waiting, g_free);
  G_OBJECT_CLASS (ls_notice_toasts_parent_class)->dispose (object);
}

static void
ls_notice_toasts_class_init (LsNoticeToastsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ls_notice_toasts_dispose;
}

static void
ls_notice_toasts_init (LsNoticeToasts *self)
{
}

/**
 * ls_notice_toasts_new:
 * @board: what the server says
 * @func: gives the window in front
 * @user_data: for @func
 *
 * Returns: (transfer full): what shows it
 */
LsNoticeToasts *
ls_notice_toasts_new (LsNoticeBoard        *board,
                      LsFeedbackWindowFunc  func,
                      gpointer              user_data)
{
  LsNoticeToasts *self = g_object_new (LS_TYPE_NOTICE_TOASTS, NULL);

  self->func = func;
  self->user_data = user_data;
  g_signal_connect_object (board, "tell", G_CALLBACK (tell_cb), self, G_CONNECT_SWAPPED);
  return self;
}

/**
 * ls_notice_toasts_window_ready:
 * @self: what shows the server's words
 *
 * There is a window: what waited for one is shown.
 */
void
ls_notice_toasts_window_ready (LsNoticeToasts *self)
{
  g_autofree char *words = g_steal_pointer (&self->waiting);

  if (words != NULL)
    tell_cb (self, words, self->waiting_stays);
}
