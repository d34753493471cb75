/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-transition"

#include "config.h"

#include "core/ls-transition.h"

/*
 * How a status may move. The app offers only what is allowed, the server refuses the rest: one
 * table for both. A status that this version does not know may move anywhere and be reached from
 * nowhere: its rules are a newer peer's.
 */

typedef struct {
  LsCollectionId collection;
  const char *field;
  const char *from;
  const char *targets[8];
} Transition;

static const Transition transitions[] = {
  { LS_ORDERS, "status", "pending", { "paid", "processing", "on-hold", "cancelled", "failed" } },
  { LS_ORDERS, "status", "on-hold", { "pending", "paid", "processing", "cancelled", "failed" } },
  { LS_ORDERS, "status", "failed", { "pending", "paid", "processing", "cancelled" } },
  { LS_ORDERS, "status", "paid", { "processing", "shipped", "completed", "on-hold", "cancelled", "refunded" } },
  { LS_ORDERS, "status", "processing", { "shipped", "completed", "on-hold", "cancelled", "refunded" } },
  { LS_ORDERS, "status", "shipped", { "completed", "processing", "refunded" } },
  { LS_ORDERS, "status", "completed", { "processing", "refunded" } },
  { LS_ORDERS, "status", "cancelled", { "pending" } },
  { LS_ORDERS, "status", "refunded", { NULL } },
  { LS_RESERVATIONS, "status", "requested", { "confirmed", "cancelled" } },
  { LS_RESERVATIONS, "status", "confirmed", { "completed", "cancelled", "no-show" } },
  { LS_RESERVATIONS, "status", "completed", { "no-show" } },
  { LS_RESERVATIONS, "status", "no-show", { "completed" } },
  { LS_RESERVATIONS, "status", "cancelled", { "requested" } },
};

/**
 * ls_transition_is_governed:
 * @collection: a collection
 * @field: index of a field
 *
 * Returns: whether the values of @field follow each other by the table
 */
bool
ls_transition_is_governed (const LsCollection *collection,
                           unsigned            field)
{
  for (size_t i = 0; i < G_N_ELEMENTS (transitions); i++)
    if (transitions[i].collection == collection->id &&
        g_str_equal (transitions[i].field, collection->fields[field].name))
      return true;
  return false;
}

/**
 * ls_transition_get_targets:
 * @collection: a collection
 * @field: index of a field that is governed
 * @from: a value of it
 *
 * Returns: (transfer none) (nullable) (array zero-terminated=1): where @from may move, or %NULL when
 *   this version does not know @from
 */
const char *const *
ls_transition_get_targets (const LsCollection *collection,
                           unsigned            field,
                           const char         *from)
{
  for (size_t i = 0; i < G_N_ELEMENTS (transitions); i++)
    if (transitions[i].collection == collection->id &&
        g_str_equal (transitions[i].field, collection->fields[field].name) &&
        g_str_equal (transitions[i].from, from))
      return transitions[i].targets;
  return NULL;
}

/**
 * ls_transition_is_allowed:
 * @collection: a collection
 * @field: index of a field
 * @from: (nullable): the value it has; %NULL for a row that is being made
 * @to: the value it shall get
 *
 * Returns: whether the value may move so; a new row may begin anywhere
 */
bool
ls_transition_is_allowed (const LsCollection *collection,
                          unsigned            field,
                          const char         *from,
                          const char         *to)
{
  const char *const *targets;

  if (from == NULL || g_str_equal (from, to) || !ls_transition_is_governed (collection, field))
    return true;
  targets = ls_transition_get_targets (collection, field, from);
  return targets == NULL || g_strv_contains (targets, to);
}
