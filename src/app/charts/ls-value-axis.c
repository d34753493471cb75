/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/charts/ls-axis.h"

struct _LsValueAxis
{
  LsAxis parent_instance;

  LsValueFormatFunc format;
  gpointer format_data;
  GDestroyNotify format_destroy;

  int64_t unit;
  gboolean include_zero;
  gboolean exact;
};

G_DEFINE_FINAL_TYPE (LsValueAxis, ls_value_axis, LS_TYPE_AXIS)

static void
ls_value_axis_layout (LsAxis       *axis,
                      int64_t       min,
                      int64_t       max,
                      unsigned int  n_ticks)
{
  LsValueAxis *self = LS_VALUE_AXIS (axis);
  int64_t low, high;
  GArray *ticks;

  if (self->include_zero)
    {
      min = MIN (min, 0);
      max = MAX (max, 0);
    }

  if (self->exact)
    {
      ls_axis_take_layout (axis, min, max, g_array_new (FALSE, FALSE, sizeof (int64_t)));
      return;
    }

  ticks = ls_ticks_value (min, max, self->unit, n_ticks, &low, &high);
  ls_axis_take_layout (axis, low, high, ticks);
}

static char *
ls_value_axis_format (LsAxis         *axis,
                      int64_t         value,
                      LsFormatLength  length)
{
  LsValueAxis *self = LS_VALUE_AXIS (axis);

  if (self->format)
    return self->format (value, length, self->format_data);

  return g_strdup_printf ("%'" G_GINT64_FORMAT, value);
}

static void
clear_format (LsValueAxis *self)
{
  if (self->format_destroy)
    self->format_destroy (self->format_data);
  self->format = NULL;
  self->format_data = NULL;
  self->format_destroy = NULL;
}

static void
ls_value_axis_finalize (GObject *object)
{
  clear_format (LS_VALUE_AXIS (object));

  G_OBJECT_CLASS (ls_value_axis_parent_class)->finalize (object);
}

static void
ls_value_axis_class_init (LsValueAxisClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  LsAxisClass *axis_class = LS_AXIS_CLASS (klass);

  object_class->finalize = ls_value_axis_finalize;
  axis_class->layout = ls_value_axis_layout;
  axis_class->format = ls_value_axis_format;
}

static void
ls_value_axis_init (LsValueAxis *self)
{
  self->unit = 1;
  self->include_zero = TRUE;
}

LsAxis *
ls_value_axis_new (void)
{
  return g_object_new (LS_TYPE_VALUE_AXIS, NULL);
}

void
ls_value_axis_set_format_func (LsValueAxis       *self,
                               LsValueFormatFunc  func,
                               gpointer           user_data,
                               GDestroyNotify     destroy)
{
  g_return_if_fail (LS_IS_VALUE_AXIS (self));

  clear_format (self);
  self->format = func;
  self->format_data = user_data;
  self->format_destroy = destroy;
  ls_axis_changed (LS_AXIS (self));
}

void
ls_value_axis_set_include_zero (LsValueAxis *self,
                                gboolean     include_zero)
{
  g_return_if_fail (LS_IS_VALUE_AXIS (self));

  if (self->include_zero == !!include_zero)
    return;

  self->include_zero = !!include_zero;
  ls_axis_changed (LS_AXIS (self));
}

void
ls_value_axis_set_exact (LsValueAxis *self,
                         gboolean     exact)
{
  g_return_if_fail (LS_IS_VALUE_AXIS (self));

  if (self->exact == !!exact)
    return;

  self->exact = !!exact;
  ls_axis_changed (LS_AXIS (self));
}

void
ls_value_axis_set_unit (LsValueAxis *self,
                        int64_t      unit)
{
  g_return_if_fail (LS_IS_VALUE_AXIS (self));
  g_return_if_fail (unit > 0);

  if (self->unit == unit)
    return;

  self->unit = unit;
  ls_axis_changed (LS_AXIS (self));
}
