/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-schema.h"
#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LsRole:
 * @LS_ROLE_VIEWER: reads what is not sensitive, writes nothing
 * @LS_ROLE_STAFF: reads what is not sensitive, edits what the shop's daily work needs
 * @LS_ROLE_ADMIN: reads and edits everything
 * @LS_ROLE_OWNER: an admin who may also manage accounts and rights
 *
 * What a user is in a shop. Rights are per shop, collection and field (PROTOCOL rule 20).
 */
typedef enum {
  LS_ROLE_VIEWER,
  LS_ROLE_STAFF,
  LS_ROLE_ADMIN,
  LS_ROLE_OWNER,
} LsRole;

bool          ls_role_from_name       (const char         *name,
                                       LsRole             *ret_role);
const char   *ls_role_to_name         (LsRole              role);
bool          ls_role_can_write       (LsRole              role,
                                       const LsCollection *collection);

const LsView *ls_view_get             (LsRole              role,
                                       unsigned            schema_version);
const LsView *ls_view_full            (void);
uint64_t      ls_view_get_fields      (const LsView       *view,
                                       const LsCollection *collection);
bool          ls_view_has_collection  (const LsView       *view,
                                       const LsCollection *collection);
uint64_t      ls_view_get_hash        (const LsView       *view,
                                       const LsCollection *collection);
uint64_t      ls_view_get_total_hash  (const LsView       *view);

G_END_DECLS
