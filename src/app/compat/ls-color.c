/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/compat/ls-color.h"

#include <adwaita.h>

void
ls_widget_get_color (GtkWidget *widget,
                     GdkRGBA   *color)
{
  g_return_if_fail (GTK_IS_WIDGET (widget));
  g_return_if_fail (color != NULL);

#if GTK_CHECK_VERSION (4, 10, 0)
  gtk_widget_get_color (widget, color);
#else
  gtk_style_context_get_color (gtk_widget_get_style_context (widget), color);
#endif
}

gboolean
ls_widget_lookup_color (GtkWidget  *widget,
                        const char *name,
                        GdkRGBA    *color)
{
  GdkRGBA found;

  g_return_val_if_fail (GTK_IS_WIDGET (widget), FALSE);
  g_return_val_if_fail (name != NULL, FALSE);
  g_return_val_if_fail (color != NULL, FALSE);

#if ADW_CHECK_VERSION (1, 6, 0)
  {
    AdwStyleManager *manager = adw_style_manager_get_for_display (gtk_widget_get_display (widget));
    AdwAccentColor accent = adw_style_manager_get_accent_color (manager);

    /* The style sheet follows the system's accent; this look-up, being deprecated, does not. */
    if (g_str_equal (name, "accent_color"))
      {
        adw_accent_color_to_standalone_rgba (accent, adw_style_manager_get_dark (manager), color);
        return TRUE;
      }
    if (g_str_equal (name, "accent_bg_color"))
      {
        adw_accent_color_to_rgba (accent, color);
        return TRUE;
      }
  }
#endif

  if (!gtk_style_context_lookup_color (gtk_widget_get_style_context (widget), name, &found))
    return FALSE;

  *color = found;
  return TRUE;
}
