/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/charts/ls-chart-table.h"

#include <glib/gi18n.h>

/* More rows than this are taken away before others come: a list that loses rows and gains many in
 * one emission asks for every one of them.
 */
#define MAX_REPLACED 64

struct _LsChartRow
{
  GObject parent_instance;

  char *label;
  GPtrArray *texts; /* owned, of char * or NULL, one a series */
};

struct _LsChartTable
{
  GObject parent_instance;

  GPtrArray *series; /* owned, of LsSeries */
  LsAxis *x_axis;    /* owned */
  LsAxis *y_axis;    /* owned */
  GArray *xs;        /* owned, of int64_t: the positions of all series, rising, none twice */
};

static void ls_chart_table_list_model_init (GListModelInterface *iface);

G_DEFINE_FINAL_TYPE (LsChartRow, ls_chart_row, G_TYPE_OBJECT)
G_DEFINE_FINAL_TYPE_WITH_CODE (LsChartTable, ls_chart_table, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL,
                                                      ls_chart_table_list_model_init))

/* LsChartRow */

static void
ls_chart_row_finalize (GObject *object)
{
  LsChartRow *self = LS_CHART_ROW (object);

  g_clear_pointer (&self->label, g_free);
  g_clear_pointer (&self->texts, g_ptr_array_unref);

  G_OBJECT_CLASS (ls_chart_row_parent_class)->finalize (object);
}

static void
ls_chart_row_class_init (LsChartRowClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ls_chart_row_finalize;
}

static void
ls_chart_row_init (LsChartRow *self)
{
  self->texts = g_ptr_array_new_with_free_func (g_free);
}

const char *
ls_chart_row_get_label (LsChartRow *self)
{
  g_return_val_if_fail (LS_IS_CHART_ROW (self), NULL);

  return self->label;
}

const char *
ls_chart_row_get_text (LsChartRow   *self,
                       unsigned int  column)
{
  g_return_val_if_fail (LS_IS_CHART_ROW (self), NULL);
  g_return_val_if_fail (column < self->texts->len, NULL);

  return g_ptr_array_index (self->texts, column);
}

/* LsChartTable */

static char *
format (LsAxis         *axis,
        int64_t         value,
        LsFormatLength  length)
{
  return axis ? ls_axis_format (axis, value, length) : g_strdup_printf ("%" G_GINT64_FORMAT, value);
}

/* What a position stands for is said by the first series that has a point there. */
static char *
dup_label (LsChartTable *self,
           int64_t       x)
{
  for (unsigned int i = 0; i < self->series->len; i++)
    {
      LsSeries *series = g_ptr_array_index (self->series, i);
      size_t index;

      if (ls_series_find (series, x, &index))
        return format (self->x_axis, ls_series_get_at (series, index), LS_FORMAT_FULL);
    }
  return format (self->x_axis, x, LS_FORMAT_FULL);
}

static LsChartRow *
create_row (LsChartTable *self,
            unsigned int  position)
{
  LsChartRow *row = g_object_new (LS_TYPE_CHART_ROW, NULL);
  int64_t x = g_array_index (self->xs, int64_t, position);

  row->label = dup_label (self, x);
  for (unsigned int i = 0; i < self->series->len; i++)
    {
      LsSeries *series = g_ptr_array_index (self->series, i);
      char *text = NULL;
      size_t index;

      if (ls_series_find (series, x, &index) && ls_series_get_ys (series)[index] != LS_SERIES_GAP)
        text = format (self->y_axis, ls_series_get_ys (series)[index], LS_FORMAT_FULL);
      g_ptr_array_add (row->texts, text);
    }
  return row;
}

static GType
ls_chart_table_get_item_type (GListModel *model)
{
  return LS_TYPE_CHART_ROW;
}

static guint
ls_chart_table_get_n_items (GListModel *model)
{
  return LS_CHART_TABLE (model)->xs->len;
}

static gpointer
ls_chart_table_get_item (GListModel *model,
                         guint       position)
{
  LsChartTable *self = LS_CHART_TABLE (model);

  return position < self->xs->len ? create_row (self, position) : NULL;
}

static void
ls_chart_table_list_model_init (GListModelInterface *iface)
{
  iface->get_item_type = ls_chart_table_get_item_type;
  iface->get_n_items = ls_chart_table_get_n_items;
  iface->get_item = ls_chart_table_get_item;
}

static void
ls_chart_table_finalize (GObject *object)
{
  LsChartTable *self = LS_CHART_TABLE (object);

  g_clear_object (&self->x_axis);
  g_clear_object (&self->y_axis);
  g_clear_pointer (&self->series, g_ptr_array_unref);
  g_clear_pointer (&self->xs, g_array_unref);

  G_OBJECT_CLASS (ls_chart_table_parent_class)->finalize (object);
}

static void
ls_chart_table_class_init (LsChartTableClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ls_chart_table_finalize;
}

static void
ls_chart_table_init (LsChartTable *self)
{
  self->series = g_ptr_array_new_with_free_func (g_object_unref);
  self->xs = g_array_new (FALSE, FALSE, sizeof (int64_t));
}

/* Merges rising positions into rising positions. */
static GArray *
merge (GArray        *xs,
       const int64_t *others,
       size_t         n)
{
  GArray *merged = g_array_sized_new (FALSE, FALSE, sizeof (int64_t), (guint) MAX (xs->len, n));
  size_t i = 0, j = 0;

  while (i < xs->len || j < n)
    {
      int64_t x;

      if (j == n || (i < xs->len && g_array_index (xs, int64_t, i) <= others[j]))
        x = g_array_index (xs, int64_t, i);
      else
        x = others[j];

      if (i < xs->len && g_array_index (xs, int64_t, i) == x)
        i++;
      if (j < n && others[j] == x)
        j++;
      g_array_append_val (merged, x);
    }

  g_array_unref (xs);
  return merged;
}

static void
emit_replaced (LsChartTable *self,
               GArray       *xs)
{
  guint n_removed = self->xs->len;
  guint n_added = xs->len;

  if (n_removed > 0 && n_added > MAX_REPLACED)
    {
      g_array_set_size (self->xs, 0);
      g_list_model_items_changed (G_LIST_MODEL (self), 0, n_removed, 0);
      n_removed = 0;
    }
  g_array_unref (self->xs);
  self->xs = xs;
  if (n_removed > 0 || n_added > 0)
    g_list_model_items_changed (G_LIST_MODEL (self), 0, n_removed, n_added);
}

LsChartTable *
ls_chart_table_new (void)
{
  return g_object_new (LS_TYPE_CHART_TABLE, NULL);
}

void
ls_chart_table_set_series (LsChartTable    *self,
                           LsSeries *const *series,
                           size_t           n,
                           LsAxis          *x_axis,
                           LsAxis          *y_axis)
{
  GArray *xs;

  g_return_if_fail (LS_IS_CHART_TABLE (self));
  g_return_if_fail (n == 0 || series != NULL);

  g_set_object (&self->x_axis, x_axis);
  g_set_object (&self->y_axis, y_axis);
  g_ptr_array_set_size (self->series, 0);
  xs = g_array_new (FALSE, FALSE, sizeof (int64_t));
  for (size_t i = 0; i < n; i++)
    {
      g_ptr_array_add (self->series, g_object_ref (series[i]));
      xs = merge (xs, ls_series_get_xs (series[i]), ls_series_get_length (series[i]));
    }
  emit_replaced (self, xs);
}

unsigned int
ls_chart_table_get_n_columns (LsChartTable *self)
{
  g_return_val_if_fail (LS_IS_CHART_TABLE (self), 0);

  return self->series->len;
}

LsSeries *
ls_chart_table_get_series (LsChartTable *self,
                           unsigned int  column)
{
  g_return_val_if_fail (LS_IS_CHART_TABLE (self), NULL);
  g_return_val_if_fail (column < self->series->len, NULL);

  return g_ptr_array_index (self->series, column);
}

int64_t
ls_chart_table_get_x (LsChartTable *self,
                      unsigned int  row)
{
  g_return_val_if_fail (LS_IS_CHART_TABLE (self), 0);
  g_return_val_if_fail (row < self->xs->len, 0);

  return g_array_index (self->xs, int64_t, row);
}

gboolean
ls_chart_table_find_nearest (LsChartTable *self,
                             int64_t       x,
                             unsigned int *row)
{
  const int64_t *xs;
  unsigned int low = 0, high;

  g_return_val_if_fail (LS_IS_CHART_TABLE (self), FALSE);
  g_return_val_if_fail (row != NULL, FALSE);

  if (self->xs->len == 0)
    return FALSE;

  xs = (const int64_t *) (void *) self->xs->data;
  high = self->xs->len - 1;
  while (low < high)
    {
      unsigned int middle = low + (high - low) / 2;

      if (xs[middle] < x)
        low = middle + 1;
      else
        high = middle;
    }

  /* Now the first at or after @x, or the last: the one before may be nearer. */
  if (low > 0 && xs[low] > x &&
      (uint64_t) x - (uint64_t) xs[low - 1] < (uint64_t) xs[low] - (uint64_t) x)
    low--;
  *row = low;
  return TRUE;
}

/* A comparison stands for another time than the place it is drawn at, and says so. */
static char *
describe_value (LsChartTable *self,
                LsSeries     *series,
                size_t        index,
                int64_t       x)
{
  g_autofree char *value = format (self->y_axis, ls_series_get_ys (series)[index], LS_FORMAT_FULL);
  int64_t at = ls_series_get_at (series, index);

  if (at != x)
    {
      g_autofree char *label = format (self->x_axis, at, LS_FORMAT_FULL);

      /* Translators: one of several values at a place of a chart: series, its own date, value. */
      return g_strdup_printf (C_("chart", "%s (%s) %s"), ls_series_get_title (series), label,
                              value);
    }

  /* Translators: one of several values at a place of a chart: series, value. */
  return g_strdup_printf (C_("chart", "%s %s"), ls_series_get_title (series), value);
}

char *
ls_chart_table_describe_row (LsChartTable *self,
                             unsigned int  row)
{
  g_autoptr (GString) values = g_string_new (NULL);
  g_autofree char *label = NULL;
  int64_t x;

  g_return_val_if_fail (LS_IS_CHART_TABLE (self), NULL);
  g_return_val_if_fail (row < self->xs->len, NULL);

  x = g_array_index (self->xs, int64_t, row);
  label = dup_label (self, x);
  for (unsigned int i = 0; i < self->series->len; i++)
    {
      LsSeries *series = g_ptr_array_index (self->series, i);
      g_autofree char *text = NULL;
      size_t index;

      if (!ls_series_find (series, x, &index) || ls_series_get_ys (series)[index] == LS_SERIES_GAP)
        continue;

      if (self->series->len == 1)
        text = format (self->y_axis, ls_series_get_ys (series)[index], LS_FORMAT_FULL);
      else
        text = describe_value (self, series, index, x);
      if (values->len > 0)
        /* Translators: between the values at a place of a chart. */
        g_string_append (values, C_("list separator", ", "));
      g_string_append (values, text);
    }
  if (values->len == 0)
    g_string_append (values, C_("chart", "no data"));

  /* Translators: a place of a chart and its values, read aloud: "12 March 2026: 1,234.50 EUR". */
  return g_strdup_printf (C_("chart", "%s: %s"), label, values->str);
}

static char *
summarize_series (LsChartTable *self,
                  LsSeries     *series)
{
  g_autofree char *from = NULL;
  g_autofree char *to = NULL;
  g_autofree char *low = NULL;
  g_autofree char *high = NULL;
  g_autofree char *last = NULL;
  int64_t min, max, total;
  size_t index = 0;

  if (!ls_series_get_range (series, &min, &max) || !ls_series_get_last (series, &index))
    /* Translators: a series of a chart that is empty. */
    return g_strdup_printf (C_("chart", "%s: no data."), ls_series_get_title (series));

  from = format (self->x_axis, ls_series_get_at (series, 0), LS_FORMAT_FULL);
  to = format (self->x_axis, ls_series_get_at (series, ls_series_get_length (series) - 1),
               LS_FORMAT_FULL);
  low = format (self->y_axis, min, LS_FORMAT_FULL);
  high = format (self->y_axis, max, LS_FORMAT_FULL);
  last = format (self->y_axis, ls_series_get_ys (series)[index], LS_FORMAT_FULL);
  if (ls_series_get_total (series, &total))
    {
      g_autofree char *sum = format (self->y_axis, total, LS_FORMAT_FULL);

      /* Translators: a chart in words: series, first date, last date, then values. */
      return g_strdup_printf (C_("chart",
                                 "%s, %s to %s: lowest %s, highest %s, last %s, total %s."),
                              ls_series_get_title (series), from, to, low, high, last, sum);
    }

  /* Translators: a chart in words: series, first date, last date, then values. */
  return g_strdup_printf (C_("chart", "%s, %s to %s: lowest %s, highest %s, last %s."),
                          ls_series_get_title (series), from, to, low, high, last);
}

char *
ls_chart_table_summarize (LsChartTable *self)
{
  g_autoptr (GString) summary = g_string_new (NULL);

  g_return_val_if_fail (LS_IS_CHART_TABLE (self), NULL);

  for (unsigned int i = 0; i < self->series->len; i++)
    {
      g_autofree char *sentence = summarize_series (self, g_ptr_array_index (self->series, i));

      if (i > 0)
        g_string_append_c (summary, ' ');
      g_string_append (summary, sentence);
    }
  return g_string_free (g_steal_pointer (&summary), FALSE);
}
