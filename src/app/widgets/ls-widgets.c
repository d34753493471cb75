/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/widgets/ls-widgets.h"

#include <adwaita.h>

#include "app/charts/ls-charts.h"
#include "app/compat/ls-popover.h"
#include "app/compat/ls-spinner.h"
#include "app/compat/ls-split-view.h"
#include "app/widgets/ls-age-label.h"
#include "app/widgets/ls-banner.h"
#include "app/widgets/ls-detail-view.h"
#include "app/widgets/ls-kpi-card.h"
#include "app/widgets/ls-placeholder.h"
#include "app/widgets/ls-skeleton.h"
#include "app/widgets/ls-sparkline.h"
#include "app/widgets/ls-status-dot.h"
#include "app/widgets/ls-widgets-resources.h"

#define STYLE "/io/github/lockstep/Lockstep/widgets/style.css"

static void
add_style (GdkDisplay *display)
{
  g_autoptr (GtkCssProvider) provider = gtk_css_provider_new ();

  gtk_css_provider_load_from_resource (provider, STYLE);
  /* Under the application's own style sheet, over the theme. */
  gtk_style_context_add_provider_for_display (display, GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION - 1);
}

void
ls_widgets_init (GdkDisplay *display)
{
  g_return_if_fail (GDK_IS_DISPLAY (display));

  if (g_object_get_data (G_OBJECT (display), "ls-widgets"))
    return;

  g_object_set_data (G_OBJECT (display), "ls-widgets", GINT_TO_POINTER (TRUE));
  ls_popover_init ();
  ls_charts_init (display);
  g_resources_register (ls_widgets_get_resource ());
  add_style (display);

  /* Templates name them. */
  g_type_ensure (LS_TYPE_AGE_LABEL);
  g_type_ensure (LS_TYPE_BANNER);
  g_type_ensure (LS_TYPE_DETAIL_VIEW);
  g_type_ensure (LS_TYPE_KPI_CARD);
  g_type_ensure (LS_TYPE_PLACEHOLDER);
  g_type_ensure (LS_TYPE_SKELETON);
  g_type_ensure (LS_TYPE_SPARKLINE);
  g_type_ensure (LS_TYPE_SPINNER);
  g_type_ensure (LS_TYPE_SPLIT_VIEW);
  g_type_ensure (LS_TYPE_STATUS_DOT);
}
