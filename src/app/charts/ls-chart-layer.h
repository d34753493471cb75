/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "app/charts/ls-axis.h"
#include "app/charts/ls-series.h"

G_BEGIN_DECLS

/**
 * LS_CHART_N_COLORS:
 *
 * How many colours the style sheet has for series, numbered from 1; the first is the accent.
 */
#define LS_CHART_N_COLORS 6

#define LS_TYPE_CHART_LAYER (ls_chart_layer_get_type ())

/**
 * LsChartLayer:
 *
 * Draws one series inside the axes of a chart.
 *
 * Its colour is the CSS `color` of its node `layer`, which the style sheet gives to the classes
 * `series-1` to `series-6` and `comparison`; so it follows accent, dark style and contrast by
 * itself. A layer knows places, not words: what is written about its points is the chart's.
 */
G_DECLARE_DERIVABLE_TYPE (LsChartLayer, ls_chart_layer, LS, CHART_LAYER, GtkWidget)

/**
 * LsChartLayerClass:
 * @begins_at_zero: whether its marks stand on zero, so that zero must be on the axis
 * @side_by_side: whether layers of this kind share each place instead of lying over each other
 * @snapshot_cursor: marks the point at an index, in the coordinates of the layer
 * @snapshot_swatch: draws a small sample for legends, from 0, 0 to the given size
 *
 * What a kind of layer is, and how it marks.
 */
struct _LsChartLayerClass
{
  GtkWidgetClass parent_class;

  gboolean begins_at_zero;
  gboolean side_by_side;

  void (*snapshot_cursor) (LsChartLayer *self,
                           GtkSnapshot  *snapshot,
                           size_t        index);
  void (*snapshot_swatch) (LsChartLayer *self,
                           GtkSnapshot  *snapshot,
                           float         width,
                           float         height);
};

/**
 * ls_chart_layer_get_series:
 * @self: a layer
 *
 * Gets what it draws.
 *
 * Returns: (transfer none) (nullable): the series
 */
LsSeries *ls_chart_layer_get_series     (LsChartLayer *self);

/**
 * ls_chart_layer_set_series:
 * @self: a layer
 * @series: (nullable) (transfer none): a series
 *
 * Sets what it draws.
 */
void      ls_chart_layer_set_series     (LsChartLayer *self,
                                         LsSeries     *series);

/**
 * ls_chart_layer_get_comparison:
 * @self: a layer
 *
 * Gets whether its series is there to compare another with.
 *
 * Returns: whether it is
 */
gboolean  ls_chart_layer_get_comparison (LsChartLayer *self);

/**
 * ls_chart_layer_set_comparison:
 * @self: a layer
 * @comparison: whether its series is there to compare another with
 *
 * Draws the series dashed and muted.
 */
void      ls_chart_layer_set_comparison (LsChartLayer *self,
                                         gboolean      comparison);

/**
 * ls_chart_layer_set_color:
 * @self: a layer
 * @color: 1 to %LS_CHART_N_COLORS
 *
 * Sets which colour of the style sheet it has.
 */
void      ls_chart_layer_set_color      (LsChartLayer *self,
                                         unsigned int  color);

/**
 * ls_chart_layer_set_axes:
 * @self: a layer
 * @x_axis: (nullable) (transfer none): maps positions
 * @y_axis: (nullable) (transfer none): maps values
 *
 * Sets what places points have. A chart does this for its layers.
 */
void      ls_chart_layer_set_axes       (LsChartLayer *self,
                                         LsAxis       *x_axis,
                                         LsAxis       *y_axis);

/**
 * ls_chart_layer_set_slot:
 * @self: a layer
 * @slot: its place among the layers side by side, from 0
 * @n_slots: how many there are
 *
 * Sets which part of each place is its own. A chart does this for its layers.
 */
void      ls_chart_layer_set_slot       (LsChartLayer *self,
                                         unsigned int  slot,
                                         unsigned int  n_slots);

/**
 * ls_chart_layer_is_ready:
 * @self: a layer
 *
 * Gets whether there is anything to draw: a series with values, and axes. For subclasses.
 *
 * Returns: whether there is
 */
gboolean  ls_chart_layer_is_ready       (LsChartLayer *self);

/**
 * ls_chart_layer_get_x_axis:
 * @self: a layer
 *
 * Gets what maps positions. For subclasses.
 *
 * Returns: (transfer none) (nullable): the axis
 */
LsAxis   *ls_chart_layer_get_x_axis     (LsChartLayer *self);

/**
 * ls_chart_layer_get_y_axis:
 * @self: a layer
 *
 * Gets what maps values. For subclasses.
 *
 * Returns: (transfer none) (nullable): the axis
 */
LsAxis   *ls_chart_layer_get_y_axis     (LsChartLayer *self);

/**
 * ls_chart_layer_get_slot:
 * @self: a layer
 * @n_slots: (out): how many layers share each place
 *
 * Gets which part of each place is the layer's. For subclasses.
 *
 * Returns: the part, from 0
 */
unsigned int ls_chart_layer_get_slot    (LsChartLayer *self,
                                         unsigned int *n_slots);

/**
 * ls_chart_layer_map_x:
 * @self: a layer with axes
 * @x: a position
 *
 * Maps a position to a pixel, mirrored where text runs from the right. For subclasses.
 *
 * Returns: a coordinate in the layer
 */
double    ls_chart_layer_map_x          (LsChartLayer *self,
                                         int64_t       x);

/**
 * ls_chart_layer_map_y:
 * @self: a layer with axes
 * @y: a value
 *
 * Maps a value to a pixel. For subclasses.
 *
 * Returns: a coordinate in the layer
 */
double    ls_chart_layer_map_y          (LsChartLayer *self,
                                         int64_t       y);

/**
 * ls_chart_layer_get_baseline:
 * @self: a layer with axes
 *
 * Gets where zero is, or the end of the axis nearest to it. For subclasses.
 *
 * Returns: a coordinate in the layer
 */
double    ls_chart_layer_get_baseline   (LsChartLayer *self);

/**
 * ls_chart_layer_snapshot_cursor:
 * @self: a layer
 * @snapshot: what to draw to
 * @index: an index of a point
 *
 * Marks a point, unless it is a gap.
 */
void      ls_chart_layer_snapshot_cursor (LsChartLayer *self,
                                          GtkSnapshot  *snapshot,
                                          size_t        index);

/**
 * ls_chart_layer_snapshot_swatch:
 * @self: a layer
 * @snapshot: what to draw to
 * @width: how wide
 * @height: how high
 *
 * Draws a small sample of what the series looks like.
 */
void      ls_chart_layer_snapshot_swatch (LsChartLayer *self,
                                          GtkSnapshot  *snapshot,
                                          float         width,
                                          float         height);

#define LS_TYPE_LINE_LAYER (ls_line_layer_get_type ())

/**
 * LsLineLayer:
 *
 * A line through the points, with or without the area under it.
 *
 * With more points than pixels it draws the lowest to the highest value of each column of pixels,
 * so its cost is bounded by its width.
 */
G_DECLARE_FINAL_TYPE (LsLineLayer, ls_line_layer, LS, LINE_LAYER, LsChartLayer)

/**
 * ls_line_layer_new:
 * @series: (nullable) (transfer none): a series
 *
 * Creates a line.
 *
 * Returns: (transfer floating): a new layer
 */
GtkWidget *ls_line_layer_new           (LsSeries    *series);

/**
 * ls_line_layer_set_fill:
 * @self: a line
 * @fill: whether the area between line and zero is tinted
 *
 * Makes an area chart of it.
 */
void       ls_line_layer_set_fill      (LsLineLayer *self,
                                        gboolean     fill);

/**
 * ls_line_layer_set_mark_last:
 * @self: a line
 * @mark_last: whether the newest value has a dot
 *
 * Marks where the line ends.
 */
void       ls_line_layer_set_mark_last (LsLineLayer *self,
                                        gboolean     mark_last);

#define LS_TYPE_BAR_LAYER (ls_bar_layer_get_type ())

/**
 * LsBarLayer:
 *
 * A bar a point, from zero, side by side with those of other bar layers of the chart.
 *
 * Where bars would be thinner than two pixels each column of pixels shows its highest and lowest
 * value.
 */
G_DECLARE_FINAL_TYPE (LsBarLayer, ls_bar_layer, LS, BAR_LAYER, LsChartLayer)

/**
 * ls_bar_layer_new:
 * @series: (nullable) (transfer none): a series
 *
 * Creates bars.
 *
 * Returns: (transfer floating): a new layer
 */
GtkWidget *ls_bar_layer_new            (LsSeries    *series);

G_END_DECLS
