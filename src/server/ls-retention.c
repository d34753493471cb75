/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-retention"

#include "config.h"

#include "server/ls-retention.h"

#include "server/ls-fields.h"

/*
 * How long who did what is remembered. Each edit leaves a row of activity, so it is what grows without
 * an end. What is too old is deleted through the committer and the log like anything else (PROTOCOL
 * rule 4): clients and digests follow, and a row of activity says that it was done.
 */

#define SLICE_ROWS 500
/* With the row that tells of it, below what a version may hold. */
#define ROWS_PER_MUTATION 400
/* What a run submits at most, so that edits of admins do not wait behind it; the next one goes on. */
#define MUTATIONS_PER_RUN 25

G_STATIC_ASSERT (ROWS_PER_MUTATION < LS_MAX_CHANGES);

static void
decided_cb (LsMutation       *mutation,
            const LsDecision *decision,
            const GError     *error,
            int64_t           expected_n,
            gpointer          user_data)
{
  if (error != NULL)
    g_message ("Shop %s: old activity stays until the next time: %s", mutation->shop, error->message);
  else if (decision->status != LS_RESULT_APPLIED)
    g_warning ("Shop %s: old activity could not be deleted: %s", mutation->shop, decision->message);
  else
    g_info ("Shop %s: deleted %u rows of old activity", mutation->shop, mutation->changes->len);
}

static LsMutation *
deletion_new (const char *shop)
{
  LsMutation *mutation = ls_mutation_new (shop);

  mutation->actor = g_strdup ("retention");
  mutation->role = LS_ROLE_OWNER;
  mutation->flags = LS_MUTATION_REPAIR | LS_MUTATION_RETENTION;
  mutation->changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  return mutation;
}

/* Takes up what is too old of @rows; sends what is full on its way. */
static bool
take_rows (LsCommitter  *committer,
           const char   *shop,
           GPtrArray    *rows,
           int64_t       before,
           LsMutation  **deletion,
           unsigned     *n_submitted,
           GError      **error)
{
  unsigned at = ls_fields ()->activity.at;

  for (unsigned i = 0; i < rows->len && *n_submitted < MUTATIONS_PER_RUN; i++)
    {
      const LsRecord *row = g_ptr_array_index (rows, i);

      /* A row without a time was not made here: it stays. */
      if (ls_record_get_integer (row, at, INT64_MAX) >= before)
        continue;
      if (*deletion == NULL)
        *deletion = deletion_new (shop);
      g_ptr_array_add ((*deletion)->changes,
                       ls_change_new (LS_CHANGE_DEL, ls_record_get_collection (row),
                                      ls_record_get_key (row)));
      if ((*deletion)->changes->len < ROWS_PER_MUTATION)
        continue;
      if (!ls_committer_submit (committer, *deletion, decided_cb, NULL, NULL, error))
        return false;
      g_clear_pointer (deletion, ls_mutation_unref);
      ++*n_submitted;
    }
  return true;
}

/**
 * ls_retention_run:
 * @storage: where the shop is
 * @committer: what deletes
 * @shop: which
 * @before: what happened before is too old, µs since the epoch
 * @error: where to put why not
 *
 * Reads the shop's activity and submits the deletion of what is too old, 10,000 rows at most: where
 * there is more, the next run goes on. Blocks while it reads, not for the deletions; for a thread
 * that nobody waits for. O(rows of activity).
 *
 * Returns: how many rows will go, -1 with @error set
 */
int64_t
ls_retention_run (LsStorage   *storage,
                  LsCommitter *committer,
                  const char  *shop,
                  int64_t      before,
                  GError     **error)
{
  const LsCollection *collection = ls_schema_collection (LS_ACTIVITY);
  g_autoptr (LsMutation) rest = NULL;
  g_autofree char *after = g_strdup ("");
  unsigned n_submitted = 0;
  unsigned n_rows;

  do
    {
      LsPosition position;
      g_autoptr (GPtrArray) rows = ls_storage_read_slice (storage, shop, collection, after, SLICE_ROWS,
                                                          &position, error);

      if (rows == NULL || !take_rows (committer, shop, rows, before, &rest, &n_submitted, error))
        return -1;
      n_rows = rows->len;
      if (n_rows > 0)
        {
          g_free (after);
          after = g_strdup (ls_record_get_key (g_ptr_array_index (rows, n_rows - 1)));
        }
    }
  while (n_rows == SLICE_ROWS && n_submitted < MUTATIONS_PER_RUN);
  if (rest == NULL)
    return (int64_t) n_submitted * ROWS_PER_MUTATION;
  if (!ls_committer_submit (committer, rest, decided_cb, NULL, NULL, error))
    return -1;
  return (int64_t) n_submitted * ROWS_PER_MUTATION + rest->changes->len;
}
