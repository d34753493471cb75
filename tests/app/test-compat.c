/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <adwaita.h>
#include <glib/gstdio.h>

#include "app-test.h"
#include "app/compat/ls-about.h"
#include "app/compat/ls-announce.h"
#include "app/compat/ls-color.h"
#include "app/compat/ls-confirm.h"
#include "app/compat/ls-list-scroll.h"
#include "app/compat/ls-screenshot.h"
#include "app/compat/ls-spinner.h"
#include "app/compat/ls-split-view.h"

/* Split view */

static gboolean
is_collapsed (gpointer user_data)
{
  return ls_split_view_get_collapsed (user_data);
}

static gboolean
is_wide (gpointer user_data)
{
  return !ls_split_view_get_collapsed (user_data);
}

static LsSplitView *
create_split_view (void)
{
  LsSplitView *view = LS_SPLIT_VIEW (ls_split_view_new ());

  ls_split_view_set_sidebar (view, gtk_label_new ("Sidebar"));
  ls_split_view_set_content (view, gtk_label_new ("Content"));
  return view;
}

static void
test_split_view_wide (void)
{
  LsSplitView *view = create_split_view ();
  GtkWindow *window = app_test_show (GTK_WIDGET (view), 800, 300);

  g_assert_false (ls_split_view_get_collapsed (view));
  g_assert_true (ls_split_view_get_show_sidebar (view));
  g_assert_cmpint (gtk_widget_get_width (ls_split_view_get_sidebar (view)), ==,
                   ls_split_view_get_sidebar_width (view));
  g_assert_true (gtk_widget_get_mapped (ls_split_view_get_content (view)));

  /* It collapses by its own width, and comes back. */
  ls_split_view_set_collapse_width (view, 900);
  app_test_wait (is_collapsed, view);
  g_assert_false (ls_split_view_get_show_sidebar (view));
  ls_split_view_set_collapse_width (view, 500);
  app_test_wait (is_wide, view);
  g_assert_true (ls_split_view_get_show_sidebar (view));
  app_test_close (window);
}

static void
count_cb (int *count)
{
  (*count)++;
}

static void
test_split_view_narrow (void)
{
  LsSplitView *view = create_split_view ();
  int n_notifies = 0;
  int minimum;
  GtkWindow *window = app_test_show (GTK_WIDGET (view), 360, 600);

  g_assert_true (ls_split_view_get_collapsed (view));
  g_assert_false (ls_split_view_get_show_sidebar (view));
  g_assert_cmpint (gtk_widget_get_width (GTK_WIDGET (view)), ==, 360);
  g_assert_cmpint (gtk_widget_get_width (ls_split_view_get_content (view)), ==, 360);

  g_signal_connect_swapped (view, "notify::show-sidebar", G_CALLBACK (count_cb), &n_notifies);
  ls_split_view_set_show_sidebar (view, TRUE);
  g_assert_true (ls_split_view_get_show_sidebar (view));
  g_assert_cmpint (n_notifies, ==, 1);
  app_test_draw (window);
  g_assert_true (gtk_widget_get_mapped (ls_split_view_get_sidebar (view)));
  ls_split_view_set_show_sidebar (view, FALSE);
  g_assert_cmpint (n_notifies, ==, 2);

  gtk_widget_measure (GTK_WIDGET (view), GTK_ORIENTATION_HORIZONTAL, -1, &minimum, NULL, NULL,
                      NULL);
  g_assert_cmpint (minimum, <=, 360);
  app_test_close (window);
}

static void
test_split_view_children (void)
{
  LsSplitView *view = LS_SPLIT_VIEW (g_object_ref_sink (create_split_view ()));
  GtkWidget *content = gtk_label_new ("Other");

  g_assert_true (LS_IS_SPLIT_VIEW (view));
  g_object_set (view, "content", content, "sidebar", NULL, "sidebar-width", 300, NULL);
  g_assert_true (ls_split_view_get_content (view) == content);
  g_assert_null (ls_split_view_get_sidebar (view));
  g_assert_cmpint (ls_split_view_get_sidebar_width (view), ==, 300);
  g_assert_finalize_object (view);
}

/* Questions */

static void
answered_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  *(GAsyncResult **) user_data = g_object_ref (result);
}

static gboolean
has_result (gpointer user_data)
{
  return *(gpointer *) user_data != NULL;
}

static const LsConfirmResponse responses[] = {
  { "cancel", "_Cancel", ADW_RESPONSE_DEFAULT },
  { "erase", "_Erase", ADW_RESPONSE_DESTRUCTIVE },
};

static const LsConfirm question = {
  .heading = "Erase R&D?",
  .body = "Nobody can bring <it> back.",
  .responses = responses,
  .n_responses = G_N_ELEMENTS (responses),
  .close_response = "cancel",
  .default_response = "cancel",
};

static GtkWindow *
show_app_window (GtkWidget *child)
{
  GtkWindow *window = GTK_WINDOW (adw_window_new ());

  gtk_window_set_default_size (window, 500, 500);
  adw_window_set_content (ADW_WINDOW (window), child);
  gtk_window_present (window);
  app_test_draw (window);
  return window;
}

static void
test_confirm (void)
{
  const char *const labels[] = { "_Cancel", "_Erase" };
  const char *const ids[] = { "cancel", "erase" };

  for (size_t i = 0; i < G_N_ELEMENTS (labels); i++)
    {
      GtkWidget *parent = gtk_label_new ("Parent");
      GtkWindow *window = show_app_window (parent);
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;
      g_autofree char *answer = NULL;

      ls_confirm_async (parent, &question, NULL, answered_cb, &result);
      app_test_click (labels[i]);
      app_test_wait (has_result, &result);
      answer = ls_confirm_finish (result, &error);
      g_assert_no_error (error);
      g_assert_cmpstr (answer, ==, ids[i]);
      g_clear_object (&result);
      app_test_close (window);
    }
}

static void
test_confirm_cancelled (void)
{
  GtkWidget *parent = gtk_label_new ("Parent");
  GtkWindow *window = show_app_window (parent);

  for (int before = FALSE; before <= TRUE; before++)
    {
      g_autoptr (GCancellable) cancellable = g_cancellable_new ();
      g_autoptr (GAsyncResult) result = NULL;
      g_autoptr (GError) error = NULL;

      if (before)
        g_cancellable_cancel (cancellable);
      ls_confirm_async (parent, &question, cancellable, answered_cb, &result);
      if (!before)
        {
          app_test_draw (window);
          g_cancellable_cancel (cancellable);
        }
      app_test_wait (has_result, &result);
      g_assert_null (ls_confirm_finish (result, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      g_clear_object (&result);
    }
  app_test_close (window);
}

static void
test_about (void)
{
  const char *developers[] = { "The Lockstep Project", NULL };
  const LsAboutInfo info = {
    .application_name = "Lockstep",
    .version = LS_VERSION,
    .developers = developers,
    .license_type = GTK_LICENSE_GPL_3_0,
    .debug_info = "GTK",
  };
  GtkWidget *parent = gtk_label_new ("Parent");
  GtkWindow *window = show_app_window (parent);
  GListModel *toplevels = gtk_window_get_toplevels ();

  ls_about_show (parent, &info);
  app_test_draw (window);
  for (unsigned int i = g_list_model_get_n_items (toplevels); i > 0; i--)
    {
      g_autoptr (GtkWindow) toplevel = g_list_model_get_item (toplevels, i - 1);

      gtk_window_destroy (toplevel);
    }
  while (g_main_context_iteration (NULL, FALSE))
    ;
}

/* Small things */

static void
test_color (void)
{
  GtkWidget *label = gtk_label_new ("Error");
  GtkWindow *window = app_test_show (label, 100, 50);
  GdkRGBA plain, error, named;
  GdkRGBA untouched = { 0.25f, 0.5f, 0.75f, 1 };

  ls_widget_get_color (label, &plain);
  gtk_widget_add_css_class (label, "error");
  app_test_draw (window);
  ls_widget_get_color (label, &error);
  g_assert_false (gdk_rgba_equal (&plain, &error));

  g_assert_true (ls_widget_lookup_color (label, "error_color", &named));
  g_assert_cmpfloat (named.red, >, named.green);
  g_assert_true (ls_widget_lookup_color (label, "accent_color", &named));
  g_assert_cmpfloat (named.blue, >, named.red);
  named = untouched;
  g_assert_false (ls_widget_lookup_color (label, "no_such_color", &named));
  g_assert_true (gdk_rgba_equal (&named, &untouched));
  ls_widget_announce (label, "Said");
  app_test_close (window);
}

static void
test_spinner (void)
{
  GtkWidget *spinner = ls_spinner_new ();
  GtkWindow *window = app_test_show (spinner, 50, 50);

  gtk_widget_set_visible (spinner, FALSE);
  gtk_widget_set_visible (spinner, TRUE);
  app_test_draw (window);
  app_test_close (window);
}

static void
setup_cb (GtkSignalListItemFactory *factory,
          GtkListItem              *item)
{
  gtk_list_item_set_child (item, gtk_label_new (NULL));
}

static void
bind_cb (GtkSignalListItemFactory *factory,
         GtkListItem              *item)
{
  GtkStringObject *string = gtk_list_item_get_item (item);

  gtk_label_set_label (GTK_LABEL (gtk_list_item_get_child (item)),
                       gtk_string_object_get_string (string));
}

static GtkListItemFactory *
create_factory (void)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();

  g_signal_connect (factory, "setup", G_CALLBACK (setup_cb), NULL);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cb), NULL);
  return factory;
}

static GtkSelectionModel *
create_rows (unsigned int n)
{
  GtkStringList *list = gtk_string_list_new (NULL);

  for (unsigned int i = 0; i < n; i++)
    {
      g_autofree char *text = g_strdup_printf ("Row %u", i);

      gtk_string_list_append (list, text);
    }
  return GTK_SELECTION_MODEL (gtk_single_selection_new (G_LIST_MODEL (list)));
}

static double
get_scroll (GtkWidget *scroller)
{
  GtkScrolledWindow *window = GTK_SCROLLED_WINDOW (scroller);

  return gtk_adjustment_get_value (gtk_scrolled_window_get_vadjustment (window));
}

static void
test_scroll_to (void)
{
  for (int kind = 0; kind < 3; kind++)
    {
      GtkSelectionModel *model = create_rows (1000);
      GtkWidget *scroller = gtk_scrolled_window_new ();
      GtkWidget *view;
      GtkWindow *window;

      if (kind == 0)
        {
          view = gtk_list_view_new (model, create_factory ());
        }
      else if (kind == 1)
        {
          view = gtk_grid_view_new (model, create_factory ());
        }
      else
        {
          g_autoptr (GtkColumnViewColumn) column =
            gtk_column_view_column_new ("Row", create_factory ());

          view = gtk_column_view_new (model);
          gtk_column_view_append_column (GTK_COLUMN_VIEW (view), column);
        }
      gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), view);
      window = app_test_show (scroller, 300, 300);
      g_assert_cmpfloat (get_scroll (scroller), ==, 0);

      ls_list_view_scroll_to (view, 900, LS_LIST_SCROLL_SELECT);
      app_test_draw (window);
      g_assert_cmpfloat (get_scroll (scroller), >, 1000);
      g_assert_true (gtk_selection_model_is_selected (model, 900));
      ls_list_view_scroll_to (view, 0, LS_LIST_SCROLL_NONE);
      app_test_draw (window);
      g_assert_cmpfloat (get_scroll (scroller), <, 100);
      g_assert_true (gtk_selection_model_is_selected (model, 900));

      /* Rows that have gone since */
      ls_list_view_scroll_to (view, 1000, LS_LIST_SCROLL_SELECT);
      app_test_close (window);
    }
}

/* Pictures */

static void
test_screenshot (void)
{
  g_autofree char *folder = g_dir_make_tmp ("lockstep-shot-XXXXXX", NULL);
  g_autofree char *path = g_build_filename (folder, "window.png", NULL);
  g_autofree char *nowhere = g_build_filename (folder, "none", "window.png", NULL);
  GtkWidget *label = gtk_label_new ("Hello");
  GtkWindow *hidden = GTK_WINDOW (gtk_window_new ());
  GtkWindow *window = app_test_show (label, 200, 100);
  g_autoptr (GdkTexture) texture = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_true (ls_screenshot_window (GTK_NATIVE (window), path, &error));
  g_assert_no_error (error);
  texture = gdk_texture_new_from_filename (path, &error);
  g_assert_no_error (error);
  g_assert_cmpint (gdk_texture_get_width (texture), ==, 200);
  g_assert_cmpint (gdk_texture_get_height (texture), ==, 100);

  g_assert_false (ls_screenshot_window (GTK_NATIVE (window), nowhere, &error));
  g_assert_error (error, G_FILE_ERROR, G_FILE_ERROR_NOENT);
  g_clear_error (&error);
  g_assert_null (ls_screenshot_render (GTK_NATIVE (hidden), &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_NOT_INITIALIZED);

  gtk_window_destroy (hidden);
  app_test_close (window);
  g_assert_cmpint (g_unlink (path), ==, 0);
  g_assert_cmpint (g_rmdir (folder), ==, 0);
}

static gboolean
is_mapped (gpointer user_data)
{
  return gtk_widget_get_mapped (user_data);
}

static void
test_screenshot_popover (void)
{
  GtkWidget *button = gtk_menu_button_new ();
  GtkWidget *popover = gtk_popover_new ();
  GtkWidget *content = gtk_label_new ("Popover");
  GtkWindow *window;
  g_autoptr (GdkTexture) closed = NULL;
  g_autoptr (GdkTexture) open = NULL;
  g_autoptr (GdkTexture) alone = NULL;
  g_autoptr (GError) error = NULL;

  gtk_widget_set_size_request (content, 150, 200);
  gtk_popover_set_child (GTK_POPOVER (popover), content);
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (button), popover);
  gtk_widget_set_valign (button, GTK_ALIGN_START);
  window = app_test_show (button, 300, 100);
  closed = ls_screenshot_render (GTK_NATIVE (window), &error);
  g_assert_no_error (error);

  gtk_menu_button_popup (GTK_MENU_BUTTON (button));
  app_test_wait (is_mapped, popover);
  app_test_draw (window);
  open = ls_screenshot_render (GTK_NATIVE (window), &error);
  g_assert_no_error (error);
  alone = ls_screenshot_render (GTK_NATIVE (popover), &error);
  g_assert_no_error (error);

  g_assert_cmpint (gdk_texture_get_height (closed), ==, 100);
  g_assert_cmpint (gdk_texture_get_height (open), >, 200);
  g_assert_cmpint (gdk_texture_get_width (alone), >=, 150);
  g_assert_cmpint (gdk_texture_get_width (alone), <, 300);
  gtk_menu_button_popdown (GTK_MENU_BUTTON (button));
  app_test_close (window);
}

/* Popovers */

typedef struct
{
  GdkSurface *surface; /* owned */
  int n;
} MotionCount;

static gboolean
contains_pointer (gpointer user_data)
{
  return gtk_event_controller_motion_contains_pointer (user_data);
}

/* What GTK takes no handler sees that comes after its own. What comes to a surface that has gone,
 * because it was on its way, reaches nothing.
 */
static gboolean
count_motion_hook (GSignalInvocationHint *hint,
                   unsigned               n_values,
                   const GValue          *values,
                   gpointer               user_data)
{
  MotionCount *count = user_data;
  GdkEvent *event = g_value_peek_pointer (&values[1]);

  count->n += g_value_get_object (&values[0]) == count->surface &&
              !gdk_surface_is_destroyed (count->surface) &&
              gdk_event_get_event_type (event) == GDK_MOTION_NOTIFY;
  return G_SOURCE_CONTINUE;
}

static void
laid_out_cb (gboolean *laid_out)
{
  *laid_out = TRUE;
}

static gboolean
is_set (gpointer user_data)
{
  return *(gboolean *) user_data;
}

static void
move_pointer (int x,
              int y)
{
  g_autofree char *command = g_strdup_printf ("xdotool mousemove %d %d", x, y);
  g_autoptr (GError) error = NULL;
  int status = 0;

  g_assert_true (g_spawn_command_line_sync (command, NULL, NULL, &status, &error));
  g_assert_no_error (error);
  g_assert_cmpint (status, ==, 0);
}

static void
test_popover_closed (void)
{
  GtkWidget *button = gtk_menu_button_new ();
  GtkWidget *popover = gtk_popover_new ();
  GtkWidget *content = gtk_label_new ("Before");
  GtkEventController *motion = gtk_event_controller_motion_new ();
  unsigned event_signal = g_signal_lookup ("event", GDK_TYPE_SURFACE);
  MotionCount count = { NULL };
  GtkWindow *window;
  gboolean laid_out;
  unsigned long hook;

  gtk_widget_set_size_request (content, 700, 400);
  gtk_widget_add_controller (content, motion);
  gtk_popover_set_child (GTK_POPOVER (popover), content);
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (button), popover);
  gtk_widget_set_halign (button, GTK_ALIGN_CENTER);
  gtk_widget_set_valign (button, GTK_ALIGN_CENTER);
  window = app_test_show (button, 1500, 900);
  hook = g_signal_add_emission_hook (event_signal, 0, count_motion_hook, &count, NULL);

  /* Opened twice: what it gave up when it closed is made anew. */
  for (int round = 0; round < 2; round++)
    {
      gtk_menu_button_popup (GTK_MENU_BUTTON (button));
      app_test_wait (is_mapped, popover);
      app_test_draw (window);
      move_pointer (750 + round, 600);
      app_test_wait (contains_pointer, motion);
      g_set_object (&count.surface, gtk_native_get_surface (GTK_NATIVE (popover)));
      gtk_label_set_label (GTK_LABEL (content), round == 0 ? "Changed" : "Changed again");
      laid_out = FALSE;
      g_signal_connect_swapped (count.surface, "layout", G_CALLBACK (laid_out_cb), &laid_out);
      app_test_wait (is_set, &laid_out);
      g_signal_handlers_disconnect_by_data (count.surface, &laid_out);

      count.n = 0;
      gtk_menu_button_popdown (GTK_MENU_BUTTON (button));
      app_test_draw (window);
      app_test_draw (window);
      g_assert_false (gtk_widget_get_mapped (popover));
      g_assert_cmpint (count.n, ==, 0);
      g_assert_false (contains_pointer (motion));
    }
  g_signal_remove_emission_hook (event_signal, hook);
  g_clear_object (&count.surface);
  app_test_close (window);
}

int
main (int   argc,
      char *argv[])
{
  app_test_init (&argc, &argv);

  g_test_add_func ("/compat/split-view/wide", test_split_view_wide);
  g_test_add_func ("/compat/split-view/narrow", test_split_view_narrow);
  g_test_add_func ("/compat/split-view/children", test_split_view_children);
  g_test_add_func ("/compat/confirm", test_confirm);
  g_test_add_func ("/compat/confirm/cancelled", test_confirm_cancelled);
  g_test_add_func ("/compat/about", test_about);
  g_test_add_func ("/compat/color", test_color);
  g_test_add_func ("/compat/spinner", test_spinner);
  g_test_add_func ("/compat/scroll-to", test_scroll_to);
  g_test_add_func ("/compat/screenshot", test_screenshot);
  g_test_add_func ("/compat/screenshot/popover", test_screenshot_popover);
  g_test_add_func ("/compat/popover/closed", test_popover_closed);

  return g_test_run ();
}
