/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "app/charts/ls-series.h"

G_BEGIN_DECLS

#define LS_TYPE_SPARKLINE (ls_sparkline_get_type ())

/**
 * LsSparkline:
 *
 * A line as high as text, that shows which way a figure goes.
 *
 * It fills its height from the lowest to the highest value, without axes. A screen reader passes
 * over it: who shows it says in words what it means. The main thread's.
 */
G_DECLARE_FINAL_TYPE (LsSparkline, ls_sparkline, LS, SPARKLINE, GtkWidget)

/**
 * ls_sparkline_new:
 * @series: (nullable) (transfer none): what to draw
 *
 * Creates a sparkline.
 *
 * Returns: (transfer floating): a new sparkline
 */
GtkWidget *ls_sparkline_new        (LsSeries    *series);

/**
 * ls_sparkline_get_series:
 * @self: a sparkline
 *
 * Gets what it draws.
 *
 * Returns: (transfer none) (nullable): the series
 */
LsSeries  *ls_sparkline_get_series (LsSparkline *self);

/**
 * ls_sparkline_set_series:
 * @self: a sparkline
 * @series: (nullable) (transfer none): what to draw
 *
 * Sets what it draws.
 */
void       ls_sparkline_set_series (LsSparkline *self,
                                    LsSeries    *series);

G_END_DECLS
