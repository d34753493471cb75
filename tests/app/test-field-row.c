/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "app-test.h"
#include "app/forms/ls-field-row.h"
#include "core/ls-schema.h"

/* The narrowest window there is. */
#define NARROWEST 360

/* A value that can't be edited: a short one is not broken, however wide its letters, and a long one fits. */
static void
test_lines (void)
{
  static const struct {
    const char *value;
    int n_lines; /* 0 for more than one */
  } cases[] = {
    { "web", 1 },
    { "WWW", 1 },
    { "marketplace", 1 },
    { "a marketplace that somebody else runs, somewhere", 0 },
  };
  const LsCollection *orders = ls_schema_collection (LS_ORDERS);
  unsigned source = (unsigned) ls_collection_field (orders, "source");

  for (size_t i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      GtkWidget *list = gtk_list_box_new ();
      GtkWidget *row = ls_field_row_new (orders, source, FALSE, NULL, NULL);
      GtkLabel *label = g_object_get_data (G_OBJECT (row), "ls-label");
      g_autoptr (LsRecord) record = ls_record_new (orders, "1");
      GtkWindow *window;
      int n_lines;

      ls_record_set_text (record, source, cases[i].value);
      ls_field_row_update (row, record, "EUR", NULL);
      gtk_list_box_append (GTK_LIST_BOX (list), row);
      window = app_test_show (list, NARROWEST, 100);
      n_lines = pango_layout_get_line_count (gtk_label_get_layout (label));
      if (cases[i].n_lines != 0)
        g_assert_cmpint (n_lines, ==, cases[i].n_lines);
      else
        g_assert_cmpint (n_lines, >, 1);
      g_assert_cmpint (gtk_widget_get_width (row), <=, NARROWEST);
      app_test_close (window);
    }
}

int
main (int   argc,
      char *argv[])
{
  app_test_init (&argc, &argv);
  g_test_add_func ("/field-row/lines", test_lines);
  return g_test_run ();
}
