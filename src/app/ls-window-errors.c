/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-window"

#include "config.h"

#include "app/compat/ls-announce.h"
#include "app/ls-window-private.h"

/* How failures get from where they are noticed to the desk. */

typedef struct {
  GWeakRef window;
  char *action;
} Again;

static void
again_free (gpointer  data,
            GClosure *closure)
{
  Again *again = data;

  g_weak_ref_clear (&again->window);
  g_free (again->action);
  g_free (again);
}

static void
again_cb (Again *again)
{
  g_autoptr (GtkWidget) window = g_weak_ref_get (&again->window);

  if (window != NULL)
    gtk_widget_activate_action (window, again->action, NULL);
}

/**
 * ls_window_find:
 * @widget: anything in a window or in a dialog of one
 *
 * Returns: (transfer none) (nullable): the window
 */
LsWindow *
ls_window_find (GtkWidget *widget)
{
  GtkRoot *root = gtk_widget_get_root (widget);

  while (root != NULL && !LS_IS_WINDOW (root))
    root = GTK_IS_WINDOW (root) ? GTK_ROOT (gtk_window_get_transient_for (GTK_WINDOW (root))) : NULL;
  return root != NULL ? LS_WINDOW (root) : NULL;
}

/**
 * ls_window_get_desk:
 * @self: a window
 *
 * Returns: (transfer none): where failures end
 */
LsErrorDesk *
ls_window_get_desk (LsWindow *self)
{
  return ls_context_get_desk (self->context);
}

/**
 * ls_window_tell_error:
 * @self: a window that is not closed
 * @operation: what failed in it, for good
 * @error: why
 * @retry_action: (nullable): the window's action that does the same again
 *
 * Tells a failure, once, see LsErrorDesk.
 */
void
ls_window_tell_error (LsWindow     *self,
                      LsOperation   operation,
                      const GError *error,
                      const char   *retry_action)
{
  GClosure *retry = NULL;

  if (retry_action != NULL)
    {
      Again *again = g_new0 (Again, 1);

      g_weak_ref_init (&again->window, self);
      again->action = g_strdup (retry_action);
      retry = g_cclosure_new_swap (G_CALLBACK (again_cb), again, again_free);
    }
  ls_error_desk_tell (ls_window_get_desk (self), operation, error, G_OBJECT (self), retry);
}

/**
 * ls_window_repeat_banner:
 * @self: a window
 *
 * Says again what the banner shows, to those who hear it: something failed for the same reason.
 */
void
ls_window_repeat_banner (LsWindow *self)
{
  if (ls_banner_get_revealed (self->banner))
    ls_widget_announce (GTK_WIDGET (self->banner), ls_banner_get_title (self->banner));
}
