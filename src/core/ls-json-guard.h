/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LS_JSON_GUARD_DEFAULT_BYTES:
 *
 * Bytes of a text where a limit of 0 is given.
 */
#define LS_JSON_GUARD_DEFAULT_BYTES (1024 * 1024)

/**
 * LS_JSON_GUARD_DEFAULT_DEPTH:
 *
 * Arrays and objects inside each other where a limit of 0 is given, and the most that can be
 * allowed.
 */
#define LS_JSON_GUARD_DEFAULT_DEPTH 64

/**
 * LS_JSON_GUARD_DEFAULT_VALUES:
 *
 * Values of a text where a limit of 0 is given.
 */
#define LS_JSON_GUARD_DEFAULT_VALUES (128 * 1024)

/**
 * LS_JSON_GUARD_PATH_SIZE:
 *
 * Bytes of the longest path that an error names, its NUL included.
 */
#define LS_JSON_GUARD_PATH_SIZE 128

/**
 * LsJsonLimits:
 * @max_bytes: of the text; at most 2^31 - 1
 * @max_depth: of arrays and objects inside each other; at most `LS_JSON_GUARD_DEFAULT_DEPTH`
 * @max_values: of all kinds, arrays and objects themselves included; names are not counted
 * @max_string_bytes: of one string or name, in UTF-8 and without escapes
 *
 * How much of everything a text may have. 0 is the default; for strings it is @max_bytes.
 */
typedef struct {
  size_t max_bytes;
  unsigned max_depth;
  size_t max_values;
  size_t max_string_bytes;
} LsJsonLimits;

/**
 * LsJsonReason:
 * @LS_JSON_REASON_NONE: nothing is wrong
 * @LS_JSON_REASON_TOO_LARGE: more bytes than allowed
 * @LS_JSON_REASON_TOO_DEEP: more arrays and objects inside each other than allowed
 * @LS_JSON_REASON_TOO_MANY_VALUES: more values than allowed
 * @LS_JSON_REASON_STRING_TOO_LONG: a longer string than allowed
 * @LS_JSON_REASON_EMPTY: no value
 * @LS_JSON_REASON_TRUNCATED: the text ends in the middle
 * @LS_JSON_REASON_SYNTAX: a byte that may not stand there
 * @LS_JSON_REASON_TRAILING: something after the value
 * @LS_JSON_REASON_BOM: a byte order mark
 * @LS_JSON_REASON_DUPLICATE_NAME: the same name twice in one object, however it is escaped
 * @LS_JSON_REASON_LEADING_ZERO: a number with a superfluous zero
 * @LS_JSON_REASON_NEGATIVE_ZERO: the number -0, which no integer keeps apart from 0
 * @LS_JSON_REASON_FRACTION: a number with a point
 * @LS_JSON_REASON_EXPONENT: a number with an exponent
 * @LS_JSON_REASON_RANGE: a number of 2^53 or more, or the negative of it
 * @LS_JSON_REASON_CONTROL: a control character in a string that is not escaped
 * @LS_JSON_REASON_ESCAPE: an escape that does not exist
 * @LS_JSON_REASON_SURROGATE: one half of a surrogate pair
 * @LS_JSON_REASON_NUL: the character U+0000
 * @LS_JSON_REASON_UTF8: bytes that are no UTF-8
 *
 * Why a text is refused. The order may change, the names of ls_json_reason_to_string() do not.
 */
typedef enum {
  LS_JSON_REASON_NONE,
  LS_JSON_REASON_TOO_LARGE,
  LS_JSON_REASON_TOO_DEEP,
  LS_JSON_REASON_TOO_MANY_VALUES,
  LS_JSON_REASON_STRING_TOO_LONG,
  LS_JSON_REASON_EMPTY,
  LS_JSON_REASON_TRUNCATED,
  LS_JSON_REASON_SYNTAX,
  LS_JSON_REASON_TRAILING,
  LS_JSON_REASON_BOM,
  LS_JSON_REASON_DUPLICATE_NAME,
  LS_JSON_REASON_LEADING_ZERO,
  LS_JSON_REASON_NEGATIVE_ZERO,
  LS_JSON_REASON_FRACTION,
  LS_JSON_REASON_EXPONENT,
  LS_JSON_REASON_RANGE,
  LS_JSON_REASON_CONTROL,
  LS_JSON_REASON_ESCAPE,
  LS_JSON_REASON_SURROGATE,
  LS_JSON_REASON_NUL,
  LS_JSON_REASON_UTF8,
} LsJsonReason;

/**
 * LsJsonGuardError:
 * @reason: why
 * @offset: the byte, from 0, where it shows
 * @path: the value it belongs to, for instance `$.changes[3].d.price`; abridged in the middle of
 *   nowhere with `…` when it is long
 *
 * Where and why a text is refused.
 */
typedef struct {
  LsJsonReason reason;
  size_t offset;
  char path[LS_JSON_GUARD_PATH_SIZE];
} LsJsonGuardError;

/**
 * ls_json_guard_check:
 * @text: (array length=length): bytes of any kind; need not end in NUL
 * @length: how many
 * @limits: (nullable): what is allowed; %NULL for the defaults
 * @out: (out caller-allocates) (optional): where and why; only written when the text is refused
 *
 * Checks that a text is one JSON value by RFC 8259 to the letter, within limits, with integers
 * below 2^53 as its only numbers, no name twice in an object, and no U+0000. Every byte that a peer
 * sends goes through here before a parser sees it.
 *
 * One pass, no recursion. Memory: 16 bytes per name of the objects that are open at once, on the
 * stack for the first hundred. Time: linear, but for objects of more than 16 names n log n in them,
 * whatever the names are. Any thread.
 *
 * Returns: whether the text may be parsed
 */
bool        ls_json_guard_check       (const char          *text,
                                       size_t               length,
                                       const LsJsonLimits  *limits,
                                       LsJsonGuardError    *out);

/**
 * ls_json_guard_check_error:
 * @text: (array length=length): as in ls_json_guard_check()
 * @length: how many
 * @limits: (nullable): what is allowed
 * @error: where to put why not: `LS_ERROR_PROTOCOL`, beginning with the path
 *
 * As ls_json_guard_check(), for callers that pass the reason on as a #GError.
 *
 * Returns: whether the text may be parsed
 */
bool        ls_json_guard_check_error (const char          *text,
                                       size_t               length,
                                       const LsJsonLimits  *limits,
                                       GError             **error);

/**
 * ls_json_reason_to_string:
 * @reason: a reason
 *
 * Gets the name of a reason, which is stable and fit for the wire, logs and tests.
 *
 * Returns: (transfer none): the name, such as "duplicate-name"
 */
const char *ls_json_reason_to_string  (LsJsonReason         reason);

/**
 * ls_json_reason_get_words:
 * @reason: a reason
 *
 * Gets a reason in words, for whoever reads a log.
 *
 * Returns: (transfer none): the words, without a capital and full stop
 */
const char *ls_json_reason_get_words  (LsJsonReason         reason);

G_END_DECLS
