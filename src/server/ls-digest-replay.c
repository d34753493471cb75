/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-committer"

#include "config.h"

#include "server/ls-digest-replay.h"

#include "core/ls-error.h"

/*
 * At the start they come from the newest checkpoint and the log after it, or without one from the
 * whole log: what it says of a field before and after each change is all that the field's hash needs,
 * so that a row that rotted since is no part of it, and a scrub finds it. Only where a change may move
 * a row to another bucket the rows themselves are looked at: XOR does not care for order, so the log is
 * taken newest version first, each row is fetched as it stands now, and undoing version by version
 * gives it before and after each change. Without the log, or after too many versions, digests are
 * computed from the rows.
 */

static LsRecord *
undo (const LsChange *change,
      LsRecord       *after)
{
  LsRecord *before;

  if (change->op == LS_CHANGE_PUT)
    return NULL;
  if (change->op == LS_CHANGE_SET && after == NULL)
    return NULL;
  before = change->op == LS_CHANGE_SET ? ls_record_copy (after)
                                       : ls_record_new (change->collection, change->key);
  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      if (edit->has_was)
        ls_record_take (before, edit->field, ls_value_copy (&edit->was));
    }
  return before;
}

/* A row as it stands, which is where @shop is. */
static bool
fetch_row (LsStorage       *storage,
           const LsShop    *shop,
           const LsChange  *change,
           LsRecord       **ret_row,
           GError         **error)
{
  g_autoptr (GPtrArray) one = g_ptr_array_new ();
  g_autoptr (GPtrArray) found = NULL;
  LsPosition position;

  g_ptr_array_add (one, (gpointer) change);
  found = ls_storage_get_rows (storage, shop->shop, one, &position, error);
  if (found == NULL)
    return false;
  if (!ls_position_equal (&position, &shop->position))
    {
      g_set_error (error, LS_ERROR, LS_ERROR_STORAGE, "%s was written while it was read",
                   shop->shop);
      return false;
    }
  *ret_row = ls_change_apply (g_ptr_array_index (found, 0), NULL, LS_APPLY_EXACT, NULL);
  return true;
}

/* One change of a dated collection, from the newest on; @rows has those that were met, as they were
 * before what came later. */
static bool
undo_change (LsStorage         *storage,
             const LsShop      *shop,
             const LsChange    *change,
             GHashTable        *rows,
             LsDigestRowFunc    func,
             gpointer           user_data,
             GError           **error)
{
  g_autofree char *id = g_strconcat (change->collection->name, "\n", change->key, NULL);
  LsRecord *after = g_hash_table_lookup (rows, id);
  LsRecord *before;

  if (after == NULL && !g_hash_table_contains (rows, id) && change->op != LS_CHANGE_DEL)
    {
      if (!fetch_row (storage, shop, change, &after, error))
        return false;
      g_hash_table_insert (rows, g_strdup (id), after);
    }
  before = undo (change, after);
  func (before, after, user_data);
  g_hash_table_insert (rows, g_steal_pointer (&id), before);
  return true;
}

static void
record_clear (gpointer record)
{
  if (record != NULL)
    ls_record_unref (record);
}

/* What the log has said of a row so far. */
typedef struct {
  LsRecord *row;
  uint64_t known; /* its fields of which something was said */
} Said;

static void
said_free (gpointer data)
{
  Said *said = data;

  ls_record_unref (said->row);
  g_free (said);
}

static Said *
need_said (GHashTable     *rows,
           const LsChange *change)
{
  char *id = g_strconcat (change->collection->name, "\n", change->key, NULL);
  Said *said = g_hash_table_lookup (rows, id);

  if (said != NULL)
    {
      g_free (id);
      return said;
    }
  said = g_new0 (Said, 1);
  said->row = ls_record_new (change->collection, change->key);
  g_hash_table_insert (rows, id, said);
  return said;
}

/* Says what stood in @field before a change: what the log said last, else what the change says. */
static void
take_before (const Said        *said,
             const LsFieldEdit *edit,
             LsRecord          *before)
{
  if (said->known & (UINT64_C (1) << edit->field))
    ls_record_take (before, edit->field, ls_value_copy (ls_record_get (said->row, edit->field)));
  else if (edit->has_was)
    ls_record_take (before, edit->field, ls_value_copy (&edit->was));
}

/* One change of a collection whose buckets go by key, from the oldest on. Where a repair says that
 * something else stood there than the log had set, the log counts. */
static void
redo_change (const LsChange *change,
             GHashTable     *rows,
             LsDigest      **all)
{
  Said *said = need_said (rows, change);
  LsDigest *digest = all[change->collection->id];
  g_autoptr (LsRecord) before = change->op == LS_CHANGE_DEL
                                    ? ls_record_copy (said->row)
                                    : ls_record_new (change->collection, change->key);
  LsRecord *after = ls_record_new (change->collection, change->key);

  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      take_before (said, edit, before);
      if (edit->has_set)
        ls_record_take (after, edit->field, ls_value_copy (&edit->set));
    }
  if (change->op == LS_CHANGE_SET)
    {
      ls_digest_replace (digest, before, after);
      for (unsigned i = 0; i < change->edits->len; i++)
        {
          unsigned field = g_array_index (change->edits, LsFieldEdit, i).field;

          ls_record_take (said->row, field, ls_value_copy (ls_record_get (after, field)));
          said->known |= UINT64_C (1) << field;
        }
      ls_record_unref (after);
      return;
    }
  ls_digest_replace (digest, change->op == LS_CHANGE_DEL ? before : NULL,
                     change->op == LS_CHANGE_PUT ? after : NULL);
  ls_record_unref (said->row);
  said->row = after;
  said->known = UINT64_MAX;
}

static bool
is_dated (const LsChange *change)
{
  return change->collection->day_field >= 0;
}

/* All changes of dated collections in @versions, of which the newest is where the shop stands. */
static bool
undo_dated (LsStorage        *storage,
            const LsShop     *shop,
            GPtrArray        *versions,
            LsDigestRowFunc   func,
            gpointer          user_data,
            GError          **error)
{
  g_autoptr (GHashTable)
      rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, record_clear);

  for (unsigned v = versions->len; v > 0; v--)
    {
      GPtrArray *changes = ((LsVersion *) g_ptr_array_index (versions, v - 1))->changes;

      for (unsigned i = changes->len; i > 0; i--)
        if (is_dated (g_ptr_array_index (changes, i - 1)) &&
            !undo_change (storage, shop, g_ptr_array_index (changes, i - 1), rows, func, user_data,
                          error))
          return false;
    }
  return true;
}

static void
replace_cb (const LsRecord *before,
            const LsRecord *after,
            gpointer        user_data)
{
  const LsRecord *either = after != NULL ? after : before;
  LsDigest **all = user_data;

  if (before != after)
    ls_digest_replace (all[ls_record_get_collection (either)->id], before, after);
}

/**
 * ls_digest_replay:
 * @storage: where log and rows are
 * @shop: where the shop stands
 * @version: where the digests stand
 * @all: (array fixed-size=LS_N_COLLECTIONS) (inout): the digests of all collections
 * @error: where to put why not: @all is then neither here nor there
 *
 * Brings digests to where the shop stands, by what its log says.
 *
 * Returns: whether it went well
 */
bool
ls_digest_replay (LsStorage     *storage,
                  const LsShop  *shop,
                  int64_t        version,
                  LsDigest     **all,
                  GError       **error)
{
  g_autoptr (GHashTable)
      said = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, said_free);
  g_autoptr (GPtrArray) versions = ls_storage_read_log_after (storage, shop, version, error);

  if (versions == NULL)
    return false;
  for (unsigned v = 0; v < versions->len; v++)
    {
      GPtrArray *changes = ((LsVersion *) g_ptr_array_index (versions, v))->changes;

      for (unsigned i = 0; i < changes->len; i++)
        if (!is_dated (g_ptr_array_index (changes, i)))
          redo_change (g_ptr_array_index (changes, i), said, all);
    }
  return undo_dated (storage, shop, versions, replace_cb, all, error);
}

/* A change as it says itself what it leads to: that of a row whose bucket goes by its key. */
static void
tell_change (const LsChange  *change,
             LsDigestRowFunc  func,
             gpointer         user_data)
{
  g_autoptr (LsRecord) before = ls_record_new (change->collection, change->key);
  g_autoptr (LsRecord) after = ls_record_new (change->collection, change->key);

  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      if (edit->has_was)
        ls_record_take (before, edit->field, ls_value_copy (&edit->was));
      if (edit->has_set)
        ls_record_take (after, edit->field, ls_value_copy (&edit->set));
    }
  func (change->op != LS_CHANGE_PUT ? before : NULL, change->op != LS_CHANGE_DEL ? after : NULL,
        user_data);
}

/**
 * ls_digest_replay_tell:
 * @storage: where the rows are
 * @shop: where the shop stands, and the newest of @versions
 * @versions: (element-type LsVersion): versions one after the other
 * @func: (scope call): told of each change of a row, in no order that can be relied on, before and
 *   after having at least the fields that changed and what its bucket depends on
 * @user_data: for @func
 * @error: where to put why not
 *
 * Tells what versions did to rows, which is all that a digest has to know to follow them.
 *
 * Returns: whether all was told
 */
bool
ls_digest_replay_tell (LsStorage        *storage,
                       const LsShop     *shop,
                       GPtrArray        *versions,
                       LsDigestRowFunc   func,
                       gpointer          user_data,
                       GError          **error)
{
  for (unsigned v = 0; v < versions->len; v++)
    {
      GPtrArray *changes = ((LsVersion *) g_ptr_array_index (versions, v))->changes;

      for (unsigned i = 0; i < changes->len; i++)
        if (!is_dated (g_ptr_array_index (changes, i)))
          tell_change (g_ptr_array_index (changes, i), func, user_data);
    }
  return undo_dated (storage, shop, versions, func, user_data, error);
}
