/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-view"

#include "config.h"

#include "core/ls-view.h"

#include <string.h>

#include <xxhash.h>

/**
 * LsView:
 *
 * The fields that a role and a version of the app know, per collection. Views are interned: there
 * is one object for each pair, static for the life of the process, so that two sessions share an
 * encoded version when their pointers are equal.
 */
struct _LsView {
  uint64_t fields[LS_N_COLLECTIONS];
  uint64_t hashes[LS_N_COLLECTIONS];
  uint64_t total_hash;
};

static const char *const role_names[] = { "viewer", "staff", "admin", "owner" };

/**
 * ls_role_from_name:
 * @name: a role's name
 * @ret_role: (out): the role; untouched when there is none of that name
 *
 * Returns: whether @name is a role
 */
bool
ls_role_from_name (const char *name,
                   LsRole     *ret_role)
{
  for (size_t i = 0; i < G_N_ELEMENTS (role_names); i++)
    if (g_str_equal (role_names[i], name))
      {
        *ret_role = (LsRole) i;
        return true;
      }
  return false;
}

/**
 * ls_role_to_name:
 * @role: a role
 *
 * Returns: (transfer none): its name on the wire
 */
const char *
ls_role_to_name (LsRole role)
{
  return role_names[role];
}

/**
 * ls_role_can_write:
 * @role: a role
 * @collection: a collection
 *
 * Returns: whether an edit of @collection by @role may be tried
 */
bool
ls_role_can_write (LsRole              role,
                   const LsCollection *collection)
{
  if (collection->flags & LS_COLLECTION_DERIVED)
    return false;
  switch (role)
    {
    case LS_ROLE_OWNER:
    case LS_ROLE_ADMIN:
      return true;
    case LS_ROLE_STAFF:
      return collection->id != LS_SHOPS;
    case LS_ROLE_VIEWER:
    default:
      return false;
    }
}

static void
append_text (GByteArray *bytes,
             const char *text)
{
  g_byte_array_append (bytes, (const uint8_t *) text, (unsigned) strlen (text) + 1);
}

static void
hash_collection (LsView             *view,
                 const LsCollection *collection)
{
  g_autoptr (GByteArray) bytes = g_byte_array_new ();

  append_text (bytes, collection->name);
  for (unsigned i = 0; i < collection->n_fields; i++)
    if (view->fields[collection->id] & (UINT64_C (1) << i))
      {
        const LsField *field = &collection->fields[i];
        uint8_t type = (uint8_t) field->type;

        append_text (bytes, field->name);
        g_byte_array_append (bytes, &type, 1);
      }
  view->hashes[collection->id] = XXH3_64bits (bytes->data, bytes->len);
}

static LsView *
view_new (bool     sensitive,
          unsigned schema_version)
{
  LsView *view = g_new0 (LsView, 1);

  for (size_t id = 0; id < LS_N_COLLECTIONS; id++)
    {
      const LsCollection *collection = ls_schema_collection ((LsCollectionId) id);

      if ((collection->flags & LS_COLLECTION_SENSITIVE) && !sensitive)
        continue;
      for (unsigned i = 0; i < collection->n_fields; i++)
        {
          const LsField *field = &collection->fields[i];

          if (field->since <= schema_version && (sensitive || !(field->flags & LS_FIELD_SENSITIVE)))
            view->fields[id] |= UINT64_C (1) << i;
        }
      hash_collection (view, collection);
    }
  view->total_hash = XXH3_64bits (view->hashes, sizeof view->hashes);
  return view;
}

/**
 * ls_view_get:
 * @role: a role
 * @schema_version: the newest schema version that the app knows, at least 1
 *
 * Finds the interned view. Safe from any thread.
 *
 * Returns: (transfer none): the view, static
 */
const LsView *
ls_view_get (LsRole   role,
             unsigned schema_version)
{
  static LsView *views[2][LS_SCHEMA_VERSION + 1];
  unsigned known = CLAMP (schema_version, 1, LS_SCHEMA_VERSION);
  bool sensitive = role >= LS_ROLE_ADMIN;

  if (g_once_init_enter (&views[sensitive][known]))
    g_once_init_leave (&views[sensitive][known], view_new (sensitive, known));
  return views[sensitive][known];
}

/**
 * ls_view_full:
 *
 * Returns: (transfer none): the view of everything that this program knows
 */
const LsView *
ls_view_full (void)
{
  return ls_view_get (LS_ROLE_OWNER, LS_SCHEMA_VERSION);
}

/**
 * ls_view_get_fields:
 * @view: a view
 * @collection: a collection
 *
 * Returns: a mask of the fields of @collection in @view
 */
uint64_t
ls_view_get_fields (const LsView       *view,
                    const LsCollection *collection)
{
  return view->fields[collection->id];
}

/**
 * ls_view_has_collection:
 * @view: a view
 * @collection: a collection
 *
 * Returns: whether rows of @collection exist for @view at all
 */
bool
ls_view_has_collection (const LsView       *view,
                        const LsCollection *collection)
{
  return view->fields[collection->id] != 0;
}

/**
 * ls_view_get_hash:
 * @view: a view
 * @collection: a collection
 *
 * Returns: the hash of names and types of the fields of @collection in @view
 */
uint64_t
ls_view_get_hash (const LsView       *view,
                  const LsCollection *collection)
{
  return view->hashes[collection->id];
}

/**
 * ls_view_get_total_hash:
 * @view: a view
 *
 * Returns: the hash over all collections, by which two ends tell whether they mean the same view
 */
uint64_t
ls_view_get_total_hash (const LsView *view)
{
  return view->total_hash;
}
