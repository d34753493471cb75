/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-scope"

#include "config.h"

#include "core/ls-scope.h"

#include <string.h>

#include "core/ls-digest.h"
#include "core/ls-error.h"
#include "core/ls-fault.h"

/*
 * Scopes are made of buckets, as digests are: so what a client holds can be proven without looking
 * at a row, and a change tells by itself whether it is in one. All changes but those of a SET name
 * the day; a SET never changes the bucket (ls_draft_get_changes()), and whoever does not hold its
 * row drops it.
 */

/**
 * ls_scope_init:
 * @scope: (out caller-allocates): all rows
 */
void
ls_scope_init (LsScope *scope)
{
  memset (scope->since, 0, sizeof scope->since);
}

/**
 * ls_scope_init_empty:
 * @scope: (out caller-allocates): no row
 */
void
ls_scope_init_empty (LsScope *scope)
{
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    scope->since[id] = LS_SCOPE_NOTHING;
}

/**
 * ls_scope_equal:
 * @a: a scope
 * @b: another
 *
 * Returns: whether both are the same
 */
bool
ls_scope_equal (const LsScope *a,
                const LsScope *b)
{
  return memcmp (a->since, b->since, sizeof a->since) == 0;
}

/**
 * ls_scope_is_whole:
 * @scope: a scope
 *
 * Returns: whether it has all rows
 */
bool
ls_scope_is_whole (const LsScope *scope)
{
  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    if (scope->since[id] != 0)
      return false;
  return true;
}

/**
 * ls_scope_get_collections:
 * @scope: a scope
 *
 * Returns: a mask of the collections that it has rows of, indexed by #LsCollectionId
 */
uint32_t
ls_scope_get_collections (const LsScope *scope)
{
  uint32_t collections = 0;

  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    if (scope->since[id] != LS_SCOPE_NOTHING)
      collections |= UINT32_C (1) << id;
  return collections;
}

/**
 * ls_scope_has_collection:
 * @scope: a scope
 * @collection: a collection
 *
 * Returns: whether @scope has any rows of @collection
 */
bool
ls_scope_has_collection (const LsScope      *scope,
                         const LsCollection *collection)
{
  return scope->since[collection->id] != LS_SCOPE_NOTHING;
}

/**
 * ls_scope_has_bucket:
 * @scope: a scope
 * @collection: a collection
 * @bucket: one of its buckets
 *
 * Returns: whether @scope has the rows of @bucket
 */
bool
ls_scope_has_bucket (const LsScope      *scope,
                     const LsCollection *collection,
                     uint32_t            bucket)
{
  return ls_scope_since_has_bucket (scope->since[collection->id], bucket);
}

/**
 * ls_scope_since_has_bucket:
 * @since: the first bucket that is held of a collection
 * @bucket: one of its buckets
 *
 * Returns: whether the rows of @bucket are held
 */
bool
ls_scope_since_has_bucket (uint32_t since,
                           uint32_t bucket)
{
  if (since == 0 || since == LS_SCOPE_NOTHING)
    return since == 0;
  /* Rows without a day belong to no month: whoever has some has these. */
  return bucket == 0 || bucket >= since;
}

/**
 * ls_scope_has_record:
 * @scope: a scope
 * @record: a row
 *
 * Returns: whether @scope has it
 */
bool
ls_scope_has_record (const LsScope  *scope,
                     const LsRecord *record)
{
  const LsCollection *collection = ls_record_get_collection (record);

  return scope->since[collection->id] == 0 ||
         (scope->since[collection->id] != LS_SCOPE_NOTHING &&
          ls_scope_has_bucket (scope, collection, ls_digest_bucket (record)));
}

/**
 * ls_scope_has_change:
 * @scope: a scope
 * @change: a change of the log
 *
 * Returns: whether those who hold @scope need @change: always, when it does not tell its day
 */
bool
ls_scope_has_change (const LsScope  *scope,
                     const LsChange *change)
{
  return ls_scope_since_has_change (scope->since[change->collection->id], change);
}

/**
 * ls_scope_since_has_change:
 * @since: the first bucket that is held of its collection
 * @change: a change of the log
 *
 * Returns: as ls_scope_has_change()
 */
bool
ls_scope_since_has_change (uint32_t        since,
                           const LsChange *change)
{
  const LsCollection *collection = change->collection;
  const LsFieldEdit *edit;
  const LsValue *day;

  if (since == 0 || since == LS_SCOPE_NOTHING || collection->day_field < 0)
    return since != LS_SCOPE_NOTHING;
  edit = ls_change_find (change, (unsigned) collection->day_field);
  if (change->op != LS_CHANGE_PUT && change->op != LS_CHANGE_DEL)
    return !LS_FAULT (SCOPE_PATCH_LEFT_OUT);
  if (edit == NULL || !(change->op == LS_CHANGE_PUT ? edit->has_set : edit->has_was))
    return true;
  day = change->op == LS_CHANGE_PUT ? &edit->set : &edit->was;
  return day->kind != LS_VALUE_INTEGER ||
         ls_scope_since_has_bucket (since, ls_digest_day_bucket (day->integer));
}

/**
 * ls_scope_check_since:
 * @collection: a collection
 * @since: what somebody wants as the first bucket
 * @error: where to put why it can't be, %LS_ERROR_PROTOCOL
 *
 * Returns: whether @collection can be held from there
 */
bool
ls_scope_check_since (const LsCollection *collection,
                      int64_t             since,
                      GError            **error)
{
  if (since == 0 || (since > 0 && since < LS_SCOPE_NOTHING && collection->day_field >= 0))
    return true;
  if (collection->day_field < 0)
    g_set_error (error, LS_ERROR, LS_ERROR_PROTOCOL, "%s has no months", collection->name);
  else
    g_set_error_literal (error, LS_ERROR, LS_ERROR_PROTOCOL, "not a month");
  return false;
}

/**
 * ls_scope_to_text:
 * @scope: a scope
 *
 * Returns: (transfer full): the collections that it has, each with its first bucket where that is
 *   not all of it: `products,orders:671`
 */
char *
ls_scope_to_text (const LsScope *scope)
{
  GString *text = g_string_new (NULL);

  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    {
      if (scope->since[id] == LS_SCOPE_NOTHING)
        continue;
      g_string_append_printf (text, "%s%s", text->len > 0 ? "," : "",
                              ls_schema_collection ((LsCollectionId) id)->name);
      if (scope->since[id] > 0)
        g_string_append_printf (text, ":%u", scope->since[id]);
    }
  return g_string_free (text, FALSE);
}

static bool
read_element (const char *element,
              LsScope    *scope,
              GError    **error)
{
  const char *colon = strchr (element, ':');
  g_autofree char *name =
      colon != NULL ? g_strndup (element, (size_t) (colon - element)) : g_strdup (element);
  const LsCollection *collection = ls_schema_find_collection (name);
  uint64_t since = 0;

  if (collection == NULL)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_PROTOCOL, "there is no collection “%s”", name);
      return false;
    }
  if (colon != NULL &&
      !g_ascii_string_to_unsigned (colon + 1, 10, 0, LS_SCOPE_NOTHING - 1, &since, NULL))
    {
      g_set_error (error, LS_ERROR, LS_ERROR_PROTOCOL, "%s: not a month", name);
      return false;
    }
  if (!ls_scope_check_since (collection, (int64_t) since, error))
    return false;
  scope->since[collection->id] = (uint32_t) since;
  return true;
}

/**
 * ls_scope_from_text:
 * @text: (nullable): as ls_scope_to_text() writes it; %NULL or empty for all rows
 * @ret_scope: (out): the scope; untouched on failure
 * @error: where to put which part is wrong, %LS_ERROR_PROTOCOL
 *
 * Returns: whether @text is a scope
 */
bool
ls_scope_from_text (const char *text,
                    LsScope    *ret_scope,
                    GError    **error)
{
  g_auto (GStrv) elements = NULL;
  LsScope scope;

  if (text == NULL || *text == '\0')
    {
      ls_scope_init (ret_scope);
      return true;
    }
  ls_scope_init_empty (&scope);
  elements = g_strsplit (text, ",", LS_N_COLLECTIONS * 4);
  for (size_t i = 0; elements[i] != NULL; i++)
    if (!read_element (elements[i], &scope, error))
      return false;
  *ret_scope = scope;
  return true;
}
