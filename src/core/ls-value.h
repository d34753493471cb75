/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LsValueKind:
 * @LS_VALUE_NULL: no value
 * @LS_VALUE_INTEGER: a number, a truth value (0 or 1), money in minor units, a time in µs or a day
 * @LS_VALUE_TEXT: valid UTF-8
 *
 * How a value is stored, sent and hashed. What it means is the field's affair.
 */
typedef enum {
  LS_VALUE_NULL,
  LS_VALUE_INTEGER,
  LS_VALUE_TEXT,
} LsValueKind;

/**
 * LsValue:
 * @kind: which member holds
 * @integer: for %LS_VALUE_INTEGER
 * @text: for %LS_VALUE_TEXT, a #GRefString that the value owns one reference of
 *
 * One value of a row. All-zero is NULL and needs no clearing. Text is immutable and shared by
 * reference between threads.
 */
struct _LsValue {
  LsValueKind kind;
  union {
    int64_t integer;
    char *text;
  };
};

#define LS_VALUE_INIT { LS_VALUE_NULL, { 0 } }

LsValue     ls_value_integer     (int64_t        integer);
LsValue     ls_value_text        (const char    *text);
LsValue     ls_value_text_len    (const char    *text,
                                  size_t         length);
LsValue     ls_value_copy        (const LsValue *value);
void        ls_value_clear       (LsValue       *value);
bool        ls_value_equal       (const LsValue *a,
                                  const LsValue *b);
int         ls_value_compare     (const LsValue *a,
                                  const LsValue *b);
int64_t     ls_value_get_integer (const LsValue *value,
                                  int64_t        fallback);
const char *ls_value_get_text    (const LsValue *value);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LsValue, ls_value_clear)

G_END_DECLS
