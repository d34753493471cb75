/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/compat/ls-screenshot.h"

typedef struct
{
  GtkWidget *widget;
  int x; /* of the widget's origin in the picture */
  int y;
} Part;

static void
append_part (GArray    *parts,
             GtkWidget *widget,
             int        x,
             int        y)
{
  Part part = { widget, x, y };

  g_array_append_val (parts, part);
}

/* A popover is a surface of its own, placed against the surface of the native above it. Its surface
 * has room for the shadow around the widget, as the parent's has: both are taken off to come from
 * surface to widget coordinates.
 */
static void
collect_popovers (GArray    *parts,
                  GtkWidget *widget,
                  GtkNative *parent,
                  int        parent_x,
                  int        parent_y)
{
  GtkWidget *child;

  for (child = gtk_widget_get_first_child (widget);
       child;
       child = gtk_widget_get_next_sibling (child))
    {
      GdkPopup *popup;
      double parent_dx, parent_dy, dx, dy;
      int x, y;

      if (!gtk_widget_get_mapped (child))
        continue;

      if (!GTK_IS_POPOVER (child))
        {
          collect_popovers (parts, child, parent, parent_x, parent_y);
          continue;
        }

      popup = GDK_POPUP (gtk_native_get_surface (GTK_NATIVE (child)));
      gtk_native_get_surface_transform (parent, &parent_dx, &parent_dy);
      gtk_native_get_surface_transform (GTK_NATIVE (child), &dx, &dy);
      x = parent_x + gdk_popup_get_position_x (popup) - (int) parent_dx + (int) dx;
      y = parent_y + gdk_popup_get_position_y (popup) - (int) parent_dy + (int) dy;
      append_part (parts, child, x, y);
      collect_popovers (parts, child, GTK_NATIVE (child), x, y);
    }
}

/* The paintable of a widget has the size of all it draws, shadows too. Drawn in any other size it
 * would be scaled, and blurred.
 */
static gboolean
snapshot_part (GtkSnapshot     *snapshot,
               const Part      *part,
               graphene_rect_t *drawn)
{
  g_autoptr (GdkPaintable) paintable = gtk_widget_paintable_new (part->widget);

  if (!gtk_widget_compute_bounds (part->widget, part->widget, drawn))
    return FALSE;

  graphene_rect_offset (drawn, (float) part->x, (float) part->y);
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &drawn->origin);
  gdk_paintable_snapshot (paintable, snapshot, drawn->size.width, drawn->size.height);
  gtk_snapshot_restore (snapshot);
  return TRUE;
}

GdkTexture *
ls_screenshot_render (GtkNative  *native,
                      GError    **error)
{
  g_autoptr (GArray) parts = NULL;
  g_autoptr (GskRenderNode) node = NULL;
  GtkSnapshot *snapshot;
  graphene_rect_t bounds;

  g_return_val_if_fail (GTK_IS_NATIVE (native), NULL);
  g_return_val_if_fail (error == NULL || *error == NULL, NULL);

  parts = g_array_new (FALSE, FALSE, sizeof (Part));
  if (gtk_widget_get_mapped (GTK_WIDGET (native)))
    {
      append_part (parts, GTK_WIDGET (native), 0, 0);
      collect_popovers (parts, GTK_WIDGET (native), native, 0, 0);
    }

  snapshot = gtk_snapshot_new ();
  bounds = GRAPHENE_RECT_INIT (0, 0, 0, 0);
  for (unsigned int i = 0; i < parts->len; i++)
    {
      const Part *part = &g_array_index (parts, Part, i);
      graphene_rect_t drawn;

      if (!snapshot_part (snapshot, part, &drawn))
        continue;

      /* A window without what is around it, but popovers whole. */
      if (i == 0)
        bounds = GRAPHENE_RECT_INIT (0, 0, (float) gtk_widget_get_width (part->widget),
                                     (float) gtk_widget_get_height (part->widget));
      else
        graphene_rect_union (&bounds, &drawn, &bounds);
    }
  node = gtk_snapshot_free_to_node (snapshot);

  if (node == NULL || bounds.size.width < 1 || bounds.size.height < 1)
    {
      g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_NOT_INITIALIZED,
                           "The window has not been drawn yet");
      return NULL;
    }

  return gsk_renderer_render_texture (gtk_native_get_renderer (native), node, &bounds);
}

gboolean
ls_screenshot_window (GtkNative   *native,
                      const char  *path,
                      GError     **error)
{
  g_autoptr (GdkTexture) texture = NULL;
  g_autoptr (GBytes) png = NULL;

  g_return_val_if_fail (GTK_IS_NATIVE (native), FALSE);
  g_return_val_if_fail (path != NULL, FALSE);

  texture = ls_screenshot_render (native, error);
  if (texture == NULL)
    return FALSE;

  png = gdk_texture_save_to_png_bytes (texture);
  return g_file_set_contents (path, g_bytes_get_data (png, NULL), (gssize) g_bytes_get_size (png),
                              error);
}
