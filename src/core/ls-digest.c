/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-digest"

#include "config.h"

#include "core/ls-digest.h"

#include <string.h>

#include <xxhash.h>

#include "core/ls-calendar.h"
#include "core/ls-error.h"

/*
 * A digest proves that two ends hold the same rows. Every field that is not NULL contributes
 * XXH3-64 of (collection, key, field, value), the row itself a pseudo-field, and contributions are
 * combined by XOR: order does not matter, a changed field is taken out and put in again at a cost
 * that does not depend on the rest, and what a role sees is the XOR over just its fields. Buckets
 * make the difference findable: 256 by key, or the month for collections with a day, so that a
 * client may hold only some months.
 *
 * The bytes hashed, with test vectors, are in docs/protocol.md.
 */

#define N_HASH_BUCKETS 256

typedef struct {
  int64_t count;
  uint64_t hashes[];
} Bucket;

struct _LsDigest {
  const LsCollection *collection;
  unsigned n_slots; /* a hash for each field, and the pseudo-field last */
  GHashTable *buckets;
};

/* Bytes to hash: on the stack for nearly every value, since a one-shot XXH3 of a short text costs a
 * fifth of a streamed one. */
typedef struct {
  size_t length;
  size_t size;
  uint8_t *bytes;
  uint8_t small[512];
} HashInput;

static void
hash_input_init (HashInput *input,
                 size_t     size)
{
  input->length = 0;
  input->size = size;
  input->bytes = size <= sizeof input->small ? input->small : g_malloc (size);
}

static void
hash_input_add (HashInput  *input,
                const void *bytes,
                size_t      length)
{
  g_assert (length <= input->size - input->length);

  memcpy (input->bytes + input->length, bytes, length);
  input->length += length;
}

static uint64_t
hash_input_finish (HashInput *input)
{
  uint64_t hash = XXH3_64bits (input->bytes, input->length);

  if (input->bytes != input->small)
    g_free (input->bytes);
  return hash;
}

/**
 * ls_digest_field:
 * @collection: a collection
 * @key: a row's key
 * @field: index of a field, or %LS_DIGEST_ROW_FIELD for the row itself
 * @value: (nullable): its value; ignored for the row itself
 *
 * Returns: the contribution of one field: 0 for NULL
 */
uint64_t
ls_digest_field (const LsCollection *collection,
                 const char         *key,
                 unsigned            field,
                 const LsValue      *value)
{
  const char *name = field == LS_DIGEST_ROW_FIELD ? NULL : collection->fields[field].name;
  size_t collection_size = strlen (collection->name) + 1;
  size_t key_size = strlen (key) + 1;
  size_t name_size = name != NULL ? strlen (name) + 1 : 0;
  size_t text_length = 0;
  HashInput input;

  if (name != NULL && value->kind == LS_VALUE_NULL)
    return 0;
  if (name != NULL && value->kind == LS_VALUE_TEXT)
    text_length = strlen (value->text);
  hash_input_init (&input, collection_size + key_size + name_size + 1 +
                               MAX (text_length, sizeof (int64_t)));
  hash_input_add (&input, collection->name, collection_size);
  hash_input_add (&input, key, key_size);
  if (name == NULL)
    return hash_input_finish (&input);
  hash_input_add (&input, name, name_size);
  if (value->kind == LS_VALUE_INTEGER)
    {
      int64_t little = GINT64_TO_LE (value->integer);

      hash_input_add (&input, "i", 1);
      hash_input_add (&input, &little, sizeof little);
    }
  else
    {
      hash_input_add (&input, "t", 1);
      hash_input_add (&input, value->text, text_length);
    }
  return hash_input_finish (&input);
}

/**
 * ls_digest_record:
 * @record: a row
 * @fields: a mask of fields
 *
 * Returns: the contribution of a row as seen through @fields
 */
uint64_t
ls_digest_record (const LsRecord *record,
                  uint64_t        fields)
{
  const LsCollection *collection = ls_record_get_collection (record);
  const char *key = ls_record_get_key (record);
  uint64_t hash = ls_digest_field (collection, key, LS_DIGEST_ROW_FIELD, NULL);

  for (unsigned i = 0; i < collection->n_fields; i++)
    if (fields & (UINT64_C (1) << i))
      hash ^= ls_digest_field (collection, key, i, ls_record_get (record, i));
  return hash;
}

/**
 * ls_digest_day_bucket:
 * @day: a day on the shop's calendar, counted from 1970-01-01
 *
 * Returns: the bucket of a row of that day: the months since January 1970 plus 1
 */
uint32_t
ls_digest_day_bucket (int64_t day)
{
  return (uint32_t) ls_calendar_month (day) + 1;
}

/**
 * ls_digest_bucket:
 * @record: a row
 *
 * Returns: the bucket of @record: for collections with a day the months since January 1970 plus 1
 * (0 without a day), else the lowest byte of XXH3-64 of the key
 */
uint32_t
ls_digest_bucket (const LsRecord *record)
{
  const LsCollection *collection = ls_record_get_collection (record);
  const char *key = ls_record_get_key (record);

  if (collection->day_field >= 0)
    {
      const LsValue *day = ls_record_get (record, (unsigned) collection->day_field);

      return day->kind == LS_VALUE_INTEGER ? ls_digest_day_bucket (day->integer) : 0;
    }
  return (uint32_t) (XXH3_64bits (key, strlen (key)) % N_HASH_BUCKETS);
}

/**
 * ls_digest_next_check:
 * @check: the check of the position before
 * @version: the encoded version: the canonical bytes of its changes (ls_change_append_bytes())
 * @length: how many
 *
 * Returns: the check of the position after: XXH3-64 of @check as 8 little-endian bytes and @version
 */
uint64_t
ls_digest_next_check (uint64_t       check,
                      const uint8_t *version,
                      size_t         length)
{
  uint64_t little = GUINT64_TO_LE (check);
  HashInput input;

  hash_input_init (&input, sizeof little + length);
  hash_input_add (&input, &little, sizeof little);
  hash_input_add (&input, version, length);
  return hash_input_finish (&input);
}

/**
 * ls_digest_new:
 * @collection: a collection
 *
 * Returns: (transfer full): the digest of no rows. One thread at a time
 */
LsDigest *
ls_digest_new (const LsCollection *collection)
{
  LsDigest *digest = g_new0 (LsDigest, 1);

  digest->collection = collection;
  digest->n_slots = collection->n_fields + 1;
  digest->buckets = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  return digest;
}

static size_t
bucket_size (const LsDigest *digest)
{
  return sizeof (Bucket) + digest->n_slots * sizeof (uint64_t);
}

static Bucket *
bucket_for (LsDigest *digest,
            uint32_t  number)
{
  Bucket *bucket = g_hash_table_lookup (digest->buckets, GUINT_TO_POINTER (number));

  if (bucket == NULL)
    {
      bucket = g_malloc0 (bucket_size (digest));
      g_hash_table_insert (digest->buckets, GUINT_TO_POINTER (number), bucket);
    }
  return bucket;
}

/**
 * ls_digest_copy:
 * @digest: a digest
 *
 * Returns: (transfer full): the same in an object of its own; O(buckets)
 */
LsDigest *
ls_digest_copy (const LsDigest *digest)
{
  LsDigest *copy = ls_digest_new (digest->collection);
  GHashTableIter iter;
  gpointer number, bucket;

  g_hash_table_iter_init (&iter, digest->buckets);
  while (g_hash_table_iter_next (&iter, &number, &bucket))
    g_hash_table_insert (copy->buckets, number, g_memdup2 (bucket, bucket_size (digest)));
  return copy;
}

/**
 * ls_digest_free:
 * @digest: (transfer full): a digest
 *
 * Frees it.
 */
void
ls_digest_free (LsDigest *digest)
{
  g_hash_table_unref (digest->buckets);
  g_free (digest);
}

static void
toggle (LsDigest       *digest,
        const LsRecord *record,
        uint64_t        fields,
        int             sign)
{
  uint32_t number = ls_digest_bucket (record);
  Bucket *bucket = bucket_for (digest, number);
  const char *key = ls_record_get_key (record);

  for (unsigned i = 0; i < digest->collection->n_fields; i++)
    if (fields & (UINT64_C (1) << i))
      bucket->hashes[i] ^= ls_digest_field (digest->collection, key, i, ls_record_get (record, i));
  if (sign == 0)
    return;
  bucket->hashes[digest->n_slots - 1] ^=
      ls_digest_field (digest->collection, key, LS_DIGEST_ROW_FIELD, NULL);
  bucket->count += sign;
  if (bucket->count == 0)
    {
      /* Nothing left: whatever XOR remains would be a difference, so an emptied bucket must go only
       * when it is clean. */
      for (unsigned i = 0; i < digest->n_slots; i++)
        if (bucket->hashes[i] != 0)
          return;
      g_hash_table_remove (digest->buckets, GUINT_TO_POINTER (number));
    }
}

/**
 * ls_digest_replace:
 * @digest: a digest
 * @before: (nullable): a row as it was, or %NULL when it is new
 * @after: (nullable): the row as it is, or %NULL when it went
 *
 * Follows a change. Only fields that differ are hashed, unless the row moved to another bucket.
 */
void
ls_digest_replace (LsDigest       *digest,
                   const LsRecord *before,
                   const LsRecord *after)
{
  if (before != NULL && after != NULL && ls_digest_bucket (before) == ls_digest_bucket (after))
    {
      uint64_t fields = ls_record_diff (before, after);

      toggle (digest, before, fields, 0);
      toggle (digest, after, fields, 0);
      return;
    }
  if (before != NULL)
    toggle (digest, before, UINT64_MAX, -1);
  if (after != NULL)
    toggle (digest, after, UINT64_MAX, 1);
}

static LsDigestSum
sum_of (const LsDigest *digest,
        const Bucket   *bucket,
        uint64_t        fields)
{
  LsDigestSum sum = { bucket->count, bucket->hashes[digest->n_slots - 1] };

  for (unsigned i = 0; i < digest->collection->n_fields; i++)
    if (fields & (UINT64_C (1) << i))
      sum.hash ^= bucket->hashes[i];
  return sum;
}

/**
 * ls_digest_get_total:
 * @digest: a digest
 * @fields: a mask of fields
 *
 * Returns: count and hash of all rows, seen through @fields; O(buckets × fields)
 */
LsDigestSum
ls_digest_get_total (const LsDigest *digest,
                     uint64_t        fields)
{
  return ls_digest_get_since (digest, 0, fields);
}

/**
 * ls_digest_get_since:
 * @digest: a digest
 * @since: the first bucket wanted: a month, or 0 for all
 * @fields: a mask of fields
 *
 * Returns: count and hash of the rows of that month and later, and of those without a day, seen
 *   through @fields; O(buckets × fields)
 */
LsDigestSum
ls_digest_get_since (const LsDigest *digest,
                     uint32_t        since,
                     uint64_t        fields)
{
  LsDigestSum total = { 0, 0 };
  GHashTableIter iter;
  gpointer number, bucket;

  g_hash_table_iter_init (&iter, digest->buckets);
  while (g_hash_table_iter_next (&iter, &number, &bucket))
    {
      LsDigestSum sum;

      if (GPOINTER_TO_UINT (number) != 0 && GPOINTER_TO_UINT (number) < since)
        continue;
      sum = sum_of (digest, bucket, fields);

      total.count += sum.count;
      total.hash ^= sum.hash;
    }
  return total;
}

/**
 * ls_digest_get_bucket:
 * @digest: a digest
 * @bucket: number of a bucket
 * @fields: a mask of fields
 *
 * Returns: count and hash of the rows in @bucket, seen through @fields
 */
LsDigestSum
ls_digest_get_bucket (const LsDigest *digest,
                      uint32_t        bucket,
                      uint64_t        fields)
{
  const Bucket *found = g_hash_table_lookup (digest->buckets, GUINT_TO_POINTER (bucket));

  return found != NULL ? sum_of (digest, found, fields) : (LsDigestSum) { 0, 0 };
}

static int
compare_numbers (gconstpointer a,
                 gconstpointer b)
{
  uint32_t x = *(const uint32_t *) a;
  uint32_t y = *(const uint32_t *) b;

  return (x > y) - (x < y);
}

static GArray *
sorted_numbers (const LsDigest *digest)
{
  GArray *numbers = g_array_new (FALSE, FALSE, sizeof (uint32_t));
  GHashTableIter iter;
  gpointer number;

  g_hash_table_iter_init (&iter, digest->buckets);
  while (g_hash_table_iter_next (&iter, &number, NULL))
    {
      uint32_t value = GPOINTER_TO_UINT (number);

      g_array_append_val (numbers, value);
    }
  g_array_sort (numbers, compare_numbers);
  return numbers;
}

/**
 * ls_digest_foreach_bucket:
 * @digest: a digest
 * @fields: a mask of fields
 * @func: (scope call): what to call
 * @user_data: for @func
 *
 * Calls @func for every bucket that is not empty, in ascending order.
 */
void
ls_digest_foreach_bucket (const LsDigest     *digest,
                          uint64_t            fields,
                          LsDigestBucketFunc  func,
                          gpointer            user_data)
{
  g_autoptr (GArray) numbers = sorted_numbers (digest);

  for (unsigned i = 0; i < numbers->len; i++)
    {
      uint32_t number = g_array_index (numbers, uint32_t, i);
      LsDigestSum sum = ls_digest_get_bucket (digest, number, fields);

      func (number, &sum, user_data);
    }
}

static void
append_uint64 (GByteArray *bytes,
               uint64_t    number)
{
  uint64_t little = GUINT64_TO_LE (number);

  g_byte_array_append (bytes, (const uint8_t *) &little, sizeof little);
}

/**
 * ls_digest_serialize:
 * @digest: a digest
 * @bytes: where to append
 *
 * Appends a checkpoint: number of buckets, slots, then per bucket its number, count and hashes, all
 * 64-bit little-endian.
 */
void
ls_digest_serialize (const LsDigest *digest,
                     GByteArray     *bytes)
{
  g_autoptr (GArray) numbers = sorted_numbers (digest);

  append_uint64 (bytes, numbers->len);
  append_uint64 (bytes, digest->n_slots);
  for (unsigned i = 0; i < numbers->len; i++)
    {
      uint32_t number = g_array_index (numbers, uint32_t, i);
      const Bucket *bucket = g_hash_table_lookup (digest->buckets, GUINT_TO_POINTER (number));

      append_uint64 (bytes, number);
      append_uint64 (bytes, (uint64_t) bucket->count);
      for (unsigned slot = 0; slot < digest->n_slots; slot++)
        append_uint64 (bytes, bucket->hashes[slot]);
    }
}

static uint64_t
read_uint64 (const uint8_t *bytes)
{
  uint64_t little;

  memcpy (&little, bytes, sizeof little);
  return GUINT64_FROM_LE (little);
}

/**
 * ls_digest_deserialize:
 * @collection: a collection
 * @bytes: a checkpoint
 * @length: bytes at hand
 * @ret_used: (out): how many of them were read
 * @error: where to put why not, %LS_ERROR_STORAGE
 *
 * Reads a checkpoint made for the same fields of @collection.
 *
 * Returns: (transfer full) (nullable): the digest, or %NULL when the bytes do not fit: it must then
 * be computed from the rows
 */
LsDigest *
ls_digest_deserialize (const LsCollection *collection,
                       const uint8_t      *bytes,
                       size_t              length,
                       size_t             *ret_used,
                       GError            **error)
{
  g_autoptr (LsDigest) digest = ls_digest_new (collection);
  size_t per_bucket = (2 + (size_t) digest->n_slots) * sizeof (uint64_t);
  size_t used = 2 * sizeof (uint64_t);
  uint64_t n_buckets;

  if (length < used || read_uint64 (bytes + sizeof (uint64_t)) != digest->n_slots ||
      (n_buckets = read_uint64 (bytes)) > (length - used) / per_bucket)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_STORAGE,
                   "the digest checkpoint of %s was made for other fields or is cut short",
                   collection->name);
      return NULL;
    }
  for (uint64_t i = 0; i < n_buckets; i++, used += per_bucket)
    {
      Bucket *bucket = bucket_for (digest, (uint32_t) read_uint64 (bytes + used));

      bucket->count = (int64_t) read_uint64 (bytes + used + 8);
      for (unsigned slot = 0; slot < digest->n_slots; slot++)
        bucket->hashes[slot] = read_uint64 (bytes + used + 16 + 8 * slot);
    }
  *ret_used = used;
  return g_steal_pointer (&digest);
}

typedef struct {
  const LsDigest *other;
  GArray *different;
  bool missing_only;
} Comparison;

static void
compare_cb (uint32_t           number,
            const LsDigestSum *sum,
            gpointer           user_data)
{
  Comparison *comparison = user_data;
  LsDigestSum other = ls_digest_get_bucket (comparison->other, number, UINT64_MAX);

  /* The second time round only those that the first did not have. */
  if (comparison->missing_only ? other.count == 0 && other.hash == 0
                               : other.count != sum->count || other.hash != sum->hash)
    g_array_append_val (comparison->different, number);
}

/**
 * ls_digest_list_different:
 * @a: a digest
 * @b: another of the same collection
 *
 * Returns: (transfer full) (element-type uint32_t): the buckets in which they differ
 */
GArray *
ls_digest_list_different (const LsDigest *a,
                          const LsDigest *b)
{
  Comparison comparison = { b, g_array_new (FALSE, FALSE, sizeof (uint32_t)), false };

  ls_digest_foreach_bucket (a, UINT64_MAX, compare_cb, &comparison);
  comparison.other = a;
  comparison.missing_only = true;
  ls_digest_foreach_bucket (b, UINT64_MAX, compare_cb, &comparison);
  return comparison.different;
}

/**
 * ls_digest_equal:
 * @a: a digest
 * @b: another of the same collection
 * @fields: a mask of fields
 *
 * Returns: whether both hold the same in every bucket, seen through @fields
 */
bool
ls_digest_equal (const LsDigest *a,
                 const LsDigest *b,
                 uint64_t        fields)
{
  const LsDigest *sides[] = { a, b };

  for (int side = 0; side < 2; side++)
    {
      GHashTableIter iter;
      gpointer number;

      g_hash_table_iter_init (&iter, sides[side]->buckets);
      while (g_hash_table_iter_next (&iter, &number, NULL))
        {
          LsDigestSum x = ls_digest_get_bucket (a, GPOINTER_TO_UINT (number), fields);
          LsDigestSum y = ls_digest_get_bucket (b, GPOINTER_TO_UINT (number), fields);

          if (x.count != y.count || x.hash != y.hash)
            return false;
        }
    }
  return true;
}
