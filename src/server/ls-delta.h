/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-scope.h"
#include "core/ls-view.h"
#include "server/ls-storage.h"

G_BEGIN_DECLS

/**
 * LsFragment:
 * @text: (nullable): the changes of one version, as they stand between the brackets of a delta
 * @length: bytes of @text
 * @count: how many changes; 0 when the view shows none of them
 *
 * One version as one view and scope see it. The first change names the mutation, when a client made it; a
 * version of which the view shows nothing is known by its result alone.
 */
typedef struct {
  char *text;
  size_t length;
  unsigned count;
} LsFragment;

void      ls_fragment_init  (LsFragment             *fragment,
                             const LsVersion        *version,
                             const LsView           *view,
                             const LsScope          *scope);
void      ls_fragment_clear (LsFragment             *fragment);

/**
 * LsDeltaHead:
 * @shop: the shop
 * @from: the version that the receiver has
 * @to: the version that it has after it
 * @check: the check of @to
 * @done: the last n contained, or -1 when the changes name their mutations
 *
 * All of a delta but its changes.
 */
typedef struct {
  const char *shop;
  int64_t from;
  int64_t to;
  uint64_t check;
  int64_t done;
} LsDeltaHead;

char     *ls_delta_join     (const LsDeltaHead      *head,
                             const LsFragment *const *fragments,
                             size_t                  n_fragments,
                             size_t                 *ret_length);

/**
 * LsSquash:
 *
 * Puts the versions that a client missed into as few changes as possible: each row once, as it is
 * at the end. One thread at a time.
 */
typedef struct _LsSquash LsSquash;

LsSquash *ls_squash_new     (const char             *shop,
                             const LsView           *view,
                             const LsScope          *scope,
                             int64_t                 from,
                             const char             *client,
                             int64_t                 done);
void      ls_squash_free    (LsSquash               *squash);
bool      ls_squash_add     (LsSquash               *squash,
                             const LsVersion        *version);
int64_t   ls_squash_get_done (const LsSquash        *squash);
char     *ls_squash_take    (LsSquash               *squash,
                             size_t                 *ret_length);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsSquash, ls_squash_free)

G_END_DECLS
