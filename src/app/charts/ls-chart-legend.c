/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/charts/ls-chart-legend.h"

#define TOOLTIP_TEMPLATE "/io/github/lockstep/Lockstep/charts/ls-chart-tooltip.ui"
#define SWATCH_WIDTH 18
#define SWATCH_HEIGHT 10

struct _LsChartSwatch
{
  GtkWidget parent_instance;

  LsChartLayer *layer; /* weak */
};

struct _LsChartLegend
{
  GtkWidget parent_instance;
};

struct _LsChartTooltip
{
  GtkWidget parent_instance;

  /* Children */
  GtkWidget *box;
  GtkWidget *heading;
  GtkWidget *grid;
};

G_DEFINE_FINAL_TYPE (LsChartSwatch, ls_chart_swatch, GTK_TYPE_WIDGET)
G_DEFINE_FINAL_TYPE (LsChartLegend, ls_chart_legend, GTK_TYPE_WIDGET)
G_DEFINE_FINAL_TYPE (LsChartTooltip, ls_chart_tooltip, GTK_TYPE_WIDGET)

static void
remove_children (GtkWidget *widget)
{
  GtkWidget *child;

  while ((child = gtk_widget_get_first_child (widget)))
    gtk_widget_unparent (child);
}

/* LsChartSwatch */

static void
ls_chart_swatch_measure (GtkWidget      *widget,
                         GtkOrientation  orientation,
                         int             for_size,
                         int            *minimum,
                         int            *natural,
                         int            *minimum_baseline,
                         int            *natural_baseline)
{
  *minimum = *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? SWATCH_WIDTH : SWATCH_HEIGHT;
  *minimum_baseline = *natural_baseline = -1;
}

static void
ls_chart_swatch_snapshot (GtkWidget   *widget,
                          GtkSnapshot *snapshot)
{
  LsChartSwatch *self = LS_CHART_SWATCH (widget);

  if (self->layer)
    ls_chart_layer_snapshot_swatch (self->layer, snapshot, (float) gtk_widget_get_width (widget),
                                    (float) gtk_widget_get_height (widget));
}

static void
ls_chart_swatch_dispose (GObject *object)
{
  LsChartSwatch *self = LS_CHART_SWATCH (object);

  g_clear_weak_pointer (&self->layer);

  G_OBJECT_CLASS (ls_chart_swatch_parent_class)->dispose (object);
}

static void
ls_chart_swatch_class_init (LsChartSwatchClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_chart_swatch_dispose;
  widget_class->measure = ls_chart_swatch_measure;
  widget_class->snapshot = ls_chart_swatch_snapshot;
  gtk_widget_class_set_css_name (widget_class, "swatch");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
ls_chart_swatch_init (LsChartSwatch *self)
{
  gtk_widget_set_valign (GTK_WIDGET (self), GTK_ALIGN_CENTER);
}

GtkWidget *
ls_chart_swatch_new (LsChartLayer *layer)
{
  LsChartSwatch *self = g_object_new (LS_TYPE_CHART_SWATCH, NULL);

  g_set_weak_pointer (&self->layer, layer);
  return GTK_WIDGET (self);
}

/* LsChartLegend */

static void
ls_chart_legend_dispose (GObject *object)
{
  remove_children (GTK_WIDGET (object));

  G_OBJECT_CLASS (ls_chart_legend_parent_class)->dispose (object);
}

static void
ls_chart_legend_class_init (LsChartLegendClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_chart_legend_dispose;
  gtk_widget_class_set_css_name (widget_class, "legend");
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BOX_LAYOUT);
}

static void
ls_chart_legend_init (LsChartLegend *self)
{
  GtkLayoutManager *layout = gtk_widget_get_layout_manager (GTK_WIDGET (self));

  gtk_box_layout_set_spacing (GTK_BOX_LAYOUT (layout), 18);
}

GtkWidget *
ls_chart_legend_new (void)
{
  return g_object_new (LS_TYPE_CHART_LEGEND, NULL);
}

void
ls_chart_legend_set_layers (LsChartLegend *self,
                            GPtrArray     *layers)
{
  g_return_if_fail (LS_IS_CHART_LEGEND (self));

  remove_children (GTK_WIDGET (self));
  for (unsigned int i = 0; i < layers->len; i++)
    {
      LsChartLayer *layer = g_ptr_array_index (layers, i);
      LsSeries *series = ls_chart_layer_get_series (layer);
      GtkWidget *entry = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
      GtkWidget *label = gtk_label_new (ls_series_get_title (series));

      gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
      gtk_box_append (GTK_BOX (entry), ls_chart_swatch_new (layer));
      gtk_box_append (GTK_BOX (entry), label);
      gtk_widget_set_parent (entry, GTK_WIDGET (self));
    }
}

/* LsChartTooltip */

static void
ls_chart_tooltip_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_CHART_TOOLTIP);

  G_OBJECT_CLASS (ls_chart_tooltip_parent_class)->dispose (object);
}

static void
ls_chart_tooltip_class_init (LsChartTooltipClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_chart_tooltip_dispose;
  gtk_widget_class_set_css_name (widget_class, "charttip");
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource (widget_class, TOOLTIP_TEMPLATE);
  gtk_widget_class_bind_template_child (widget_class, LsChartTooltip, box);
  gtk_widget_class_bind_template_child (widget_class, LsChartTooltip, heading);
  gtk_widget_class_bind_template_child (widget_class, LsChartTooltip, grid);
}

static void
ls_chart_tooltip_init (LsChartTooltip *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
ls_chart_tooltip_new (void)
{
  return g_object_new (LS_TYPE_CHART_TOOLTIP, NULL);
}

/* What a comparison stands for, if that is not the place it is drawn at. */
static char *
dup_origin (LsSeries *series,
            LsAxis   *x_axis,
            int64_t   x)
{
  size_t index;

  if (!ls_series_find (series, x, &index) || ls_series_get_at (series, index) == x)
    return NULL;

  return ls_axis_format (x_axis, ls_series_get_at (series, index), LS_FORMAT_FULL);
}

static GtkWidget *
create_label (const char *text,
              float       xalign,
              const char *css_class)
{
  GtkWidget *label = gtk_label_new (text);

  gtk_label_set_xalign (GTK_LABEL (label), xalign);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_END);
  if (css_class)
    gtk_widget_add_css_class (label, css_class);
  return label;
}

static void
attach_row (LsChartTooltip *self,
            LsChartLayer   *layer,
            const char     *origin,
            const char     *text,
            int             line)
{
  GtkWidget *name = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *value = create_label (text ? text : "–", 1, "value");
  const char *title = ls_series_get_title (ls_chart_layer_get_series (layer));

  gtk_box_append (GTK_BOX (name), create_label (title, 0, NULL));
  if (origin)
    gtk_box_append (GTK_BOX (name), create_label (origin, 0, "origin"));
  gtk_label_set_ellipsize (GTK_LABEL (value), PANGO_ELLIPSIZE_NONE);
  gtk_widget_set_hexpand (value, TRUE);
  gtk_grid_attach (GTK_GRID (self->grid), ls_chart_swatch_new (layer), 0, line, 1, 1);
  gtk_grid_attach (GTK_GRID (self->grid), name, 1, line, 1, 1);
  gtk_grid_attach (GTK_GRID (self->grid), value, 2, line, 1, 1);
}

void
ls_chart_tooltip_show_row (LsChartTooltip *self,
                           GPtrArray      *layers,
                           LsChartTable   *table,
                           unsigned int    row,
                           LsAxis         *x_axis)
{
  g_autoptr (LsChartRow) item = NULL;

  g_return_if_fail (LS_IS_CHART_TOOLTIP (self));
  g_return_if_fail (LS_IS_CHART_TABLE (table));
  g_return_if_fail (layers->len == ls_chart_table_get_n_columns (table));

  item = g_list_model_get_item (G_LIST_MODEL (table), row);
  g_return_if_fail (item != NULL);

  gtk_label_set_label (GTK_LABEL (self->heading), ls_chart_row_get_label (item));
  remove_children (self->grid);
  for (unsigned int i = 0; i < layers->len; i++)
    {
      LsChartLayer *layer = g_ptr_array_index (layers, i);
      g_autofree char *origin = dup_origin (ls_chart_layer_get_series (layer), x_axis,
                                            ls_chart_table_get_x (table, row));

      attach_row (self, layer, origin, ls_chart_row_get_text (item, i), (int) i);
    }
}
