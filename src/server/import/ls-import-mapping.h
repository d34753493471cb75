/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-schema.h"
#include "server/import/ls-csv.h"
#include "server/import/ls-import-convert.h"

G_BEGIN_DECLS

/**
 * LsImportSource:
 * @template: literal text and column names in braces, such as `{First name} {Last name}`
 * @is_key: the text becomes the key of a row
 *
 * Where a text comes from.
 */
typedef struct {
  char *template;
  bool is_key;
} LsImportSource;

/**
 * LsImportFieldMap:
 * @field: index of the field
 * @source: where its text comes from
 * @conversion: how it becomes a value
 * @time_format: owned by @conversion's member
 * @zone: likewise
 * @words: likewise
 * @fallback: (nullable): the text in the place of an empty one
 *
 * How a field is filled.
 */
typedef struct {
  unsigned field;
  LsImportSource source;
  LsImportConversion conversion;
  char *currency;
  char *time_format;
  char **true_words;
  char **false_words;
  char *fallback;
} LsImportFieldMap;

/**
 * LsImportMapping:
 * @collection: what the rows are of
 * @csv: how the file is written
 * @header: whether its first record names the columns; else they are called 1, 2, 3
 * @encoding: (nullable): what its bytes mean; UTF-8 when %NULL
 * @key: where the key of a row comes from
 * @fields: (element-type LsImportFieldMap): the fields that are filled
 *
 * A mapping file, read: how a file of any program becomes rows of a collection. docs/import.md
 * describes it.
 */
typedef struct {
  const LsCollection *collection;
  LsCsvOptions csv;
  bool header;
  char *encoding;
  LsImportSource key;
  GPtrArray *fields;
} LsImportMapping;

LsImportMapping *ls_import_mapping_load (const char       *path,
                                         GError          **error);
void             ls_import_mapping_free (LsImportMapping  *mapping);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsImportMapping, ls_import_mapping_free)

G_END_DECLS
