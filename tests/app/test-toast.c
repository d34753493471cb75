/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <adwaita.h>

#include "app-test.h"
#include "app/ls-toast.h"

/* The narrowest window there is. */
#define NARROWEST 360

#define MAX_BUTTONS 2

typedef struct
{
  const char *words;
  const char *buttons[MAX_BUTTONS];
} ToastCase;

static const ToastCase cases[] = {
  { "Price changed", { "Undo", NULL } },
  { "Low Tide: Price was put back. Price can't be below zero.", { "Details", "Retry" } },
  { "The trace could not be written. Data could not be written or read on the disk.",
    { "Retry", "Copy details" } },
  { "Low Tide : Prix : valeur rétablie. Quelqu’un d’autre a modifié cette valeur entre-temps.",
    { "Détails", "Réessayer" } },
  { "Impossible d’écrire la trace. Les données n’ont pas pu être écrites ou lues sur le disque.",
    { "Réessayer", "Copier les détails" } },
  { "Some numbers of this shop do not add up on the server", { "Verify now", NULL } },
  { "Night Drive: the server does not remember how this ended. What it shows now counts.", { NULL } },
};

static GtkWidget *
parent_of_type (GtkWidget  *widget,
                const char *name)
{
  while (widget != NULL && !g_str_equal (G_OBJECT_TYPE_NAME (widget), name))
    widget = gtk_widget_get_parent (widget);
  g_assert_nonnull (widget);
  return widget;
}

static void
assert_inside (GtkWidget *widget,
               GtkWidget *outer)
{
  graphene_rect_t bounds;

  g_assert_true (gtk_widget_get_mapped (widget));
  g_assert_true (gtk_widget_compute_bounds (widget, outer, &bounds));
  g_assert_cmpfloat (bounds.origin.x, >=, 0);
  g_assert_cmpfloat (bounds.origin.y, >=, 0);
  g_assert_cmpfloat (bounds.origin.x + bounds.size.width, <=, (float) gtk_widget_get_width (outer));
  g_assert_cmpfloat (bounds.origin.y + bounds.size.height, <=, (float) gtk_widget_get_height (outer));
}

/* Nothing of a toast is cut off, neither in the narrowest window nor in a wide one. */
static void
test_fits (gconstpointer user_data)
{
  const ToastCase *toast_case = user_data;

  for (int width = NARROWEST; width <= 3 * NARROWEST; width += 2 * NARROWEST)
    {
      GtkWidget *overlay = adw_toast_overlay_new ();
      AdwToast *toast = ls_toast_new (toast_case->words);
      GtkWidget *box = adw_toast_get_custom_title (toast);
      GtkWidget *label = gtk_widget_get_first_child (box);
      GtkWidget *buttons[MAX_BUTTONS] = { NULL };
      GtkWidget *outer;
      GtkWindow *window;

      adw_toast_overlay_set_child (ADW_TOAST_OVERLAY (overlay), gtk_label_new ("Page"));
      window = app_test_show (overlay, width, 400);
      for (size_t i = 0; i < MAX_BUTTONS && toast_case->buttons[i] != NULL; i++)
        buttons[i] = ls_toast_add_button (toast, toast_case->buttons[i], NULL);
      adw_toast_set_timeout (toast, 0);
      adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (overlay), toast);
      app_test_draw (window);

      outer = parent_of_type (label, "AdwToastWidget");
      assert_inside (outer, overlay);
      assert_inside (label, outer);
      g_assert_false (pango_layout_is_ellipsized (gtk_label_get_layout (GTK_LABEL (label))));
      for (size_t i = 0; i < MAX_BUTTONS && buttons[i] != NULL; i++)
        assert_inside (buttons[i], outer);
      app_test_close (window);
    }
}

static void
dismissed_cb (gboolean *dismissed)
{
  *dismissed = TRUE;
}

/* A button does its work and takes the toast away. */
static void
test_button (void)
{
  GtkWidget *overlay = adw_toast_overlay_new ();
  g_autoptr (AdwToast) toast = ls_toast_new ("It could not be done, this time or the next");
  gboolean dismissed = FALSE;
  GtkWindow *window;

  adw_toast_overlay_set_child (ADW_TOAST_OVERLAY (overlay), gtk_label_new ("Page"));
  window = app_test_show (overlay, NARROWEST, 400);
  ls_toast_add_button (toast, "Retry", NULL);
  adw_toast_set_timeout (toast, 0);
  g_signal_connect_swapped (toast, "dismissed", G_CALLBACK (dismissed_cb), &dismissed);
  adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (overlay), g_object_ref (toast));
  app_test_draw (window);
  g_assert_false (dismissed);
  app_test_click ("Retry");
  g_assert_true (dismissed);
  app_test_close (window);
}

int
main (int   argc,
      char *argv[])
{
  app_test_init (&argc, &argv);

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strdup_printf ("/toast/fits/%zu", i);

      g_test_add_data_func (path, &cases[i], test_fits);
    }
  g_test_add_func ("/toast/button", test_button);

  return g_test_run ();
}
