/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/charts/ls-chart-private.h"

#include <adwaita.h>
#include <math.h>

#include "app/compat/ls-color.h"

#define MIN_WIDTH 120
#define NATURAL_WIDTH 360
#define MIN_HEIGHT 90
#define NATURAL_HEIGHT 240

/* Pixels between the plot and what is around it */
#define LABEL_GAP 8
#define LEGEND_GAP 10
#define TOOLTIP_GAP 12

/* Pixels between words on an axis, at least; and how long a word may be before it is cut */
#define X_LABEL_GAP 16
#define MAX_X_LABEL 120
#define MAX_CATEGORY_LABEL 40
#define LINES_PER_TICK 2.6f

#define LABEL_ALPHA 0.65f
#define GRID_ALPHA 0.12f
#define ZERO_ALPHA 0.35f
#define CURSOR_ALPHA 0.4f
#define HIGH_CONTRAST_ALPHA 0.6f

static gboolean
is_mirrored (LsChart *self)
{
  return gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL;
}

gboolean
_ls_chart_is_empty (LsChart *self)
{
  if (self->x_axis == NULL || self->y_axis == NULL)
    return TRUE;

  for (unsigned int i = 0; i < self->layers->len; i++)
    {
      LsSeries *series = ls_chart_layer_get_series (g_ptr_array_index (self->layers, i));

      if (series && ls_series_get_range (series, NULL, NULL))
        return FALSE;
    }
  return TRUE;
}

float
_ls_chart_map_x (LsChart *self,
                 int64_t  x)
{
  double fraction = ls_axis_get_fraction (self->x_axis, x);

  if (is_mirrored (self))
    fraction = 1 - fraction;
  return self->plot.origin.x + (float) fraction * self->plot.size.width;
}

static float
map_y (LsChart *self,
       int64_t  y)
{
  double fraction = 1 - ls_axis_get_fraction (self->y_axis, y);

  return self->plot.origin.y + (float) fraction * self->plot.size.height;
}

/* Words */

static PangoLayout *
create_label (LsChart *self,
              LsAxis  *axis,
              int64_t  value)
{
  g_autofree char *text = ls_axis_format (axis, value, LS_FORMAT_SHORT);

  return gtk_widget_create_pango_layout (GTK_WIDGET (self), text);
}

static void
fit_label (PangoLayout *label,
           int          max_width,
           int          n_lines)
{
  int width;

  pango_layout_get_pixel_size (label, &width, NULL);
  if (width <= max_width)
    return;

  pango_layout_set_width (label, max_width * PANGO_SCALE);
  pango_layout_set_height (label, -n_lines);
  pango_layout_set_wrap (label, PANGO_WRAP_WORD_CHAR);
  pango_layout_set_ellipsize (label, PANGO_ELLIPSIZE_END);
  pango_layout_set_alignment (label, PANGO_ALIGN_CENTER);
}

static int
measure_widest (LsChart *self,
                LsAxis  *axis)
{
  int widest = 0;
  size_t n;
  const int64_t *ticks = ls_axis_get_ticks (axis, &n);

  for (size_t i = 0; i < n; i++)
    {
      g_autoptr (PangoLayout) label = create_label (self, axis, ticks[i]);
      int width;

      pango_layout_get_pixel_size (label, &width, NULL);
      widest = MAX (widest, width);
    }
  return widest;
}

static int
get_line_height (LsChart *self)
{
  g_autoptr (PangoLayout) layout = gtk_widget_create_pango_layout (GTK_WIDGET (self), "0");
  int height;

  pango_layout_get_pixel_size (layout, NULL, &height);
  return height;
}

/* Layout */

static void
get_x_range (LsChart *self,
             int64_t *min,
             int64_t *max)
{
  unsigned int n = g_list_model_get_n_items (G_LIST_MODEL (self->table));
  int64_t step = 0;

  *min = ls_chart_table_get_x (self->table, 0);
  *max = ls_chart_table_get_x (self->table, n - 1);

  /* Marks that stand side by side need half their room beyond the first and the last place. */
  for (unsigned int i = 0; i < self->layers->len; i++)
    {
      LsChartLayer *layer = g_ptr_array_index (self->layers, i);
      LsSeries *series = ls_chart_layer_get_series (layer);

      if (LS_CHART_LAYER_GET_CLASS (layer)->side_by_side && series)
        step = MAX (step, ls_series_get_min_step (series));
    }
  if (LS_IS_CATEGORY_AXIS (self->x_axis))
    return;
  if (__builtin_sub_overflow (*min, step / 2, min))
    *min = INT64_MIN;
  if (__builtin_add_overflow (*max, step / 2, max))
    *max = INT64_MAX;
}

static void
get_y_range (LsChart *self,
             int64_t *min,
             int64_t *max)
{
  *min = INT64_MAX;
  *max = INT64_MIN;

  for (unsigned int i = 0; i < self->layers->len; i++)
    {
      LsChartLayer *layer = g_ptr_array_index (self->layers, i);
      LsSeries *series = ls_chart_layer_get_series (layer);
      int64_t low, high;

      if (series == NULL || !ls_series_get_range (series, &low, &high))
        continue;

      if (LS_CHART_LAYER_GET_CLASS (layer)->begins_at_zero)
        {
          low = MIN (low, 0);
          high = MAX (high, 0);
        }
      *min = MIN (*min, low);
      *max = MAX (*max, high);
    }
}

/* Categories are all named, if need be in two lines and in part; of times some are enough. */
static int
choose_x_label_lines (LsChart *self,
                      int      width)
{
  int64_t min, max;
  size_t n;

  if (!LS_IS_CATEGORY_AXIS (self->x_axis))
    return 1;

  get_x_range (self, &min, &max);
  ls_axis_layout (self->x_axis, min, max,
                  (unsigned int) MAX (width / (MAX_CATEGORY_LABEL + X_LABEL_GAP), 1));
  ls_axis_get_ticks (self->x_axis, &n);
  return (measure_widest (self, self->x_axis) + X_LABEL_GAP) * (int) n > width ? 2 : 1;
}

/* Words on the axis are as long as they are only when it is known which they are: laid out once for
 * a guess, and again for what they measure.
 */
static void
layout_x_axis (LsChart *self)
{
  const int max_width = LS_IS_CATEGORY_AXIS (self->x_axis) ? MAX_CATEGORY_LABEL : MAX_X_LABEL;
  const int guess = 72;
  int width = (int) self->plot.size.width;
  int64_t min, max;
  int widest;

  get_x_range (self, &min, &max);
  ls_axis_layout (self->x_axis, min, max, (unsigned int) MAX (width / guess, 1));
  widest = MIN (measure_widest (self, self->x_axis), max_width) + X_LABEL_GAP;
  if (widest != guess)
    ls_axis_layout (self->x_axis, min, max, (unsigned int) MAX (width / widest, 1));
}

static void
layout_plot (LsChart *self,
             int      width,
             int      height)
{
  int line = get_line_height (self);
  int top = line / 2;
  int bottom = LABEL_GAP;
  int legend_height = 0;
  int64_t min, max;
  int side;

  if (gtk_widget_get_visible (self->legend))
    {
      gtk_widget_measure (self->legend, GTK_ORIENTATION_VERTICAL, width, &legend_height, NULL, NULL,
                          NULL);
      legend_height += LEGEND_GAP;
    }

  if (!_ls_chart_is_empty (self))
    self->x_label_lines = choose_x_label_lines (self, width);
  bottom += line * self->x_label_lines;

  /* In whole pixels, as layers are allocated: bars stand on the line of zero, not above it. */
  top += legend_height;
  self->plot = GRAPHENE_RECT_INIT (0, (float) top, (float) width,
                                   (float) MAX (height - top - bottom, 1));
  if (_ls_chart_is_empty (self))
    return;

  get_y_range (self, &min, &max);
  ls_axis_layout (self->y_axis, min, max,
                  (unsigned int) (self->plot.size.height / ((float) line * LINES_PER_TICK)));

  side = measure_widest (self, self->y_axis) + LABEL_GAP;
  self->plot.origin.x = (float) (is_mirrored (self) ? LABEL_GAP : side);
  self->plot.size.width = (float) MAX (width - side - LABEL_GAP, 1);
  layout_x_axis (self);
}

static void
allocate_tooltip (LsChart *self,
                  int      width,
                  int      height)
{
  GtkRequisition minimum, size;
  float x = _ls_chart_map_x (self, ls_chart_table_get_x (self->table, (unsigned int) self->cursor));
  int room_left = (int) x - TOOLTIP_GAP;
  int room_right = width - (int) x - TOOLTIP_GAP;
  gboolean to_right;
  int left;
  int top = (int) self->plot.origin.y;

  gtk_widget_get_preferred_size (self->tooltip, &minimum, &size);
  size.width = MAX (MIN (size.width, width), minimum.width);
  if (is_mirrored (self))
    to_right = room_left < size.width && room_right > room_left;
  else
    to_right = room_right >= size.width || room_right > room_left;
  left = to_right ? (int) x + TOOLTIP_GAP : room_left - size.width;

  /* Better over the cursor than out of sight. */
  left = MAX (MIN (left, width - size.width), 0);
  gtk_widget_size_allocate (self->tooltip,
                            &(GtkAllocation) { left, top, size.width, size.height }, -1);
}

void
_ls_chart_size_allocate (GtkWidget *widget,
                         int        width,
                         int        height,
                         int        baseline)
{
  LsChart *self = LS_CHART (widget);
  GtkAllocation plot;

  if (!self->layout_valid || width != self->layout_width || height != self->layout_height)
    {
      self->in_layout = TRUE;
      layout_plot (self, width, height);
      self->in_layout = FALSE;
      self->layout_width = width;
      self->layout_height = height;
      self->layout_valid = TRUE;
    }

  if (gtk_widget_get_visible (self->legend))
    {
      int legend_height;

      gtk_widget_measure (self->legend, GTK_ORIENTATION_VERTICAL, width, &legend_height, NULL, NULL,
                          NULL);
      gtk_widget_size_allocate (self->legend, &(GtkAllocation) { 0, 0, width, legend_height }, -1);
    }

  plot = (GtkAllocation) { (int) self->plot.origin.x, (int) self->plot.origin.y,
                           (int) self->plot.size.width, (int) self->plot.size.height };
  for (unsigned int i = 0; i < self->layers->len; i++)
    gtk_widget_size_allocate (g_ptr_array_index (self->layers, i), &plot, -1);

  if (self->cursor >= 0)
    allocate_tooltip (self, width, height);
}

void
_ls_chart_measure (GtkWidget      *widget,
                   GtkOrientation  orientation,
                   int             for_size,
                   int            *minimum,
                   int            *natural,
                   int            *minimum_baseline,
                   int            *natural_baseline)
{
  LsChart *self = LS_CHART (widget);
  int legend_minimum = 0;

  if (gtk_widget_get_visible (self->legend))
    gtk_widget_measure (self->legend, orientation, -1, &legend_minimum, NULL, NULL, NULL);

  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *minimum = MAX (MIN_WIDTH, legend_minimum);
      *natural = MAX (NATURAL_WIDTH, *minimum);
    }
  else
    {
      *minimum = MIN_HEIGHT + legend_minimum;
      *natural = NATURAL_HEIGHT + legend_minimum;
    }
  *minimum_baseline = *natural_baseline = -1;
}

/* Drawing */

static void
append_label (GtkSnapshot   *snapshot,
              PangoLayout   *label,
              const GdkRGBA *color,
              float          x,
              float          y)
{
  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &GRAPHENE_POINT_INIT (roundf (x), roundf (y)));
  gtk_snapshot_append_layout (snapshot, label, color);
  gtk_snapshot_restore (snapshot);
}

static void
snapshot_y_axis (LsChart       *self,
                 GtkSnapshot   *snapshot,
                 const GdkRGBA *color,
                 gboolean       high_contrast)
{
  GdkRGBA label_color = *color, grid_color = *color, zero_color = *color;
  size_t n;
  const int64_t *ticks = ls_axis_get_ticks (self->y_axis, &n);

  label_color.alpha *= high_contrast ? 1 : LABEL_ALPHA;
  grid_color.alpha *= high_contrast ? HIGH_CONTRAST_ALPHA : GRID_ALPHA;
  zero_color.alpha *= high_contrast ? 1 : ZERO_ALPHA;

  for (size_t i = 0; i < n; i++)
    {
      g_autoptr (PangoLayout) label = create_label (self, self->y_axis, ticks[i]);
      float y = map_y (self, ticks[i]);
      float x;
      int width, height;

      gtk_snapshot_append_color (
        snapshot, ticks[i] == 0 ? &zero_color : &grid_color,
        &GRAPHENE_RECT_INIT (self->plot.origin.x, floorf (y), self->plot.size.width, 1));

      pango_layout_get_pixel_size (label, &width, &height);
      if (is_mirrored (self))
        x = self->plot.origin.x + self->plot.size.width + LABEL_GAP;
      else
        x = self->plot.origin.x - LABEL_GAP - (float) width;
      append_label (snapshot, label, &label_color, x, y - (float) height / 2);
    }
}

static void
snapshot_x_axis (LsChart       *self,
                 GtkSnapshot   *snapshot,
                 const GdkRGBA *color,
                 gboolean       high_contrast)
{
  GdkRGBA label_color = *color;
  float edge = (float) gtk_widget_get_width (GTK_WIDGET (self));
  size_t n;
  const int64_t *ticks = ls_axis_get_ticks (self->x_axis, &n);
  float room = edge;

  if (n > 1)
    room = fabsf (_ls_chart_map_x (self, ticks[1]) - _ls_chart_map_x (self, ticks[0]));

  label_color.alpha *= high_contrast ? 1 : LABEL_ALPHA;
  for (size_t i = 0; i < n; i++)
    {
      g_autoptr (PangoLayout) label = create_label (self, self->x_axis, ticks[i]);
      PangoRectangle extents;
      float x;

      fit_label (label, MAX ((int) room - X_LABEL_GAP / 2, 1), self->x_label_lines);
      pango_layout_get_pixel_extents (label, NULL, &extents);
      x = _ls_chart_map_x (self, ticks[i]) - (float) extents.width / 2;
      append_label (snapshot, label, &label_color,
                    CLAMP (x, 0, edge - (float) extents.width) - (float) extents.x,
                    self->plot.origin.y + self->plot.size.height + LABEL_GAP);
    }
}

/* Bars show by themselves which of them the cursor is on. */
static gboolean
is_side_by_side (LsChart *self)
{
  for (unsigned int i = 0; i < self->layers->len; i++)
    {
      if (!LS_CHART_LAYER_GET_CLASS (g_ptr_array_index (self->layers, i))->side_by_side)
        return FALSE;
    }
  return TRUE;
}

static void
snapshot_cursor (LsChart       *self,
                 GtkSnapshot   *snapshot,
                 const GdkRGBA *color,
                 gboolean       high_contrast)
{
  int64_t position = ls_chart_table_get_x (self->table, (unsigned int) self->cursor);
  GdkRGBA line_color = *color;

  line_color.alpha *= high_contrast ? 1 : CURSOR_ALPHA;
  if (!is_side_by_side (self))
    gtk_snapshot_append_color (snapshot, &line_color,
                               &GRAPHENE_RECT_INIT (floorf (_ls_chart_map_x (self, position)),
                                                    self->plot.origin.y, 1,
                                                    self->plot.size.height));

  gtk_snapshot_save (snapshot);
  gtk_snapshot_translate (snapshot, &self->plot.origin);
  for (unsigned int i = 0; i < self->layers->len; i++)
    {
      LsChartLayer *layer = g_ptr_array_index (self->layers, i);
      LsSeries *series = ls_chart_layer_get_series (layer);
      size_t index;

      if (series && ls_series_find (series, position, &index))
        ls_chart_layer_snapshot_cursor (layer, snapshot, index);
    }
  gtk_snapshot_restore (snapshot);
}

static void
snapshot_empty (LsChart       *self,
                GtkSnapshot   *snapshot,
                const GdkRGBA *color)
{
  g_autoptr (PangoLayout) label = gtk_widget_create_pango_layout (GTK_WIDGET (self),
                                                                  self->empty_text);
  GdkRGBA label_color = *color;
  int width, height;

  label_color.alpha *= LABEL_ALPHA;
  pango_layout_set_alignment (label, PANGO_ALIGN_CENTER);
  pango_layout_set_width (label, gtk_widget_get_width (GTK_WIDGET (self)) * PANGO_SCALE);
  pango_layout_get_pixel_size (label, &width, &height);
  append_label (snapshot, label, &label_color, 0,
                (float) (gtk_widget_get_height (GTK_WIDGET (self)) - height) / 2);
}

void
_ls_chart_snapshot (GtkWidget   *widget,
                    GtkSnapshot *snapshot)
{
  LsChart *self = LS_CHART (widget);
  AdwStyleManager *manager = adw_style_manager_get_for_display (gtk_widget_get_display (widget));
  gboolean high_contrast = adw_style_manager_get_high_contrast (manager);
  GdkRGBA color;

  ls_widget_get_color (widget, &color);
  if (_ls_chart_is_empty (self))
    {
      snapshot_empty (self, snapshot, &color);
      return;
    }

  snapshot_y_axis (self, snapshot, &color, high_contrast);
  snapshot_x_axis (self, snapshot, &color, high_contrast);
  if (gtk_widget_get_visible (self->legend))
    gtk_widget_snapshot_child (widget, self->legend, snapshot);
  for (unsigned int i = 0; i < self->layers->len; i++)
    gtk_widget_snapshot_child (widget, g_ptr_array_index (self->layers, i), snapshot);
  if (self->cursor >= 0)
    {
      snapshot_cursor (self, snapshot, &color, high_contrast);
      gtk_widget_snapshot_child (widget, self->tooltip, snapshot);
    }
}
