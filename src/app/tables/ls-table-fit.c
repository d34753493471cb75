/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-table-fit"

#include "config.h"

#include "app/tables/ls-table-fit.h"

#include <glib/gi18n.h>

#include "app/text/ls-format.h"

/*
 * Which columns of a table a width has room for, and what is said of a row in their stead. The columns hide one by one,
 * the last first: those that are hidden while there is little room, then those while there is hardly any.
 */

/* 1,024 times the dots an inch at the normal text size. */
#define NORMAL_DPI (96 * 1024)

/**
 * ls_table_fit_width:
 * @column: a column
 * @dpi: 1,024 times the dots an inch, as #GtkSettings:gtk-xft-dpi; below 1 for the normal text size
 *
 * Returns: its width in pixels at that text size
 */
int
ls_table_fit_width (const LsTableColumn *column,
                    int                  dpi)
{
  return dpi > 0 ? (int) ((int64_t) column->width * dpi / NORMAL_DPI) : column->width;
}

/**
 * ls_table_fit_hidden:
 * @columns: (array length=n_columns): a table's columns, 32 at most
 * @n_columns: how many
 * @width: pixels that there are
 * @dpi: as for ls_table_fit_width()
 *
 * Returns: a bit for each column that has to be hidden for the others to fit
 */
uint32_t
ls_table_fit_hidden (const LsTableColumn *columns,
                     unsigned             n_columns,
                     int                  width,
                     int                  dpi)
{
  static const LsTableColumnFlags traits[] = { LS_TABLE_COLUMN_WIDE, LS_TABLE_COLUMN_MEDIUM };
  uint32_t hidden = 0;
  int needed = 0;

  for (unsigned i = 0; i < n_columns; i++)
    needed += ls_table_fit_width (&columns[i], dpi);
  for (size_t trait = 0; trait < G_N_ELEMENTS (traits); trait++)
    for (unsigned i = n_columns; i-- > 0 && needed > width;)
      if ((columns[i].flags & traits[trait]) != 0)
        {
          hidden |= UINT32_C (1) << i;
          needed -= ls_table_fit_width (&columns[i], dpi);
        }
  return hidden;
}

/**
 * ls_table_fit_show_column:
 * @column: a column of a view
 * @shown: whether there is room for it
 *
 * Shows it, as wide as it was, or hides it. GTK 4.8 counts hidden columns when it shares the width out, hence they are
 * given none.
 */
void
ls_table_fit_show_column (GtkColumnViewColumn *column,
                          gboolean             shown)
{
  if (gtk_column_view_column_get_visible (column) == shown)
    return;
  if (shown)
    gtk_column_view_column_set_fixed_width (
        column, GPOINTER_TO_INT (g_object_get_data (G_OBJECT (column), "ls-width")));
  else
    {
      /* The admin may have made it wider. */
      g_object_set_data (G_OBJECT (column), "ls-width",
                         GINT_TO_POINTER (gtk_column_view_column_get_fixed_width (column)));
      gtk_column_view_column_set_fixed_width (column, 0);
    }
  gtk_column_view_column_set_visible (column, shown);
}

/* What a hidden column would show; NULL for one that shows, for nothing, and for a number, which tells nothing without its
 * heading. */
static char *
hidden_text (const LsTableColumn *column,
             LsRecord            *record,
             const char          *currency,
             GTimeZone           *time_zone)
{
  const LsCollection *collection = ls_record_get_collection (record);
  unsigned field = (unsigned) ls_collection_field (collection, column->field);
  g_autofree char *text = NULL;

  if (ls_format_is_number (&collection->fields[field]))
    return NULL;
  text = ls_format_value (record, field, currency, time_zone);
  return *text != '\0' ? g_steal_pointer (&text) : NULL;
}

/**
 * ls_table_fit_details:
 * @columns: (array length=n_columns): a table's columns
 * @n_columns: how many
 * @hidden: what ls_table_fit_hidden() said
 * @record: the row
 * @currency: the shop's currency
 * @time_zone: (nullable): the shop's time zone
 *
 * Says in a line what the hidden columns would, those first that matter more. There is nothing to say while only those
 * are hidden that are for wide tables.
 *
 * Returns: (transfer full) (nullable): the line
 */
char *
ls_table_fit_details (const LsTableColumn *columns,
                      unsigned             n_columns,
                      uint32_t             hidden,
                      LsRecord            *record,
                      const char          *currency,
                      GTimeZone           *time_zone)
{
  static const LsTableColumnFlags traits[] = { LS_TABLE_COLUMN_MEDIUM, LS_TABLE_COLUMN_WIDE };
  g_autofree char *line = NULL;
  gboolean narrow = FALSE;

  for (size_t trait = 0; trait < G_N_ELEMENTS (traits); trait++)
    for (unsigned i = 0; i < n_columns; i++)
      if ((hidden & UINT32_C (1) << i) != 0 && (columns[i].flags & traits[trait]) != 0)
        {
          g_autofree char *text = hidden_text (&columns[i], record, currency, time_zone);

          narrow |= traits[trait] == LS_TABLE_COLUMN_MEDIUM;
          if (text != NULL)
            {
              g_autofree char *before = g_steal_pointer (&line);

              /* Translators: facts about a record, as "Active · Music" */
              line = before != NULL ? g_strdup_printf (_("%s · %s"), before, text) : g_steal_pointer (&text);
            }
        }
  if (!narrow)
    return NULL;
  return line != NULL ? g_steal_pointer (&line) : g_strdup ("");
}
