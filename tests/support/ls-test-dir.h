/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/**
 * LsTestDir:
 *
 * A new and empty folder that is removed, with all in it, when freed.
 */
typedef struct _LsTestDir LsTestDir;

/**
 * ls_test_dir_new:
 *
 * Makes a folder under the one for temporary files.
 *
 * Returns: (transfer full): the folder
 */
LsTestDir  *ls_test_dir_new      (void);

/**
 * ls_test_dir_free:
 * @dir: (transfer full): a folder
 *
 * Removes it.
 */
void        ls_test_dir_free     (LsTestDir  *dir);

/**
 * ls_test_dir_get_path:
 * @dir: a folder
 *
 * Gets its path.
 *
 * Returns: (transfer none): the path
 */
const char *ls_test_dir_get_path (LsTestDir  *dir);

/**
 * ls_test_dir_file:
 * @dir: a folder
 * @name: name of a file, which need not exist
 *
 * Makes the path of a file in it.
 *
 * Returns: (transfer full): the path
 */
char       *ls_test_dir_file     (LsTestDir  *dir,
                                  const char *name);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsTestDir, ls_test_dir_free)

G_END_DECLS
