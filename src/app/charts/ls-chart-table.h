/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "app/charts/ls-axis.h"
#include "app/charts/ls-series.h"

G_BEGIN_DECLS

#define LS_TYPE_CHART_ROW (ls_chart_row_get_type ())

/**
 * LsChartRow:
 *
 * One position of a chart, in words: what it stands for, and each series' value there.
 *
 * Immutable; stays valid when the chart changes.
 */
G_DECLARE_FINAL_TYPE (LsChartRow, ls_chart_row, LS, CHART_ROW, GObject)

/**
 * ls_chart_row_get_label:
 * @self: a row
 *
 * Gets what the position stands for, such as "12 March 2026".
 *
 * Returns: (transfer none): the text
 */
const char *ls_chart_row_get_label (LsChartRow *self);

/**
 * ls_chart_row_get_text:
 * @self: a row
 * @column: which series, in the order of the table
 *
 * Gets a series' value as text.
 *
 * Returns: (transfer none) (nullable): the text, or %NULL if the series has no value here
 */
const char *ls_chart_row_get_text  (LsChartRow   *self,
                                    unsigned int  column);

#define LS_TYPE_CHART_TABLE (ls_chart_table_get_type ())

/**
 * LsChartTable:
 *
 * The numbers of a chart as a list model of [class@ChartRow], one a position at which any series
 * has a point.
 *
 * The cursor moves over its rows, and it can be shown as a table instead of the chart. Rows are
 * made when asked for. The main thread's; needs no display.
 */
G_DECLARE_FINAL_TYPE (LsChartTable, ls_chart_table, LS, CHART_TABLE, GObject)

/**
 * ls_chart_table_new:
 *
 * Creates an empty table.
 *
 * Returns: (transfer full): a new table
 */
LsChartTable *ls_chart_table_new              (void);

/**
 * ls_chart_table_set_series:
 * @self: a table
 * @series: (array length=n): the series, the leading one first
 * @n: how many
 * @x_axis: (nullable): writes positions
 * @y_axis: (nullable): writes values
 *
 * Replaces the rows. O(points).
 */
void          ls_chart_table_set_series       (LsChartTable    *self,
                                               LsSeries *const *series,
                                               size_t           n,
                                               LsAxis          *x_axis,
                                               LsAxis          *y_axis);

/**
 * ls_chart_table_get_n_columns:
 * @self: a table
 *
 * Gets the number of series.
 *
 * Returns: how many
 */
unsigned int  ls_chart_table_get_n_columns    (LsChartTable    *self);

/**
 * ls_chart_table_get_series:
 * @self: a table
 * @column: which series
 *
 * Gets the series of a column.
 *
 * Returns: (transfer none): the series
 */
LsSeries     *ls_chart_table_get_series       (LsChartTable    *self,
                                               unsigned int     column);

/**
 * ls_chart_table_get_x:
 * @self: a table
 * @row: a row
 *
 * Gets the position of a row.
 *
 * Returns: the position
 */
int64_t       ls_chart_table_get_x            (LsChartTable    *self,
                                               unsigned int     row);

/**
 * ls_chart_table_find_nearest:
 * @self: a table
 * @x: a position
 * @row: (out): the row nearest to it
 *
 * Finds the row nearest to a position. O(log rows).
 *
 * Returns: whether there is any row
 */
gboolean      ls_chart_table_find_nearest     (LsChartTable    *self,
                                               int64_t          x,
                                               unsigned int    *row);

/**
 * ls_chart_table_describe_row:
 * @self: a table
 * @row: a row
 *
 * Writes a row as one line to be read aloud: "12 March 2026: 1,234.50 EUR".
 *
 * Returns: (transfer full): the text
 */
char         *ls_chart_table_describe_row     (LsChartTable    *self,
                                               unsigned int     row);

/**
 * ls_chart_table_summarize:
 * @self: a table
 *
 * Writes each series in a sentence: its range, lowest and highest value, total and last value.
 *
 * Returns: (transfer full): the text
 */
char         *ls_chart_table_summarize        (LsChartTable    *self);

G_END_DECLS
