/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "app/compat/ls-popover.h"

/* A frame that closed it may have sent the motion already: then what is under the pointer is looked
 * for anew, which GTK does for what turns insensitive, and again, where it really is, with a layout.
 */
static void
drop_pointer (GtkWidget *popover)
{
  GtkRoot *root = gtk_widget_get_root (popover);
  GtkWidget *focus = root != NULL ? gtk_root_get_focus (root) : NULL;

  if (root == NULL)
    return;
  /* GTK moves the keyboard out itself; it would not find the way from nowhere. */
  if (focus != NULL && gtk_widget_is_ancestor (focus, popover))
    return;
  gtk_widget_set_sensitive (popover, !gtk_widget_get_sensitive (popover));
  gtk_widget_set_sensitive (popover, !gtk_widget_get_sensitive (popover));
  gtk_widget_queue_allocate (GTK_WIDGET (root));
}

static gboolean
closed_idle_cb (gpointer user_data)
{
  GtkWidget *popover = user_data;

  if (gtk_widget_get_visible (popover) || !gtk_widget_get_realized (popover))
    return G_SOURCE_REMOVE;
  drop_pointer (popover);
  gtk_widget_unrealize (popover);
  return G_SOURCE_REMOVE;
}

static gboolean
closed_hook (GSignalInvocationHint *hint,
             unsigned               n_values,
             const GValue          *values,
             gpointer               user_data)
{
  /* Not at once: GDK may be in the middle of hiding the surface. Before anything else: the next frame
   * sends the motion. */
  g_idle_add_full (G_PRIORITY_HIGH, closed_idle_cb, g_value_dup_object (&values[0]), g_object_unref);
  return G_SOURCE_CONTINUE;
}

void
ls_popover_init (void)
{
  static gsize hooked = 0;

  if (!g_once_init_enter (&hooked))
    return;
  g_type_ensure (GTK_TYPE_POPOVER);
  g_type_class_unref (g_type_class_ref (GTK_TYPE_POPOVER));
  g_signal_add_emission_hook (g_signal_lookup ("closed", GTK_TYPE_POPOVER), 0, closed_hook, NULL, NULL);
  g_once_init_leave (&hooked, 1);
}
