/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * ls_popover_init:
 *
 * Lets no popover of the process take clicks once it is closed. GTK (4.8 to 4.18 at least) sends a
 * popover whose content changed a motion of the pointer with the next frame, also when it was closed
 * meanwhile; whatever is clicked next goes to it, unseen, and is lost. A popover that is closed gives
 * up its surface, which it makes anew when it opens.
 *
 * Call it once, after gtk_init(), from the main thread.
 */
void ls_popover_init (void);

G_END_DECLS
