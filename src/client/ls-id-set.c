/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-id-set"

#include "config.h"

#include "client/ls-id-set.h"

struct _LsIdSet {
  GHashTable *ids;
  bool all_but; /* then the ids are those that are not in it */
};

/**
 * ls_id_set_new:
 *
 * Returns: (transfer full): an empty set
 */
LsIdSet *
ls_id_set_new (void)
{
  LsIdSet *set = g_new0 (LsIdSet, 1);

  set->ids = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  return set;
}

/**
 * ls_id_set_copy:
 * @set: a set
 *
 * Returns: (transfer full): another with the same ids
 */
LsIdSet *
ls_id_set_copy (const LsIdSet *set)
{
  LsIdSet *copy = ls_id_set_new ();
  GHashTableIter iter;
  gpointer id;

  copy->all_but = set->all_but;
  g_hash_table_iter_init (&iter, set->ids);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    g_hash_table_add (copy->ids, g_memdup2 (id, sizeof (int64_t)));
  return copy;
}

/**
 * ls_id_set_free:
 * @set: (transfer full): a set
 *
 * Frees it.
 */
void
ls_id_set_free (LsIdSet *set)
{
  g_hash_table_unref (set->ids);
  g_free (set);
}

/**
 * ls_id_set_contains:
 * @set: a set
 * @id: an id
 *
 * Returns: whether @id is in it
 */
bool
ls_id_set_contains (const LsIdSet *set,
                    int64_t        id)
{
  return g_hash_table_contains (set->ids, &id) != set->all_but;
}

static bool
list (LsIdSet *set,
      int64_t  id)
{
  return g_hash_table_add (set->ids, g_memdup2 (&id, sizeof id));
}

/**
 * ls_id_set_add:
 * @set: a set
 * @id: an id
 *
 * Puts an id in.
 *
 * Returns: whether it was not in it
 */
bool
ls_id_set_add (LsIdSet *set,
               int64_t  id)
{
  return set->all_but ? g_hash_table_remove (set->ids, &id) : list (set, id);
}

/**
 * ls_id_set_remove:
 * @set: a set
 * @id: an id
 *
 * Takes an id out.
 *
 * Returns: whether it was in it
 */
bool
ls_id_set_remove (LsIdSet *set,
                  int64_t  id)
{
  return set->all_but ? list (set, id) : g_hash_table_remove (set->ids, &id);
}

/**
 * ls_id_set_add_all:
 * @set: a set
 *
 * Puts every row in, those too that come later.
 */
void
ls_id_set_add_all (LsIdSet *set)
{
  g_hash_table_remove_all (set->ids);
  set->all_but = true;
}

/**
 * ls_id_set_clear:
 * @set: a set
 *
 * Takes every row out.
 */
void
ls_id_set_clear (LsIdSet *set)
{
  g_hash_table_remove_all (set->ids);
  set->all_but = false;
}

/**
 * ls_id_set_is_all_but:
 * @set: a set
 *
 * Returns: whether it is all rows but those listed
 */
bool
ls_id_set_is_all_but (const LsIdSet *set)
{
  return set->all_but;
}

/**
 * ls_id_set_is_empty:
 * @set: a set
 *
 * Returns: whether nothing is in it, whatever rows there are
 */
bool
ls_id_set_is_empty (const LsIdSet *set)
{
  return !set->all_but && g_hash_table_size (set->ids) == 0;
}

/**
 * ls_id_set_get_n_listed:
 * @set: a set
 *
 * Returns: how many ids ls_id_set_foreach() tells
 */
unsigned
ls_id_set_get_n_listed (const LsIdSet *set)
{
  return g_hash_table_size (set->ids);
}

/**
 * ls_id_set_count:
 * @set: a set
 * @n_rows: how many rows there are, all those listed among them
 *
 * Returns: how many of them are in it
 */
unsigned
ls_id_set_count (const LsIdSet *set,
                 unsigned       n_rows)
{
  unsigned n_listed = g_hash_table_size (set->ids);

  return set->all_but ? n_rows - MIN (n_listed, n_rows) : n_listed;
}

static int
compare_ids (gconstpointer a,
             gconstpointer b)
{
  int64_t x = *(const int64_t *) a;
  int64_t y = *(const int64_t *) b;

  return (x > y) - (x < y);
}

/**
 * ls_id_set_foreach:
 * @set: a set
 * @func: (scope call): called for each listed id, in ascending order: those in the set, or those
 *   that are not when it is all but them
 * @user_data: for @func
 *
 * Goes through the listed ids.
 */
void
ls_id_set_foreach (const LsIdSet *set,
                   LsIdFunc       func,
                   gpointer       user_data)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (int64_t));
  GHashTableIter iter;
  gpointer id;

  g_hash_table_iter_init (&iter, set->ids);
  while (g_hash_table_iter_next (&iter, &id, NULL))
    g_array_append_val (ids, *(int64_t *) id);
  g_array_sort (ids, compare_ids);
  for (unsigned i = 0; i < ids->len; i++)
    func (g_array_index (ids, int64_t, i), user_data);
}
