/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache.h"

G_BEGIN_DECLS

/*
 * A cache with something of everything in it, always the same: what tests/data/cache keeps a file of
 * for each version of the schema, and what has to be in it still after all that came since.
 */
void ls_test_archive_fill  (LsCache *cache);
void ls_test_archive_check (LsCache *cache);

G_END_DECLS
