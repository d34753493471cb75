/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/charts/ls-chart-private.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "app/charts/ls-chart-legend.h"

enum {
  PROP_TITLE = 1,
  PROP_EMPTY_TEXT,
  PROP_SHOW_LEGEND,
  PROP_CURSOR,
  N_PROPS,
};

enum {
  POINT_ACTIVATED,
  N_SIGNALS,
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (LsChart, ls_chart, GTK_TYPE_WIDGET)

/* Data */

static void
invalidate (LsChart *self)
{
  self->layout_valid = FALSE;
  gtk_widget_queue_allocate (GTK_WIDGET (self));
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* The order of the table, the legend and the tooltip: what leads first, comparisons after it. */
static void
sort_layers (LsChart *self)
{
  g_ptr_array_set_size (self->columns, 0);
  for (int comparison = FALSE; comparison <= TRUE; comparison++)
    {
      for (unsigned int i = 0; i < self->layers->len; i++)
        {
          LsChartLayer *layer = g_ptr_array_index (self->layers, i);

          if (ls_chart_layer_get_comparison (layer) == comparison &&
              ls_chart_layer_get_series (layer))
            g_ptr_array_add (self->columns, layer);
        }
    }
}

static void
fill_table (LsChart *self)
{
  g_autoptr (GPtrArray) series = g_ptr_array_new ();

  for (unsigned int i = 0; i < self->columns->len; i++)
    g_ptr_array_add (series,
                     ls_chart_layer_get_series (g_ptr_array_index (self->columns, i)));
  ls_chart_table_set_series (self->table, (LsSeries **) (void *) series->pdata, series->len,
                             self->x_axis, self->y_axis);
}

static void
assign_slots (LsChart *self)
{
  unsigned int n_slots = 0;
  unsigned int slot = 0;

  for (unsigned int i = 0; i < self->layers->len; i++)
    n_slots += LS_CHART_LAYER_GET_CLASS (g_ptr_array_index (self->layers, i))->side_by_side;
  for (unsigned int i = 0; i < self->layers->len; i++)
    {
      LsChartLayer *layer = g_ptr_array_index (self->layers, i);

      if (LS_CHART_LAYER_GET_CLASS (layer)->side_by_side)
        ls_chart_layer_set_slot (layer, slot++, n_slots);
    }
}

/* Points come and go all day: nothing is made anew for them but the table. */
static void
points_changed_cb (LsChart *self)
{
  int64_t x = 0;

  if (self->cursor >= 0)
    x = ls_chart_table_get_x (self->table, (unsigned int) self->cursor);

  fill_table (self);
  _ls_chart_restore_cursor (self, x);
  _ls_chart_update_accessible (self);
  invalidate (self);
}

static void
layers_changed_cb (LsChart *self)
{
  sort_layers (self);
  assign_slots (self);
  ls_chart_legend_set_layers (LS_CHART_LEGEND (self->legend), self->columns);
  gtk_widget_set_visible (self->legend, self->show_legend && self->columns->len > 1);
  points_changed_cb (self);
}

/* Laying out an axis changes it too, but that is what the chart is doing then. */
static void
axis_changed_cb (LsChart *self)
{
  if (self->in_layout)
    return;

  _ls_chart_update_accessible (self);
  invalidate (self);
}

static void
set_axis (LsChart  *self,
          LsAxis  **member,
          LsAxis   *axis)
{
  if (*member == axis)
    return;

  if (*member)
    g_signal_handlers_disconnect_by_func (*member, axis_changed_cb, self);
  g_set_object (member, axis);
  if (axis)
    g_signal_connect_object (axis, "changed", G_CALLBACK (axis_changed_cb), self,
                             G_CONNECT_SWAPPED);
}

static void
contrast_changed_cb (LsChart         *self,
                     GParamSpec      *pspec,
                     AdwStyleManager *manager)
{
  if (adw_style_manager_get_high_contrast (manager))
    gtk_widget_add_css_class (GTK_WIDGET (self), "high-contrast");
  else
    gtk_widget_remove_css_class (GTK_WIDGET (self), "high-contrast");
  gtk_widget_queue_draw (GTK_WIDGET (self));
  for (unsigned int i = 0; i < self->layers->len; i++)
    gtk_widget_queue_draw (g_ptr_array_index (self->layers, i));
}

LsSeries *
_ls_chart_get_leading (LsChart      *self,
                       unsigned int  row,
                       size_t       *index)
{
  int64_t x = ls_chart_table_get_x (self->table, row);

  for (unsigned int i = 0; i < ls_chart_table_get_n_columns (self->table); i++)
    {
      LsSeries *series = ls_chart_table_get_series (self->table, i);

      if (ls_series_find (series, x, index))
        return series;
    }
  return NULL;
}

void
_ls_chart_notify_cursor (LsChart *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CURSOR]);
}

void
_ls_chart_emit_activated (LsChart  *self,
                          LsSeries *series,
                          size_t    index)
{
  g_signal_emit (self, signals[POINT_ACTIVATED], 0, series, (guint) index);
}

/* GObject */

static void
ls_chart_get_property (GObject    *object,
                       guint       prop_id,
                       GValue     *value,
                       GParamSpec *pspec)
{
  LsChart *self = LS_CHART (object);

  switch (prop_id)
    {
    case PROP_TITLE:
      g_value_set_string (value, self->title);
      break;
    case PROP_EMPTY_TEXT:
      g_value_set_string (value, self->empty_text);
      break;
    case PROP_SHOW_LEGEND:
      g_value_set_boolean (value, self->show_legend);
      break;
    case PROP_CURSOR:
      g_value_set_int (value, self->cursor);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_chart_set_property (GObject      *object,
                       guint         prop_id,
                       const GValue *value,
                       GParamSpec   *pspec)
{
  LsChart *self = LS_CHART (object);

  switch (prop_id)
    {
    case PROP_TITLE:
      ls_chart_set_title (self, g_value_get_string (value));
      break;
    case PROP_EMPTY_TEXT:
      ls_chart_set_empty_text (self, g_value_get_string (value));
      break;
    case PROP_SHOW_LEGEND:
      ls_chart_set_show_legend (self, g_value_get_boolean (value));
      break;
    case PROP_CURSOR:
      ls_chart_set_cursor (self, g_value_get_int (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_chart_dispose (GObject *object)
{
  LsChart *self = LS_CHART (object);

  g_ptr_array_set_size (self->columns, 0);
  while (self->layers->len > 0)
    {
      GtkWidget *layer = g_ptr_array_index (self->layers, self->layers->len - 1);

      g_ptr_array_set_size (self->watches, (int) self->layers->len - 1);
      g_ptr_array_set_size (self->layers, (int) self->layers->len - 1);
      g_signal_handlers_disconnect_by_data (layer, self);
      gtk_widget_unparent (layer);
    }
  g_clear_pointer (&self->legend, gtk_widget_unparent);
  g_clear_pointer (&self->tooltip, gtk_widget_unparent);
  set_axis (self, &self->x_axis, NULL);
  set_axis (self, &self->y_axis, NULL);

  G_OBJECT_CLASS (ls_chart_parent_class)->dispose (object);
}

static void
ls_chart_finalize (GObject *object)
{
  LsChart *self = LS_CHART (object);

  g_clear_pointer (&self->layers, g_ptr_array_unref);
  g_clear_pointer (&self->columns, g_ptr_array_unref);
  g_clear_pointer (&self->watches, g_ptr_array_unref);
  g_clear_object (&self->table);
  g_clear_pointer (&self->title, g_free);
  g_clear_pointer (&self->empty_text, g_free);

  G_OBJECT_CLASS (ls_chart_parent_class)->finalize (object);
}

static void
ls_chart_class_init (LsChartClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags readwrite =
    G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = ls_chart_get_property;
  object_class->set_property = ls_chart_set_property;
  object_class->dispose = ls_chart_dispose;
  object_class->finalize = ls_chart_finalize;

  widget_class->measure = _ls_chart_measure;
  widget_class->size_allocate = _ls_chart_size_allocate;
  widget_class->snapshot = _ls_chart_snapshot;

  properties[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, "", readwrite);
  properties[PROP_EMPTY_TEXT] = g_param_spec_string ("empty-text", NULL, NULL, NULL, readwrite);
  properties[PROP_SHOW_LEGEND] = g_param_spec_boolean ("show-legend", NULL, NULL, TRUE, readwrite);
  properties[PROP_CURSOR] = g_param_spec_int ("cursor", NULL, NULL, -1, G_MAXINT, -1, readwrite);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  /**
   * LsChart::point-activated:
   * @self: the chart
   * @series: the series whose point it is: the leading one, if it has a point there
   * @index: the point's index in it
   *
   * A point was clicked, or Enter pressed on it: show the rows it is made of.
   */
  signals[POINT_ACTIVATED] = g_signal_new ("point-activated", G_TYPE_FROM_CLASS (klass),
                                           G_SIGNAL_RUN_LAST,
                                           0, NULL, NULL, NULL, G_TYPE_NONE, 2, LS_TYPE_SERIES,
                                           G_TYPE_UINT);

  _ls_chart_class_init_cursor (klass);
  gtk_widget_class_set_css_name (widget_class, "chart");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
ls_chart_init (LsChart *self)
{
  GdkDisplay *display = gtk_widget_get_display (GTK_WIDGET (self));
  AdwStyleManager *manager = adw_style_manager_get_for_display (display);

  self->layers = g_ptr_array_new ();
  self->columns = g_ptr_array_new ();
  self->watches = g_ptr_array_new_with_free_func (g_object_unref);
  self->table = ls_chart_table_new ();
  self->title = g_strdup ("");
  self->empty_text = g_strdup (_("No data"));
  self->cursor = -1;
  self->show_legend = TRUE;
  self->x_label_lines = 1;

  self->legend = ls_chart_legend_new ();
  gtk_widget_set_visible (self->legend, FALSE);
  gtk_widget_set_parent (self->legend, GTK_WIDGET (self));
  self->tooltip = ls_chart_tooltip_new ();
  gtk_widget_set_can_target (self->tooltip, FALSE);
  gtk_widget_set_visible (self->tooltip, FALSE);
  gtk_widget_set_parent (self->tooltip, GTK_WIDGET (self));

  gtk_widget_set_focusable (GTK_WIDGET (self), TRUE);
  _ls_chart_init_cursor (self);
  _ls_chart_update_accessible (self);
  g_signal_connect_object (manager, "notify::high-contrast", G_CALLBACK (contrast_changed_cb), self,
                           G_CONNECT_SWAPPED);
  contrast_changed_cb (self, NULL, manager);
}

/* Public API */

GtkWidget *
ls_chart_new (LsAxis *x_axis,
              LsAxis *y_axis)
{
  LsChart *self = g_object_new (LS_TYPE_CHART, NULL);

  ls_chart_set_axes (self, x_axis, y_axis);
  return GTK_WIDGET (self);
}

void
ls_chart_set_axes (LsChart *self,
                   LsAxis  *x_axis,
                   LsAxis  *y_axis)
{
  g_return_if_fail (LS_IS_CHART (self));
  g_return_if_fail (x_axis == NULL || LS_IS_AXIS (x_axis));
  g_return_if_fail (y_axis == NULL || LS_IS_AXIS (y_axis));

  set_axis (self, &self->x_axis, x_axis);
  set_axis (self, &self->y_axis, y_axis);
  for (unsigned int i = 0; i < self->layers->len; i++)
    ls_chart_layer_set_axes (g_ptr_array_index (self->layers, i), x_axis, y_axis);
  layers_changed_cb (self);
}

void
ls_chart_add_layer (LsChart      *self,
                    LsChartLayer *layer)
{
  GSignalGroup *watch;

  g_return_if_fail (LS_IS_CHART (self));
  g_return_if_fail (LS_IS_CHART_LAYER (layer));

  watch = g_signal_group_new (LS_TYPE_SERIES);
  g_signal_group_connect_swapped (watch, "changed", G_CALLBACK (points_changed_cb), self);
  g_signal_group_connect_swapped (watch, "notify::title", G_CALLBACK (layers_changed_cb), self);
  g_object_bind_property (layer, "series", watch, "target", G_BINDING_SYNC_CREATE);
  g_signal_connect_object (layer, "notify::series", G_CALLBACK (layers_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (layer, "notify::comparison", G_CALLBACK (layers_changed_cb), self,
                           G_CONNECT_SWAPPED);

  gtk_widget_insert_before (GTK_WIDGET (layer), GTK_WIDGET (self), self->tooltip);
  g_ptr_array_add (self->layers, layer);
  g_ptr_array_add (self->watches, watch);
  ls_chart_layer_set_axes (layer, self->x_axis, self->y_axis);
  layers_changed_cb (self);
}

void
ls_chart_remove_layer (LsChart      *self,
                       LsChartLayer *layer)
{
  unsigned int index;

  g_return_if_fail (LS_IS_CHART (self));
  g_return_if_fail (g_ptr_array_find (self->layers, layer, &index));

  g_ptr_array_remove_index (self->layers, index);
  g_ptr_array_remove_index (self->watches, index);
  g_signal_handlers_disconnect_by_data (layer, self);
  gtk_widget_unparent (GTK_WIDGET (layer));
  layers_changed_cb (self);
}

const char *
ls_chart_get_title (LsChart *self)
{
  g_return_val_if_fail (LS_IS_CHART (self), NULL);

  return self->title;
}

void
ls_chart_set_title (LsChart    *self,
                    const char *title)
{
  g_return_if_fail (LS_IS_CHART (self));

  if (title == NULL)
    title = "";
  if (g_str_equal (self->title, title))
    return;

  g_free (self->title);
  self->title = g_strdup (title);
  _ls_chart_update_accessible (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TITLE]);
}

void
ls_chart_set_empty_text (LsChart    *self,
                         const char *text)
{
  g_return_if_fail (LS_IS_CHART (self));

  if (g_strcmp0 (self->empty_text, text) == 0)
    return;

  g_free (self->empty_text);
  self->empty_text = g_strdup (text);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_EMPTY_TEXT]);
}

void
ls_chart_set_show_legend (LsChart  *self,
                          gboolean  show_legend)
{
  g_return_if_fail (LS_IS_CHART (self));

  if (self->show_legend == !!show_legend)
    return;

  self->show_legend = !!show_legend;
  gtk_widget_set_visible (self->legend, self->show_legend && self->columns->len > 1);
  invalidate (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SHOW_LEGEND]);
}

LsChartTable *
ls_chart_get_table (LsChart *self)
{
  g_return_val_if_fail (LS_IS_CHART (self), NULL);

  return self->table;
}

int
ls_chart_get_cursor (LsChart *self)
{
  g_return_val_if_fail (LS_IS_CHART (self), -1);

  return self->cursor;
}

void
ls_chart_set_cursor (LsChart *self,
                     int      cursor)
{
  g_return_if_fail (LS_IS_CHART (self));
  g_return_if_fail (cursor >= -1);

  _ls_chart_move_cursor (self, cursor, FALSE);
}

char *
ls_chart_dup_summary (LsChart *self)
{
  g_return_val_if_fail (LS_IS_CHART (self), NULL);

  return ls_chart_table_summarize (self->table);
}
