/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/charts/ls-chart-layer.h"

#include <adwaita.h>

#include "app/charts/ls-reduce.h"
#include "app/compat/ls-color.h"

#define LINE_WIDTH 2.0
#define LINE_WIDTH_HIGH_CONTRAST 3.0
#define DASH 5.0
#define DASH_GAP 4.0
#define DOT_RADIUS 3.0
#define FILL_ALPHA 0.22

struct _LsLineLayer
{
  LsChartLayer parent_instance;

  gboolean fill;
  gboolean mark_last;
};

G_DEFINE_FINAL_TYPE (LsLineLayer, ls_line_layer, LS_TYPE_CHART_LAYER)

static double
get_line_width (LsLineLayer *self)
{
  GdkDisplay *display = gtk_widget_get_display (GTK_WIDGET (self));
  AdwStyleManager *manager = adw_style_manager_get_for_display (display);

  return adw_style_manager_get_high_contrast (manager) ? LINE_WIDTH_HIGH_CONTRAST : LINE_WIDTH;
}

static void
append_dot (GtkSnapshot   *snapshot,
            const GdkRGBA *color,
            double         x,
            double         y,
            double         radius)
{
  GskRoundedRect dot;

  gsk_rounded_rect_init_from_rect (&dot,
                                   &GRAPHENE_RECT_INIT ((float) (x - radius), (float) (y - radius),
                                                        (float) (2 * radius), (float) (2 * radius)),
                                   (float) radius);
  gtk_snapshot_push_rounded_clip (snapshot, &dot);
  gtk_snapshot_append_color (snapshot, color, &dot.bounds);
  gtk_snapshot_pop (snapshot);
}

/* Few points: a path */

/* Adds the points from @first up to the next gap, and tells where the run ends. */
static size_t
trace_run (LsChartLayer *layer,
           cairo_t      *cr,
           size_t        first)
{
  LsSeries *series = ls_chart_layer_get_series (layer);
  const int64_t *xs = ls_series_get_xs (series);
  const int64_t *ys = ls_series_get_ys (series);
  size_t n = ls_series_get_length (series);
  size_t i;

  for (i = first; i < n && ys[i] != LS_SERIES_GAP; i++)
    cairo_line_to (cr, ls_chart_layer_map_x (layer, xs[i]), ls_chart_layer_map_y (layer, ys[i]));

  return i;
}

static void
fill_run (LsChartLayer  *layer,
          cairo_t       *cr,
          const GdkRGBA *color,
          size_t         first)
{
  const int64_t *xs = ls_series_get_xs (ls_chart_layer_get_series (layer));
  double baseline = ls_chart_layer_get_baseline (layer);
  double height = gtk_widget_get_height (GTK_WIDGET (layer));
  cairo_pattern_t *pattern = cairo_pattern_create_linear (0, 0, 0, height);
  /* Strongest where values are farthest from zero, on either side of it. */
  double middle = height > 0 ? CLAMP (baseline / height, 0, 1) : 0;
  size_t end;

  cairo_pattern_add_color_stop_rgba (pattern, 0, color->red, color->green, color->blue,
                                     FILL_ALPHA * color->alpha);
  cairo_pattern_add_color_stop_rgba (pattern, middle, color->red, color->green, color->blue, 0.03);
  cairo_pattern_add_color_stop_rgba (pattern, 1, color->red, color->green, color->blue,
                                     middle < 1 ? FILL_ALPHA * color->alpha : 0.03);

  cairo_move_to (cr, ls_chart_layer_map_x (layer, xs[first]), baseline);
  end = trace_run (layer, cr, first);
  cairo_line_to (cr, ls_chart_layer_map_x (layer, xs[end - 1]), baseline);
  cairo_close_path (cr);
  cairo_set_source (cr, pattern);
  cairo_fill (cr);
  cairo_pattern_destroy (pattern);
}

static void
snapshot_path (LsLineLayer   *self,
               GtkSnapshot   *snapshot,
               const GdkRGBA *color)
{
  LsChartLayer *layer = LS_CHART_LAYER (self);
  LsSeries *series = ls_chart_layer_get_series (layer);
  const int64_t *ys = ls_series_get_ys (series);
  size_t n = ls_series_get_length (series);
  float margin = (float) (LINE_WIDTH_HIGH_CONTRAST + DOT_RADIUS);
  float width = (float) gtk_widget_get_width (GTK_WIDGET (self));
  float height = (float) gtk_widget_get_height (GTK_WIDGET (self));
  graphene_rect_t bounds =
    GRAPHENE_RECT_INIT (-margin, -margin, width + 2 * margin, height + 2 * margin);
  gboolean dashed = ls_chart_layer_get_comparison (layer);
  cairo_t *cr = gtk_snapshot_append_cairo (snapshot, &bounds);
  const double dashes[] = { DASH, DASH_GAP };
  size_t end;

  cairo_set_antialias (cr, CAIRO_ANTIALIAS_FAST);
  cairo_set_line_width (cr, get_line_width (self));
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap (cr, dashed ? CAIRO_LINE_CAP_BUTT : CAIRO_LINE_CAP_ROUND);
  if (dashed)
    cairo_set_dash (cr, dashes, G_N_ELEMENTS (dashes), 0);

  for (size_t first = 0; first < n; first = end + 1)
    {
      end = first;
      if (ys[first] == LS_SERIES_GAP)
        continue;

      if (self->fill)
        fill_run (layer, cr, color, first);
      gdk_cairo_set_source_rgba (cr, color);
      end = trace_run (layer, cr, first);
      if (end - first > 1)
        {
          cairo_stroke (cr);
        }
      else
        {
          /* A point between gaps has no line to be seen by. */
          cairo_new_path (cr);
          cairo_arc (cr, ls_chart_layer_map_x (layer, ls_series_get_xs (series)[first]),
                     ls_chart_layer_map_y (layer, ys[first]), DOT_RADIUS, 0, 2 * G_PI);
          cairo_fill (cr);
        }
    }
  cairo_destroy (cr);
}

/* Many points: a rectangle a column of pixels */

static void
append_column (LsLineLayer    *self,
               GtkSnapshot    *snapshot,
               const GdkRGBA  *color,
               const LsColumn *column,
               const LsColumn *previous,
               float           x,
               float           width)
{
  LsChartLayer *layer = LS_CHART_LAYER (self);
  int64_t low = column->min;
  int64_t high = column->max;
  double line_width = get_line_width (self);
  double top, bottom;

  /* Up to where the column before ended, or there would be holes where the line is steep. */
  if (previous && column->joined)
    {
      low = MIN (low, previous->last);
      high = MAX (high, previous->last);
    }
  top = ls_chart_layer_map_y (layer, high) - line_width / 2;
  bottom = ls_chart_layer_map_y (layer, low) + line_width / 2;

  if (self->fill)
    {
      GdkRGBA tint = *color;
      double baseline = ls_chart_layer_get_baseline (layer);
      double area_top = MIN (top, baseline);

      tint.alpha *= (float) FILL_ALPHA / 2;
      gtk_snapshot_append_color (snapshot, &tint,
                                 &GRAPHENE_RECT_INIT (x, (float) area_top, width,
                                                      (float) (MAX (bottom, baseline) - area_top)));
    }
  gtk_snapshot_append_color (snapshot, color,
                             &GRAPHENE_RECT_INIT (x, (float) top, width, (float) (bottom - top)));
}

static void
snapshot_columns (LsLineLayer   *self,
                  GtkSnapshot   *snapshot,
                  const GdkRGBA *color,
                  size_t         n_columns)
{
  LsChartLayer *layer = LS_CHART_LAYER (self);
  LsSeries *series = ls_chart_layer_get_series (layer);
  LsAxis *x_axis = ls_chart_layer_get_x_axis (layer);
  g_autofree LsColumn *columns = g_new (LsColumn, n_columns);
  float width = (float) gtk_widget_get_width (GTK_WIDGET (self)) / (float) n_columns;
  gboolean mirrored = gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
  gboolean dashed = ls_chart_layer_get_comparison (layer);
  const LsColumn *previous = NULL;

  ls_reduce_columns (ls_series_get_xs (series), ls_series_get_ys (series),
                     ls_series_get_length (series),
                     ls_axis_get_low (x_axis), ls_axis_get_high (x_axis), columns, n_columns);

  for (size_t i = 0; i < n_columns; i++)
    {
      float x = width * (float) (mirrored ? n_columns - 1 - i : i);
      gboolean in_dash = !dashed || (int) x % (int) (DASH + DASH_GAP) < (int) DASH;

      if (columns[i].n == 0)
        continue;
      if (in_dash)
        append_column (self, snapshot, color, &columns[i], previous, x, width);
      previous = &columns[i];
    }
}

/* LsChartLayer */

static void
ls_line_layer_snapshot_cursor (LsChartLayer *layer,
                               GtkSnapshot  *snapshot,
                               size_t        index)
{
  LsSeries *series = ls_chart_layer_get_series (layer);
  double x = ls_chart_layer_map_x (layer, ls_series_get_xs (series)[index]);
  double y = ls_chart_layer_map_y (layer, ls_series_get_ys (series)[index]);
  GdkRGBA color, background;

  /* A ring in the colour of the ground sets the dot off from the line. */
  ls_widget_get_color (GTK_WIDGET (layer), &color);
  if (ls_widget_lookup_color (GTK_WIDGET (layer), "view_bg_color", &background))
    append_dot (snapshot, &background, x, y, DOT_RADIUS + 3);
  append_dot (snapshot, &color, x, y, DOT_RADIUS + 1);
}

static void
ls_line_layer_snapshot_swatch (LsChartLayer *layer,
                               GtkSnapshot  *snapshot,
                               float         width,
                               float         height)
{
  float line_width = (float) get_line_width (LS_LINE_LAYER (layer));
  float y = height / 2 - line_width / 2;
  float dash = ls_chart_layer_get_comparison (layer) ? (float) DASH : width;
  GdkRGBA color;

  ls_widget_get_color (GTK_WIDGET (layer), &color);
  for (float x = 0; x < width; x += dash + (float) DASH_GAP)
    gtk_snapshot_append_color (snapshot, &color,
                               &GRAPHENE_RECT_INIT (x, y, MIN (dash, width - x), line_width));
}

/* GtkWidget */

static void
ls_line_layer_snapshot (GtkWidget   *widget,
                        GtkSnapshot *snapshot)
{
  LsLineLayer *self = LS_LINE_LAYER (widget);
  LsChartLayer *layer = LS_CHART_LAYER (widget);
  LsSeries *series = ls_chart_layer_get_series (layer);
  int pixels = gtk_widget_get_width (widget) * gtk_widget_get_scale_factor (widget);
  size_t n_columns = (size_t) MAX (pixels, 0);
  GdkRGBA color;
  size_t last;

  if (!ls_chart_layer_is_ready (layer) || n_columns == 0)
    return;

  ls_widget_get_color (widget, &color);
  /* With more points than pixels a path costs ten times what rectangles do, and looks the same. */
  if (ls_series_get_length (series) > n_columns)
    snapshot_columns (self, snapshot, &color, n_columns);
  else
    snapshot_path (self, snapshot, &color);

  if (self->mark_last && ls_series_get_last (series, &last))
    append_dot (snapshot, &color, ls_chart_layer_map_x (layer, ls_series_get_xs (series)[last]),
                ls_chart_layer_map_y (layer, ls_series_get_ys (series)[last]), DOT_RADIUS);
}

static void
ls_line_layer_class_init (LsLineLayerClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  LsChartLayerClass *layer_class = LS_CHART_LAYER_CLASS (klass);

  widget_class->snapshot = ls_line_layer_snapshot;
  layer_class->snapshot_cursor = ls_line_layer_snapshot_cursor;
  layer_class->snapshot_swatch = ls_line_layer_snapshot_swatch;
}

static void
ls_line_layer_init (LsLineLayer *self)
{
}

GtkWidget *
ls_line_layer_new (LsSeries *series)
{
  return g_object_new (LS_TYPE_LINE_LAYER, "series", series, NULL);
}

void
ls_line_layer_set_fill (LsLineLayer *self,
                        gboolean     fill)
{
  g_return_if_fail (LS_IS_LINE_LAYER (self));

  if (self->fill == !!fill)
    return;

  self->fill = !!fill;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

void
ls_line_layer_set_mark_last (LsLineLayer *self,
                             gboolean     mark_last)
{
  g_return_if_fail (LS_IS_LINE_LAYER (self));

  if (self->mark_last == !!mark_last)
    return;

  self->mark_last = !!mark_last;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
