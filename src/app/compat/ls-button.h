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

G_END_DECLS
