/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "app/compat/ls-toplevel.h"

gboolean
ls_toplevel_is_seen (GtkWindow *window)
{
  GdkSurface *surface;
  GdkToplevelState state;

  if (!gtk_widget_get_mapped (GTK_WIDGET (window)))
    return FALSE;
  surface = gtk_native_get_surface (GTK_NATIVE (window));
  state = gdk_toplevel_get_state (GDK_TOPLEVEL (surface));
#if GTK_CHECK_VERSION(4, 12, 0)
  if (state & GDK_TOPLEVEL_STATE_SUSPENDED)
    return FALSE;
#endif
  return (state & GDK_TOPLEVEL_STATE_MINIMIZED) == 0;
}
