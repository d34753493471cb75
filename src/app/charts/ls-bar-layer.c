/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/charts/ls-chart-layer.h"

#include <math.h>

#include "app/charts/ls-reduce.h"
#include "app/compat/ls-color.h"

/* Of the room between two places, the part that bars take; the rest tells places apart. */
#define FILLED 0.72
#define MAX_BAR_WIDTH 40.0
#define MIN_BAR_WIDTH 2.0
#define CORNER 4.0
#define DASH 3.0

struct _LsBarLayer
{
  LsChartLayer parent_instance;
};

G_DEFINE_FINAL_TYPE (LsBarLayer, ls_bar_layer, LS_TYPE_CHART_LAYER)

/* The room for all bars of one place, in pixels. */
static double
get_step (LsChartLayer *layer)
{
  LsAxis *axis = ls_chart_layer_get_x_axis (layer);
  int64_t step = ls_series_get_min_step (ls_chart_layer_get_series (layer));
  double width = gtk_widget_get_width (GTK_WIDGET (layer));
  int64_t low = ls_axis_get_low (axis);
  int64_t end;

  if (step == 0 || __builtin_add_overflow (low, step, &end))
    return width;

  return (ls_axis_get_fraction (axis, end) - ls_axis_get_fraction (axis, low)) * width;
}

static double
get_bar_width (LsChartLayer *layer)
{
  unsigned int n_slots;

  ls_chart_layer_get_slot (layer, &n_slots);
  return MIN (get_step (layer) * FILLED / n_slots, MAX_BAR_WIDTH);
}

static graphene_rect_t
get_bar (LsChartLayer *layer,
         int64_t       x,
         int64_t       y,
         double        bar_width)
{
  gboolean mirrored = gtk_widget_get_direction (GTK_WIDGET (layer)) == GTK_TEXT_DIR_RTL;
  unsigned int n_slots;
  unsigned int slot = ls_chart_layer_get_slot (layer, &n_slots);
  double offset = ((double) slot - (double) n_slots / 2) * bar_width;
  double left = ls_chart_layer_map_x (layer, x) + (mirrored ? -offset - bar_width : offset);
  double value = ls_chart_layer_map_y (layer, y);
  double baseline = ls_chart_layer_get_baseline (layer);
  double gap = bar_width > 4 * MIN_BAR_WIDTH && n_slots > 1 ? 1 : 0;

  return GRAPHENE_RECT_INIT ((float) (left + gap), (float) MIN (value, baseline),
                             (float) (bar_width - 2 * gap),
                             (float) fabs (value - baseline));
}

/* Round where the value is, square where the bar stands. */
static void
round_bar (GskRoundedRect        *rounded,
           const graphene_rect_t *bar,
           gboolean               upward)
{
  float radius = (float) MIN (CORNER, MIN (bar->size.width / 3, bar->size.height));
  graphene_size_t round = GRAPHENE_SIZE_INIT (radius, radius);
  graphene_size_t square = GRAPHENE_SIZE_INIT (0, 0);

  if (upward)
    gsk_rounded_rect_init (rounded, bar, &round, &round, &square, &square);
  else
    gsk_rounded_rect_init (rounded, bar, &square, &square, &round, &round);
}

static void
append_bar (GtkSnapshot           *snapshot,
            const GdkRGBA         *color,
            const graphene_rect_t *bar,
            gboolean               upward)
{
  GskRoundedRect rounded;

  if (bar->size.width < CORNER)
    {
      gtk_snapshot_append_color (snapshot, color, bar);
      return;
    }

  round_bar (&rounded, bar, upward);
  gtk_snapshot_push_rounded_clip (snapshot, &rounded);
  gtk_snapshot_append_color (snapshot, color, bar);
  gtk_snapshot_pop (snapshot);
}

/* A comparison: a faint bar with a dashed edge. */
static void
append_outline (GtkSnapshot           *snapshot,
                const GdkRGBA         *color,
                const graphene_rect_t *bar,
                gboolean               upward)
{
  const double dashes[] = { DASH, DASH };
  GdkRGBA faint = *color;
  cairo_t *cr;

  faint.alpha *= 0.25f;
  append_bar (snapshot, &faint, bar, upward);
  if (bar->size.width < CORNER || bar->size.height < 2)
    return;

  cr = gtk_snapshot_append_cairo (snapshot, bar);
  gdk_cairo_set_source_rgba (cr, color);
  cairo_set_line_width (cr, 1);
  cairo_set_dash (cr, dashes, G_N_ELEMENTS (dashes), 0);
  cairo_rectangle (cr, bar->origin.x + 0.5, bar->origin.y + 0.5, bar->size.width - 1,
                   bar->size.height - 1);
  cairo_stroke (cr);
  cairo_destroy (cr);
}

static void
snapshot_bars (LsChartLayer  *layer,
               GtkSnapshot   *snapshot,
               const GdkRGBA *color,
               double         bar_width)
{
  LsSeries *series = ls_chart_layer_get_series (layer);
  const int64_t *xs = ls_series_get_xs (series);
  const int64_t *ys = ls_series_get_ys (series);
  gboolean comparison = ls_chart_layer_get_comparison (layer);

  for (size_t i = 0; i < ls_series_get_length (series); i++)
    {
      graphene_rect_t bar;

      if (ys[i] == LS_SERIES_GAP || ys[i] == 0)
        continue;

      bar = get_bar (layer, xs[i], ys[i], bar_width);
      if (comparison)
        append_outline (snapshot, color, &bar, ys[i] > 0);
      else
        append_bar (snapshot, color, &bar, ys[i] > 0);
    }
}

static void
snapshot_columns (LsChartLayer  *layer,
                  GtkSnapshot   *snapshot,
                  const GdkRGBA *color)
{
  LsSeries *series = ls_chart_layer_get_series (layer);
  LsAxis *axis = ls_chart_layer_get_x_axis (layer);
  size_t n_columns = (size_t) gtk_widget_get_width (GTK_WIDGET (layer));
  g_autofree LsColumn *columns = g_new (LsColumn, n_columns);
  gboolean mirrored = gtk_widget_get_direction (GTK_WIDGET (layer)) == GTK_TEXT_DIR_RTL;

  ls_reduce_columns (ls_series_get_xs (series), ls_series_get_ys (series),
                     ls_series_get_length (series),
                     ls_axis_get_low (axis), ls_axis_get_high (axis), columns, n_columns);

  for (size_t i = 0; i < n_columns; i++)
    {
      float x = (float) (mirrored ? n_columns - 1 - i : i);
      float top, bottom;

      if (columns[i].n == 0)
        continue;

      top = (float) ls_chart_layer_map_y (layer, MAX (columns[i].max, 0));
      bottom = (float) ls_chart_layer_map_y (layer, MIN (columns[i].min, 0));
      gtk_snapshot_append_color (snapshot, color, &GRAPHENE_RECT_INIT (x, top, 1, bottom - top));
    }
}

static void
ls_bar_layer_snapshot_cursor (LsChartLayer *layer,
                              GtkSnapshot  *snapshot,
                              size_t        index)
{
  LsSeries *series = ls_chart_layer_get_series (layer);
  int64_t value = ls_series_get_ys (series)[index];
  graphene_rect_t bar = get_bar (layer, ls_series_get_xs (series)[index], value,
                                 MAX (get_bar_width (layer), MIN_BAR_WIDTH));
  GdkRGBA color;

  /* The text colour over the bar: darker in a light style, lighter in a dark one. */
  ls_widget_get_color (gtk_widget_get_parent (GTK_WIDGET (layer)), &color);
  color.alpha *= 0.3f;
  append_bar (snapshot, &color, &bar, value > 0);
}

static void
ls_bar_layer_snapshot_swatch (LsChartLayer *layer,
                              GtkSnapshot  *snapshot,
                              float         width,
                              float         height)
{
  graphene_rect_t box = GRAPHENE_RECT_INIT (width / 2 - height / 2 + 1, 1, height - 2, height - 2);
  GdkRGBA color;

  ls_widget_get_color (GTK_WIDGET (layer), &color);
  if (ls_chart_layer_get_comparison (layer))
    append_outline (snapshot, &color, &box, TRUE);
  else
    append_bar (snapshot, &color, &box, TRUE);
}

static void
ls_bar_layer_snapshot (GtkWidget   *widget,
                       GtkSnapshot *snapshot)
{
  LsChartLayer *layer = LS_CHART_LAYER (widget);
  GdkRGBA color;
  double bar_width;

  if (!ls_chart_layer_is_ready (layer) || gtk_widget_get_width (widget) == 0)
    return;

  ls_widget_get_color (widget, &color);
  bar_width = get_bar_width (layer);
  if (bar_width < MIN_BAR_WIDTH)
    snapshot_columns (layer, snapshot, &color);
  else
    snapshot_bars (layer, snapshot, &color, bar_width);
}

static void
ls_bar_layer_class_init (LsBarLayerClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  LsChartLayerClass *layer_class = LS_CHART_LAYER_CLASS (klass);

  widget_class->snapshot = ls_bar_layer_snapshot;
  layer_class->snapshot_cursor = ls_bar_layer_snapshot_cursor;
  layer_class->snapshot_swatch = ls_bar_layer_snapshot_swatch;
  layer_class->begins_at_zero = TRUE;
  layer_class->side_by_side = TRUE;
}

static void
ls_bar_layer_init (LsBarLayer *self)
{
}

GtkWidget *
ls_bar_layer_new (LsSeries *series)
{
  return g_object_new (LS_TYPE_BAR_LAYER, "series", series, NULL);
}
