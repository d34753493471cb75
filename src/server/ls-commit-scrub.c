/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-committer"

#include "config.h"

#include "server/ls-committer-private.h"

#include <string.h>

#include "core/ls-error.h"

/*
 * Digests that follow the log can't see a row that rotted on the disk (PROTOCOL rule 18). A scrub
 * reads all rows, a slice at a time between groups, and adds up what it read. What is committed
 * meanwhile to rows that it has read already, it follows; what comes to the others, it will read.
 * So at the end of a collection both ways must have led to the same, however long it took, and
 * nothing is held open in between.
 */

/* Rows in a slice: some milliseconds. */
#define SLICE_ROWS 500

typedef struct {
  LsCommitter *self;
  LsShopState *state;
} Step;

static void
step_free (gpointer data)
{
  Step *step = data;

  g_object_unref (step->self);
  g_free (step);
}

void
ls_scrub_free (LsScrub *scrub)
{
  if (scrub->destroy != NULL)
    scrub->destroy (scrub->user_data);
  g_clear_pointer (&scrub->read, ls_digest_free);
  g_free (scrub->cursor);
  g_free (scrub);
}

static void
begin_collection (LsScrub *scrub,
                  size_t   collection)
{
  scrub->collection = collection;
  g_free (scrub->cursor);
  scrub->cursor = g_strdup ("");
  g_clear_pointer (&scrub->read, ls_digest_free);
  if (collection < LS_N_COLLECTIONS)
    scrub->read = ls_digest_new (ls_schema_collection ((LsCollectionId) collection));
}

/* A row that was committed while the pass goes on. */
void
ls_scrub_follow (LsScrub        *scrub,
                 const LsRecord *before,
                 const LsRecord *after)
{
  const LsRecord *either = after != NULL ? after : before;

  if (before == after || ls_record_get_collection (either)->id != scrub->collection ||
      strcmp (ls_record_get_key (either), scrub->cursor) > 0)
    return;
  ls_digest_replace (scrub->read, before, after);
}

static void
end_scrub (LsShopState  *state,
           const GError *error)
{
  g_autoptr (LsScrub) scrub = g_steal_pointer (&state->scrub);

  scrub->func (state->shop, NULL, NULL, error, scrub->user_data);
}

static void
end_collection (LsShopState *state)
{
  LsScrub *scrub = state->scrub;
  const LsCollection *collection = ls_schema_collection ((LsCollectionId) scrub->collection);
  LsPosition position;
  g_autoptr (LsDigest) followed = ls_shop_digests_copy (state->digests, collection, &position);
  g_autoptr (GArray) buckets = ls_digest_list_different (followed, scrub->read);

  scrub->func (state->shop, collection, buckets, NULL, scrub->user_data);
  begin_collection (scrub, scrub->collection + 1);
}

static void step_cb (gpointer data);

static void
post_step (LsCommitter *self,
           LsShopState *state,
           int64_t      pause)
{
  Step step = { g_object_ref (self), state };

  ls_environment_post_after (self->environment, self->queue, pause, step_cb,
                             g_memdup2 (&step, sizeof step), step_free);
}

/* Reads a slice. False when the pass is over, or waits until what others committed is followed. */
static bool
read_slice (LsCommitter *self,
            LsShopState *state)
{
  LsScrub *scrub = state->scrub;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) rows = NULL;
  LsPosition followed, position;

  rows = ls_storage_read_slice (self->storage, state->shop,
                                ls_schema_collection ((LsCollectionId) scrub->collection),
                                scrub->cursor, SLICE_ROWS, &position, &error);
  ls_shop_digests_get_position (state->digests, &followed);
  if (rows != NULL && self->shared && position.version > followed.version)
    {
      scrub->waits = true;
      ls_committer_look (self, state->shop);
      return false;
    }
  if (scrub->spoilt || (rows != NULL && !ls_position_equal (&position, &followed)))
    g_set_error_literal (&error, LS_ERROR, LS_ERROR_STORAGE,
                         "somebody else wrote the shop meanwhile");
  if (error != NULL)
    {
      end_scrub (state, error);
      return false;
    }
  for (unsigned i = 0; i < rows->len; i++)
    ls_digest_replace (scrub->read, NULL, g_ptr_array_index (rows, i));
  if (rows->len > 0)
    {
      g_free (scrub->cursor);
      scrub->cursor = g_strdup (ls_record_get_key (g_ptr_array_index (rows, rows->len - 1)));
    }
  if (rows->len < SLICE_ROWS)
    end_collection (state);
  if (scrub->collection < LS_N_COLLECTIONS)
    return true;
  end_scrub (state, NULL);
  return false;
}

/* In a transaction that has followed what others committed, so that nobody commits meanwhile: reads
 * the slice that waits for that. */
void
ls_scrub_read_followed (LsCommitter *self,
                        LsShopState *state)
{
  if (state->scrub == NULL || !state->scrub->waits)
    return;
  state->scrub->waits = false;
  if (read_slice (self, state))
    post_step (self, state, state->scrub->pause);
}

/* A group has ended: one that still waits tries again. */
void
ls_scrub_end_wait (LsCommitter *self,
                   LsShopState *state)
{
  if (state->scrub == NULL || !state->scrub->waits)
    return;
  state->scrub->waits = false;
  post_step (self, state, state->scrub->pause);
}

static void
step_cb (gpointer data)
{
  Step *step = data;
  LsCommitter *self = step->self;
  LsShopState *state = step->state;
  g_autoptr (GError) error = NULL;

  /* A group is on its way: what it changes is neither here nor there. */
  if (self->state != LS_COMMITTER_IDLE)
    post_step (self, state, state->scrub->pause);
  else if (!ls_committer_load_digests (self, state, &error))
    end_scrub (state, error);
  else if (read_slice (self, state))
    post_step (self, state, state->scrub->pause);
}

typedef struct {
  LsCommitter *self;
  LsShopState *state;
  LsScrub *scrub;
} Start;

static void
start_free (gpointer data)
{
  Start *start = data;

  g_clear_pointer (&start->scrub, ls_scrub_free);
  g_object_unref (start->self);
  g_free (start);
}

static void
start_cb (gpointer data)
{
  Start *start = data;

  /* One pass a shop is enough. */
  if (start->state->scrub != NULL)
    return;
  start->state->scrub = g_steal_pointer (&start->scrub);
  begin_collection (start->state->scrub, 0);
  post_step (start->self, start->state, 0);
}

/**
 * ls_committer_scrub:
 * @self: a committer
 * @shop: an existing shop
 * @pause: µs between two slices of 500 rows
 * @func: told what was found, on the committer's queue
 * @user_data: for @func
 * @destroy: (nullable): frees @user_data at the end of the pass, or when one goes on already
 *
 * Reads all rows of a shop, slice by slice, and compares them with the digests that followed the
 * log. From any thread. A difference means that rows changed behind the log: `lockstepd check`
 * tells more.
 */
void
ls_committer_scrub (LsCommitter    *self,
                    const char     *shop,
                    int64_t         pause,
                    LsScrubFunc     func,
                    gpointer        user_data,
                    GDestroyNotify  destroy)
{
  Start *start = g_new0 (Start, 1);

  start->self = g_object_ref (self);
  start->state = ls_committer_find_shop (self, shop);
  start->scrub = g_new0 (LsScrub, 1);
  start->scrub->func = func;
  start->scrub->user_data = user_data;
  start->scrub->destroy = destroy;
  start->scrub->pause = MAX (pause, 1);
  ls_environment_post (self->environment, self->queue, start_cb, start, start_free);
}
