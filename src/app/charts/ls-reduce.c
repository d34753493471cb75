/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/charts/ls-reduce.h"

#include "app/charts/ls-series.h"

static void
add_value (LsColumn *column,
           int64_t   value,
           gboolean  joined)
{
  if (column->n == 0)
    {
      column->first = column->min = column->max = value;
      column->joined = joined;
    }
  column->last = value;
  column->min = MIN (column->min, value);
  column->max = MAX (column->max, value);
  column->n++;
}

void
ls_reduce_columns (const int64_t *x,
                   const int64_t *y,
                   size_t         n,
                   int64_t        low,
                   int64_t        high,
                   LsColumn      *columns,
                   size_t         n_columns)
{
  gboolean joined = FALSE;
  double scale;

  g_return_if_fail (n == 0 || (x != NULL && y != NULL));
  g_return_if_fail (low <= high);
  g_return_if_fail (columns != NULL && n_columns > 0);

  for (size_t i = 0; i < n_columns; i++)
    columns[i] = (LsColumn) { 0 };

  /* Distances are taken unsigned: they may be wider than an int64. */
  scale = (double) n_columns / MAX ((double) ((uint64_t) high - (uint64_t) low), 1.0);
  for (size_t i = 0; i < n; i++)
    {
      size_t column;

      if (x[i] < low || x[i] > high)
        continue;

      if (y[i] == LS_SERIES_GAP)
        {
          joined = FALSE;
          continue;
        }

      column = (size_t) ((double) ((uint64_t) x[i] - (uint64_t) low) * scale);
      add_value (&columns[MIN (column, n_columns - 1)], y[i], joined);
      joined = TRUE;
    }
}
