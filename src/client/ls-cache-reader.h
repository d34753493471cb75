/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-collation.h"
#include "core/ls-digest.h"
#include "core/ls-environment.h"
#include "core/ls-record.h"

G_BEGIN_DECLS

/**
 * LsCacheReader:
 *
 * A read-only connection to the file of a cache, for one thread at a time. It is opened when first
 * used, so that it costs nothing before.
 */
typedef struct _LsCacheReader LsCacheReader;

/**
 * LsReadFunc:
 * @id: the row
 * @values: the fields asked for, in that order; valid during the call
 * @user_data: of the caller
 *
 * Called for each row of a scan. Returning false ends it.
 */
typedef bool (*LsReadFunc) (int64_t        id,
                            const LsValue *values,
                            gpointer       user_data);

/**
 * LsReadQuery:
 * @shop: a shop
 * @collection: a collection
 * @where: (nullable): an SQL expression over its fields
 * @values: (nullable) (element-type LsValue): what to bind in @where
 * @order: (nullable): what to put after ORDER BY
 * @fields: which fields are wanted
 * @n_fields: how many
 * @limit: the most rows that are wanted, 0 for all
 *
 * What a scan reads.
 */
typedef struct {
  const char *shop;
  const LsCollection *collection;
  const char *where;
  GArray *values;
  const char *order;
  const unsigned *fields;
  size_t n_fields;
  unsigned limit;
} LsReadQuery;

LsCacheReader *ls_cache_reader_new          (LsEnvironment      *environment,
                                             const char         *path,
                                             const LsCollation  *collation);
void           ls_cache_reader_free         (LsCacheReader      *reader);
bool           ls_cache_reader_begin        (LsCacheReader      *reader,
                                             int64_t            *ret_sequence,
                                             GError            **error);
void           ls_cache_reader_end          (LsCacheReader      *reader);
void           ls_cache_reader_shrink       (LsCacheReader      *reader);
bool           ls_cache_reader_scan         (LsCacheReader      *reader,
                                             const LsReadQuery  *query,
                                             LsReadFunc          func,
                                             gpointer            user_data,
                                             GError            **error);
bool           ls_cache_reader_get_row      (LsCacheReader      *reader,
                                             const char         *shop,
                                             const LsCollection *collection,
                                             int64_t             id,
                                             LsRecord          **ret_record,
                                             bool               *ret_pending,
                                             GError            **error);
bool           ls_cache_reader_find_row     (LsCacheReader      *reader,
                                             const char         *shop,
                                             const LsCollection *collection,
                                             const char         *key,
                                             int64_t            *ret_id,
                                             GError            **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsCacheReader, ls_cache_reader_free)

G_END_DECLS
