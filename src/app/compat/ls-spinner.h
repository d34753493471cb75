/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

#define LS_TYPE_SPINNER (ls_spinner_get_type ())

G_DECLARE_FINAL_TYPE (LsSpinner, ls_spinner, LS, SPINNER, AdwBin)

/**
 * ls_spinner_new:
 *
 * Creates a spinner that turns while it is on screen.
 *
 * AdwSpinner where there is one, else GtkSpinner. Templates name the type `LsSpinner`.
 * Main thread.
 *
 * Returns: (transfer floating): a new spinner
 */
GtkWidget *ls_spinner_new (void);

G_END_DECLS
