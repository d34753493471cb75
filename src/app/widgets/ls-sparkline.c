/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/widgets/ls-sparkline.h"

#include "app/charts/ls-chart-layer.h"

/* Room for the line's width and the dot at its end */
#define MARGIN 4
#define MIN_WIDTH 32
#define NATURAL_WIDTH 120
#define MIN_HEIGHT 20
#define NATURAL_HEIGHT 40

struct _LsSparkline
{
  GtkWidget parent_instance;

  GtkWidget *layer; /* child */

  /* Owned */
  LsAxis *x_axis;
  LsAxis *y_axis;
  GSignalGroup *series_signals;
};

enum {
  PROP_SERIES = 1,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (LsSparkline, ls_sparkline, GTK_TYPE_WIDGET)

static void
series_changed_cb (LsSparkline *self)
{
  LsSeries *series = ls_sparkline_get_series (self);
  int64_t min, max;
  size_t n;

  if (series == NULL || !ls_series_get_range (series, &min, &max))
    return;

  n = ls_series_get_length (series);
  ls_axis_layout (self->x_axis, ls_series_get_xs (series)[0], ls_series_get_xs (series)[n - 1], 1);
  ls_axis_layout (self->y_axis, min, max, 1);
}

static void
ls_sparkline_measure (GtkWidget      *widget,
                      GtkOrientation  orientation,
                      int             for_size,
                      int            *minimum,
                      int            *natural,
                      int            *minimum_baseline,
                      int            *natural_baseline)
{
  gboolean horizontal = orientation == GTK_ORIENTATION_HORIZONTAL;

  *minimum = horizontal ? MIN_WIDTH : MIN_HEIGHT;
  *natural = horizontal ? NATURAL_WIDTH : NATURAL_HEIGHT;
  *minimum_baseline = *natural_baseline = -1;
}

static void
ls_sparkline_size_allocate (GtkWidget *widget,
                            int        width,
                            int        height,
                            int        baseline)
{
  LsSparkline *self = LS_SPARKLINE (widget);
  GtkAllocation inside = { MARGIN, MARGIN, MAX (width - 2 * MARGIN, 1),
                           MAX (height - 2 * MARGIN, 1) };

  gtk_widget_size_allocate (self->layer, &inside, -1);
}

static void
ls_sparkline_get_property (GObject    *object,
                           guint       prop_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  LsSparkline *self = LS_SPARKLINE (object);

  switch (prop_id)
    {
    case PROP_SERIES:
      g_value_set_object (value, ls_sparkline_get_series (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_sparkline_set_property (GObject      *object,
                           guint         prop_id,
                           const GValue *value,
                           GParamSpec   *pspec)
{
  LsSparkline *self = LS_SPARKLINE (object);

  switch (prop_id)
    {
    case PROP_SERIES:
      ls_sparkline_set_series (self, g_value_get_object (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_sparkline_dispose (GObject *object)
{
  LsSparkline *self = LS_SPARKLINE (object);

  g_clear_pointer (&self->layer, gtk_widget_unparent);
  g_clear_object (&self->series_signals);
  g_clear_object (&self->x_axis);
  g_clear_object (&self->y_axis);

  G_OBJECT_CLASS (ls_sparkline_parent_class)->dispose (object);
}

static void
ls_sparkline_class_init (LsSparklineClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = ls_sparkline_get_property;
  object_class->set_property = ls_sparkline_set_property;
  object_class->dispose = ls_sparkline_dispose;

  widget_class->measure = ls_sparkline_measure;
  widget_class->size_allocate = ls_sparkline_size_allocate;

  properties[PROP_SERIES] =
    g_param_spec_object ("series", NULL, NULL, LS_TYPE_SERIES,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_css_name (widget_class, "sparkline");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
ls_sparkline_init (LsSparkline *self)
{
  /* Without ticks one kind of axis is as good as the other. */
  self->x_axis = ls_value_axis_new ();
  self->y_axis = ls_value_axis_new ();
  ls_value_axis_set_exact (LS_VALUE_AXIS (self->x_axis), TRUE);
  ls_value_axis_set_include_zero (LS_VALUE_AXIS (self->x_axis), FALSE);
  ls_value_axis_set_exact (LS_VALUE_AXIS (self->y_axis), TRUE);
  ls_value_axis_set_include_zero (LS_VALUE_AXIS (self->y_axis), FALSE);

  self->layer = ls_line_layer_new (NULL);
  ls_line_layer_set_fill (LS_LINE_LAYER (self->layer), TRUE);
  ls_line_layer_set_mark_last (LS_LINE_LAYER (self->layer), TRUE);
  ls_chart_layer_set_axes (LS_CHART_LAYER (self->layer), self->x_axis, self->y_axis);
  gtk_widget_set_parent (self->layer, GTK_WIDGET (self));

  self->series_signals = g_signal_group_new (LS_TYPE_SERIES);
  g_signal_group_connect_swapped (self->series_signals, "changed", G_CALLBACK (series_changed_cb),
                                  self);
}

GtkWidget *
ls_sparkline_new (LsSeries *series)
{
  return g_object_new (LS_TYPE_SPARKLINE, "series", series, NULL);
}

LsSeries *
ls_sparkline_get_series (LsSparkline *self)
{
  g_return_val_if_fail (LS_IS_SPARKLINE (self), NULL);

  return self->layer ? ls_chart_layer_get_series (LS_CHART_LAYER (self->layer)) : NULL;
}

void
ls_sparkline_set_series (LsSparkline *self,
                         LsSeries    *series)
{
  g_return_if_fail (LS_IS_SPARKLINE (self));
  g_return_if_fail (series == NULL || LS_IS_SERIES (series));

  if (ls_sparkline_get_series (self) == series)
    return;

  ls_chart_layer_set_series (LS_CHART_LAYER (self->layer), series);
  g_signal_group_set_target (self->series_signals, series);
  series_changed_cb (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SERIES]);
}
