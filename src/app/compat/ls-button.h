/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * ls_button_set_mnemonic:
 * @button: a button
 * @label: its text, translated, with or without an underline before the mnemonic
 *
 * Sets the text of a button, so that a screen reader reads it once and without the underline.
 *
 * GTK 4.8 names a button with a mnemonic twice: by the raw text and by its label. Main thread.
 */
void ls_button_set_mnemonic (GtkButton  *button,
                             const char *label);

/**
 * ls_button_name_descendants:
 * @root: a widget made from a template
 *
 * Gives all buttons with a mnemonic below @root the one name that their label is, for screen
 * readers, as ls_button_set_mnemonic() does for one. Templates call it when they are built. Main
 * thread; the cost is that of walking the template.
 */
void ls_button_name_descendants (GtkWidget *root);

G_END_DECLS
