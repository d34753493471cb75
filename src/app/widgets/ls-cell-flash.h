/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * ls_cell_flash_bind:
 * @cell: the widget of a cell
 * @value: (nullable): what it shows
 *
 * Says that @cell shows another row from now on: that is no change, so nothing flashes, and a
 * running flash ends.
 *
 * Call it when a list binds the cell, [func@cell_flash_update] when the row's value changes, and
 * [func@cell_flash_unbind] when the list unbinds it. Main thread.
 */
void ls_cell_flash_bind   (GtkWidget  *cell,
                           const char *value);

/**
 * ls_cell_flash_update:
 * @cell: a bound cell
 * @value: (nullable): what it shows now
 *
 * Lets @cell flash once if it showed something else before.
 *
 * It does not where the system asks for less motion, nor while the cell is off screen. A change
 * during a flash starts it again.
 */
void ls_cell_flash_update (GtkWidget  *cell,
                           const char *value);

/**
 * ls_cell_flash_unbind:
 * @cell: the widget of a cell
 *
 * Says that @cell shows nothing, until it is bound again.
 */
void ls_cell_flash_unbind (GtkWidget  *cell);

/**
 * ls_cell_flash_is_flashing:
 * @cell: the widget of a cell
 *
 * Tells whether @cell flashes now.
 *
 * Returns: whether it does
 */
gboolean ls_cell_flash_is_flashing (GtkWidget *cell);

G_END_DECLS
