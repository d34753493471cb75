/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LsCollation:
 * @id: names the order and the version of its data: when it changes, indexes are made anew
 * @compare: tells less, equal, greater of two texts; equal only when they are the same bytes
 * @prefix: the beginning of a text as a number: a text that is less has no greater one
 * @user_data: passed to both
 *
 * An order of texts for readers. Both functions are called from several threads at once, get texts
 * that do not end in NUL, and must give the same answer for ever under one @id. Static: it lives
 * longer than all caches opened with it.
 */
typedef struct {
  const char *id;
  int      (*compare) (const char *a,
                       size_t      a_length,
                       const char *b,
                       size_t      b_length,
                       gpointer    user_data);
  uint64_t (*prefix)  (const char *text,
                       size_t      length,
                       gpointer    user_data);
  gpointer user_data;
} LsCollation;

/**
 * LS_COLLATION_NAME:
 *
 * The name of the collation in SQL.
 */
#define LS_COLLATION_NAME "ls"

const LsCollation *ls_collation_get_default (void);
int                ls_collation_compare     (const LsCollation *collation,
                                             const char        *a,
                                             const char        *b);

G_END_DECLS
