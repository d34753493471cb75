/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/charts/ls-chart.h"

G_BEGIN_DECLS

struct _LsChart
{
  GtkWidget parent_instance;

  /* Children */
  GtkWidget *legend;
  GtkWidget *tooltip;
  GPtrArray *layers; /* of LsChartLayer, borrowed as children are, from the lowest */
  GPtrArray *columns; /* the layers with a series, in the order of the table */
  GPtrArray *watches; /* of GSignalGroup, owned: one a layer, on its series */

  /* Owned */
  LsAxis *x_axis;
  LsAxis *y_axis;
  LsChartTable *table;
  char *title;
  char *empty_text;

  /* Layout: where layers lie, for the size it was made for */
  graphene_rect_t plot;
  int x_label_lines;
  int layout_width;
  int layout_height;

  /* State */
  int cursor;
  double pointer_x; /* where the pointer was seen last */
  double pointer_y;
  gboolean cursor_by_key;
  gboolean show_legend;
  gboolean layout_valid;
  gboolean in_layout;
};

/* ls-chart-draw.c */

void     _ls_chart_measure           (GtkWidget      *widget,
                                      GtkOrientation  orientation,
                                      int             for_size,
                                      int            *minimum,
                                      int            *natural,
                                      int            *minimum_baseline,
                                      int            *natural_baseline);

void     _ls_chart_size_allocate     (GtkWidget      *widget,
                                      int             width,
                                      int             height,
                                      int             baseline);

void     _ls_chart_snapshot          (GtkWidget      *widget,
                                      GtkSnapshot    *snapshot);

gboolean _ls_chart_is_empty          (LsChart        *self);

float    _ls_chart_map_x             (LsChart        *self,
                                      int64_t         x);

/* ls-chart-cursor.c */

void     _ls_chart_init_cursor       (LsChart        *self);

void     _ls_chart_class_init_cursor (LsChartClass   *klass);

void     _ls_chart_move_cursor       (LsChart        *self,
                                      int             cursor,
                                      gboolean        by_key);

void     _ls_chart_restore_cursor    (LsChart        *self,
                                      int64_t         x);

void     _ls_chart_update_accessible (LsChart        *self);

/* ls-chart.c */

LsSeries *_ls_chart_get_leading      (LsChart        *self,
                                      unsigned int    row,
                                      size_t         *index);

void     _ls_chart_notify_cursor     (LsChart        *self);

void     _ls_chart_emit_activated    (LsChart        *self,
                                      LsSeries       *series,
                                      size_t          index);

G_END_DECLS
