/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LsDataLock:
 *
 * The right of one process to serve a data folder, or to write to it behind the server's back. It
 * ends with the process.
 */
typedef struct _LsDataLock LsDataLock;

bool        ls_data_dir_create        (const char         *path,
                                       GError            **error);
bool        ls_data_dir_check         (const char         *path,
                                       GError            **error);
LsDataLock *ls_data_dir_lock          (const char         *path,
                                       GError            **error);
void        ls_data_lock_free         (LsDataLock         *lock);
bool        ls_data_dir_write_address (const char         *path,
                                       const char *const  *urls,
                                       GError            **error);
char       *ls_data_dir_read_address  (const char         *path,
                                       GError            **error);
void        ls_data_dir_clear_address (const char         *path);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsDataLock, ls_data_lock_free)

G_END_DECLS
