/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-error.h"
#include "core/ls-schema.h"

G_BEGIN_DECLS

/**
 * LsReason:
 *
 * Why a value or an edit is refused, in the order of the table in ls-reason.c, which has their
 * words. A name never changes its meaning: clients of other versions read it.
 */
typedef enum {
  /* A value by itself. */
  LS_REASON_REQUIRED,
  LS_REASON_KEY,
  LS_REASON_CURRENCY,
  LS_REASON_TEXT_LENGTH,
  LS_REASON_TEXT_ENCODING,
  LS_REASON_TEXT_CONTROL,
  LS_REASON_TEXT_TYPE,
  LS_REASON_NUMBER_TYPE,
  LS_REASON_RANGE,
  LS_REASON_NOT_AMOUNT,
  LS_REASON_NOT_NUMBER,
  /* A change by itself. */
  LS_REASON_COLLECTION_DERIVED,
  LS_REASON_FIELD_DERIVED,
  LS_REASON_FIELD_IMMUTABLE,
  LS_REASON_NOT_ADDABLE,
  LS_REASON_SUM_RANGE,
  LS_REASON_NO_CHANGES,
  LS_REASON_MANY_CHANGES,
  LS_REASON_LARGE_EDIT,
  /* A change and the rows as they are. */
  LS_REASON_GONE,
  LS_REASON_CHANGED,
  LS_REASON_EDIT_GONE,
  LS_REASON_EDIT_DONE,
  LS_REASON_UNKNOWN_VALUE,
  LS_REASON_ROLE_COLLECTION,
  LS_REASON_ROLE_FIELDS,
  LS_REASON_SHOP_ROW,
  LS_REASON_MANY_ROWS,
  LS_REASON_MANY_BYTES,
  LS_REASON_LARGE_SUMS,
  LS_REASON_ID_USED,
  LS_REASON_TAKEN_BACK,
  LS_REASON_NO_TARGET,
  LS_REASON_STILL_USED,
  /* Rules of the shop. */
  LS_REASON_BELOW_ZERO,
  LS_REASON_SALE_PRICE,
  LS_REASON_ITEM_QUANTITY,
  LS_REASON_ITEM_TOTAL,
  LS_REASON_ITEM_DISCOUNT,
  LS_REASON_ITEM_REFUNDED,
  LS_REASON_ORDER_STATUS,
  LS_REASON_REFUND_NEEDS_ITEM,
  LS_REASON_REFUND_ITEM,
  LS_REASON_REFUND_QUANTITY,
  LS_REASON_REFUND_AMOUNT,
  LS_REASON_REFUND_PAID,
  LS_REASON_RESERVATION_CLASH,
  LS_REASON_RESERVATION_ORDER,
  LS_REASON_RESERVATION_LENGTH,
  LS_REASON_CATEGORY_CIRCLE,
  LS_REASON_TIME_ZONE,
  LS_REASON_TIME_ZONE_FIXED,
  /* This computer. */
  LS_REASON_CLOSED,
  LS_REASON_ELSEWHERE,
  LS_REASON_NEWER_FILE,
  LS_REASON_NO_RECORD,
  LS_REASON_LINK,
  LS_REASON_SAMPLE_PROGRAM,
  LS_REASON_SAMPLE_MADE,
  LS_REASON_SAMPLE_ENDED,
} LsReason;

#define LS_N_REASONS (LS_REASON_SAMPLE_ENDED + 1)

/**
 * LS_REASON_MAX_ARGS:
 *
 * The most arguments that a reason has.
 */
#define LS_REASON_MAX_ARGS 4

/**
 * LS_REASON_MAX_ARG_BYTES:
 *
 * The longest argument; what is longer is cut.
 */
#define LS_REASON_MAX_ARG_BYTES 200

/**
 * LsReasonInfo:
 * @name: its stable name, on the wire and on the disk
 * @code: the class of the failure
 * @kinds: a letter for each argument, see ls_reason_new()
 * @words: why, in English, in lower case and without a full stop: an untranslated message id, with
 *   %1$s, %2$s … for the arguments
 *
 * One row of the table of reasons.
 */
typedef struct {
  const char *name;
  LsErrorCode code;
  const char *kinds;
  const char *words;
} LsReasonInfo;

const LsReasonInfo *ls_reason_info      (LsReason            reason);
const LsReasonInfo *ls_reason_find      (const char *const  *reason);
char              **ls_reason_new       (LsReason            reason,
                                         ...);
char              **ls_reason_new_va    (LsReason            reason,
                                         va_list             args);
char               *ls_reason_format    (const char         *words,
                                         const char *const  *args);
char               *ls_reason_to_text   (const char *const  *reason);
char               *ls_reason_join      (const char *const  *reason);
char              **ls_reason_split     (const char         *text);
void                ls_reason_set_error (GError            **error,
                                         LsReason            reason,
                                         ...);

G_END_DECLS
