/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/charts/ls-axis.h"

struct _LsCategoryAxis
{
  LsAxis parent_instance;

  LsSeries *series; /* owned */
};

G_DEFINE_FINAL_TYPE (LsCategoryAxis, ls_category_axis, LS_TYPE_AXIS)

static double
get_n_places (LsAxis *axis)
{
  return (double) ls_axis_get_high (axis) - (double) ls_axis_get_low (axis) + 1.0;
}

static void
ls_category_axis_layout (LsAxis       *axis,
                         int64_t       min,
                         int64_t       max,
                         unsigned int  n_ticks)
{
  LsCategoryAxis *self = LS_CATEGORY_AXIS (axis);
  GArray *ticks = g_array_new (FALSE, FALSE, sizeof (int64_t));
  int64_t n = (int64_t) ls_series_get_length (self->series);
  int64_t step;

  min = CLAMP (min, 0, MAX (n - 1, 0));
  max = CLAMP (max, min, MAX (n - 1, 0));
  step = (max - min) / n_ticks + 1;
  for (int64_t tick = min; tick <= max; tick += step)
    g_array_append_val (ticks, tick);
  ls_axis_take_layout (axis, min, max, ticks);
}

static double
ls_category_axis_get_fraction (LsAxis  *axis,
                               int64_t  value)
{
  return ((double) value - (double) ls_axis_get_low (axis) + 0.5) / get_n_places (axis);
}

static int64_t
ls_category_axis_get_value (LsAxis *axis,
                            double  fraction)
{
  int64_t value = ls_axis_get_low (axis) + (int64_t) (fraction * get_n_places (axis));

  return MIN (value, ls_axis_get_high (axis));
}

static char *
ls_category_axis_format (LsAxis         *axis,
                         int64_t         value,
                         LsFormatLength  length)
{
  LsCategoryAxis *self = LS_CATEGORY_AXIS (axis);
  const char *label = value >= 0 ? ls_series_get_category (self->series, (size_t) value) : NULL;

  return g_strdup (label ? label : "");
}

static void
ls_category_axis_dispose (GObject *object)
{
  LsCategoryAxis *self = LS_CATEGORY_AXIS (object);

  g_clear_object (&self->series);

  G_OBJECT_CLASS (ls_category_axis_parent_class)->dispose (object);
}

static void
ls_category_axis_class_init (LsCategoryAxisClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  LsAxisClass *axis_class = LS_AXIS_CLASS (klass);

  object_class->dispose = ls_category_axis_dispose;
  axis_class->layout = ls_category_axis_layout;
  axis_class->get_fraction = ls_category_axis_get_fraction;
  axis_class->get_value = ls_category_axis_get_value;
  axis_class->format = ls_category_axis_format;
}

static void
ls_category_axis_init (LsCategoryAxis *self)
{
}

LsAxis *
ls_category_axis_new (LsSeries *series)
{
  LsCategoryAxis *self = g_object_new (LS_TYPE_CATEGORY_AXIS, NULL);

  g_return_val_if_fail (LS_IS_SERIES (series), LS_AXIS (self));

  self->series = g_object_ref (series);
  return LS_AXIS (self);
}
