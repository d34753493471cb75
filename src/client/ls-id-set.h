/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LsIdSet:
 *
 * A set of row ids, or all rows but a set: what a selection is made of, since positions change under
 * the admin's hands and ids do not. Main thread only.
 */
typedef struct _LsIdSet LsIdSet;

/**
 * LsIdFunc:
 * @id: an id
 * @user_data: of the caller
 *
 * Called for each id.
 */
typedef void (*LsIdFunc) (int64_t  id,
                          gpointer user_data);

LsIdSet *ls_id_set_new           (void);
LsIdSet *ls_id_set_copy          (const LsIdSet *set);
void     ls_id_set_free          (LsIdSet       *set);
bool     ls_id_set_contains      (const LsIdSet *set,
                                  int64_t        id);
bool     ls_id_set_add           (LsIdSet       *set,
                                  int64_t        id);
bool     ls_id_set_remove        (LsIdSet       *set,
                                  int64_t        id);
void     ls_id_set_add_all       (LsIdSet       *set);
void     ls_id_set_clear         (LsIdSet       *set);
bool     ls_id_set_is_all_but    (const LsIdSet *set);
bool     ls_id_set_is_empty      (const LsIdSet *set);
unsigned ls_id_set_get_n_listed  (const LsIdSet *set);
unsigned ls_id_set_count         (const LsIdSet *set,
                                  unsigned       n_rows);
void     ls_id_set_foreach       (const LsIdSet *set,
                                  LsIdFunc       func,
                                  gpointer       user_data);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsIdSet, ls_id_set_free)

G_END_DECLS
