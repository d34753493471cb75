/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/charts/ls-chart-layer.h"
#include "app/charts/ls-chart-table.h"

G_BEGIN_DECLS

#define LS_TYPE_CHART_SWATCH (ls_chart_swatch_get_type ())

/**
 * LsChartSwatch:
 *
 * A small sample of what a layer looks like.
 */
G_DECLARE_FINAL_TYPE (LsChartSwatch, ls_chart_swatch, LS, CHART_SWATCH, GtkWidget)

/**
 * ls_chart_swatch_new:
 * @layer: (transfer none): a layer; it may go before the swatch does
 *
 * Creates a sample.
 *
 * Returns: (transfer floating): a new swatch
 */
GtkWidget *ls_chart_swatch_new     (LsChartLayer *layer);

#define LS_TYPE_CHART_LEGEND (ls_chart_legend_get_type ())

/**
 * LsChartLegend:
 *
 * The layers of a chart by sample and name, in a row.
 */
G_DECLARE_FINAL_TYPE (LsChartLegend, ls_chart_legend, LS, CHART_LEGEND, GtkWidget)

/**
 * ls_chart_legend_new:
 *
 * Creates an empty legend.
 *
 * Returns: (transfer floating): a new legend
 */
GtkWidget *ls_chart_legend_new     (void);

/**
 * ls_chart_legend_set_layers:
 * @self: a legend
 * @layers: (element-type LsChartLayer): the layers to name, all with a series
 *
 * Names other layers.
 */
void       ls_chart_legend_set_layers (LsChartLegend *self,
                                       GPtrArray     *layers);

#define LS_TYPE_CHART_TOOLTIP (ls_chart_tooltip_get_type ())

/**
 * LsChartTooltip:
 *
 * What is at one place of a chart: its date, and each layer by sample, name and value.
 */
G_DECLARE_FINAL_TYPE (LsChartTooltip, ls_chart_tooltip, LS, CHART_TOOLTIP, GtkWidget)

/**
 * ls_chart_tooltip_new:
 *
 * Creates an empty tooltip.
 *
 * Returns: (transfer floating): a new tooltip
 */
GtkWidget *ls_chart_tooltip_new    (void);

/**
 * ls_chart_tooltip_show_row:
 * @self: a tooltip
 * @layers: (element-type LsChartLayer): the layers with a series, as the columns of @table
 * @table: the table of the chart
 * @row: the row to show
 * @x_axis: writes what comparisons stand for
 *
 * Shows another place.
 */
void       ls_chart_tooltip_show_row (LsChartTooltip *self,
                                      GPtrArray      *layers,
                                      LsChartTable   *table,
                                      unsigned int    row,
                                      LsAxis         *x_axis);

G_END_DECLS
