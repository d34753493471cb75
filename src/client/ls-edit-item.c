/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-edit-item"

#include "config.h"

#include "client/ls-edit-item.h"

/**
 * LsEditItem:
 *
 * An edit as the item of a list model: one object for as long as the edit is listed, whose edit is
 * replaced as it moves on. Main thread only.
 */
struct _LsEditItem {
  GObject parent_instance;

  LsEdit *edit;
};

G_DEFINE_FINAL_TYPE (LsEditItem, ls_edit_item, G_TYPE_OBJECT)

enum {
  CHANGED,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

static void
ls_edit_item_finalize (GObject *object)
{
  g_clear_pointer (&LS_EDIT_ITEM (object)->edit, ls_edit_unref);
  G_OBJECT_CLASS (ls_edit_item_parent_class)->finalize (object);
}

static void
ls_edit_item_class_init (LsEditItemClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = ls_edit_item_finalize;

  /**
   * LsEditItem::changed:
   * @self: the item
   *
   * The edit moved on.
   */
  signals[CHANGED] = g_signal_new ("changed", LS_TYPE_EDIT_ITEM, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
}

static void
ls_edit_item_init (LsEditItem *self)
{
}

/**
 * ls_edit_item_new:
 * @edit: an edit
 *
 * Returns: (transfer full): an item that shows @edit
 */
LsEditItem *
ls_edit_item_new (LsEdit *edit)
{
  LsEditItem *self = g_object_new (LS_TYPE_EDIT_ITEM, NULL);

  self->edit = ls_edit_ref (edit);
  return self;
}

/**
 * ls_edit_item_get_edit:
 * @self: an item
 *
 * Returns: (transfer none): the edit as it stands
 */
LsEdit *
ls_edit_item_get_edit (LsEditItem *self)
{
  return self->edit;
}

/**
 * ls_edit_item_set_edit:
 * @self: an item
 * @edit: the same edit in a later state
 *
 * Replaces the edit and emits `changed`.
 */
void
ls_edit_item_set_edit (LsEditItem *self,
                       LsEdit     *edit)
{
  LsEdit *old = self->edit;

  self->edit = ls_edit_ref (edit);
  ls_edit_unref (old);
  g_signal_emit (self, signals[CHANGED], 0);
}
