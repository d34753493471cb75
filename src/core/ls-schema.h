/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"
#include "core/ls-value.h"

G_BEGIN_DECLS

/**
 * LS_SCHEMA_VERSION:
 *
 * The newest version of the schema that this program knows. A field appears to peers of its own
 * version and later ones.
 */
#define LS_SCHEMA_VERSION 1

/**
 * LS_KEY_MAX_BYTES:
 *
 * The most bytes of a row's key.
 */
#define LS_KEY_MAX_BYTES 64

/**
 * LS_COLLECTION_MAX_FIELDS:
 *
 * The most fields of a collection: a set of fields is a 64-bit mask.
 */
#define LS_COLLECTION_MAX_FIELDS 64

/**
 * LsFieldType:
 * @LS_TYPE_TEXT: text of at most `max` bytes
 * @LS_TYPE_KEY: the key of a row of the collection `reference`
 * @LS_TYPE_ENUM: one of `values`; others are kept and shown, but not accepted from an admin
 * @LS_TYPE_INTEGER: a number from `min` to `max`
 * @LS_TYPE_MONEY: minor units of the row's currency, or the shop's where the row has none
 * @LS_TYPE_TIME: µs since the epoch, UTC
 * @LS_TYPE_DAY: days since the epoch in the shop's time zone
 * @LS_TYPE_BOOL: 0 or 1; true or false on the wire
 * @LS_TYPE_CURRENCY: an ISO 4217 code
 *
 * What a value means.
 */
typedef enum {
  LS_TYPE_TEXT,
  LS_TYPE_KEY,
  LS_TYPE_ENUM,
  LS_TYPE_INTEGER,
  LS_TYPE_MONEY,
  LS_TYPE_TIME,
  LS_TYPE_DAY,
  LS_TYPE_BOOL,
  LS_TYPE_CURRENCY,
} LsFieldType;

/**
 * LsFieldFlags:
 * @LS_FIELD_NONE: an ordinary field
 * @LS_FIELD_REQUIRED: never NULL
 * @LS_FIELD_DERIVED: computed by the server; nobody else sets it, and it never conflicts
 * @LS_FIELD_SENSITIVE: personal or secret; hidden from roles without that right
 * @LS_FIELD_IMMUTABLE: set when the row is made, never changed
 * @LS_FIELD_INDEXED: tables sort and filter by it often: the cache and the server keep an index
 * @LS_FIELD_SEARCHED: search as you type looks into it
 * @LS_FIELD_REFERRER: rows are looked up by it on the server
 *
 * Traits of a field.
 */
typedef enum {
  LS_FIELD_NONE = 0,
  LS_FIELD_REQUIRED = 1 << 0,
  LS_FIELD_DERIVED = 1 << 1,
  LS_FIELD_SENSITIVE = 1 << 2,
  LS_FIELD_IMMUTABLE = 1 << 3,
  LS_FIELD_INDEXED = 1 << 4,
  LS_FIELD_SEARCHED = 1 << 5,
  LS_FIELD_REFERRER = 1 << 6,
} LsFieldFlags;

/**
 * LsField:
 * @name: its name on the wire, in SQL and in CSV
 * @title: its heading: an untranslated message id
 * @type: what it means
 * @flags: its traits
 * @min: least number accepted
 * @max: greatest number, or most bytes of text, accepted
 * @reference: (nullable): the collection a key points into
 * @values: (nullable): %NULL-terminated known values of an enum
 * @since: the schema version that brought it
 *
 * One field of a collection. Rows of the schema table are static.
 */
struct _LsField {
  const char *name;
  const char *title;
  LsFieldType type;
  LsFieldFlags flags;
  int64_t min;
  int64_t max;
  const char *reference;
  const char *const *values;
  unsigned since;
};

/**
 * LsCollectionId:
 *
 * Index of each collection in the schema table, in the order of ARCHITECTURE.
 */
typedef enum {
  LS_SHOPS,
  LS_PRODUCTS,
  LS_VARIANTS,
  LS_CATEGORIES,
  LS_IMAGES,
  LS_CUSTOMERS,
  LS_ORDERS,
  LS_ORDER_ITEMS,
  LS_PAYMENTS,
  LS_REFUNDS,
  LS_DOWNLOADS,
  LS_LICENCES,
  LS_SERVICES,
  LS_RESERVATIONS,
  LS_FAVORITES,
  LS_SUBSCRIPTIONS,
  LS_ACTIVITY,
  LS_DAILY_SALES,
  LS_STATS,
  LS_LAYOUTS,
  LS_SAVED_VIEWS,
  LS_NOTES,
} LsCollectionId;

#define LS_N_COLLECTIONS (LS_NOTES + 1)

/**
 * LsCollectionFlags:
 * @LS_COLLECTION_NONE: admins write it
 * @LS_COLLECTION_DERIVED: only the server writes it
 * @LS_COLLECTION_SENSITIVE: hidden as a whole from roles without that right
 *
 * Traits of a collection.
 */
typedef enum {
  LS_COLLECTION_NONE = 0,
  LS_COLLECTION_DERIVED = 1 << 0,
  LS_COLLECTION_SENSITIVE = 1 << 1,
} LsCollectionFlags;

/**
 * LsCollection:
 * @id: its index in the table
 * @name: its name on the wire and in SQL
 * @title: its heading: an untranslated message id
 * @flags: its traits
 * @fields: its fields
 * @n_fields: how many
 * @name_field: the field that names a row to a reader, or -1
 * @day_field: the field of %LS_TYPE_DAY that puts a row into a monthly bucket, or -1 for 256
 *   buckets by key
 * @currency_field: the field of %LS_TYPE_CURRENCY that its money is in, or -1 for the shop's
 *   currency
 *
 * One collection of a shop.
 */
struct _LsCollection {
  LsCollectionId id;
  const char *name;
  const char *title;
  LsCollectionFlags flags;
  const LsField *fields;
  unsigned n_fields;
  int name_field;
  int day_field;
  int currency_field;
};

const LsCollection *ls_schema_collection      (LsCollectionId      id);
const LsCollection *ls_schema_find_collection (const char         *name);
int                 ls_collection_find_field  (const LsCollection *collection,
                                               const char         *name);
int                 ls_collection_field       (const LsCollection *collection,
                                               const char         *name);
bool                ls_field_check_value      (const LsField      *field,
                                               const LsValue      *value,
                                               GError            **error);
bool                ls_field_knows_value      (const LsField      *field,
                                               const char         *text);
bool                ls_key_is_valid           (const char         *key);
bool                ls_text_is_valid          (const char         *text,
                                               size_t              length,
                                               size_t              max_bytes,
                                               GError            **error);

G_END_DECLS
