/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-committer"

#include "config.h"

#include "server/ls-shop-digests.h"

#include <string.h>

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

/* Versions after a checkpoint that are cheaper than reading all rows. */
#define MAX_REPLAY 50000
#define REPLAY_BYTES (4 * 1024 * 1024)

struct _LsShopDigests {
  GMutex lock;
  bool loaded;
  LsPosition position;
  LsDigest *digests[LS_N_COLLECTIONS];
};

typedef LsDigest *DigestArray[LS_N_COLLECTIONS];

static void
clear_all (LsDigest **all)
{
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    g_clear_pointer (&all[id], ls_digest_free);
}

static void
empty_all (LsDigest **all)
{
  clear_all (all);
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    all[id] = ls_digest_new (ls_schema_collection ((LsCollectionId) id));
}

/**
 * ls_shop_digests_new:
 *
 * Returns: (transfer full): digests that are not loaded
 */
LsShopDigests *
ls_shop_digests_new (void)
{
  LsShopDigests *digests = g_new0 (LsShopDigests, 1);

  g_mutex_init (&digests->lock);
  return digests;
}

/**
 * ls_shop_digests_free:
 * @digests: (transfer full): digests
 *
 * Frees them.
 */
void
ls_shop_digests_free (LsShopDigests *digests)
{
  clear_all (digests->digests);
  g_mutex_clear (&digests->lock);
  g_free (digests);
}

static bool
add_row_cb (LsRecord *record,
            gpointer  user_data)
{
  LsDigest **all = user_data;

  ls_digest_replace (all[ls_record_get_collection (record)->id], NULL, record);
  return true;
}

/* Takes what @all holds. */
static void
adopt (LsShopDigests    *digests,
       LsDigest        **all,
       const LsPosition *position)
{
  g_mutex_lock (&digests->lock);
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    {
      g_clear_pointer (&digests->digests[id], ls_digest_free);
      digests->digests[id] = g_steal_pointer (&all[id]);
    }
  digests->position = *position;
  digests->loaded = true;
  g_mutex_unlock (&digests->lock);
}

/**
 * ls_shop_digests_compute:
 * @digests: digests
 * @storage: where the rows are
 * @shop: whose
 * @error: where to put why not
 *
 * Computes all digests from the rows, at one snapshot. Reads the whole shop.
 *
 * Returns: whether they could be read
 */
bool
ls_shop_digests_compute (LsShopDigests  *digests,
                         LsStorage      *storage,
                         const char     *shop,
                         GError        **error)
{
  const LsCollection *collections[LS_N_COLLECTIONS];
  DigestArray all = { NULL };
  LsPosition position;

  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    collections[id] = ls_schema_collection ((LsCollectionId) id);
  empty_all (all);
  if (!ls_storage_scan (storage, shop, collections, LS_N_COLLECTIONS, &position, add_row_cb, all,
                        error))
    {
      clear_all (all);
      return false;
    }
  adopt (digests, all, &position);
  return true;
}

/* A checkpoint: the epoch, then the digests in the order of the schema table. */
static bool
read_checkpoint (GBytes     *checkpoint,
                 const char *epoch,
                 LsDigest  **all)
{
  size_t length, used = LS_EPOCH_BYTES;
  const uint8_t *bytes = g_bytes_get_data (checkpoint, &length);

  if (length < used || bytes[LS_EPOCH_BYTES - 1] != '\0' ||
      strcmp ((const char *) bytes, epoch) != 0)
    return false;
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    {
      size_t step = 0;

      all[id] = ls_digest_deserialize (ls_schema_collection ((LsCollectionId) id), bytes + used,
                                       length - used, &step, NULL);
      if (all[id] == NULL)
        return false;
      used += step;
    }
  return used == length;
}

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

/* One change of a dated collection, from the newest on; @rows has those that were met, as they were
 * before what came later. */
static bool
undo_change (LsStorage       *storage,
             const char      *shop,
             const LsChange  *change,
             GHashTable      *rows,
             LsDigest       **all,
             GError         **error)
{
  g_autofree char *id = g_strconcat (change->collection->name, "\n", change->key, NULL);
  LsRecord *after = g_hash_table_lookup (rows, id);
  LsRecord *before;

  if (after == NULL && !g_hash_table_contains (rows, id) && change->op != LS_CHANGE_DEL)
    {
      g_autoptr (GPtrArray) one = g_ptr_array_new ();
      g_autoptr (GPtrArray) found = NULL;

      g_ptr_array_add (one, (gpointer) change);
      found = ls_storage_get_rows (storage, shop, one, NULL, error);
      if (found == NULL)
        return false;
      after = ls_change_apply (g_ptr_array_index (found, 0), NULL, LS_APPLY_EXACT, NULL);
      g_hash_table_insert (rows, g_strdup (id), after);
    }
  before = undo (change, after);
  ls_digest_replace (all[change->collection->id], before, after);
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

static GPtrArray *
read_versions (LsStorage    *storage,
               const LsShop *shop,
               int64_t       version,
               GError      **error)
{
  g_autoptr (GPtrArray)
      versions = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_version_unref);

  while (version < shop->position.version)
    {
      g_autoptr (GPtrArray) slice = ls_storage_read_log (
          storage, shop->shop, version, shop->position.version, REPLAY_BYTES, error);

      if (slice == NULL)
        return NULL;
      if (slice->len == 0)
        {
          g_set_error (error, LS_ERROR, LS_ERROR_STORAGE,
                       "the log of %s ends before its newest version", shop->shop);
          return NULL;
        }
      version += slice->len;
      g_ptr_array_extend_and_steal (versions, g_steal_pointer (&slice));
    }
  return g_steal_pointer (&versions);
}

static bool
is_dated (const LsChange *change)
{
  return change->collection->day_field >= 0;
}

/* Brings @all from @version to where the shop stands. */
static bool
replay (LsStorage     *storage,
        const LsShop  *shop,
        int64_t        version,
        LsDigest     **all,
        GError       **error)
{
  g_autoptr (GHashTable)
      rows = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, record_clear);
  g_autoptr (GHashTable)
      said = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, said_free);
  g_autoptr (GPtrArray) versions = read_versions (storage, shop, version, error);

  if (versions == NULL)
    return false;
  for (unsigned v = 0; v < versions->len; v++)
    {
      GPtrArray *changes = ((LsVersion *) g_ptr_array_index (versions, v))->changes;

      for (unsigned i = 0; i < changes->len; i++)
        if (!is_dated (g_ptr_array_index (changes, i)))
          redo_change (g_ptr_array_index (changes, i), said, all);
    }
  for (unsigned v = versions->len; v > 0; v--)
    {
      GPtrArray *changes = ((LsVersion *) g_ptr_array_index (versions, v - 1))->changes;

      for (unsigned i = changes->len; i > 0; i--)
        if (is_dated (g_ptr_array_index (changes, i - 1)) &&
            !undo_change (storage, shop->shop, g_ptr_array_index (changes, i - 1), rows, all,
                          error))
          return false;
    }
  return true;
}

/* What the digests are brought on from: a checkpoint, or nothing where the log tells all. */
static bool
begin_with (GBytes       *checkpoint,
            const LsShop *shop,
            int64_t       version,
            LsDigest    **all)
{
  if (checkpoint != NULL)
    return version >= shop->horizon && version <= shop->position.version &&
           shop->position.version - version <= MAX_REPLAY &&
           read_checkpoint (checkpoint, shop->position.epoch, all);
  empty_all (all);
  return shop->horizon == 0 && shop->position.version <= MAX_REPLAY;
}

/**
 * ls_shop_digests_load:
 * @digests: digests
 * @storage: where checkpoint, log and rows are
 * @shop: whose
 * @error: where to put why not
 *
 * Brings the digests to where the shop stands. Nobody may commit meanwhile.
 *
 * Returns: whether they are there
 */
bool
ls_shop_digests_load (LsShopDigests  *digests,
                      LsStorage      *storage,
                      const char     *shop,
                      GError        **error)
{
  g_autoptr (LsShop) found = ls_storage_get_shop (storage, shop, error);
  g_autoptr (GBytes) checkpoint = NULL;
  DigestArray all = { NULL };
  int64_t version = 0;
  bool usable;

  if (found == NULL)
    return false;
  checkpoint = ls_storage_load_digests (storage, shop, &version, NULL);
  usable = begin_with (checkpoint, found, version, all) &&
           replay (storage, found, version, all, NULL);
  if (usable)
    adopt (digests, all, &found->position);
  clear_all (all);
  return usable || ls_shop_digests_compute (digests, storage, shop, error);
}

/**
 * ls_shop_digests_begin_follow:
 * @digests: loaded digests
 *
 * Begins to follow a commit: readers wait until ls_shop_digests_end_follow().
 */
void
ls_shop_digests_begin_follow (LsShopDigests *digests)
{
  g_mutex_lock (&digests->lock);
}

/**
 * ls_shop_digests_follow:
 * @digests: digests that follow a commit
 * @before: (nullable): a row before it
 * @after: (nullable): the row after it
 *
 * Follows the change of one row.
 */
void
ls_shop_digests_follow (LsShopDigests  *digests,
                        const LsRecord *before,
                        const LsRecord *after)
{
  const LsRecord *either = after != NULL ? after : before;

  if (before != after)
    ls_digest_replace (digests->digests[ls_record_get_collection (either)->id], before, after);
}

/**
 * ls_shop_digests_end_follow:
 * @digests: digests that follow a commit
 * @position: where they are now
 *
 * Ends what ls_shop_digests_begin_follow() began.
 */
void
ls_shop_digests_end_follow (LsShopDigests    *digests,
                            const LsPosition *position)
{
  digests->position = *position;
  g_mutex_unlock (&digests->lock);
}

/**
 * ls_shop_digests_get_position:
 * @digests: digests
 * @ret_position: (out): where they are
 *
 * Returns: whether they are loaded
 */
bool
ls_shop_digests_get_position (LsShopDigests *digests,
                              LsPosition    *ret_position)
{
  bool loaded;

  g_mutex_lock (&digests->lock);
  loaded = digests->loaded;
  *ret_position = digests->position;
  g_mutex_unlock (&digests->lock);
  return loaded;
}

/**
 * ls_shop_digests_get_sums:
 * @digests: digests
 * @view: seen through which view
 * @scope: and how much of it
 * @ret_position: (out): where they are
 * @ret_sums: (out): a sum for each collection, zero for those that view or scope have not
 *
 * Costs O(buckets × fields), 0.1 ms for a large shop.
 *
 * Returns: whether they are loaded
 */
bool
ls_shop_digests_get_sums (LsShopDigests *digests,
                          const LsView  *view,
                          const LsScope *scope,
                          LsPosition    *ret_position,
                          LsDigestSum    ret_sums[LS_N_COLLECTIONS])
{
  bool loaded;

  g_mutex_lock (&digests->lock);
  loaded = digests->loaded;
  *ret_position = digests->position;
  for (size_t id = 0; loaded && id < LS_N_COLLECTIONS; id++)
    {
      const LsCollection *collection = ls_schema_collection ((LsCollectionId) id);

      ret_sums[id] = (LsDigestSum) { 0, 0 };
      if (ls_view_has_collection (view, collection) && ls_scope_has_collection (scope, collection))
        ret_sums[id] = ls_digest_get_since (digests->digests[id], scope->since[id],
                                            ls_view_get_fields (view, collection));
    }
  g_mutex_unlock (&digests->lock);
  return loaded;
}

/**
 * ls_shop_digests_copy:
 * @digests: digests
 * @collection: of which collection
 * @ret_position: (out): where they are
 *
 * Returns: (transfer full) (nullable): the digest of one collection, or %NULL when not loaded
 */
LsDigest *
ls_shop_digests_copy (LsShopDigests      *digests,
                      const LsCollection *collection,
                      LsPosition         *ret_position)
{
  LsDigest *copy = NULL;

  g_mutex_lock (&digests->lock);
  if (digests->loaded)
    copy = ls_digest_copy (digests->digests[collection->id]);
  *ret_position = digests->position;
  g_mutex_unlock (&digests->lock);
  return copy;
}

/**
 * ls_shop_digests_serialize:
 * @digests: loaded digests
 *
 * Returns: (transfer full): a checkpoint, as ls_shop_digests_load() reads it
 */
GBytes *
ls_shop_digests_serialize (LsShopDigests *digests)
{
  GByteArray *bytes = g_byte_array_new ();
  char epoch[LS_EPOCH_BYTES] = { 0 };

  g_mutex_lock (&digests->lock);
  g_strlcpy (epoch, digests->position.epoch, sizeof epoch);
  g_byte_array_append (bytes, (const uint8_t *) epoch, sizeof epoch);
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    ls_digest_serialize (digests->digests[id], bytes);
  g_mutex_unlock (&digests->lock);
  return g_byte_array_free_to_bytes (bytes);
}
