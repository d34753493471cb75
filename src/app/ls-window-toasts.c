/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-window"

#include "config.h"

#include "app/ls-window-private.h"

/* The toasts of a window, of which one shows at a time. One that stays until it is closed would keep
 * all that come after it waiting: what passes goes before it, and it comes back. */

static void
lasting_gone_cb (LsWindow *self)
{
  self->n_lasting--;
}

static void
passing_gone_cb (LsWindow *self,
                 AdwToast *toast)
{
  if (self->passing_toast == toast)
    g_clear_object (&self->passing_toast);
}

/* What passed before it is over then, and does not come back. */
static void
go_before (LsWindow *self,
           AdwToast *toast)
{
  g_autoptr (AdwToast) before = g_steal_pointer (&self->passing_toast);

  if (before != NULL)
    adw_toast_dismiss (before);
  adw_toast_set_priority (toast, ADW_TOAST_PRIORITY_HIGH);
  self->passing_toast = g_object_ref (toast);
  g_signal_connect_object (toast, "dismissed", G_CALLBACK (passing_gone_cb), self, G_CONNECT_SWAPPED);
}

/**
 * ls_window_show_toast:
 * @self: a window
 * @toast: (transfer full): a toast, its title escaped
 *
 * Shows a toast: one that passes at once, also where one stands that stays.
 */
void
ls_window_show_toast (LsWindow *self,
                      AdwToast *toast)
{
  if (adw_toast_get_timeout (toast) == 0)
    {
      self->n_lasting++;
      g_signal_connect_object (toast, "dismissed", G_CALLBACK (lasting_gone_cb), self,
                               G_CONNECT_SWAPPED);
    }
  else if (self->n_lasting > 0)
    go_before (self, toast);
  adw_toast_overlay_add_toast (self->toast_overlay, toast);
}
