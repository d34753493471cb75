/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#include "client/ls-client.h"

G_BEGIN_DECLS

#define LS_TYPE_SCOPE_GROUP (ls_scope_group_get_type ())
G_DECLARE_FINAL_TYPE (LsScopeGroup, ls_scope_group, LS, SCOPE_GROUP, AdwPreferencesGroup)

void ls_scope_group_set_shop (LsScopeGroup *self,
                              LsClient     *client,
                              const char   *shop);

G_END_DECLS
