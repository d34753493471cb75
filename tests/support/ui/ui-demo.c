/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A small program with one of each thing that the UI tests touch, so that the harness is known to work by itself:
 * buttons, an entry, a switch, a drop-down, a popover, a column view of many rows, actions and several windows. */
#define G_LOG_DOMAIN "ls-ui-demo"

#include <gtk/gtk.h>

#define APPLICATION_ID "io.github.lockstep.UiDemo"
#define N_ROWS 1000

typedef struct
{
  GtkWidget *label;
  unsigned clicks;
} Demo;

static void
set_label (GtkWidget  *widget,
           const char *label)
{
  gtk_accessible_update_property (GTK_ACCESSIBLE (widget), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
}

static void
show_text (Demo       *demo,
           const char *text)
{
  gtk_label_set_text (GTK_LABEL (demo->label), text);
}

static void
count_clicked_cb (GtkButton *button,
                  Demo      *demo)
{
  g_autofree char *text = g_strdup_printf ("%u clicks", ++demo->clicks);

  show_text (demo, text);
}

static void
entry_activate_cb (GtkEntry *entry,
                   Demo     *demo)
{
  g_autofree char *text = g_strdup_printf ("Hello, %s", gtk_editable_get_text (GTK_EDITABLE (entry)));

  show_text (demo, text);
}

static void
switch_active_cb (GtkSwitch  *toggle,
                  GParamSpec *pspec,
                  Demo       *demo)
{
  show_text (demo, gtk_switch_get_active (toggle) ? "On" : "Off");
}

static void
drop_down_selected_cb (GtkDropDown *drop_down,
                       GParamSpec  *pspec,
                       Demo        *demo)
{
  GtkStringObject *item = gtk_drop_down_get_selected_item (drop_down);

  show_text (demo, gtk_string_object_get_string (item));
}

static void
row_activate_cb (GtkColumnView *view,
                 unsigned       position,
                 Demo          *demo)
{
  g_autofree char *text = g_strdup_printf ("Row %u opened", position);

  show_text (demo, text);
}

static void
setup_inscription_cb (GtkListItemFactory *factory,
                      GtkListItem        *item)
{
  gtk_list_item_set_child (item, gtk_inscription_new (NULL));
}

static void
bind_inscription_cb (GtkListItemFactory *factory,
                     GtkListItem        *item)
{
  GtkStringObject *string = gtk_list_item_get_item (item);
  GtkWidget *cell = gtk_list_item_get_child (item);

  gtk_inscription_set_text (GTK_INSCRIPTION (cell), gtk_string_object_get_string (string));
  set_label (cell, gtk_string_object_get_string (string));
}

static void
setup_label_cb (GtkListItemFactory *factory,
                GtkListItem        *item)
{
  gtk_list_item_set_child (item, gtk_label_new (NULL));
}

static void
bind_label_cb (GtkListItemFactory *factory,
               GtkListItem        *item)
{
  g_autofree char *text = g_strdup_printf ("%u", gtk_list_item_get_position (item));

  gtk_label_set_text (GTK_LABEL (gtk_list_item_get_child (item)), text);
}

static void
append_column (GtkColumnView *view,
               const char    *title,
               GCallback      setup,
               GCallback      bind)
{
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  g_autoptr (GtkColumnViewColumn) column = gtk_column_view_column_new (title, factory);

  g_signal_connect (factory, "setup", setup, NULL);
  g_signal_connect (factory, "bind", bind, NULL);
  gtk_column_view_append_column (view, column);
}

static GtkWidget *
create_table (Demo *demo)
{
  GtkStringList *rows = gtk_string_list_new (NULL);
  GtkWidget *view, *scrolled;

  for (unsigned i = 0; i < N_ROWS; i++)
    {
      g_autofree char *text = g_strdup_printf ("Item %u", i);

      gtk_string_list_append (rows, text);
    }

  view = gtk_column_view_new (GTK_SELECTION_MODEL (gtk_single_selection_new (G_LIST_MODEL (rows))));
  set_label (view, "Items");
  append_column (GTK_COLUMN_VIEW (view), "Name", G_CALLBACK (setup_inscription_cb), G_CALLBACK (bind_inscription_cb));
  append_column (GTK_COLUMN_VIEW (view), "Number", G_CALLBACK (setup_label_cb), G_CALLBACK (bind_label_cb));
  g_signal_connect (view, "activate", G_CALLBACK (row_activate_cb), demo);

  scrolled = gtk_scrolled_window_new ();
  gtk_widget_set_vexpand (scrolled, TRUE);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), view);
  return scrolled;
}

static GtkWidget *
create_menu_button (Demo *demo)
{
  GtkWidget *button = gtk_menu_button_new ();
  GtkWidget *popover = gtk_popover_new ();
  GtkWidget *inside = gtk_button_new_with_label ("Inside");

  g_signal_connect (inside, "clicked", G_CALLBACK (count_clicked_cb), demo);
  gtk_popover_set_child (GTK_POPOVER (popover), inside);
  gtk_menu_button_set_popover (GTK_MENU_BUTTON (button), popover);
  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), "open-menu-symbolic");
  set_label (button, "Menu");
  return button;
}

static GtkWidget *
create_content (Demo *demo)
{
  const char *const fruits[] = { "Apple", "Pear", "Plum", NULL };
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 6);
  GtkWidget *button = gtk_button_new_with_label ("Count");
  GtkWidget *entry = gtk_entry_new ();
  GtkWidget *toggle = gtk_switch_new ();
  GtkWidget *drop_down = gtk_drop_down_new_from_strings (fruits);

  demo->label = gtk_label_new ("Ready");
  set_label (button, "Count");
  set_label (entry, "Name");
  set_label (toggle, "Power");
  set_label (drop_down, "Fruit");
  gtk_widget_set_halign (toggle, GTK_ALIGN_START);
  g_signal_connect (button, "clicked", G_CALLBACK (count_clicked_cb), demo);
  g_signal_connect (entry, "activate", G_CALLBACK (entry_activate_cb), demo);
  g_signal_connect (toggle, "notify::active", G_CALLBACK (switch_active_cb), demo);
  g_signal_connect (drop_down, "notify::selected", G_CALLBACK (drop_down_selected_cb), demo);

  gtk_box_append (GTK_BOX (box), demo->label);
  gtk_box_append (GTK_BOX (box), button);
  gtk_box_append (GTK_BOX (box), entry);
  gtk_box_append (GTK_BOX (box), toggle);
  gtk_box_append (GTK_BOX (box), drop_down);
  gtk_box_append (GTK_BOX (box), create_menu_button (demo));
  gtk_box_append (GTK_BOX (box), create_table (demo));
  return box;
}

static void
rename_cb (GSimpleAction *action,
           GVariant      *parameter,
           void          *user_data)
{
  gtk_window_set_title (GTK_WINDOW (user_data), g_variant_get_string (parameter, NULL));
}

static void
open_window (GApplication *application)
{
  const GActionEntry entries[] = { { .name = "rename", .activate = rename_cb, .parameter_type = "s" } };
  GtkWidget *window = gtk_application_window_new (GTK_APPLICATION (application));
  Demo *demo = g_new0 (Demo, 1);

  gtk_window_set_title (GTK_WINDOW (window), "Demo");
  gtk_window_set_default_size (GTK_WINDOW (window), 480, 500);
  gtk_window_set_child (GTK_WINDOW (window), create_content (demo));
  g_object_set_data_full (G_OBJECT (window), "demo", demo, g_free);
  g_action_map_add_action_entries (G_ACTION_MAP (window), entries, G_N_ELEMENTS (entries), window);
  gtk_window_present (GTK_WINDOW (window));
}

static void
new_window_cb (GSimpleAction *action,
               GVariant      *parameter,
               void          *user_data)
{
  open_window (G_APPLICATION (user_data));
}

int
main (int    argc,
      char **argv)
{
  const GActionEntry entries[] = { { .name = "new-window", .activate = new_window_cb } };
  const char *const accels[] = { "<Control>n", NULL };
  g_autoptr (GtkApplication) application = gtk_application_new (APPLICATION_ID, G_APPLICATION_DEFAULT_FLAGS);

  g_action_map_add_action_entries (G_ACTION_MAP (application), entries, G_N_ELEMENTS (entries), application);
  gtk_application_set_accels_for_action (application, "app.new-window", accels);
  g_signal_connect (application, "activate", G_CALLBACK (open_window), NULL);
  return g_application_run (G_APPLICATION (application), argc, argv);
}
