/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>
#include <stdint.h>

#include "app/charts/ls-series.h"
#include "app/charts/ls-ticks.h"

G_BEGIN_DECLS

/**
 * LsFormatLength:
 * @LS_FORMAT_SHORT: for ticks, where room is scarce: "1.2k", "12 Mar"
 * @LS_FORMAT_FULL: for tooltips, tables and screen readers: "1,234.50 EUR", "12 March 2026"
 *
 * How much room a text has.
 */
typedef enum {
  LS_FORMAT_SHORT,
  LS_FORMAT_FULL,
} LsFormatLength;

/**
 * LsValueFormatFunc:
 * @value: a value of a series
 * @length: how much room there is
 * @user_data: given with the function
 *
 * Writes a value as text. The owner of a chart knows its currency or unit; the chart does not.
 *
 * Returns: (transfer full): the text
 */
typedef char *(*LsValueFormatFunc) (int64_t         value,
                                    LsFormatLength  length,
                                    gpointer        user_data);

/**
 * LsTimeFormatFunc:
 * @time: µs since the epoch, UTC
 * @unit: what is counted: a month is written without its first day
 * @length: how much room there is
 * @user_data: given with the function
 *
 * Writes a time as text, in the owner's time zone and language.
 *
 * Returns: (transfer full): the text
 */
typedef char *(*LsTimeFormatFunc) (int64_t         time,
                                   LsTimeUnit      unit,
                                   LsFormatLength  length,
                                   gpointer        user_data);

#define LS_TYPE_AXIS (ls_axis_get_type ())

/**
 * LsAxis:
 *
 * Maps values or positions to places, and knows where ticks are and what they say.
 *
 * A place is a fraction: 0 where the axis begins, 1 where it ends. The chart lays an axis out for
 * the data and the room; layers then ask it for places. Emits [signal@Axis::changed] when places or
 * words may differ.
 *
 * Needs no display. The main thread's.
 */
G_DECLARE_DERIVABLE_TYPE (LsAxis, ls_axis, LS, AXIS, GObject)

/**
 * LsAxisClass:
 * @layout: chooses the ends and ticks for data from @min to @max; calls [method@Axis.take_layout]
 * @get_fraction: maps a value to a place
 * @get_value: maps a place to the nearest value
 * @format: writes a value
 *
 * The virtual functions. @get_fraction and @get_value are linear unless overridden.
 */
struct _LsAxisClass
{
  GObjectClass parent_class;

  void    (*layout)       (LsAxis         *self,
                           int64_t         min,
                           int64_t         max,
                           unsigned int    n_ticks);
  double  (*get_fraction) (LsAxis         *self,
                           int64_t         value);
  int64_t (*get_value)    (LsAxis         *self,
                           double          fraction);
  char   *(*format)       (LsAxis         *self,
                           int64_t         value,
                           LsFormatLength  length);
};

/**
 * ls_axis_layout:
 * @self: an axis
 * @min: lowest value to show
 * @max: highest value to show, not below @min
 * @n_ticks: about how many ticks fit, at least 1
 *
 * Chooses ends and ticks.
 */
void           ls_axis_layout       (LsAxis         *self,
                                     int64_t         min,
                                     int64_t         max,
                                     unsigned int    n_ticks);

/**
 * ls_axis_get_low:
 * @self: an axis
 *
 * Gets where the axis begins.
 *
 * Returns: a value, not above [method@Axis.get_high]
 */
int64_t        ls_axis_get_low      (LsAxis         *self);

/**
 * ls_axis_get_high:
 * @self: an axis
 *
 * Gets where the axis ends.
 *
 * Returns: a value, not below [method@Axis.get_low]
 */
int64_t        ls_axis_get_high     (LsAxis         *self);

/**
 * ls_axis_get_ticks:
 * @self: an axis
 * @n: (out): how many
 *
 * Gets the values with a tick, in rising order.
 *
 * Returns: (transfer none) (array length=n) (nullable): the ticks, until the next layout
 */
const int64_t *ls_axis_get_ticks    (LsAxis         *self,
                                     size_t         *n);

/**
 * ls_axis_get_fraction:
 * @self: an axis
 * @value: any value
 *
 * Maps a value to its place. Values off the axis give places outside 0 to 1.
 *
 * Returns: the place; 0.5 on an axis of no length
 */
double         ls_axis_get_fraction (LsAxis         *self,
                                     int64_t         value);

/**
 * ls_axis_get_value:
 * @self: an axis
 * @fraction: a place; outside 0 to 1 it is moved to the nearer end
 *
 * Maps a place to a value.
 *
 * Returns: the value there
 */
int64_t        ls_axis_get_value    (LsAxis         *self,
                                     double          fraction);

/**
 * ls_axis_format:
 * @self: an axis
 * @value: a value
 * @length: how much room there is
 *
 * Writes a value.
 *
 * Returns: (transfer full): the text
 */
char          *ls_axis_format       (LsAxis         *self,
                                     int64_t         value,
                                     LsFormatLength  length);

/**
 * ls_axis_take_layout:
 * @self: an axis
 * @low: where it begins
 * @high: where it ends, not below @low
 * @ticks: (transfer full) (element-type gint64): the ticks in rising order
 *
 * Stores a layout, for the layout function of a subclass. Tells of it only if it differs.
 */
void           ls_axis_take_layout  (LsAxis         *self,
                                     int64_t         low,
                                     int64_t         high,
                                     GArray         *ticks);

/**
 * ls_axis_changed:
 * @self: an axis
 *
 * Says that places or words may differ, for subclasses.
 */
void           ls_axis_changed      (LsAxis         *self);

#define LS_TYPE_VALUE_AXIS (ls_value_axis_get_type ())

/**
 * LsValueAxis:
 *
 * An axis of amounts or counts, with ticks 1, 2 or 5 times a power of ten apart.
 */
G_DECLARE_FINAL_TYPE (LsValueAxis, ls_value_axis, LS, VALUE_AXIS, LsAxis)

/**
 * ls_value_axis_new:
 *
 * Creates an axis that includes zero and writes plain grouped numbers.
 *
 * Returns: (transfer full): a new axis
 */
LsAxis *ls_value_axis_new              (void);

/**
 * ls_value_axis_set_format_func:
 * @self: a value axis
 * @func: (nullable) (scope notified): writes a value, or %NULL for plain numbers
 * @user_data: for @func
 * @destroy: (nullable): frees @user_data
 *
 * Sets how values are written.
 */
void    ls_value_axis_set_format_func  (LsValueAxis       *self,
                                        LsValueFormatFunc  func,
                                        gpointer           user_data,
                                        GDestroyNotify     destroy);

/**
 * ls_value_axis_set_include_zero:
 * @self: a value axis
 * @include_zero: whether zero is always on the axis
 *
 * Says whether the axis always reaches zero. It does unless told otherwise: a cut axis makes small
 * changes look big.
 */
void    ls_value_axis_set_include_zero (LsValueAxis       *self,
                                        gboolean           include_zero);

/**
 * ls_value_axis_set_exact:
 * @self: a value axis
 * @exact: whether the axis ends at the data instead of at ticks
 *
 * Says that the data fill the axis, without ticks: for sparklines.
 */
void    ls_value_axis_set_exact        (LsValueAxis       *self,
                                        gboolean           exact);

/**
 * ls_value_axis_set_unit:
 * @self: a value axis
 * @unit: the smallest distance that means something by itself: 100 for euros in cents, 1 for counts
 *
 * Sets how long the axis is when there is nothing but zeros.
 */
void    ls_value_axis_set_unit         (LsValueAxis       *self,
                                        int64_t            unit);

#define LS_TYPE_TIME_AXIS (ls_time_axis_get_type ())

/**
 * LsTimeAxis:
 *
 * An axis of time, with ticks at the beginnings of hours, days, weeks, months or years of a time
 * zone.
 */
G_DECLARE_FINAL_TYPE (LsTimeAxis, ls_time_axis, LS, TIME_AXIS, LsAxis)

/**
 * ls_time_axis_new:
 * @zone: the time zone whose calendar counts
 * @unit: what the data are counted by; no tick is finer
 *
 * Creates an axis that writes times in the language of the process.
 *
 * Returns: (transfer full): a new axis
 */
LsAxis *ls_time_axis_new               (GTimeZone         *zone,
                                        LsTimeUnit         unit);

/**
 * ls_time_axis_set_zone:
 * @self: a time axis
 * @zone: a time zone
 * @unit: what the data are counted by
 *
 * Sets the calendar, when another shop or another grouping is shown.
 */
void    ls_time_axis_set_zone          (LsTimeAxis        *self,
                                        GTimeZone         *zone,
                                        LsTimeUnit         unit);

/**
 * ls_time_axis_set_format_func:
 * @self: a time axis
 * @func: (nullable) (scope notified): writes a time, or %NULL for the built-in way
 * @user_data: for @func
 * @destroy: (nullable): frees @user_data
 *
 * Sets how times are written.
 */
void    ls_time_axis_set_format_func   (LsTimeAxis        *self,
                                        LsTimeFormatFunc   func,
                                        gpointer           user_data,
                                        GDestroyNotify     destroy);

#define LS_TYPE_CATEGORY_AXIS (ls_category_axis_get_type ())

/**
 * LsCategoryAxis:
 *
 * An axis with one equal place for each category of a series, all ticks, words taken from the
 * series.
 */
G_DECLARE_FINAL_TYPE (LsCategoryAxis, ls_category_axis, LS, CATEGORY_AXIS, LsAxis)

/**
 * ls_category_axis_new:
 * @series: (transfer none): the series with the labels
 *
 * Creates an axis for the categories of @series.
 *
 * Returns: (transfer full): a new axis
 */
LsAxis *ls_category_axis_new           (LsSeries          *series);

G_END_DECLS
