/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-schema.h"

G_BEGIN_DECLS

/**
 * LsImportConversion:
 * @currency: (nullable): what money is in
 * @zone: (nullable): of times that do not say theirs; UTC when %NULL
 * @time_format: (nullable): how times are written: `%Y-%m-%d %H:%M:%S` and the like, `unix`,
 *   `unix-ms`, `unix-us`; ISO 8601 when %NULL
 * @decimal: stands before the fraction of money; 0 for a point
 * @group: stands between groups of digits; 0 for nothing
 * @true_words: (nullable): what means yes, in any case; 1, true, yes when %NULL
 * @false_words: (nullable): what means no; 0, false, no when %NULL
 * @values: (nullable) (element-type utf8 utf8): what stands in the file for which value
 *
 * How the texts of a column become values. A struct of zeros is the default.
 */
typedef struct {
  const char *currency;
  GTimeZone *zone;
  const char *time_format;
  char decimal;
  char group;
  const char *const *true_words;
  const char *const *false_words;
  GHashTable *values;
} LsImportConversion;

bool ls_import_convert      (const LsField             *field,
                             const LsImportConversion  *conversion,
                             const char                *text,
                             LsValue                   *ret_value,
                             GError                   **error);
bool ls_import_parse_time   (const char                *text,
                             const char                *format,
                             GTimeZone                 *zone,
                             int64_t                   *ret_time);
bool ls_import_check_format (const char                *format,
                             GError                   **error);

G_END_DECLS
