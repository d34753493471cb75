/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-error.h"
#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LsSeverity:
 * @LS_SEVERITY_NOTE: worth knowing
 * @LS_SEVERITY_WARNING: a number that somebody may look at is wrong
 * @LS_SEVERITY_CRITICAL: money is wrong, or rows are damaged
 *
 * How bad a finding is.
 */
typedef enum {
  LS_SEVERITY_NOTE,
  LS_SEVERITY_WARNING,
  LS_SEVERITY_CRITICAL,
} LsSeverity;

/**
 * LsFindingResponse:
 * @LS_FINDING_MENDED: it was mended where it was found
 * @LS_FINDING_HEAL: the rows are compared with the server's, and those that differ fetched
 * @LS_FINDING_RESYNC: the collection is fetched whole
 * @LS_FINDING_TELL: nothing mends it but somebody who is told
 *
 * What is done about a finding. What a heal or a resync does not mend, since the server has it so
 * itself, is told.
 */
typedef enum {
  LS_FINDING_MENDED,
  LS_FINDING_HEAL,
  LS_FINDING_RESYNC,
  LS_FINDING_TELL,
} LsFindingResponse;

/**
 * LsFinding:
 * @rule: id of the rule that found it, static
 * @severity: how bad it is
 * @sections: %NULL-terminated names of the pages that show it, static
 * @auto_resolvable: whether it may be mended without the admin
 * @response: what is done about it first
 * @actions: what an admin can do
 * @shop: the shop
 * @collection: the collection of the value
 * @key: (nullable): the row, %NULL for a collection as a whole
 * @field: (nullable): the field, or `count` and `digest` of rows
 * @stored: the number that is stored
 * @computed: the number that the other route gives
 * @message: words with both numbers, not translated
 * @version: the version at which they were compared
 * @at: when, µs since the epoch
 * @collections: a mask of the collections that were read
 * @buckets: (nullable) (element-type uint32_t): the buckets it is about, when that is known
 *
 * Two routes to one number that do not meet. Reference-counted, immutable.
 */
typedef struct {
  gatomicrefcount ref_count;
  const char *rule;
  LsSeverity severity;
  const char *const *sections;
  bool auto_resolvable;
  LsFindingResponse response;
  LsErrorActions actions;
  char *shop;
  const LsCollection *collection;
  char *key;
  const char *field;
  int64_t stored;
  int64_t computed;
  char *message;
  int64_t version;
  int64_t at;
  uint32_t collections;
  GArray *buckets;
} LsFinding;

#define LS_TYPE_FINDING (ls_finding_get_type ())
GType      ls_finding_get_type (void);
LsFinding *ls_finding_new      (void);
LsFinding *ls_finding_ref      (LsFinding       *finding);
void       ls_finding_unref    (LsFinding       *finding);
char      *ls_finding_get_id   (const LsFinding *finding);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsFinding, ls_finding_unref)

G_END_DECLS
