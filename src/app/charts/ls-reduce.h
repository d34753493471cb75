/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdint.h>

G_BEGIN_DECLS

/**
 * LsColumn:
 * @first: the first value in the column
 * @last: the last value
 * @min: the lowest value
 * @max: the highest value
 * @n: how many values; with 0 the others mean nothing
 * @joined: whether no gap lies between the column's first value and the value before it
 *
 * What is to be seen of the values that fall into one column of pixels.
 */
typedef struct
{
  int64_t first;
  int64_t last;
  int64_t min;
  int64_t max;
  size_t n;
  gboolean joined;
} LsColumn;

/**
 * ls_reduce_columns:
 * @x: (array length=n): positions in rising order
 * @y: (array length=n): values, `LS_SERIES_GAP` where there is none
 * @n: how many
 * @low: the position at the beginning of the first column
 * @high: the position at the end of the last column, not before @low
 * @columns: (out caller-allocates) (array length=n_columns): where to store the columns
 * @n_columns: how many
 *
 * Sorts points into columns of pixels. A line drawn through each column's first, min, max and last
 * looks like the line through all points. Points outside @low to @high are left out. O(n +
 * n_columns).
 */
void ls_reduce_columns (const int64_t *x,
                        const int64_t *y,
                        size_t         n,
                        int64_t        low,
                        int64_t        high,
                        LsColumn      *columns,
                        size_t         n_columns);

G_END_DECLS
