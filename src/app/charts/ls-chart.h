/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/charts/ls-chart-layer.h"
#include "app/charts/ls-chart-table.h"

G_BEGIN_DECLS

#define LS_TYPE_CHART (ls_chart_get_type ())

/**
 * LsChart:
 *
 * Layers over a common pair of axes, with a legend and a cursor.
 *
 * The cursor stands on a row of [method@Chart.get_table]: it follows the pointer, and with the
 * focus the keys Left, Right, Page Up, Page Down, Home and End move it, Enter and Space emit
 * [signal@Chart::point-activated], Escape takes it away. Where text runs from the right, time does
 * too.
 *
 * A screen reader reads the title as its label and each series in a sentence as its description;
 * when keys move the cursor the label becomes what is under it ("12 March 2026: 1,234.50 EUR"), and
 * is announced.
 *
 * Data that change are drawn as they are, without animation. A chart lays its axes out for its own
 * size: each needs its own. The main thread's.
 */
G_DECLARE_FINAL_TYPE (LsChart, ls_chart, LS, CHART, GtkWidget)

/**
 * ls_chart_new:
 * @x_axis: (transfer none): maps positions
 * @y_axis: (transfer none): maps values
 *
 * Creates a chart without layers.
 *
 * Returns: (transfer floating): a new chart
 */
GtkWidget    *ls_chart_new                  (LsAxis       *x_axis,
                                             LsAxis       *y_axis);

/**
 * ls_chart_set_axes:
 * @self: a chart
 * @x_axis: (nullable) (transfer none): maps positions
 * @y_axis: (nullable) (transfer none): maps values
 *
 * Sets the axes. A chart from a template has none at first, and is empty until it has.
 */
void          ls_chart_set_axes             (LsChart      *self,
                                             LsAxis       *x_axis,
                                             LsAxis       *y_axis);

/**
 * ls_chart_add_layer:
 * @self: a chart
 * @layer: (transfer floating): a layer
 *
 * Adds a layer over those there are. The first that is no comparison leads: its points are what is
 * activated.
 */
void          ls_chart_add_layer            (LsChart      *self,
                                             LsChartLayer *layer);

/**
 * ls_chart_remove_layer:
 * @self: a chart
 * @layer: one of its layers
 *
 * Takes a layer out, and drops it.
 */
void          ls_chart_remove_layer         (LsChart      *self,
                                             LsChartLayer *layer);

/**
 * ls_chart_get_title:
 * @self: a chart
 *
 * Gets what it shows.
 *
 * Returns: (transfer none): the title
 */
const char   *ls_chart_get_title            (LsChart      *self);

/**
 * ls_chart_set_title:
 * @self: a chart
 * @title: what it shows, translated, for screen readers; put it on screen beside the chart
 *
 * Sets what it shows.
 */
void          ls_chart_set_title            (LsChart      *self,
                                             const char   *title);

/**
 * ls_chart_set_empty_text:
 * @self: a chart
 * @text: what to say when no layer has a value, translated
 *
 * Sets what an empty chart says.
 */
void          ls_chart_set_empty_text       (LsChart      *self,
                                             const char   *text);

/**
 * ls_chart_set_show_legend:
 * @self: a chart
 * @show_legend: whether it may have a legend
 *
 * Says whether layers are named over the plot. They are if there are at least two.
 */
void          ls_chart_set_show_legend      (LsChart      *self,
                                             gboolean      show_legend);

/**
 * ls_chart_get_table:
 * @self: a chart
 *
 * Gets the numbers as a list model of [class@ChartRow], to show as a table or read in a test.
 *
 * Returns: (transfer none): the same object as long as the chart lives
 */
LsChartTable *ls_chart_get_table            (LsChart      *self);

/**
 * ls_chart_get_cursor:
 * @self: a chart
 *
 * Gets where the cursor is; watch `notify::cursor`.
 *
 * Returns: a row of the table, or -1
 */
int           ls_chart_get_cursor           (LsChart      *self);

/**
 * ls_chart_set_cursor:
 * @self: a chart
 * @cursor: a row of the table, or -1 for none; one past the end is none too
 *
 * Moves the cursor, as two charts of the same days do together.
 */
void          ls_chart_set_cursor           (LsChart      *self,
                                             int           cursor);

/**
 * ls_chart_dup_summary:
 * @self: a chart
 *
 * Writes what a screen reader reads as the chart's description.
 *
 * Returns: (transfer full): the text
 */
char         *ls_chart_dup_summary          (LsChart      *self);

G_END_DECLS
