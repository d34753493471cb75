/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-committer.h"

G_BEGIN_DECLS

int64_t ls_retention_run (LsStorage   *storage,
                          LsCommitter *committer,
                          const char  *shop,
                          int64_t      before,
                          GError     **error);

G_END_DECLS
