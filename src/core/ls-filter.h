/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-record.h"
#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LsFilterOp:
 * @LS_FILTER_EQUAL: the field has this value; NULL equals NULL
 * @LS_FILTER_NOT_EQUAL: it has another, or none
 * @LS_FILTER_LESS: it is less; never true of NULL
 * @LS_FILTER_LESS_EQUAL: it is less or equal
 * @LS_FILTER_GREATER: it is greater
 * @LS_FILTER_GREATER_EQUAL: it is greater or equal
 * @LS_FILTER_CONTAINS: the text holds this one, whatever the case
 *
 * How a filter compares. Texts are compared by bytes, but for %LS_FILTER_CONTAINS.
 */
typedef enum {
  LS_FILTER_EQUAL,
  LS_FILTER_NOT_EQUAL,
  LS_FILTER_LESS,
  LS_FILTER_LESS_EQUAL,
  LS_FILTER_GREATER,
  LS_FILTER_GREATER_EQUAL,
  LS_FILTER_CONTAINS,
} LsFilterOp;

/**
 * LS_FILTER_SQL_CONTAINS:
 *
 * Name of the SQL function (text, folded needle) that the connection must define by
 * ls_filter_text_contains().
 */
#define LS_FILTER_SQL_CONTAINS "ls_contains"

#define LS_TYPE_FILTER (ls_filter_get_type ())

GType               ls_filter_get_type       (void);
LsFilter           *ls_filter_new_compare    (const LsCollection *collection,
                                              unsigned            field,
                                              LsFilterOp          op,
                                              LsValue             value);
LsFilter           *ls_filter_new_search     (const LsCollection *collection,
                                              const char         *text);
LsFilter           *ls_filter_new_all        (const LsCollection *collection);
LsFilter           *ls_filter_new_any        (const LsCollection *collection);
void                ls_filter_take_child     (LsFilter           *filter,
                                              LsFilter           *child);
LsFilter           *ls_filter_ref            (LsFilter           *filter);
void                ls_filter_unref          (LsFilter           *filter);
const LsCollection *ls_filter_get_collection (const LsFilter     *filter);
uint64_t            ls_filter_get_fields     (const LsFilter     *filter);
bool                ls_filter_matches        (const LsFilter     *filter,
                                              const LsRecord     *record);
void                ls_filter_to_sql         (const LsFilter     *filter,
                                              GString            *sql,
                                              GArray             *values);
bool                ls_filter_equal          (const LsFilter     *a,
                                              const LsFilter     *b);
char               *ls_filter_fold           (const char         *text);
bool                ls_filter_text_contains  (const char         *text,
                                              const char         *folded_needle);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsFilter, ls_filter_unref)

G_END_DECLS
