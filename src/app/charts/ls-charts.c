/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/charts/ls-charts.h"

#include <gtk/gtk.h>

#include "app/charts/ls-chart.h"
#include "app/charts/ls-charts-resources.h"

void
ls_charts_init (GdkDisplay *display)
{
  g_autoptr (GtkCssProvider) provider = NULL;

  g_return_if_fail (GDK_IS_DISPLAY (display));

  if (g_object_get_data (G_OBJECT (display), "ls-charts"))
    return;

  g_object_set_data (G_OBJECT (display), "ls-charts", GINT_TO_POINTER (TRUE));
  g_resources_register (ls_charts_get_resource ());
  g_type_ensure (LS_TYPE_CHART);
  provider = gtk_css_provider_new ();
  gtk_css_provider_load_from_resource (provider, "/io/github/lockstep/Lockstep/charts/style.css");
  /* Under the application's own style sheet, over the theme. */
  gtk_style_context_add_provider_for_display (display, GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION - 1);
}
