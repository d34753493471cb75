/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-committer"

#include "config.h"

#include "server/ls-shop-digests.h"

#include <string.h>

#include "core/ls-fault.h"
#include "server/ls-digest-replay.h"

/* Versions after a checkpoint that are cheaper than reading all rows. */
#define MAX_REPLAY 50000
/* Times that is tried while other nodes commit. */
#define MAX_LOADS 3

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

/* From the newest checkpoint, if that goes. */
static bool
load_once (LsShopDigests *digests,
           LsStorage     *storage,
           const LsShop  *shop)
{
  g_autoptr (GBytes) checkpoint = NULL;
  DigestArray all = { NULL };
  int64_t version = 0;
  bool usable;

  checkpoint = ls_storage_load_digests (storage, shop->shop, &version, NULL);
  usable = begin_with (checkpoint, shop, version, all) &&
           ls_digest_replay (storage, shop, version, all, NULL);
  if (usable)
    adopt (digests, all, &shop->position);
  clear_all (all);
  return usable;
}

/**
 * ls_shop_digests_load:
 * @digests: digests
 * @storage: where checkpoint, log and rows are
 * @shop: whose
 * @error: where to put why not
 *
 * Brings the digests to where the shop stands. What another node commits meanwhile may come after.
 *
 * Returns: whether they are there
 */
bool
ls_shop_digests_load (LsShopDigests  *digests,
                      LsStorage      *storage,
                      const char     *shop,
                      GError        **error)
{
  bool moved = true;

  for (unsigned i = 0; i < MAX_LOADS && moved; i++)
    {
      g_autoptr (LsShop) before = ls_storage_get_shop (storage, shop, error);
      g_autoptr (LsShop) after = NULL;

      if (before == NULL)
        return false;
      if (load_once (digests, storage, before))
        return true;
      after = ls_storage_get_shop (storage, shop, error);
      if (after == NULL)
        return false;
      moved = !ls_position_equal (&before->position, &after->position);
    }
  return ls_shop_digests_compute (digests, storage, shop, error);
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

typedef struct {
  LsShopDigests *digests;
  LsDigestRowFunc func;
  gpointer user_data;
} Follow;

static void
follow_cb (const LsRecord *before,
           const LsRecord *after,
           gpointer        user_data)
{
  const Follow *follow = user_data;

  ls_shop_digests_follow (follow->digests, before, after);
  if (follow->func != NULL)
    follow->func (before, after, follow->user_data);
}

/**
 * ls_shop_digests_follow_log:
 * @digests: loaded digests
 * @storage: where the rows are
 * @shop: where the shop stands; nobody may commit meanwhile
 * @versions: (element-type LsVersion): what came after the digests, up to there
 * @func: (nullable) (scope call): told of each change of a row, as ls_digest_replay_tell() does it
 * @user_data: for @func
 * @error: where to put why not: the digests then have to be loaded anew
 *
 * Follows what another node committed, from the log alone: the same as its own node followed.
 * Readers wait meanwhile.
 *
 * Returns: whether it went well
 */
bool
ls_shop_digests_follow_log (LsShopDigests    *digests,
                            LsStorage        *storage,
                            const LsShop     *shop,
                            GPtrArray        *versions,
                            LsDigestRowFunc   func,
                            gpointer          user_data,
                            GError          **error)
{
  Follow follow = { digests, func, user_data };

  ls_shop_digests_begin_follow (digests);
  digests->loaded = ls_digest_replay_tell (storage, shop, versions, follow_cb, &follow, error);
  ls_shop_digests_end_follow (digests, &shop->position);
  return digests->loaded;
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
        ret_sums[id] = ls_digest_get_since (digests->digests[id],
                                            LS_FAULT (SCOPE_DIGEST_OF_ALL) ? 0 : scope->since[id],
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
