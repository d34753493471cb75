/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-store"

#include "config.h"

#include "client/ls-edit-list.h"

struct _LsEditList {
  LsRowTable *rows;
  GListStore *model; /* LsEditItem, by id */
  GHashTable *items; /* mid -> LsEditItem */
  LsEditCounts counts;
};

/**
 * ls_edit_list_new:
 * @rows: the rows to mark
 *
 * Returns: (transfer full): an empty list
 */
LsEditList *
ls_edit_list_new (LsRowTable *rows)
{
  LsEditList *self = g_new0 (LsEditList, 1);

  self->rows = ls_row_table_ref (rows);
  self->model = g_list_store_new (LS_TYPE_EDIT_ITEM);
  self->items = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_object_unref);
  return self;
}

/**
 * ls_edit_list_free:
 * @self: (transfer full): a list
 *
 * Frees it; its model stays with who holds it.
 */
void
ls_edit_list_free (LsEditList *self)
{
  g_clear_object (&self->model);
  g_hash_table_unref (self->items);
  ls_row_table_unref (self->rows);
  g_free (self);
}

static bool
is_listed (const LsEdit *edit)
{
  return !edit->is_void && (edit->state == LS_EDIT_QUEUED || edit->state == LS_EDIT_SENT ||
                            edit->state == LS_EDIT_DEAD || edit->state == LS_EDIT_LOST);
}

/* Among which edits it is counted. */
static LsEditState
group_of (const LsEdit *edit)
{
  return edit->state == LS_EDIT_SENT ? LS_EDIT_QUEUED : edit->state;
}

static int
compare_items (gconstpointer a,
               gconstpointer b,
               gpointer      user_data)
{
  int64_t x = ls_edit_item_get_edit ((LsEditItem *) a)->id;
  int64_t y = ls_edit_item_get_edit ((LsEditItem *) b)->id;

  return (x > y) - (x < y);
}

static void
count_edit (LsEditList   *self,
            const LsEdit *edit,
            int           sign)
{
  if (edit->state == LS_EDIT_LOST)
    self->counts.lost += (unsigned) sign;
  else if (edit->state != LS_EDIT_DEAD)
    self->counts.pending += (unsigned) sign;
  else
    {
      self->counts.dead += (unsigned) sign;
      ls_row_table_set_failed (self->rows, edit->shop, edit, sign > 0);
    }
}

/**
 * ls_edit_list_take:
 * @self: a list
 * @edit: an edit as it stands now
 *
 * Lists it, moves it on, or takes it off the list. O(edits) where it comes or goes.
 */
void
ls_edit_list_take (LsEditList *self,
                   LsEdit     *edit)
{
  LsEditItem *listed = g_hash_table_lookup (self->items, edit->mid);
  bool stays = is_listed (edit);
  unsigned position;

  if (listed != NULL)
    {
      count_edit (self, ls_edit_item_get_edit (listed), -1);
      /* One that is made again under its mid stands at the end of the queue now. And lists that show
       * one group only look at what comes and goes. */
      if (stays && ls_edit_item_get_edit (listed)->id == edit->id &&
          group_of (ls_edit_item_get_edit (listed)) == group_of (edit))
        {
          count_edit (self, edit, 1);
          ls_edit_item_set_edit (listed, edit);
          return;
        }
      if (g_list_store_find (self->model, listed, &position))
        g_list_store_remove (self->model, position);
      g_hash_table_remove (self->items, edit->mid);
    }
  if (stays)
    {
      LsEditItem *item = ls_edit_item_new (edit);

      count_edit (self, edit, 1);
      g_hash_table_insert (self->items, g_strdup (edit->mid), item);
      g_list_store_insert_sorted (self->model, item, compare_items, NULL);
    }
}

/**
 * ls_edit_list_get_model:
 * @self: a list
 *
 * Returns: (transfer none): a model of #LsEditItem, oldest first
 */
GListModel *
ls_edit_list_get_model (LsEditList *self)
{
  return G_LIST_MODEL (self->model);
}

/**
 * ls_edit_list_find:
 * @self: a list
 * @mid: an edit
 *
 * Returns: (transfer none) (nullable): the edit as it stands, if it is listed
 */
LsEdit *
ls_edit_list_find (LsEditList *self,
                   const char *mid)
{
  LsEditItem *item = g_hash_table_lookup (self->items, mid);

  return item != NULL ? ls_edit_item_get_edit (item) : NULL;
}

/**
 * ls_edit_list_get_counts:
 * @self: a list
 *
 * Returns: (transfer none): how many edits stand how
 */
const LsEditCounts *
ls_edit_list_get_counts (LsEditList *self)
{
  return &self->counts;
}
