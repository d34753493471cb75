/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "app-test.h"

#include <adwaita.h>
#include <stdio.h>
#include <stdlib.h>

#include "app/compat/ls-color.h"
#include "app/compat/ls-screenshot.h"
#include "app/widgets/ls-widgets.h"

/* How far a channel may be off: pictures go through premultiplied colours. */
#define TOLERANCE 3

void
app_test_init (int    *argc,
               char ***argv)
{
  g_setenv ("GTK_A11Y", "test", TRUE);
  g_setenv ("GSETTINGS_BACKEND", "memory", TRUE);
  g_setenv ("ADW_DISABLE_PORTAL", "1", TRUE);
  g_test_init (argc, argv, NULL);

  if (!gtk_init_check ())
    {
      puts ("1..0 # SKIP There is no display");
      exit (77);
    }

  adw_init ();
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (),
                                      ADW_COLOR_SCHEME_FORCE_LIGHT);
  g_object_set (gtk_settings_get_default (), "gtk-enable-animations", FALSE, NULL);
  ls_widgets_init (gdk_display_get_default ());
}

void
app_test_wait (AppTestCondition condition,
               gpointer         user_data)
{
  while (!condition (user_data))
    g_main_context_iteration (NULL, TRUE);
}

static void
painted_cb (gboolean *painted)
{
  *painted = TRUE;
}

static gboolean
is_true (gpointer user_data)
{
  return *(gboolean *) user_data;
}

void
app_test_draw (GtkWindow *window)
{
  GdkFrameClock *clock = gtk_widget_get_frame_clock (GTK_WIDGET (window));
  gboolean painted = FALSE;
  gulong id;

  g_assert_nonnull (clock);
  /* What waits in idles, such as the collapsing of a split view, comes before the frame. */
  while (g_main_context_iteration (NULL, FALSE))
    ;
  id = g_signal_connect_swapped (clock, "after-paint", G_CALLBACK (painted_cb), &painted);
  gtk_widget_queue_draw (GTK_WIDGET (window));
  app_test_wait (is_true, &painted);
  g_signal_handler_disconnect (clock, id);
}

GtkWindow *
app_test_show (GtkWidget *child,
               int        width,
               int        height)
{
  GtkWindow *window = GTK_WINDOW (gtk_window_new ());

  gtk_window_set_default_size (window, width, height);
  gtk_window_set_decorated (window, FALSE);
  gtk_window_set_child (window, child);
  gtk_window_present (window);
  app_test_draw (window);
  return window;
}

void
app_test_close (GtkWindow *window)
{
  gpointer gone = window;

  g_object_add_weak_pointer (G_OBJECT (window), &gone);
  gtk_window_destroy (window);
  while (g_main_context_iteration (NULL, FALSE))
    ;
  g_assert_null (gone);
}

static gboolean
is_button (GtkWidget  *widget,
           const char *label)
{
  return GTK_IS_BUTTON (widget) && gtk_widget_is_sensitive (widget) &&
         g_strcmp0 (gtk_button_get_label (GTK_BUTTON (widget)), label) == 0;
}

static gboolean
is_label (GtkWidget  *widget,
          const char *text)
{
  return GTK_IS_LABEL (widget) && g_str_equal (gtk_label_get_text (GTK_LABEL (widget)), text);
}

typedef gboolean (*Matches) (GtkWidget  *widget,
                             const char *text);

static GtkWidget *
find_mapped (GtkWidget  *widget,
             Matches     matches,
             const char *text)
{
  GtkWidget *child;

  if (gtk_widget_get_mapped (widget) && matches (widget, text))
    return widget;

  for (child = gtk_widget_get_first_child (widget);
       child;
       child = gtk_widget_get_next_sibling (child))
    {
      GtkWidget *found = find_mapped (child, matches, text);

      if (found)
        return found;
    }
  return NULL;
}

static GtkWidget *
find_anywhere (Matches     matches,
               const char *text)
{
  GListModel *toplevels = gtk_window_get_toplevels ();

  for (unsigned int i = 0; i < g_list_model_get_n_items (toplevels); i++)
    {
      g_autoptr (GtkWidget) toplevel = g_list_model_get_item (toplevels, i);
      GtkWidget *found = find_mapped (toplevel, matches, text);

      if (found)
        return found;
    }
  return NULL;
}

static GtkWidget *
find_button_anywhere (const char *label)
{
  return find_anywhere (is_button, label);
}

static gboolean
has_button (gpointer user_data)
{
  return find_button_anywhere (user_data) != NULL;
}

static gboolean
has_label (gpointer user_data)
{
  return find_anywhere (is_label, user_data) != NULL;
}

void
app_test_wait_label (const char *text)
{
  app_test_wait (has_label, (gpointer) text);
}

void
app_test_click (const char *label)
{
  app_test_wait (has_button, (gpointer) label);
  g_signal_emit_by_name (find_button_anywhere (label), "clicked");
}

void
app_test_try_click (const char *label)
{
  GtkWidget *button = find_button_anywhere (label);

  if (button)
    g_signal_emit_by_name (button, "clicked");
}

void
app_test_assert_words (GtkWidget             *widget,
                       GtkAccessibleProperty  property,
                       const char            *text)
{
  g_autofree char *other = gtk_test_accessible_check_property (GTK_ACCESSIBLE (widget), property,
                                                               text);

  if (other)
    g_error ("“%s” is what it says, not “%s”", other, text);
}

static gboolean
is_near (int a,
         int b)
{
  return ABS (a - b) <= TOLERANCE;
}

size_t
app_test_count_accent (GtkWindow *window)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GdkTexture) texture = ls_screenshot_render (GTK_NATIVE (window), &error);
  g_autofree uint32_t *pixels = NULL;
  size_t width, height;
  size_t n = 0;
  GdkRGBA accent;
  int red, green, blue;

  g_assert_no_error (error);
  /* Which blue it is depends on the version of libadwaita. */
  g_assert_true (ls_widget_lookup_color (GTK_WIDGET (window), "accent_color", &accent));
  red = (int) (accent.red * 255 + 0.5f);
  green = (int) (accent.green * 255 + 0.5f);
  blue = (int) (accent.blue * 255 + 0.5f);

  width = (size_t) gdk_texture_get_width (texture);
  height = (size_t) gdk_texture_get_height (texture);
  pixels = g_new (uint32_t, width * height);
  gdk_texture_download (texture, (unsigned char *) pixels, width * sizeof (uint32_t));

  for (size_t i = 0; i < width * height; i++)
    {
      uint32_t pixel = pixels[i];

      n += is_near (pixel >> 16 & 0xff, red) && is_near (pixel >> 8 & 0xff, green) &&
           is_near (pixel & 0xff, blue);
    }
  return n;
}
