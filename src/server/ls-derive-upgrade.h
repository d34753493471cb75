/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-committer.h"

G_BEGIN_DECLS

bool ls_derive_upgrade (LsStorage    *storage,
                        LsCommitter  *committer,
                        GError      **error);

G_END_DECLS
