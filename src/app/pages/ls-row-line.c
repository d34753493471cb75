/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-row-line"

#include "config.h"

#include "app/pages/ls-row-line.h"

/* A line of a short list (an order's items, the latest orders, top products …) that follows its
 * row. */

typedef struct {
  LsRow *row;
  LsRowLineFunc func;
  gpointer user_data;
  GtkLabel *amount; /* borrowed: a child of the line */
} RowLine;

static GQuark
row_line_quark (void)
{
  return g_quark_from_static_string ("ls-row-line");
}

static void
row_line_free (gpointer data)
{
  RowLine *self = data;

  g_object_unref (self->row);
  g_free (self);
}

static void
update (GtkWidget *line)
{
  RowLine *self = g_object_get_qdata (G_OBJECT (line), row_line_quark ());
  LsRecord *record = ls_row_get_record (self->row);
  LsRowLineText text = { NULL };

  if (record == NULL)
    return;
  self->func (record, &text, self->user_data);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (line), text.title != NULL ? text.title : "");
  adw_action_row_set_subtitle (ADW_ACTION_ROW (line), text.subtitle != NULL ? text.subtitle : "");
  gtk_label_set_label (self->amount, text.amount != NULL ? text.amount : "");
  g_free (text.title);
  g_free (text.subtitle);
  g_free (text.amount);
}

/**
 * ls_row_line_new:
 * @row: a row
 * @func: (scope forever): what it shows of it
 * @user_data: for @func; outlives the line
 *
 * Returns: (transfer floating): a line
 */
GtkWidget *
ls_row_line_new (LsRow         *row,
                 LsRowLineFunc  func,
                 gpointer       user_data)
{
  GtkWidget *line = adw_action_row_new ();
  RowLine *self = g_new0 (RowLine, 1);

  self->row = g_object_ref (row);
  self->func = func;
  self->user_data = user_data;
  self->amount = GTK_LABEL (gtk_label_new (NULL));
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (line), FALSE);
  adw_action_row_set_title_lines (ADW_ACTION_ROW (line), 1);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (line), 1);
  gtk_widget_add_css_class (GTK_WIDGET (self->amount), "numeric");
  adw_action_row_add_suffix (ADW_ACTION_ROW (line), GTK_WIDGET (self->amount));
  g_object_set_qdata_full (G_OBJECT (line), row_line_quark (), self, row_line_free);
  g_signal_connect_object (row, "notify::record", G_CALLBACK (update), line, G_CONNECT_SWAPPED);
  update (line);
  return line;
}

/**
 * ls_row_line_get_row:
 * @line: of ls_row_line_new()
 *
 * Returns: (transfer none): the row it shows
 */
LsRow *
ls_row_line_get_row (GtkWidget *line)
{
  RowLine *self = g_object_get_qdata (G_OBJECT (line), row_line_quark ());

  return self->row;
}
