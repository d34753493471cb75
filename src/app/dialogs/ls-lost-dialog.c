/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-lost-dialog"

#include "config.h"

#include "app/dialogs/ls-lost-dialog.h"

#include <glib/gi18n.h>

#include "app/dialogs/ls-edit-row.h"
#include "app/ls-edit-actions.h"
#include "app/text/ls-edit-words.h"

/**
 * LsLostDialog:
 *
 * The offer after a restore of the server: edits that it had and lost, all ticked. Those that are
 * applied again go under their old ids, so that none is done twice. To close it is to decide later:
 * they stay among the waiting changes.
 */
struct _LsLostDialog {
  AdwWindow parent_instance;

  /* template children */
  GtkListView *list;
  GtkButton *apply_button;

  /* owned */
  LsErrorDesk *desk;
  LsStore *store;
  GListModel *lost;     /* LsEditItem */
  GHashTable *unticked; /* mids */
};

G_DEFINE_FINAL_TYPE (LsLostDialog, ls_lost_dialog, ADW_TYPE_WINDOW)

static LsEdit *
edit_at (LsLostDialog *self,
         unsigned      position)
{
  g_autoptr (LsEditItem) item = g_list_model_get_item (self->lost, position);

  return ls_edit_item_get_edit (item);
}

static unsigned
count_ticked (LsLostDialog *self)
{
  unsigned n = 0;

  for (unsigned i = 0; i < g_list_model_get_n_items (self->lost); i++)
    n += !g_hash_table_contains (self->unticked, edit_at (self, i)->mid);
  return n;
}

static void
update_button (LsLostDialog *self)
{
  unsigned n = count_ticked (self);
  unsigned all = g_list_model_get_n_items (self->lost);
  g_autofree char *words = n == all
                               ? g_strdup (_("Apply all again"))
                               : g_strdup_printf (ngettext ("Apply %u again", "Apply %u again", n), n);

  gtk_button_set_label (self->apply_button, words);
  gtk_widget_set_sensitive (GTK_WIDGET (self->apply_button), n > 0);
}

static void
items_changed_cb (LsLostDialog *self)
{
  if (g_list_model_get_n_items (self->lost) == 0)
    gtk_window_close (GTK_WINDOW (self));
  else
    update_button (self);
}

static bool
has_before (LsLostDialog *self,
            unsigned      position,
            const char   *shop)
{
  for (unsigned i = 0; i < position; i++)
    if (g_str_equal (edit_at (self, i)->shop, shop))
      return true;
  return false;
}

static void
restore_shop (LsLostDialog *self,
              const char   *shop)
{
  g_autoptr (GPtrArray) mids = g_ptr_array_new ();

  for (unsigned i = 0; i < g_list_model_get_n_items (self->lost); i++)
    {
      const LsEdit *edit = edit_at (self, i);

      if (g_str_equal (edit->shop, shop) && !g_hash_table_contains (self->unticked, edit->mid))
        g_ptr_array_add (mids, edit->mid);
    }
  g_ptr_array_add (mids, NULL);
  if (mids->len > 1)
    ls_edit_actions_restore (self->desk, self->store, shop, (const char *const *) mids->pdata);
}

/* What is not ticked is let go of: the question is answered. */
static void
apply_cb (LsLostDialog *self)
{
  for (unsigned i = 0; i < g_list_model_get_n_items (self->lost); i++)
    {
      const char *shop = edit_at (self, i)->shop;

      if (has_before (self, i, shop))
        continue;
      restore_shop (self, shop);
      ls_edit_actions_discard_all (self->desk, self->store, shop, LS_EDIT_MASK (LS_EDIT_LOST));
    }
  gtk_window_close (GTK_WINDOW (self));
}

static void
dismiss_cb (LsLostDialog *self)
{
  for (unsigned i = 0; i < g_list_model_get_n_items (self->lost); i++)
    if (!has_before (self, i, edit_at (self, i)->shop))
      ls_edit_actions_discard_all (self->desk, self->store, edit_at (self, i)->shop,
                                   LS_EDIT_MASK (LS_EDIT_LOST));
  gtk_window_close (GTK_WINDOW (self));
}

static void
toggled_cb (LsLostDialog   *self,
            GtkCheckButton *check)
{
  GtkListItem *list_item = g_object_get_data (G_OBJECT (check), "list-item");
  LsEditItem *item = list_item != NULL ? gtk_list_item_get_item (list_item) : NULL;
  const char *mid = item != NULL ? ls_edit_item_get_edit (item)->mid : NULL;

  if (mid == NULL)
    return;
  if (gtk_check_button_get_active (check))
    g_hash_table_remove (self->unticked, mid);
  else
    g_hash_table_add (self->unticked, g_strdup (mid));
  update_button (self);
}

static void
setup_cb (LsLostDialog *self,
          GtkListItem  *list_item)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 12);
  GtkWidget *check = gtk_check_button_new ();
  GtkWidget *row = ls_edit_row_new (self->desk, self->store, FALSE);

  g_object_set_data (G_OBJECT (check), "list-item", list_item);
  g_signal_connect_object (check, "toggled", G_CALLBACK (toggled_cb), self, G_CONNECT_SWAPPED);
  gtk_widget_set_valign (check, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (box), check);
  gtk_widget_set_valign (row, GTK_ALIGN_CENTER);
  gtk_box_append (GTK_BOX (box), row);
  gtk_list_item_set_child (list_item, box);
  gtk_list_item_set_activatable (list_item, FALSE);
  gtk_list_item_set_selectable (list_item, FALSE);
}

static void
bind_cb (LsLostDialog *self,
         GtkListItem  *list_item)
{
  LsEdit *edit = ls_edit_item_get_edit (gtk_list_item_get_item (list_item));
  GtkWidget *check = gtk_widget_get_first_child (gtk_list_item_get_child (list_item));
  g_autofree char *words = ls_edit_words_summary (edit, NULL);

  ls_edit_row_set_edit (LS_EDIT_ROW (gtk_widget_get_next_sibling (check)), edit);
  gtk_accessible_update_property (GTK_ACCESSIBLE (check), GTK_ACCESSIBLE_PROPERTY_LABEL, words, -1);
  gtk_check_button_set_active (GTK_CHECK_BUTTON (check),
                               !g_hash_table_contains (self->unticked, edit->mid));
}

static gboolean
is_lost (gpointer item,
         gpointer user_data)
{
  return ls_edit_item_get_edit (item)->state == LS_EDIT_LOST;
}

static void
ls_lost_dialog_dispose (GObject *object)
{
  LsLostDialog *self = LS_LOST_DIALOG (object);

  if (self->list != NULL)
    gtk_list_view_set_model (self->list, NULL);
  g_clear_object (&self->lost);
  g_clear_object (&self->store);
  g_clear_object (&self->desk);
  g_clear_pointer (&self->unticked, g_hash_table_unref);
  G_OBJECT_CLASS (ls_lost_dialog_parent_class)->dispose (object);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_LOST_DIALOG);
  self->list = NULL;
}

static void
ls_lost_dialog_class_init (LsLostDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_lost_dialog_dispose;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/lockstep/Lockstep/dialogs/ls-lost-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, LsLostDialog, list);
  gtk_widget_class_bind_template_child (widget_class, LsLostDialog, apply_button);
  gtk_widget_class_bind_template_callback (widget_class, apply_cb);
  gtk_widget_class_bind_template_callback (widget_class, dismiss_cb);
}

static void
ls_lost_dialog_init (LsLostDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  self->unticked = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
}

/**
 * ls_lost_dialog_new:
 * @parent: the window it belongs to
 * @desk: where failures end
 * @store: whose edits were lost
 *
 * Returns: (transfer none): the dialog, not shown yet
 */
LsLostDialog *
ls_lost_dialog_new (GtkWindow   *parent,
                    LsErrorDesk *desk,
                    LsStore     *store)
{
  LsLostDialog *self = g_object_new (LS_TYPE_LOST_DIALOG, "transient-for", parent, NULL);
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkFilter *filter = GTK_FILTER (gtk_custom_filter_new (is_lost, NULL, NULL));

  self->desk = g_object_ref (desk);
  self->store = g_object_ref (store);
  self->lost = G_LIST_MODEL (
      gtk_filter_list_model_new (g_object_ref (ls_store_get_edits (store)), filter));
  g_signal_connect_object (factory, "setup", G_CALLBACK (setup_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (factory, "bind", G_CALLBACK (bind_cb), self, G_CONNECT_SWAPPED);
  gtk_list_view_set_factory (self->list, factory);
  g_object_unref (factory);
  gtk_list_view_set_model (self->list,
                           GTK_SELECTION_MODEL (gtk_no_selection_new (g_object_ref (self->lost))));
  g_object_unref (gtk_list_view_get_model (self->list));
  g_signal_connect_object (self->lost, "items-changed", G_CALLBACK (items_changed_cb), self,
                           G_CONNECT_SWAPPED);
  update_button (self);
  return self;
}
