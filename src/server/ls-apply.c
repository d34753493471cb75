/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-committer"

#include "config.h"

#include "server/ls-apply.h"

#include <string.h>

#include "core/ls-fault.h"
#include "server/ls-activity.h"
#include "server/ls-derive.h"
#include "server/ls-references.h"
#include "server/ls-rules.h"

/*
 * What a mutation does to the rows, decided against the rows as they are: rights, validity,
 * conflicts, references, rules of the shop, then everything derived. A refused mutation leaves a
 * draft that is thrown away.
 *
 * A conflict is by value: each field set is compared with what the admin saw there (`was`). It
 * applies when that, or already the new value, still stands there. What no `was` says:
 *
 *   SET without was     not compared: the last writer wins
 *   PUT without was     from a client: he saw no row there, so one with other values is a conflict;
 *                       from a source of the server's own: not compared
 *   ADD                 never compared
 * DEL                 only the fields named are compared; of a row that is gone already it is done
 *
 * A PUT over a row keeps its derived fields and those that the role may not see.
 */

static uint64_t
bit (unsigned field)
{
  return UINT64_C (1) << field;
}

/* The field that a message of ls_change_validate() names, "collection key: field: why", or -1. */
static int
field_in_message (const LsChange *change,
                  const char     *message)
{
  size_t prefix = strlen (change->collection->name) + 1 + strlen (change->key) + 2;
  const char *name, *end;
  g_autofree char *copy = NULL;

  if (strlen (message) <= prefix)
    return -1;
  name = message + prefix;
  end = strchr (name, ':');
  if (end == NULL)
    return -1;
  copy = g_strndup (name, (size_t) (end - name));
  return ls_collection_find_field (change->collection, copy);
}

static bool
check_validity (const LsChange *change,
                LsRefusal      *refusal)
{
  g_autoptr (GError) error = NULL;

  if (ls_change_validate (change, &error))
    return true;
  return ls_refusal_set_error (refusal, change->collection, change->key,
                               field_in_message (change, error->message), error);
}

/* A newer peer may know more values of an enum, and they are kept; but an admin picks from a list.
 */
static bool
check_enums (const LsMutation *mutation,
             const LsChange   *change,
             LsRefusal        *refusal)
{
  for (unsigned i = 0; mutation->client != NULL && i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);
      const LsField *field = &change->collection->fields[edit->field];

      if (field->type == LS_TYPE_ENUM && edit->has_set && edit->set.kind == LS_VALUE_TEXT &&
          !ls_field_knows_value (field, edit->set.text))
        return ls_refusal_set (refusal, change->collection, change->key, (int) edit->field,
                               LS_REASON_UNKNOWN_VALUE, edit->set.text, change->collection,
                               edit->field);
    }
  return true;
}

static bool
check_rights (const LsMutation *mutation,
              const LsChange   *change,
              LsRefusal        *refusal)
{
  const LsView *view = ls_view_get (mutation->role, LS_SCHEMA_VERSION);
  uint64_t visible = ls_view_get_fields (view, change->collection);

  if (!ls_role_can_write (mutation->role, change->collection) || visible == 0)
    return ls_refusal_set (refusal, change->collection, change->key, -1, LS_REASON_ROLE_COLLECTION,
                           ls_role_to_name (mutation->role), change->collection);
  /* Not named: what a role may not see stays out of error texts too. */
  if (ls_change_get_mask (change) & ~visible)
    return ls_refusal_set (refusal, change->collection, change->key, -1, LS_REASON_ROLE_FIELDS,
                           ls_role_to_name (mutation->role));
  return true;
}

/* The shop's own row: exactly one, under the shop's id. */
static bool
check_shop_row (LsDraft        *draft,
                const LsChange *change,
                LsRefusal      *refusal)
{
  const char *shop = ls_storage_tx_get_shop (ls_draft_get_tx (draft))->shop;

  if (change->collection->id != LS_SHOPS ||
      (change->op != LS_CHANGE_DEL && g_str_equal (change->key, shop)))
    return true;
  return ls_refusal_set (refusal, change->collection, change->key, -1, LS_REASON_SHOP_ROW);
}

static bool
conflict (const LsChange *change,
          int             field,
          LsRefusal      *refusal)
{
  if (field < 0)
    return ls_refusal_set (refusal, change->collection, change->key, -1, LS_REASON_GONE,
                           change->collection, change->key);
  return ls_refusal_set (refusal, change->collection, change->key, field, LS_REASON_CHANGED,
                         change->collection, (unsigned) field, change->collection, change->key);
}

static bool
check_field_conflict (const LsMutation *mutation,
                      const LsChange   *change,
                      unsigned          field,
                      const LsRecord   *current,
                      LsRefusal        *refusal)
{
  static const LsValue null = LS_VALUE_INIT;
  const LsFieldEdit *edit = ls_change_find (change, field);
  const LsValue *stands = ls_record_get (current, field);
  const LsValue *set = edit != NULL && edit->has_set ? &edit->set : &null;
  const LsValue *was = edit != NULL && edit->has_was ? &edit->was : NULL;

  if (was == NULL && change->op == LS_CHANGE_PUT && mutation->client != NULL)
    was = &null;
  if (was == NULL || ls_value_equal (stands, was) || LS_FAULT (WAS_IGNORED))
    return true;
  if (change->op != LS_CHANGE_DEL && ls_value_equal (stands, set))
    return true;
  return conflict (change, (int) field, refusal);
}

static bool
check_conflict (const LsMutation *mutation,
                const LsChange   *change,
                const LsRecord   *current,
                uint64_t          visible,
                LsRefusal        *refusal)
{
  bool repair = (mutation->flags & LS_MUTATION_REPAIR) != 0;

  if (change->op == LS_CHANGE_ADD)
    return current != NULL || conflict (change, -1, refusal);
  if (current == NULL)
    return change->op != LS_CHANGE_SET || LS_FAULT (SET_MAKES_ROWS) ||
           conflict (change, -1, refusal);
  for (unsigned i = 0; i < change->collection->n_fields; i++)
    {
      bool derived = (change->collection->fields[i].flags & LS_FIELD_DERIVED) != 0;
      bool named = change->op == LS_CHANGE_PUT || ls_change_find (change, i) != NULL;

      if (named && (visible & bit (i)) && (repair || !derived) &&
          !check_field_conflict (mutation, change, i, current, refusal))
        return false;
    }
  return true;
}

static bool
check_immutable (const LsChange *change,
                 const LsRecord *before,
                 const LsRecord *after,
                 LsRefusal      *refusal)
{
  uint64_t changed = ls_record_diff (before, after);

  for (unsigned i = 0; i < change->collection->n_fields; i++)
    if ((changed & bit (i)) && (change->collection->fields[i].flags & LS_FIELD_IMMUTABLE))
      return ls_refusal_set (refusal, change->collection, change->key, (int) i,
                             LS_REASON_FIELD_IMMUTABLE, change->collection, i);
  return true;
}

/* What a PUT leaves as it is: fields that its maker could not know. */
static void
keep_hidden (LsRecord       *after,
             const LsRecord *before,
             uint64_t        visible)
{
  const LsCollection *collection = ls_record_get_collection (after);

  for (unsigned i = 0; i < collection->n_fields; i++)
    if (!(visible & bit (i)))
      ls_record_take (after, i, ls_value_copy (ls_record_get (before, i)));
}

static bool
apply_change (LsDraft          *draft,
              const LsMutation *mutation,
              const LsChange   *change,
              LsRefusal        *refusal)
{
  const LsView *view = ls_view_get (mutation->role, LS_SCHEMA_VERSION);
  uint64_t visible = ls_view_get_fields (view, change->collection);
  bool repair = (mutation->flags & LS_MUTATION_REPAIR) != 0;
  g_autoptr (LsRecord) current = ls_draft_get (draft, change->collection, change->key);
  g_autoptr (LsRecord) after = NULL;
  g_autoptr (GError) error = NULL;

  if (current != NULL)
    ls_record_ref (current);
  if (LS_FAULT (SET_MAKES_ROWS) && current == NULL && change->op == LS_CHANGE_SET)
    current = ls_record_new (change->collection, change->key);
  if (!check_conflict (mutation, change, current, visible, refusal))
    return false;
  if (LS_FAULT (ADD_IS_SET) && change->op == LS_CHANGE_ADD)
    ((LsChange *) change)->op = LS_CHANGE_SET;
  after =
      ls_change_apply (change, current, repair ? LS_APPLY_EXACT : LS_APPLY_KEEP_DERIVED, &error);
  if (error != NULL)
    return ls_refusal_set_error (refusal, change->collection, change->key, -1, error);
  if (after == NULL)
    {
      ls_draft_remove (draft, change->collection, change->key);
      return true;
    }
  if (change->op == LS_CHANGE_PUT && current != NULL)
    keep_hidden (after, current, visible);
  if (current != NULL && !repair && !check_immutable (change, current, after, refusal))
    return false;
  ls_draft_take (draft, g_steal_pointer (&after));
  return true;
}

static bool
check_change (LsDraft          *draft,
              const LsMutation *mutation,
              const LsChange   *change,
              LsRefusal        *refusal)
{
  if (mutation->flags & LS_MUTATION_REPAIR)
    return true;
  return check_rights (mutation, change, refusal) && check_validity (change, refusal) &&
         check_enums (mutation, change, refusal) && check_shop_row (draft, change, refusal);
}

static bool
apply_changes (LsDraft          *draft,
               const LsMutation *mutation,
               LsRefusal        *refusal)
{
  if (mutation->changes->len > LS_MAX_CHANGES)
    return ls_refusal_set (refusal, NULL, NULL, -1, LS_REASON_MANY_CHANGES,
                           (int64_t) mutation->changes->len, (int64_t) LS_MAX_CHANGES);
  for (unsigned i = 0; i < mutation->changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (mutation->changes, i);

      if (!check_change (draft, mutation, change, refusal) ||
          !apply_change (draft, mutation, change, refusal))
        return false;
    }
  return true;
}

/* Says who did it, as one more change. */
static void
add_activity (LsDraft          *draft,
              const LsMutation *mutation,
              LsZones          *zones,
              int64_t           at,
              GPtrArray        *changes)
{
  int64_t version = ls_storage_tx_get_shop (ls_draft_get_tx (draft))->position.version + 1;
  LsMeasureShop shop;
  LsRecord *activity;

  ls_derive_get_shop (draft, zones, &shop);
  activity = ls_activity_make (draft, mutation, version, at, shop.zone);
  g_ptr_array_add (changes, ls_change_new_put (activity));
  ls_draft_take_new (draft, activity);
}

/**
 * ls_apply_mutation:
 * @draft: a draft without changes
 * @mutation: what shall happen
 * @zones: time zones
 * @at: when, µs since the epoch
 * @refusal: where to put why not
 *
 * Applies a mutation to a draft: its changes, what follows from them, and its activity. A failure
 * of the storage is the draft's and not a refusal: look at ls_draft_get_error() first.
 *
 * Returns: (transfer full) (element-type LsChange) (nullable): all that changes, nothing at all
 * when everything stands as it is asked for, or %NULL when it is refused or the storage failed
 */
GPtrArray *
ls_apply_mutation (LsDraft          *draft,
                   const LsMutation *mutation,
                   LsZones          *zones,
                   int64_t           at,
                   LsRefusal        *refusal)
{
  bool repair = (mutation->flags & LS_MUTATION_REPAIR) != 0;
  g_autoptr (GPtrArray) changes = NULL;

  if (!apply_changes (draft, mutation, refusal))
    return NULL;
  if (!repair && (!ls_rules_check (draft, mutation, zones, refusal) ||
                  !ls_references_check (draft, refusal) || !ls_derive (draft, zones, at, refusal)))
    return NULL;
  if (ls_draft_get_error (draft) != NULL)
    return NULL;
  changes = ls_draft_get_changes (draft);
  if (changes->len > 0)
    add_activity (draft, mutation, zones, at, changes);
  return ls_draft_get_error (draft) == NULL ? g_steal_pointer (&changes) : NULL;
}
