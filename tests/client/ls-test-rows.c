/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-rows.h"

#include <stdarg.h>

#include "core/ls-reason.h"

unsigned
ls_test_field (const LsCollection *collection,
               const char         *name)
{
  return (unsigned) ls_collection_field (collection, name);
}

LsRecord *
ls_test_product (const char *key,
                 const char *name,
                 int64_t     price,
                 int64_t     stock)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  LsRecord *record = ls_record_new (products, key);

  ls_record_set_text (record, ls_test_field (products, "name"), name);
  ls_record_set_text (record, ls_test_field (products, "status"), "active");
  ls_record_set_integer (record, ls_test_field (products, "price"), price);
  ls_record_set_integer (record, ls_test_field (products, "stock"), stock);
  return record;
}

static LsChange *
change_with (LsChangeOp  op,
             const char *key,
             const char *field,
             LsValue     value)
{
  const LsCollection *products = ls_schema_collection (LS_PRODUCTS);
  LsChange *change = ls_change_new (op, products, key);

  ls_change_take_set (change, ls_test_field (products, field), value);
  return change;
}

LsChange *
ls_test_set_integer (const char *key,
                     const char *field,
                     int64_t     value)
{
  return change_with (LS_CHANGE_SET, key, field, ls_value_integer (value));
}

LsChange *
ls_test_add (const char *key,
             const char *field,
             int64_t     summand)
{
  return change_with (LS_CHANGE_ADD, key, field, ls_value_integer (summand));
}

LsChange *
ls_test_set_text (const char *key,
                  const char *field,
                  const char *value)
{
  return change_with (LS_CHANGE_SET, key, field, ls_value_text (value));
}

LsChange *
ls_test_del (const char *key)
{
  return ls_change_new (LS_CHANGE_DEL, ls_schema_collection (LS_PRODUCTS), key);
}

LsMessage *
ls_test_delta (int64_t from,
               int64_t to)
{
  LsMessage *delta = ls_message_new (LS_MESSAGE_DELTA);

  delta->delta.shop = g_strdup (LS_TEST_SHOP);
  delta->delta.from = from;
  delta->delta.to = to;
  delta->delta.check = ls_test_position (to).check;
  delta->delta.done = -1;
  return delta;
}

void
ls_test_delta_take (LsMessage  *delta,
                    int64_t     version,
                    LsChange   *change,
                    const char *mid)
{
  ls_delta_add (delta, version, change, mid);
}

LsMessage *
ls_test_result (const LsEdit   *edit,
                LsResultStatus  status,
                int64_t         version)
{
  LsMessage *result = ls_message_new (LS_MESSAGE_RESULT);

  result->result.shop = g_strdup (edit->shop);
  result->result.mid = g_strdup (edit->mid);
  result->result.n = edit->n;
  result->result.status = status;
  result->result.version = version;
  if (status == LS_RESULT_CONFLICT)
    {
      result->result.code = g_strdup ("conflict");
      result->result.message = g_strdup ("somebody was faster");
      result->result.reason = ls_reason_new (LS_REASON_GONE, ls_schema_collection (LS_PRODUCTS), "p4");
    }
  return result;
}

GPtrArray *
ls_test_changes (LsChange *first,
                 ...)
{
  GPtrArray *changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);
  va_list args;

  va_start (args, first);
  for (LsChange *change = first; change != NULL; change = va_arg (args, LsChange *))
    g_ptr_array_add (changes, change);
  va_end (args);
  return changes;
}

LsPosition
ls_test_position (int64_t version)
{
  LsPosition position = { LS_TEST_EPOCH, version, (uint64_t) version * 0x9e3779b97f4a7c15u };

  return position;
}

/* Puts a snapshot of all collections in place. */
void
ls_test_snapshot (LsCache   *cache,
                  GPtrArray *records,
                  int64_t    version,
                  int64_t    done_n)
{
  LsPosition position = ls_test_position (version);
  GError *error = NULL;

  ls_cache_begin_snapshot (cache, LS_TEST_SHOP, UINT32_MAX, NULL, &error);
  g_assert_no_error (error);
  ls_cache_add_snapshot_rows (cache, LS_TEST_SHOP, records, &error);
  g_assert_no_error (error);
  ls_cache_finish_snapshot (cache, LS_TEST_SHOP, &position,
                            ls_view_get_total_hash (ls_view_full ()), done_n, &error);
  g_assert_no_error (error);
}

LsCache *
ls_test_cache (LsEnvironment *environment,
               const char    *path)
{
  GError *error = NULL;
  LsCache *cache = ls_cache_open (environment, path, NULL, &error);

  g_assert_no_error (error);
  return cache;
}
