/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <json-glib/json-glib.h>

#include "core/ls-json-document.h"

G_BEGIN_DECLS

/**
 * ls_test_json_assert_same:
 * @theirs: what json-glib read
 * @ours: what we read of the same text
 *
 * Checks that both are the same tree, members in the same order.
 */
void ls_test_json_assert_same (JsonNode         *theirs,
                               const LsJsonNode *ours);

G_END_DECLS
