/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Shows the widgets and charts of the app in all their states, for who works on them.
 *
 *     gallery [--page NAME]      a window to look at
 *     gallery --shots DIR        writes a PNG of each page, light and dark, wide and narrow, and
 * ends
 */
#include "config.h"

#include <adwaita.h>
#include <errno.h>
#include <glib/gstdio.h>
#include <string.h>

#include "app/compat/ls-screenshot.h"
#include "app/compat/ls-split-view.h"
#include "app/widgets/ls-widgets.h"
#include "gallery-pages.h"

typedef struct
{
  const char *name;
  int width;
  int height;
  AdwColorScheme scheme;
  GtkTextDirection direction;
  gboolean show_sidebar;
} Look;

static const Look looks[] = {
  { "light", 1100, 1180, ADW_COLOR_SCHEME_FORCE_LIGHT, GTK_TEXT_DIR_LTR, TRUE },
  { "dark", 1100, 1180, ADW_COLOR_SCHEME_FORCE_DARK, GTK_TEXT_DIR_LTR, TRUE },
  { "narrow", 360, 720, ADW_COLOR_SCHEME_FORCE_LIGHT, GTK_TEXT_DIR_LTR, FALSE },
  { "sidebar", 360, 720, ADW_COLOR_SCHEME_FORCE_DARK, GTK_TEXT_DIR_LTR, TRUE },
  { "rtl", 1100, 1180, ADW_COLOR_SCHEME_FORCE_LIGHT, GTK_TEXT_DIR_RTL, TRUE },
};

static gboolean
wait_cb (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

/* Animations of the theme (a stack's crossfade, a revealer) are off in the settings that pictures
 * are made with; a moment is for the layout and for a frame.
 */
static void
let_draw (void)
{
  gboolean done = FALSE;

  g_timeout_add (300, wait_cb, &done);
  while (!done)
    g_main_context_iteration (NULL, TRUE);
}

static void
row_selected_cb (GtkListBox    *list,
                 GtkListBoxRow *row,
                 GtkStack      *stack)
{
  if (row)
    gtk_stack_set_visible_child_name (stack, gallery_pages[gtk_list_box_row_get_index (row)].name);
}

static GtkWidget *
create_sidebar (GtkStack *stack)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *list = gtk_list_box_new ();
  GtkWidget *header = adw_header_bar_new ();

  adw_header_bar_set_title_widget (ADW_HEADER_BAR (header), adw_window_title_new ("Gallery", NULL));
  adw_header_bar_set_show_end_title_buttons (ADW_HEADER_BAR (header), FALSE);
  gtk_widget_add_css_class (header, "flat");
  gtk_widget_add_css_class (list, "navigation-sidebar");
  for (size_t i = 0; gallery_pages[i].name; i++)
    {
      GtkWidget *label = gtk_label_new (gallery_pages[i].title);

      gtk_label_set_xalign (GTK_LABEL (label), 0);
      gtk_list_box_append (GTK_LIST_BOX (list), label);
    }
  g_signal_connect (list, "row-selected", G_CALLBACK (row_selected_cb), stack);
  gtk_box_append (GTK_BOX (box), header);
  gtk_box_append (GTK_BOX (box), list);
  return box;
}

static GtkWidget *
create_content (GtkStack  *stack,
                GtkWidget *split_view)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *header = adw_header_bar_new ();
  GtkWidget *toggle = gtk_toggle_button_new ();

  gtk_button_set_icon_name (GTK_BUTTON (toggle), "sidebar-show-symbolic");
  gtk_widget_set_tooltip_text (toggle, "Show Sidebar");
  gtk_accessible_update_property (GTK_ACCESSIBLE (toggle), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  "Show Sidebar", -1);
  g_object_bind_property (split_view, "show-sidebar", toggle, "active",
                          G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
  g_object_bind_property (split_view, "collapsed", toggle, "visible", G_BINDING_SYNC_CREATE);
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), toggle);

  for (size_t i = 0; gallery_pages[i].name; i++)
    {
      GtkWidget *scroller = gtk_scrolled_window_new ();

      gtk_scrolled_window_set_policy (GTK_SCROLLED_WINDOW (scroller), GTK_POLICY_NEVER,
                                      GTK_POLICY_AUTOMATIC);
      gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scroller), gallery_pages[i].create ());
      gtk_stack_add_named (stack, scroller, gallery_pages[i].name);
    }
  gtk_widget_set_vexpand (GTK_WIDGET (stack), TRUE);
  gtk_box_append (GTK_BOX (box), header);
  gtk_box_append (GTK_BOX (box), GTK_WIDGET (stack));
  return box;
}

static GtkWindow *
create_window (const Look  *look,
               GtkStack   **ret_stack)
{
  GtkWidget *window = adw_window_new ();
  GtkWidget *split_view = ls_split_view_new ();
  GtkStack *stack = GTK_STACK (gtk_stack_new ());

  gtk_window_set_title (GTK_WINDOW (window), "Gallery");
  gtk_window_set_default_size (GTK_WINDOW (window), look->width, look->height);
  ls_split_view_set_sidebar (LS_SPLIT_VIEW (split_view), create_sidebar (stack));
  ls_split_view_set_content (LS_SPLIT_VIEW (split_view), create_content (stack, split_view));
  adw_window_set_content (ADW_WINDOW (window), split_view);
  ls_split_view_set_show_sidebar (LS_SPLIT_VIEW (split_view), look->show_sidebar);
  *ret_stack = stack;
  return GTK_WINDOW (window);
}

static gboolean
write_shots (const char  *folder,
             GError     **error)
{
  for (size_t i = 0; i < G_N_ELEMENTS (looks); i++)
    {
      const Look *look = &looks[i];
      GtkWindow *window;
      GtkStack *stack;

      gtk_widget_set_default_direction (look->direction);
      adw_style_manager_set_color_scheme (adw_style_manager_get_default (), look->scheme);
      window = create_window (look, &stack);
      gtk_window_present (window);
      for (size_t j = 0; gallery_pages[j].name; j++)
        {
          g_autofree char *name = g_strdup_printf ("%s-%s.png", gallery_pages[j].name, look->name);
          g_autofree char *path = g_build_filename (folder, name, NULL);

          gtk_stack_set_visible_child_name (stack, gallery_pages[j].name);
          let_draw ();
          if (!ls_screenshot_window (GTK_NATIVE (window), path, error))
            return FALSE;
        }
      gtk_window_destroy (window);
    }
  return TRUE;
}

static gboolean
close_cb (GMainLoop *loop)
{
  g_main_loop_quit (loop);
  return FALSE;
}

static void
add_style (void)
{
  g_autoptr (GtkCssProvider) provider = gtk_css_provider_new ();

  gtk_css_provider_load_from_data (provider, ".gallery-card { padding: 14px 16px; }", -1);
  gtk_style_context_add_provider_for_display (gdk_display_get_default (),
                                              GTK_STYLE_PROVIDER (provider),
                                              GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
}

int
main (int   argc,
      char *argv[])
{
  g_autofree char *shots = NULL;
  g_autofree char *page = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  const GOptionEntry entries[] = {
    { "shots", 0, 0, G_OPTION_ARG_FILENAME, &shots, "Write a PNG of each page and end", "DIR" },
    { "page", 0, 0, G_OPTION_ARG_STRING, &page, "Show this page first", "NAME" },
    G_OPTION_ENTRY_NULL,
  };

  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error))
    {
      g_printerr ("%s\n", error->message);
      return 2;
    }

  adw_init ();
  ls_widgets_init (gdk_display_get_default ());
  add_style ();

  if (shots)
    {
      if (g_mkdir_with_parents (shots, 0755) != 0)
        {
          g_printerr ("%s: %s\n", shots, g_strerror (errno));
          return 1;
        }
      if (!write_shots (shots, &error))
        {
          g_printerr ("%s\n", error->message);
          return 1;
        }
    }
  else
    {
      g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
      GtkStack *stack;
      GtkWindow *window = create_window (&looks[0], &stack);

      adw_style_manager_set_color_scheme (adw_style_manager_get_default (),
                                          ADW_COLOR_SCHEME_DEFAULT);
      if (page)
        gtk_stack_set_visible_child_name (stack, page);
      g_signal_connect_swapped (window, "close-request", G_CALLBACK (close_cb), loop);
      gtk_window_present (window);
      g_main_loop_run (loop);
    }
  return 0;
}
