/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/compat/ls-spinner.h"

struct _LsSpinner
{
  AdwBin parent_instance;
};

G_DEFINE_FINAL_TYPE (LsSpinner, ls_spinner, ADW_TYPE_BIN)

#if !ADW_CHECK_VERSION (1, 6, 0)
static void
ls_spinner_map (GtkWidget *widget)
{
  GtkWidget *child = adw_bin_get_child (ADW_BIN (widget));

  GTK_WIDGET_CLASS (ls_spinner_parent_class)->map (widget);
  gtk_spinner_start (GTK_SPINNER (child));
}

static void
ls_spinner_unmap (GtkWidget *widget)
{
  GtkWidget *child = adw_bin_get_child (ADW_BIN (widget));

  gtk_spinner_stop (GTK_SPINNER (child));
  GTK_WIDGET_CLASS (ls_spinner_parent_class)->unmap (widget);
}
#endif

static void
ls_spinner_class_init (LsSpinnerClass *klass)
{
#if !ADW_CHECK_VERSION (1, 6, 0)
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->map = ls_spinner_map;
  widget_class->unmap = ls_spinner_unmap;
#endif
}

static void
ls_spinner_init (LsSpinner *self)
{
#if ADW_CHECK_VERSION (1, 6, 0)
  adw_bin_set_child (ADW_BIN (self), adw_spinner_new ());
#else
  adw_bin_set_child (ADW_BIN (self), gtk_spinner_new ());
#endif
}

GtkWidget *
ls_spinner_new (void)
{
  return g_object_new (LS_TYPE_SPINNER, NULL);
}
