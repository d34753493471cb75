/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-object.h>
#include <stdint.h>

G_BEGIN_DECLS

/**
 * LS_SERIES_GAP:
 *
 * The value of a point that has none: lines break at it, sums leave it out.
 */
#define LS_SERIES_GAP INT64_MIN

#define LS_TYPE_SERIES (ls_series_get_type ())

/**
 * LsSeries:
 *
 * Numbers over time or over categories.
 *
 * A point has a position `x` (µs since the epoch, UTC, or the index of a category), a value `y`
 * (minor units, a count: the series does not know) and a time `at` that is what the position stands
 * for: it differs from `x` in a comparison, where last year's days are drawn at this year's places.
 * All points are set in one go, which emits [signal@Series::changed] once; what is asked for often
 * is computed then.
 *
 * Needs no display. The main thread's.
 */
G_DECLARE_FINAL_TYPE (LsSeries, ls_series, LS, SERIES, GObject)

/**
 * ls_series_new:
 * @title: what it is, translated, such as "Revenue"
 *
 * Creates a series without points.
 *
 * Returns: (transfer full): a new series
 */
LsSeries          *ls_series_new            (const char        *title);

/**
 * ls_series_get_title:
 * @self: a series
 *
 * Gets what the series is called in legends and read aloud.
 *
 * Returns: (transfer none): the title
 */
const char        *ls_series_get_title      (LsSeries          *self);

/**
 * ls_series_set_title:
 * @self: a series
 * @title: a title, translated
 *
 * Sets what the series is called.
 */
void               ls_series_set_title      (LsSeries          *self,
                                             const char        *title);

/**
 * ls_series_get_additive:
 * @self: a series
 *
 * Gets whether the sum of its values means something.
 *
 * Returns: whether it does
 */
gboolean           ls_series_get_additive   (LsSeries          *self);

/**
 * ls_series_set_additive:
 * @self: a series
 * @additive: whether the sum of its values means something: of revenue yes, of averages no
 *
 * Says whether the total may be shown. It may, unless told otherwise.
 */
void               ls_series_set_additive   (LsSeries          *self,
                                             gboolean           additive);

/**
 * ls_series_set_points:
 * @self: a series
 * @x: (array length=n): positions, in rising order, none twice
 * @y: (array length=n): values, %LS_SERIES_GAP where there is none
 * @at: (array length=n) (nullable): what each position stands for, or %NULL if it stands for itself
 * @n: how many
 *
 * Replaces all points. The arrays are copied. O(n).
 *
 * Points out of order are a programmer's error; nothing changes then.
 */
void               ls_series_set_points     (LsSeries          *self,
                                             const int64_t     *x,
                                             const int64_t     *y,
                                             const int64_t     *at,
                                             size_t             n);

/**
 * ls_series_set_categories:
 * @self: a series
 * @labels: (array length=n): what the categories are called, translated where that applies
 * @y: (array length=n): values, %LS_SERIES_GAP where there is none
 * @n: how many
 *
 * Replaces all points by one a category, at positions 0 to @n - 1. The arrays are copied. O(n).
 */
void               ls_series_set_categories (LsSeries          *self,
                                             const char *const *labels,
                                             const int64_t     *y,
                                             size_t             n);

/**
 * ls_series_get_length:
 * @self: a series
 *
 * Gets the number of points, gaps included.
 *
 * Returns: how many
 */
size_t             ls_series_get_length     (LsSeries          *self);

/**
 * ls_series_get_xs:
 * @self: a series
 *
 * Gets the positions, for drawing.
 *
 * Returns: (transfer none) (nullable): as many as there are points, until they change
 */
const int64_t     *ls_series_get_xs         (LsSeries          *self);

/**
 * ls_series_get_ys:
 * @self: a series
 *
 * Gets the values, for drawing.
 *
 * Returns: (transfer none) (nullable): as many as there are points, until they change
 */
const int64_t     *ls_series_get_ys         (LsSeries          *self);

/**
 * ls_series_get_at:
 * @self: a series
 * @index: an index of a point
 *
 * Gets the time or index that a point stands for.
 *
 * Returns: the point's `at`
 */
int64_t            ls_series_get_at         (LsSeries          *self,
                                             size_t             index);

/**
 * ls_series_get_category:
 * @self: a series
 * @index: any index
 *
 * Gets what a category is called.
 *
 * Returns: (transfer none) (nullable): the label, or %NULL if the points are not categories or
 *   @index is past the end
 */
const char        *ls_series_get_category   (LsSeries          *self,
                                             size_t             index);

/**
 * ls_series_find:
 * @self: a series
 * @x: a position
 * @index: (out) (optional): where to store the index of the point there
 *
 * Finds the point at exactly @x. O(log n).
 *
 * Returns: whether there is one
 */
gboolean           ls_series_find           (LsSeries          *self,
                                             int64_t            x,
                                             size_t            *index);

/**
 * ls_series_get_range:
 * @self: a series
 * @min: (out) (optional): the lowest value
 * @max: (out) (optional): the highest value
 *
 * Gets the extent of the values, gaps left out.
 *
 * Returns: whether there is any value
 */
gboolean           ls_series_get_range      (LsSeries          *self,
                                             int64_t           *min,
                                             int64_t           *max);

/**
 * ls_series_get_total:
 * @self: a series
 * @total: (out): the sum of the values
 *
 * Gets the sum of the values, gaps left out.
 *
 * Returns: whether there is one: not if there is no value, the sum means nothing or does not fit
 */
gboolean           ls_series_get_total      (LsSeries          *self,
                                             int64_t           *total);

/**
 * ls_series_get_last:
 * @self: a series
 * @index: (out): the last point that is not a gap
 *
 * Gets the newest point with a value.
 *
 * Returns: whether there is one
 */
gboolean           ls_series_get_last       (LsSeries          *self,
                                             size_t            *index);

/**
 * ls_series_get_min_step:
 * @self: a series
 *
 * Gets the smallest distance between neighbouring positions.
 *
 * Returns: a distance, at most `INT64_MAX`; 0 with fewer than two points
 */
int64_t            ls_series_get_min_step   (LsSeries          *self);

G_END_DECLS
