/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache-reader.h"
#include "client/ls-cache-types.h"
#include "client/ls-id-sequence.h"

G_BEGIN_DECLS

/**
 * LsFollowed:
 * @klass: how it works
 * @ref_count: its references
 * @shop: the shop
 * @collection: the collection
 * @generation: counts what took each other's place on the screen; set before it is followed
 * @is_partial: whether it has only the first rows of what is wanted
 * @max_rows: a load ends, cancelled, when it finds more; 0 for any number
 * @cancelled: set by anyone to end a load early, since nobody wants its result
 *
 * Something computed from the rows of one collection that follows the commits of the cache: the
 * rows of a query, the numbers of an aggregate. It is loaded once, on a loader, then belongs to the
 * follower's queue; what it publishes is immutable. Made by one thread at a time.
 */
typedef struct _LsFollowed LsFollowed;

/**
 * LsFollowedClass:
 * @load: reads it anew under the reader's snapshot
 * @advance: brings it from one snapshot to the reader's by the changes between: of its shop and
 *   collection, one a row; gives false when it has to be loaded again
 * @make_update: tells what changed since @before (%NULL for nothing shown yet); %NULL when nothing
 * @free_update: frees that
 * @renew: makes an unloaded one that computes the same
 * @make_first: (nullable): makes an unloaded one that computes only what is seen first, when that is
 *   read in no time however much there is; %NULL when it is not, and for one that is so itself
 * @get_ids: (nullable): the rows it has, when it is rows; their values are read with the first ones
 * @get_size: the rows it has, to judge what loading costs
 * @finalize: frees what it owns
 *
 * How a kind of it works.
 */
typedef struct {
  bool        (*load)        (LsFollowed          *self,
                              LsCacheReader       *reader,
                              GError             **error);
  bool        (*advance)     (LsFollowed          *self,
                              LsCacheReader       *reader,
                              GArray              *changes);
  gpointer    (*make_update) (LsFollowed          *self,
                              LsFollowed          *before);
  void        (*free_update) (gpointer             update);
  LsFollowed *(*renew)       (LsFollowed          *self);
  LsFollowed *(*make_first)  (LsFollowed          *self);
  const LsIdSequence *(*get_ids) (LsFollowed      *self);
  unsigned    (*get_size)    (LsFollowed          *self);
  void        (*finalize)    (LsFollowed          *self);
} LsFollowedClass;

struct _LsFollowed {
  const LsFollowedClass *klass;
  gatomicrefcount ref_count;
  char *shop;
  const LsCollection *collection;
  unsigned generation;
  bool is_partial;
  unsigned max_rows;
  int cancelled;
};

void        ls_followed_init         (LsFollowed            *self,
                                      const LsFollowedClass *klass,
                                      const char            *shop,
                                      const LsCollection    *collection);
LsFollowed *ls_followed_ref          (LsFollowed            *self);
void        ls_followed_unref        (LsFollowed            *self);
void        ls_followed_cancel       (LsFollowed            *self);
bool        ls_followed_is_cancelled (LsFollowed            *self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsFollowed, ls_followed_unref)

G_END_DECLS
