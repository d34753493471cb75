/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-environment.h"

G_BEGIN_DECLS

bool ls_backup_make    (LsEnvironment  *environment,
                        const char     *data,
                        const char     *folder,
                        GError        **error);
bool ls_backup_check   (LsEnvironment  *environment,
                        const char     *folder,
                        GError        **error);
bool ls_backup_restore (LsEnvironment  *environment,
                        const char     *folder,
                        const char     *data,
                        char          **ret_old,
                        GError        **error);

G_END_DECLS
