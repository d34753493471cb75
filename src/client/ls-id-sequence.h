/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LsIdEntry:
 * @prefix: the beginning of what the row is sorted by, as a number that keeps the order
 * @id: the row
 *
 * One row in a sequence: 16 bytes.
 */
typedef struct {
  uint64_t prefix;
  int64_t id;
} LsIdEntry;

/**
 * LsIdRun:
 * @start: position of its first row
 * @length: how many
 *
 * Rows that stand side by side.
 */
typedef struct {
  unsigned start;
  unsigned length;
} LsIdRun;

/**
 * LsIdInsert:
 * @before: position, in the sequence as it was, of the row to stand before
 * @entry: what to insert
 *
 * A row to insert.
 */
typedef struct {
  unsigned before;
  LsIdEntry entry;
} LsIdInsert;

/**
 * LsIdScript:
 * @removed: (element-type LsIdRun): rows that went, in positions of the sequence as it was, ascending
 * @inserted: (element-type LsIdRun): rows that came, in positions of the sequence as it is, ascending
 *
 * How one sequence became another: first all removals, then all insertions.
 */
typedef struct {
  GArray *removed;
  GArray *inserted;
} LsIdScript;

/**
 * LsIdCompare:
 * @entry: an entry of the sequence
 * @user_data: what is looked for
 *
 * Returns: negative when @entry stands before what is looked for, 0 when it is that, else positive
 */
typedef int (*LsIdCompare) (const LsIdEntry *entry,
                            gpointer         user_data);

/**
 * LsIdSequence:
 *
 * An immutable sequence of row ids. It is kept in chunks of about 512 that versions of it share, so
 * that a change copies only the chunks it touches, and a reader on another thread keeps the version
 * it has for as long as it likes, without a lock.
 */
typedef struct _LsIdSequence LsIdSequence;

/**
 * LsIdBuilder:
 *
 * Makes a sequence from its first entry to its last. One thread.
 */
typedef struct _LsIdBuilder LsIdBuilder;

LsIdBuilder     *ls_id_builder_new         (void);
void             ls_id_builder_add         (LsIdBuilder        *builder,
                                            LsIdEntry           entry);
unsigned         ls_id_builder_get_length  (const LsIdBuilder  *builder);
LsIdSequence    *ls_id_builder_peek        (LsIdBuilder        *builder);
LsIdSequence    *ls_id_builder_finish      (LsIdBuilder        *builder);
void             ls_id_builder_free        (LsIdBuilder        *builder);

LsIdSequence    *ls_id_sequence_new_empty  (void);
LsIdSequence    *ls_id_sequence_ref        (LsIdSequence       *sequence);
void             ls_id_sequence_unref      (LsIdSequence       *sequence);
unsigned         ls_id_sequence_get_length (const LsIdSequence *sequence);
const LsIdEntry *ls_id_sequence_get        (const LsIdSequence *sequence,
                                            unsigned            position);
unsigned         ls_id_sequence_search     (const LsIdSequence *sequence,
                                            LsIdCompare         compare,
                                            gpointer            user_data);
bool             ls_id_sequence_find       (const LsIdSequence *sequence,
                                            int64_t             id,
                                            unsigned           *ret_position);
LsIdSequence    *ls_id_sequence_edit       (LsIdSequence       *sequence,
                                            GArray             *removed,
                                            GArray             *inserted,
                                            LsIdScript        **ret_script);
LsIdScript      *ls_id_sequence_diff       (const LsIdSequence *before,
                                            const LsIdSequence *after,
                                            unsigned            max_runs);

LsIdScript      *ls_id_script_new          (void);
void             ls_id_script_free         (LsIdScript         *script);
unsigned         ls_id_script_count_runs   (const LsIdScript   *script);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsIdBuilder, ls_id_builder_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsIdSequence, ls_id_sequence_unref)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsIdScript, ls_id_script_free)

G_END_DECLS
