/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/charts/ls-axis.h"

#include <glib/gi18n.h>

struct _LsTimeAxis
{
  LsAxis parent_instance;

  GTimeZone *zone; /* owned */
  LsTimeFormatFunc format;
  gpointer format_data;
  GDestroyNotify format_destroy;

  LsTimeUnit unit;      /* of the data */
  LsTimeUnit tick_unit; /* of the ticks, as laid out last */
};

G_DEFINE_FINAL_TYPE (LsTimeAxis, ls_time_axis, LS_TYPE_AXIS)

static const char *
get_format (LsTimeUnit     unit,
            LsFormatLength length)
{
  gboolean is_short = length == LS_FORMAT_SHORT;

  switch (unit)
    {
    case LS_TIME_UNIT_HOUR:
      /* Translators: times in charts, as for strftime: an hour on an axis, and in full. */
      return is_short ? C_("chart time", "%H:%M") : C_("chart time", "%-d %B %Y, %H:%M");
    case LS_TIME_UNIT_DAY:
      /* Translators: a day on the axis of a chart, and in full. */
      return is_short ? C_("chart time", "%-d %b") : C_("chart time", "%-d %B %Y");
    case LS_TIME_UNIT_WEEK:
      /* Translators: a week by its first day, on the axis of a chart, and in full. */
      return is_short ? C_("chart week", "%-d %b") : C_("chart week", "Week of %-d %B %Y");
    case LS_TIME_UNIT_MONTH:
      /* Translators: a month on the axis of a chart, and in full. */
      return is_short ? C_("chart time", "%b %Y") : C_("chart time", "%OB %Y");
    case LS_TIME_UNIT_YEAR:
      return "%Y";
    default:
      g_assert_not_reached ();
    }
}

static char *
format_time (LsTimeAxis     *self,
             int64_t         time,
             LsTimeUnit      unit,
             LsFormatLength  length)
{
  g_autoptr (GDateTime) utc = NULL;
  g_autoptr (GDateTime) local = NULL;

  if (self->format)
    return self->format (time, unit, length, self->format_data);

  utc = g_date_time_new_from_unix_utc (time / G_USEC_PER_SEC - (time % G_USEC_PER_SEC < 0));
  local = utc ? g_date_time_to_timezone (utc, self->zone) : NULL;
  /* Outside the years 1 to 9999 there is no calendar to write. */
  return local ? g_date_time_format (local, get_format (unit, length)) : g_strdup ("");
}

static void
ls_time_axis_layout (LsAxis       *axis,
                     int64_t       min,
                     int64_t       max,
                     unsigned int  n_ticks)
{
  LsTimeAxis *self = LS_TIME_AXIS (axis);
  GArray *ticks = ls_ticks_time (min, max, self->zone, self->unit, n_ticks, &self->tick_unit);

  ls_axis_take_layout (axis, min, max, ticks);
}

static char *
ls_time_axis_format (LsAxis         *axis,
                     int64_t         value,
                     LsFormatLength  length)
{
  LsTimeAxis *self = LS_TIME_AXIS (axis);
  LsTimeUnit unit = length == LS_FORMAT_SHORT ? self->tick_unit : self->unit;

  /* Two weeks apart or one: a tick is the day it stands at. */
  if (length == LS_FORMAT_SHORT && unit == LS_TIME_UNIT_WEEK)
    unit = LS_TIME_UNIT_DAY;
  return format_time (self, value, unit, length);
}

static void
clear_format (LsTimeAxis *self)
{
  if (self->format_destroy)
    self->format_destroy (self->format_data);
  self->format = NULL;
  self->format_data = NULL;
  self->format_destroy = NULL;
}

static void
ls_time_axis_finalize (GObject *object)
{
  LsTimeAxis *self = LS_TIME_AXIS (object);

  clear_format (self);
  g_clear_pointer (&self->zone, g_time_zone_unref);

  G_OBJECT_CLASS (ls_time_axis_parent_class)->finalize (object);
}

static void
ls_time_axis_class_init (LsTimeAxisClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  LsAxisClass *axis_class = LS_AXIS_CLASS (klass);

  object_class->finalize = ls_time_axis_finalize;
  axis_class->layout = ls_time_axis_layout;
  axis_class->format = ls_time_axis_format;
}

static void
ls_time_axis_init (LsTimeAxis *self)
{
  self->zone = g_time_zone_new_utc ();
  self->unit = LS_TIME_UNIT_DAY;
  self->tick_unit = LS_TIME_UNIT_DAY;
}

LsAxis *
ls_time_axis_new (GTimeZone  *zone,
                  LsTimeUnit  unit)
{
  LsTimeAxis *self = g_object_new (LS_TYPE_TIME_AXIS, NULL);

  g_return_val_if_fail (zone != NULL, LS_AXIS (self));

  ls_time_axis_set_zone (self, zone, unit);
  return LS_AXIS (self);
}

void
ls_time_axis_set_zone (LsTimeAxis *self,
                       GTimeZone  *zone,
                       LsTimeUnit  unit)
{
  g_return_if_fail (LS_IS_TIME_AXIS (self));
  g_return_if_fail (zone != NULL);

  g_time_zone_ref (zone);
  g_time_zone_unref (self->zone);
  self->zone = zone;
  self->unit = unit;
  ls_axis_changed (LS_AXIS (self));
}

void
ls_time_axis_set_format_func (LsTimeAxis       *self,
                              LsTimeFormatFunc  func,
                              gpointer          user_data,
                              GDestroyNotify    destroy)
{
  g_return_if_fail (LS_IS_TIME_AXIS (self));

  clear_format (self);
  self->format = func;
  self->format_data = user_data;
  self->format_destroy = destroy;
  ls_axis_changed (LS_AXIS (self));
}
