/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-json-guard.h"

G_BEGIN_DECLS

#define LS_JSON_INLINE_NAMES 128

/* A name of an object that is still open: the bytes between its quotes, and the hash of what they
 * say. */
typedef struct {
  uint64_t hash;
  uint32_t offset;
  uint32_t length : 31;
  uint32_t escaped : 1;
} LsJsonName;

/* An array or object that is still open. */
typedef struct {
  size_t first_name; /* of this object in LsJsonGuard.names */
  size_t name;       /* the current one */
  uint32_t index;    /* of the current item of an array */
  bool is_object;
} LsJsonFrame;

/* Where it stands. */
typedef struct {
  const uint8_t *start;
  const uint8_t *at;
  const uint8_t *end;
  LsJsonLimits limits;

  LsJsonFrame frames[LS_JSON_GUARD_DEFAULT_DEPTH];
  unsigned depth;
  size_t n_values;

  LsJsonName *names; /* of all open objects, the outermost first */
  size_t n_names;
  size_t n_allocated;
  LsJsonName inline_names[LS_JSON_INLINE_NAMES];

  LsJsonReason reason;
  const uint8_t *error_at;
} LsJsonGuard;

/* All return whether to go on; if not, the reason is noted. */
bool ls_json_guard_fail         (LsJsonGuard   *guard,
                                 const uint8_t *at,
                                 LsJsonReason   reason);

/* Fails because of the byte at @at, which may be the end. */
bool ls_json_guard_fail_at_byte (LsJsonGuard   *guard,
                                 const uint8_t *at,
                                 LsJsonReason   reason);

/* The string that begins at the quote where the guard stands. */
bool ls_json_guard_scan_string  (LsJsonGuard   *guard,
                                 bool          *escaped);
bool ls_json_guard_scan_number  (LsJsonGuard   *guard);
bool ls_json_guard_scan_literal (LsJsonGuard   *guard,
                                 const char    *literal);

/* Takes up the name between @quote and where the guard stands, if the object has it not yet. Of
 * large objects the rest is checked when they end. */
bool ls_json_guard_add_name     (LsJsonGuard   *guard,
                                 const uint8_t *quote,
                                 bool           escaped);
bool ls_json_guard_check_names  (LsJsonGuard   *guard,
                                 LsJsonFrame   *frame);

G_END_DECLS
