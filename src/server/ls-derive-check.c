/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-derive"

#include "config.h"

#include "server/ls-derive-check.h"

#include "server/ls-log-last.h"
#include "server/ls-measures.h"
#include "server/ls-recompute.h"
#include "server/ls-shop-digests.h"

/* Rows, digests, log and what is derived against each other: a whole shop, read at one snapshot. */

typedef struct {
  LsDeriveReport *report;
  const LsCheckOptions *options;
  GArray *suspects[LS_N_COLLECTIONS]; /* buckets, uint32_t; NULL for none */
  LsDigest *digests[LS_N_COLLECTIONS]; /* of the rows as they are */
  LsRecompute *derived;
} Check;

static bool
take_row_cb (LsRecord *record,
             gpointer  user_data)
{
  Check *check = user_data;

  check->report->n_rows++;
  check->report->too_large =
      check->options->max_rows > 0 && check->report->n_rows > check->options->max_rows;
  if (check->report->too_large)
    return false;
  ls_digest_replace (check->digests[ls_record_get_collection (record)->id], NULL, record);
  ls_recompute_take (check->derived, record);
  return true;
}

static void
suspect (Check        *check,
         size_t        id,
         const GArray *buckets)
{
  if (check->suspects[id] == NULL)
    check->suspects[id] = g_array_new (FALSE, FALSE, sizeof (uint32_t));
  if (buckets->len > 0)
    g_array_append_vals (check->suspects[id], buckets->data, buckets->len);
}

/* What followed the log against the rows. */
static bool
check_digests (Check      *check,
               LsStorage  *storage,
               const char *shop,
               GError    **error)
{
  g_autoptr (LsShopDigests) own = NULL;
  LsShopDigests *followed = check->options->digests;

  if (followed == NULL)
    followed = own = ls_shop_digests_new ();
  if (own != NULL && !ls_shop_digests_load (own, storage, shop, error))
    return false;
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    {
      const LsCollection *collection = ls_schema_collection ((LsCollectionId) id);
      const GArray *known = check->options->suspects[id];
      LsPosition position;
      g_autoptr (LsDigest) digest = ls_shop_digests_copy (followed, collection, &position);
      g_autoptr (GArray) buckets = NULL;

      if (known != NULL && known->len > 0)
        suspect (check, id, known);
      /* Of another position, when somebody goes on writing: it says nothing. */
      if (digest != NULL && ls_position_equal (&position, &check->report->position))
        buckets = ls_digest_list_different (digest, check->digests[id]);
      if (buckets != NULL && buckets->len > 0)
        suspect (check, id, buckets);
      if (check->suspects[id] != NULL)
        ls_derive_report_add (check->report, LS_FINDING_DIGEST, collection, NULL, -1, NULL, NULL);
    }
  return true;
}

/* A row against what the log set last, but for what is derived: that follows from the others. */
static void
check_logged_row (Check           *check,
                  const LsLastRow *last)
{
  const LsCollection *collection = last->collection;
  uint64_t fields = last->known & ~ls_measures_derived_fields (collection);
  g_autoptr (LsRecord) repaired = NULL;

  if (last->row == NULL && last->stored != NULL)
    ls_derive_report_add_extra (check->report, last->stored);
  if (last->row == NULL)
    return;
  if (last->stored == NULL)
    {
      ls_derive_report_add (check->report, LS_FINDING_MISSING, collection, last->key, -1, NULL,
                            NULL);
      if (last->is_whole)
        g_ptr_array_add (check->report->repairs, ls_change_new_put (last->row));
      return;
    }
  fields &= ls_record_diff (last->stored, last->row);
  if (fields == 0)
    return;
  repaired = ls_record_copy (last->stored);
  for (unsigned i = 0; i < collection->n_fields; i++)
    if (fields & (UINT64_C (1) << i))
      {
        ls_derive_report_add (check->report, LS_FINDING_LOGGED, collection, last->key, (int) i,
                              ls_record_get (last->stored, i), ls_record_get (last->row, i));
        ls_record_take (repaired, i, ls_value_copy (ls_record_get (last->row, i)));
      }
  g_ptr_array_add (check->report->repairs, ls_change_new_between (last->stored, repaired));
}

/* Whether the rows of all suspect buckets are those of the log to the last one: then it is the digest
 * that is wrong. It followed a row that had rotted before it was changed. */
static bool
is_all_logged (Check     *check,
               GPtrArray *rows)
{
  LsDigest *logged[LS_N_COLLECTIONS];
  bool equal = true;

  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    logged[id] = ls_digest_new (ls_schema_collection ((LsCollectionId) id));
  for (unsigned i = 0; i < rows->len; i++)
    {
      const LsLastRow *last = g_ptr_array_index (rows, i);

      if (last->row != NULL && last->is_whole)
        ls_digest_replace (logged[last->collection->id], NULL, last->row);
    }
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    for (unsigned i = 0; check->suspects[id] != NULL && i < check->suspects[id]->len; i++)
      {
        uint32_t bucket = g_array_index (check->suspects[id], uint32_t, i);
        uint64_t all =
            ls_view_get_fields (ls_view_full (), ls_schema_collection ((LsCollectionId) id));
        LsDigestSum a = ls_digest_get_bucket (logged[id], bucket, all);
        LsDigestSum b = ls_digest_get_bucket (check->digests[id], bucket, all);

        equal = equal && a.count == b.count && a.hash == b.hash;
      }
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    ls_digest_free (logged[id]);
  return equal;
}

/* Rows that changed behind the log: what they were, it may remember. */
static bool
check_logged (Check      *check,
              LsStorage  *storage,
              const char *shop,
              GError    **error)
{
  g_autoptr (GPtrArray) rows = NULL;
  bool any = false;

  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    any = any || check->suspects[id] != NULL;
  if (!any)
    return true;
  rows = ls_log_list_last (storage, shop, check->suspects, error);
  for (unsigned i = 0; rows != NULL && i < rows->len; i++)
    check_logged_row (check, g_ptr_array_index (rows, i));
  if (rows != NULL && check->report->repairs->len == 0)
    check->report->renews = is_all_logged (check, rows);
  return rows != NULL;
}

static bool
check_log (Check      *check,
           LsStorage  *storage,
           const char *shop,
           bool       *ret_sound,
           GError    **error)
{
  int64_t broken = 0;
  g_autofree char *version = NULL;

  if (!ls_storage_verify_log (storage, shop, &broken, error))
    return false;
  *ret_sound = broken == 0;
  if (broken == 0)
    return true;
  version = g_strdup_printf ("%" G_GINT64_FORMAT, broken);
  ls_derive_report_add (check->report, LS_FINDING_LOG, NULL, version, -1, NULL, NULL);
  return true;
}

static void
check_init (Check                *check,
            const char           *shop,
            const LsCheckOptions *options)
{
  *check = (Check) { 0 };
  check->options = options;
  check->report = ls_derive_report_new (shop);
  check->derived = ls_recompute_new (check->report);
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    check->digests[id] = ls_digest_new (ls_schema_collection ((LsCollectionId) id));
}

static void
check_clear (Check *check)
{
  g_clear_pointer (&check->derived, ls_recompute_free);
  g_clear_pointer (&check->report, ls_derive_report_free);
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    {
      ls_digest_free (check->digests[id]);
      g_clear_pointer (&check->suspects[id], g_array_unref);
    }
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Check, check_clear)

/**
 * ls_derive_check_with:
 * @storage: where the shop is
 * @shop: which
 * @options: how
 * @error: where to put why it could not be checked
 *
 * Compares the digests that followed the log with those of the rows, rows that differ with what the
 * log says of them, verifies the chain of the log, and recomputes every derived value of a shop
 * from the rows that are not derived. Reads all of the shop and holds it in memory: a kilobyte a
 * row. Changes nothing.
 *
 * Returns: (transfer full) (nullable): what it found
 */
LsDeriveReport *
ls_derive_check_with (LsStorage            *storage,
                      const char           *shop,
                      const LsCheckOptions *options,
                      GError              **error)
{
  const LsCollection *collections[LS_N_COLLECTIONS];
  g_auto (Check) check = { 0 };
  bool sound;

  check_init (&check, shop, options);
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    collections[id] = ls_schema_collection ((LsCollectionId) id);
  if (!ls_storage_scan (storage, shop, collections, LS_N_COLLECTIONS, &check.report->position,
                        take_row_cb, &check, error))
    return NULL;
  if (check.report->too_large)
    return g_steal_pointer (&check.report);
  if (!check_digests (&check, storage, shop, error) ||
      !check_log (&check, storage, shop, &sound, error) ||
      (sound && !check_logged (&check, storage, shop, error)))
    return NULL;
  /* What follows from rows that are wrong would be wrong too. */
  if (check.report->repairs->len == 0 && !ls_recompute_compare (check.derived, error))
    return NULL;
  return g_steal_pointer (&check.report);
}

/**
 * ls_derive_check:
 * @storage: where the shop is, that nobody writes to
 * @shop: which
 * @error: where to put why it could not be checked
 *
 * Checks a shop as ls_derive_check_with() does, whatever its size.
 *
 * Returns: (transfer full) (nullable): what it found
 */
LsDeriveReport *
ls_derive_check (LsStorage  *storage,
                 const char *shop,
                 GError    **error)
{
  const LsCheckOptions options = { NULL };

  return ls_derive_check_with (storage, shop, &options, error);
}
