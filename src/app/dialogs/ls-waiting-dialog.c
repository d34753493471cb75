/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-waiting-dialog"

#include "config.h"

#include "app/dialogs/ls-waiting-dialog.h"

#include "app/dialogs/ls-edit-row.h"

/**
 * LsWaitingDialog:
 *
 * The changes that wait for the server and those it refused, with what can be done about each.
 */
struct _LsWaitingDialog {
  AdwWindow parent_instance;

  /* template children */
  GtkStack *stack;
  GtkListView *list;

  /* owned */
  LsStore *store;
};

G_DEFINE_FINAL_TYPE (LsWaitingDialog, ls_waiting_dialog, ADW_TYPE_WINDOW)

static void
edit_changed_cb (LsEditItem *item,
                 LsEditRow  *row)
{
  ls_edit_row_set_edit (row, ls_edit_item_get_edit (item));
}

static void
setup_cb (LsWaitingDialog *self,
          GtkListItem     *list_item)
{
  gtk_list_item_set_child (list_item, ls_edit_row_new (self->store));
  gtk_list_item_set_activatable (list_item, FALSE);
}

static void
bind_cb (LsWaitingDialog *self,
         GtkListItem     *list_item)
{
  LsEditItem *item = gtk_list_item_get_item (list_item);
  GtkWidget *row = gtk_list_item_get_child (list_item);

  g_signal_connect_object (item, "changed", G_CALLBACK (edit_changed_cb), row, 0);
  edit_changed_cb (item, LS_EDIT_ROW (row));
}

static void
unbind_cb (LsWaitingDialog *self,
           GtkListItem     *list_item)
{
  LsEditItem *item = gtk_list_item_get_item (list_item);
  GtkWidget *row = gtk_list_item_get_child (list_item);

  g_signal_handlers_disconnect_by_func (item, edit_changed_cb, row);
  ls_edit_row_set_edit (LS_EDIT_ROW (row), NULL);
}

static void
items_changed_cb (LsWaitingDialog *self)
{
  GListModel *edits = ls_store_get_edits (self->store);

  gtk_stack_set_visible_child_name (self->stack,
                                    g_list_model_get_n_items (edits) > 0 ? "list" : "empty");
}

static void
ls_waiting_dialog_dispose (GObject *object)
{
  LsWaitingDialog *self = LS_WAITING_DIALOG (object);

  if (self->list != NULL)
    gtk_list_view_set_model (self->list, NULL);
  g_clear_object (&self->store);
  G_OBJECT_CLASS (ls_waiting_dialog_parent_class)->dispose (object);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_WAITING_DIALOG);
  self->list = NULL;
}

static void
ls_waiting_dialog_class_init (LsWaitingDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_waiting_dialog_dispose;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/lockstep/Lockstep/dialogs/ls-waiting-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, LsWaitingDialog, stack);
  gtk_widget_class_bind_template_child (widget_class, LsWaitingDialog, list);
}

static void
ls_waiting_dialog_init (LsWaitingDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * ls_waiting_dialog_new:
 * @parent: the window it belongs to
 * @store: whose edits it shows
 *
 * Returns: (transfer none): the dialog, not shown yet
 */
LsWaitingDialog *
ls_waiting_dialog_new (GtkWindow *parent,
                       LsStore   *store)
{
  LsWaitingDialog *self = g_object_new (LS_TYPE_WAITING_DIALOG, "transient-for", parent, NULL);
  GListModel *edits = ls_store_get_edits (store);
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();

  self->store = g_object_ref (store);
  g_signal_connect_object (factory, "setup", G_CALLBACK (setup_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (factory, "bind", G_CALLBACK (bind_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (factory, "unbind", G_CALLBACK (unbind_cb), self, G_CONNECT_SWAPPED);
  gtk_list_view_set_factory (self->list, factory);
  g_object_unref (factory);
  gtk_list_view_set_model (self->list,
                           GTK_SELECTION_MODEL (gtk_no_selection_new (g_object_ref (edits))));
  g_object_unref (gtk_list_view_get_model (self->list));
  g_signal_connect_object (edits, "items-changed", G_CALLBACK (items_changed_cb), self,
                           G_CONNECT_SWAPPED);
  items_changed_cb (self);
  return self;
}
