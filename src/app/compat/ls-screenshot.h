/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/**
 * ls_screenshot_render:
 * @native: a window or popover that has been drawn once
 * @error: return location for an error
 *
 * Draws @native as it is now, with the popovers open over it, without reading the screen.
 *
 * So it works for covered windows and without a window manager, and equal content gives equal
 * pixels with the cairo renderer. Popovers that reach past the window enlarge the picture. Main
 * thread; costs about one frame.
 *
 * Returns: (transfer full) (nullable): the picture, or %NULL with `G_IO_ERROR_NOT_INITIALIZED` if
 *   @native has not been drawn yet
 */
GdkTexture *ls_screenshot_render (GtkNative   *native,
                                  GError     **error);

/**
 * ls_screenshot_window:
 * @native: a window or popover that has been drawn once
 * @path: the PNG file to write, in the encoding of file names
 * @error: return location for an error
 *
 * Writes what [func@screenshot_render] draws to a PNG file, replacing it.
 *
 * Compresses and writes before it returns: for tests and bug reports, not for something done often.
 * Main thread.
 *
 * Returns: whether the file was written; on failure an old file is as it was
 */
gboolean    ls_screenshot_window (GtkNative   *native,
                                  const char  *path,
                                  GError     **error);

G_END_DECLS
