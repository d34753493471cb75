/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-followed.h"
#include "client/ls-live-aggregate.h"
#include "core/ls-filter.h"

G_BEGIN_DECLS

/**
 * LS_MAX_GROUP_FIELDS:
 *
 * The most fields that numbers are grouped by.
 */
#define LS_MAX_GROUP_FIELDS 2

/**
 * LsNumbers:
 * @n_groups: how many groups
 * @n_keys: by how many fields
 * @n_terms: how many numbers each has
 * @keys: (element-type LsValue): the keys of all groups, in ascending order
 * @values: (element-type gint64): the numbers of all groups
 *
 * What an aggregate tells. Immutable.
 */
typedef struct {
  unsigned n_groups;
  unsigned n_keys;
  unsigned n_terms;
  GArray *keys;
  GArray *values;
} LsNumbers;

LsFollowed *ls_followed_numbers_new (const char            *shop,
                                     const LsCollection    *collection,
                                     LsFilter              *filter,
                                     const unsigned        *group_fields,
                                     size_t                 n_group_fields,
                                     const LsAggregateTerm *terms,
                                     size_t                 n_terms);
void        ls_numbers_free         (LsNumbers             *numbers);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsNumbers, ls_numbers_free)

G_END_DECLS
