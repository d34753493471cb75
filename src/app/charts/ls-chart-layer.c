/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/charts/ls-chart-layer.h"

typedef struct
{
  /* Owned */
  LsSeries *series;
  LsAxis *x_axis;
  LsAxis *y_axis;

  /* State */
  unsigned int slot;
  unsigned int n_slots;
  unsigned int color;
  gboolean comparison;
} LsChartLayerPrivate;

enum {
  PROP_SERIES = 1,
  PROP_COMPARISON,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (LsChartLayer, ls_chart_layer, GTK_TYPE_WIDGET)

static void
set_watched (LsChartLayer *self,
             gpointer      target,
             gpointer      object)
{
  gpointer *member = target;

  if (*member == object)
    return;

  if (*member)
    g_signal_handlers_disconnect_by_func (*member, gtk_widget_queue_draw, self);
  g_set_object (member, object);
  if (object)
    g_signal_connect_object (object, "changed", G_CALLBACK (gtk_widget_queue_draw), self,
                             G_CONNECT_SWAPPED);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
ls_chart_layer_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  LsChartLayerPrivate *priv = ls_chart_layer_get_instance_private (LS_CHART_LAYER (object));

  switch (prop_id)
    {
    case PROP_SERIES:
      g_value_set_object (value, priv->series);
      break;
    case PROP_COMPARISON:
      g_value_set_boolean (value, priv->comparison);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_chart_layer_set_property (GObject      *object,
                             guint         prop_id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
  LsChartLayer *self = LS_CHART_LAYER (object);

  switch (prop_id)
    {
    case PROP_SERIES:
      ls_chart_layer_set_series (self, g_value_get_object (value));
      break;
    case PROP_COMPARISON:
      ls_chart_layer_set_comparison (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_chart_layer_dispose (GObject *object)
{
  LsChartLayer *self = LS_CHART_LAYER (object);
  LsChartLayerPrivate *priv = ls_chart_layer_get_instance_private (self);

  set_watched (self, &priv->series, NULL);
  ls_chart_layer_set_axes (self, NULL, NULL);

  G_OBJECT_CLASS (ls_chart_layer_parent_class)->dispose (object);
}

static void
ls_chart_layer_class_init (LsChartLayerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = ls_chart_layer_get_property;
  object_class->set_property = ls_chart_layer_set_property;
  object_class->dispose = ls_chart_layer_dispose;

  properties[PROP_SERIES] =
    g_param_spec_object ("series", NULL, NULL, LS_TYPE_SERIES,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  properties[PROP_COMPARISON] =
    g_param_spec_boolean ("comparison", NULL, NULL, FALSE,
                          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_css_name (widget_class, "layer");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
ls_chart_layer_init (LsChartLayer *self)
{
  LsChartLayerPrivate *priv = ls_chart_layer_get_instance_private (self);

  priv->n_slots = 1;
  /* The chart's own controllers see the pointer wherever it is over the plot. */
  gtk_widget_set_can_target (GTK_WIDGET (self), FALSE);
  ls_chart_layer_set_color (self, 1);
}

LsSeries *
ls_chart_layer_get_series (LsChartLayer *self)
{
  LsChartLayerPrivate *priv = ls_chart_layer_get_instance_private (self);

  g_return_val_if_fail (LS_IS_CHART_LAYER (self), NULL);

  return priv->series;
}

void
ls_chart_layer_set_series (LsChartLayer *self,
                           LsSeries     *series)
{
  LsChartLayerPrivate *priv = ls_chart_layer_get_instance_private (self);

  g_return_if_fail (LS_IS_CHART_LAYER (self));
  g_return_if_fail (series == NULL || LS_IS_SERIES (series));

  if (priv->series == series)
    return;

  set_watched (self, &priv->series, series);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SERIES]);
}

gboolean
ls_chart_layer_get_comparison (LsChartLayer *self)
{
  LsChartLayerPrivate *priv = ls_chart_layer_get_instance_private (self);

  g_return_val_if_fail (LS_IS_CHART_LAYER (self), FALSE);

  return priv->comparison;
}

void
ls_chart_layer_set_comparison (LsChartLayer *self,
                               gboolean      comparison)
{
  LsChartLayerPrivate *priv = ls_chart_layer_get_instance_private (self);

  g_return_if_fail (LS_IS_CHART_LAYER (self));

  if (priv->comparison == !!comparison)
    return;

  priv->comparison = !!comparison;
  if (comparison)
    gtk_widget_add_css_class (GTK_WIDGET (self), "comparison");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), "comparison");
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_COMPARISON]);
}

void
ls_chart_layer_set_color (LsChartLayer *self,
                          unsigned int  color)
{
  LsChartLayerPrivate *priv = ls_chart_layer_get_instance_private (self);
  char name[16];

  g_return_if_fail (LS_IS_CHART_LAYER (self));
  g_return_if_fail (color >= 1 && color <= LS_CHART_N_COLORS);

  if (priv->color == color)
    return;

  g_snprintf (name, sizeof name, "series-%u", priv->color);
  gtk_widget_remove_css_class (GTK_WIDGET (self), name);
  g_snprintf (name, sizeof name, "series-%u", color);
  gtk_widget_add_css_class (GTK_WIDGET (self), name);
  priv->color = color;
}

void
ls_chart_layer_set_axes (LsChartLayer *self,
                         LsAxis       *x_axis,
                         LsAxis       *y_axis)
{
  LsChartLayerPrivate *priv = ls_chart_layer_get_instance_private (self);

  g_return_if_fail (LS_IS_CHART_LAYER (self));
  g_return_if_fail (x_axis == NULL || LS_IS_AXIS (x_axis));
  g_return_if_fail (y_axis == NULL || LS_IS_AXIS (y_axis));

  set_watched (self, &priv->x_axis, x_axis);
  set_watched (self, &priv->y_axis, y_axis);
}

void
ls_chart_layer_set_slot (LsChartLayer *self,
                         unsigned int  slot,
                         unsigned int  n_slots)
{
  LsChartLayerPrivate *priv = ls_chart_layer_get_instance_private (self);

  g_return_if_fail (LS_IS_CHART_LAYER (self));
  g_return_if_fail (slot < n_slots);

  if (priv->slot == slot && priv->n_slots == n_slots)
    return;

  priv->slot = slot;
  priv->n_slots = n_slots;
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

gboolean
ls_chart_layer_is_ready (LsChartLayer *self)
{
  LsChartLayerPrivate *priv = ls_chart_layer_get_instance_private (self);

  g_return_val_if_fail (LS_IS_CHART_LAYER (self), FALSE);

  return priv->series && priv->x_axis && priv->y_axis &&
         ls_series_get_range (priv->series, NULL, NULL);
}

LsAxis *
ls_chart_layer_get_x_axis (LsChartLayer *self)
{
  LsChartLayerPrivate *priv = ls_chart_layer_get_instance_private (self);

  g_return_val_if_fail (LS_IS_CHART_LAYER (self), NULL);

  return priv->x_axis;
}

LsAxis *
ls_chart_layer_get_y_axis (LsChartLayer *self)
{
  LsChartLayerPrivate *priv = ls_chart_layer_get_instance_private (self);

  g_return_val_if_fail (LS_IS_CHART_LAYER (self), NULL);

  return priv->y_axis;
}

unsigned int
ls_chart_layer_get_slot (LsChartLayer *self,
                         unsigned int *n_slots)
{
  LsChartLayerPrivate *priv = ls_chart_layer_get_instance_private (self);

  g_return_val_if_fail (LS_IS_CHART_LAYER (self), 0);
  g_return_val_if_fail (n_slots != NULL, 0);

  *n_slots = priv->n_slots;
  return priv->slot;
}

double
ls_chart_layer_map_x (LsChartLayer *self,
                      int64_t       x)
{
  LsChartLayerPrivate *priv = ls_chart_layer_get_instance_private (self);
  double fraction;

  g_return_val_if_fail (LS_IS_CHART_LAYER (self), 0.0);

  fraction = ls_axis_get_fraction (priv->x_axis, x);
  if (gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL)
    fraction = 1.0 - fraction;
  return fraction * gtk_widget_get_width (GTK_WIDGET (self));
}

double
ls_chart_layer_map_y (LsChartLayer *self,
                      int64_t       y)
{
  LsChartLayerPrivate *priv = ls_chart_layer_get_instance_private (self);

  g_return_val_if_fail (LS_IS_CHART_LAYER (self), 0.0);

  return (1.0 - ls_axis_get_fraction (priv->y_axis, y)) * gtk_widget_get_height (GTK_WIDGET (self));
}

double
ls_chart_layer_get_baseline (LsChartLayer *self)
{
  LsChartLayerPrivate *priv = ls_chart_layer_get_instance_private (self);
  int64_t zero;

  g_return_val_if_fail (LS_IS_CHART_LAYER (self), 0.0);

  zero = CLAMP (0, ls_axis_get_low (priv->y_axis), ls_axis_get_high (priv->y_axis));
  return ls_chart_layer_map_y (self, zero);
}

void
ls_chart_layer_snapshot_cursor (LsChartLayer *self,
                                GtkSnapshot  *snapshot,
                                size_t        index)
{
  LsChartLayerPrivate *priv = ls_chart_layer_get_instance_private (self);

  g_return_if_fail (LS_IS_CHART_LAYER (self));

  if (!ls_chart_layer_is_ready (self) || index >= ls_series_get_length (priv->series) ||
      ls_series_get_ys (priv->series)[index] == LS_SERIES_GAP)
    return;

  LS_CHART_LAYER_GET_CLASS (self)->snapshot_cursor (self, snapshot, index);
}

void
ls_chart_layer_snapshot_swatch (LsChartLayer *self,
                                GtkSnapshot  *snapshot,
                                float         width,
                                float         height)
{
  g_return_if_fail (LS_IS_CHART_LAYER (self));

  LS_CHART_LAYER_GET_CLASS (self)->snapshot_swatch (self, snapshot, width, height);
}
