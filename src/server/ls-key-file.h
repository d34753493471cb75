/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

GKeyFile *ls_key_file_load (const char  *path,
                            size_t       max_bytes,
                            GError     **error);
char     *ls_key_file_place (const char *path,
                             const char *group,
                             const char *key);

G_END_DECLS
