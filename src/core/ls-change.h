/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-record.h"
#include "core/ls-schema.h"
#include "core/ls-types.h"
#include "core/ls-value.h"

G_BEGIN_DECLS

/**
 * LsChangeOp:
 * @LS_CHANGE_PUT: the row as a whole, new or replaced
 * @LS_CHANGE_SET: some fields; `patch` in a delta
 * @LS_CHANGE_ADD: numbers added to some fields; only in a mutation, never in a delta
 * @LS_CHANGE_DEL: the row goes
 *
 * What happens to one row.
 */
typedef enum {
  LS_CHANGE_PUT,
  LS_CHANGE_SET,
  LS_CHANGE_ADD,
  LS_CHANGE_DEL,
} LsChangeOp;

/**
 * LsApplyFlags:
 * @LS_APPLY_EXACT: a PUT replaces the whole row: what a delta means
 * @LS_APPLY_KEEP_DERIVED: a PUT keeps the derived fields of the row it replaces: what a mutation
 *   means
 *
 * How ls_change_apply() takes a PUT over a row that exists.
 */
typedef enum {
  LS_APPLY_EXACT = 0,
  LS_APPLY_KEEP_DERIVED = 1 << 0,
} LsApplyFlags;

/**
 * LsFieldEdit:
 * @field: index of the field in the change's collection
 * @has_set: whether @set holds; false only in a %LS_CHANGE_DEL
 * @has_was: whether @was holds
 * @set: the new value, or the summand
 * @was: what the admin saw there when he made the edit; in the log: what stood there before
 *
 * What a change does to one field.
 */
typedef struct {
  unsigned field;
  bool has_set;
  bool has_was;
  LsValue set;
  LsValue was;
} LsFieldEdit;

/**
 * LsChange:
 * @op: what happens
 * @collection: to a row of which collection
 * @key: to which row, a #GRefString
 * @edits: (element-type LsFieldEdit): field by field, in ascending order of field
 *
 * One row's part of a mutation or of a version. Filled by its maker, immutable once shared; any
 * thread may then read it.
 */
struct _LsChange {
  gatomicrefcount ref_count;
  LsChangeOp op;
  const LsCollection *collection;
  char *key;
  GArray *edits;
};

#define LS_TYPE_CHANGE (ls_change_get_type ())

GType              ls_change_get_type      (void);
LsChange          *ls_change_new           (LsChangeOp          op,
                                            const LsCollection *collection,
                                            const char         *key);
LsChange          *ls_change_new_put       (const LsRecord     *record);
LsChange          *ls_change_new_between   (const LsRecord     *before,
                                            const LsRecord     *after);
LsChange          *ls_change_ref           (LsChange           *change);
void               ls_change_unref         (LsChange           *change);
void               ls_change_take_set      (LsChange           *change,
                                            unsigned            field,
                                            LsValue             value);
void               ls_change_take_was      (LsChange           *change,
                                            unsigned            field,
                                            LsValue             value);
const LsFieldEdit *ls_change_find          (const LsChange     *change,
                                            unsigned            field);
uint64_t           ls_change_get_mask      (const LsChange     *change);
LsRecord          *ls_change_apply         (const LsChange     *change,
                                            const LsRecord     *before,
                                            LsApplyFlags        flags,
                                            GError            **error);
bool               ls_change_validate      (const LsChange     *change,
                                            GError            **error);
bool               ls_change_equal         (const LsChange     *a,
                                            const LsChange     *b);
void               ls_change_append_bytes  (const LsChange     *change,
                                            GByteArray         *bytes);
uint64_t           ls_changes_hash         (GPtrArray          *changes);
LsChange          *ls_change_new_inverse   (const LsChange     *change);
GPtrArray         *ls_changes_new_inverse  (GPtrArray          *changes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsChange, ls_change_unref)

G_END_DECLS
