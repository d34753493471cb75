/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-record.h"
#include "core/ls-schema.h"
#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LS_DIGEST_ROW_FIELD:
 *
 * The index of the pseudo-field that stands for the row itself: it makes a row without values
 * count.
 */
#define LS_DIGEST_ROW_FIELD LS_COLLECTION_MAX_FIELDS

/**
 * LsDigestSum:
 * @count: rows
 * @hash: XOR of the hashes of their fields
 *
 * What two ends compare.
 */
typedef struct {
  int64_t count;
  uint64_t hash;
} LsDigestSum;

/**
 * LsDigestBucketFunc:
 * @bucket: number of a bucket
 * @sum: what is in it
 * @user_data: of the caller
 *
 * Called for every bucket that is not empty.
 */
typedef void (*LsDigestBucketFunc) (uint32_t           bucket,
                                    const LsDigestSum *sum,
                                    gpointer           user_data);

uint64_t    ls_digest_field          (const LsCollection *collection,
                                      const char         *key,
                                      unsigned            field,
                                      const LsValue      *value);
uint64_t    ls_digest_record         (const LsRecord     *record,
                                      uint64_t            fields);
uint32_t    ls_digest_bucket         (const LsRecord     *record);
uint32_t    ls_digest_day_bucket     (int64_t             day);
uint64_t    ls_digest_next_check     (uint64_t            check,
                                      const uint8_t      *version,
                                      size_t              length);

LsDigest   *ls_digest_new            (const LsCollection *collection);
LsDigest   *ls_digest_copy           (const LsDigest     *digest);
void        ls_digest_free           (LsDigest           *digest);
void        ls_digest_replace        (LsDigest           *digest,
                                      const LsRecord     *before,
                                      const LsRecord     *after);
LsDigestSum ls_digest_get_total      (const LsDigest     *digest,
                                      uint64_t            fields);
LsDigestSum ls_digest_get_since      (const LsDigest     *digest,
                                      uint32_t            since,
                                      uint64_t            fields);
LsDigestSum ls_digest_get_bucket     (const LsDigest     *digest,
                                      uint32_t            bucket,
                                      uint64_t            fields);
void        ls_digest_foreach_bucket (const LsDigest     *digest,
                                      uint64_t            fields,
                                      LsDigestBucketFunc  func,
                                      gpointer            user_data);
void        ls_digest_serialize      (const LsDigest     *digest,
                                      GByteArray         *bytes);
LsDigest   *ls_digest_deserialize    (const LsCollection *collection,
                                      const uint8_t      *bytes,
                                      size_t              length,
                                      size_t             *ret_used,
                                      GError            **error);
GArray     *ls_digest_list_different (const LsDigest     *a,
                                      const LsDigest     *b);
bool        ls_digest_equal          (const LsDigest     *a,
                                      const LsDigest     *b,
                                      uint64_t            fields);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsDigest, ls_digest_free)

G_END_DECLS
