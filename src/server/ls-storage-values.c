/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-storage"

#include "config.h"

#include "server/ls-storage.h"

/* What most versions need, so that their bytes do not move as they grow. */
#define TYPICAL_BYTES 2048

/**
 * ls_version_new:
 * @version: its number
 * @at: when, µs since the epoch
 *
 * Returns: (transfer full): a version without changes
 */
LsVersion *
ls_version_new (int64_t version,
                int64_t at)
{
  LsVersion *self = g_new0 (LsVersion, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->version = version;
  self->at = at;
  return self;
}

/**
 * ls_version_ref:
 * @version: a version
 *
 * Returns: (transfer full): @version
 */
LsVersion *
ls_version_ref (LsVersion *version)
{
  g_atomic_ref_count_inc (&version->ref_count);
  return version;
}

/**
 * ls_version_unref:
 * @version: (transfer full): a version
 *
 * Drops a reference.
 */
void
ls_version_unref (LsVersion *version)
{
  if (!g_atomic_ref_count_dec (&version->ref_count))
    return;
  g_free (version->actor);
  g_free (version->client);
  g_free (version->mid);
  g_free (version->job);
  g_clear_pointer (&version->changes, g_ptr_array_unref);
  g_clear_pointer (&version->bytes, g_bytes_unref);
  g_free (version);
}

/**
 * ls_version_seal:
 * @version: a version with its changes, not published yet
 * @check: the check of the position before it
 *
 * Encodes the changes and computes the check of the position that @version leads to. Comes before
 * ls_storage_tx_append().
 *
 * Returns: bytes of the encoded changes, which %LS_MAX_VERSION_BYTES bounds
 */
size_t
ls_version_seal (LsVersion *version,
                 uint64_t   check)
{
  GByteArray *bytes = g_byte_array_sized_new (TYPICAL_BYTES);

  for (unsigned i = 0; i < version->changes->len; i++)
    ls_change_append_bytes (g_ptr_array_index (version->changes, i), bytes);
  version->check = ls_digest_next_check (check, bytes->data, bytes->len);
  g_clear_pointer (&version->bytes, g_bytes_unref);
  version->bytes = g_byte_array_free_to_bytes (bytes);
  return g_bytes_get_size (version->bytes);
}

/**
 * ls_decision_copy:
 * @decision: a decision
 *
 * Returns: (transfer full): the same
 */
LsDecision *
ls_decision_copy (const LsDecision *decision)
{
  LsDecision *copy = g_memdup2 (decision, sizeof *decision);

  copy->mid = g_strdup (decision->mid);
  copy->code = g_strdup (decision->code);
  copy->message = g_strdup (decision->message);
  copy->path = g_strdup (decision->path);
  copy->reason = g_strdupv (decision->reason);
  return copy;
}

/**
 * ls_decision_free:
 * @decision: (transfer full): a decision
 *
 * Frees it.
 */
void
ls_decision_free (LsDecision *decision)
{
  g_free (decision->mid);
  g_free (decision->code);
  g_free (decision->message);
  g_free (decision->path);
  g_strfreev (decision->reason);
  g_free (decision);
}

/**
 * ls_shop_copy:
 * @shop: a shop
 *
 * Returns: (transfer full): the same
 */
LsShop *
ls_shop_copy (const LsShop *shop)
{
  LsShop *copy = g_memdup2 (shop, sizeof *shop);

  copy->shop = g_strdup (shop->shop);
  copy->name = g_strdup (shop->name);
  return copy;
}

/**
 * ls_shop_free:
 * @shop: (transfer full): a shop
 *
 * Frees it.
 */
void
ls_shop_free (LsShop *shop)
{
  g_free (shop->shop);
  g_free (shop->name);
  g_free (shop);
}
