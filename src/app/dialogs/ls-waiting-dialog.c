/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-waiting-dialog"

#include "config.h"

#include "app/dialogs/ls-waiting-dialog.h"

#include <glib/gi18n.h>

#include "app/compat/ls-button.h"
#include "app/compat/ls-confirm.h"
#include "app/dialogs/ls-edit-row.h"
#include "app/ls-edit-actions.h"

/**
 * LsWaitingDialog:
 *
 * The changes that the server refused or lost, and those that wait for it, with what can be done
 * about each and about all that failed.
 */
struct _LsWaitingDialog {
  AdwWindow parent_instance;

  /* template children */
  GtkStack *stack;
  GtkListView *list;
  GtkActionBar *failed_bar;
  GtkLabel *failed_label;
  GtkButton *retry_all_button;

  /* owned */
  LsErrorDesk *desk;
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
  gtk_list_item_set_child (list_item, ls_edit_row_new (self->desk, self->store, TRUE));
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

/* --- All that failed -------------------------------------------------------------------------- */

/* A conflict wants to be looked at: to try it again unseen would overwrite what somebody else did. */
static bool
can_retry (const LsEdit *edit)
{
  return edit->state == LS_EDIT_DEAD && edit->status != LS_RESULT_CONFLICT;
}

static bool
any_to_retry (LsWaitingDialog *self)
{
  GListModel *edits = ls_store_get_edits (self->store);

  for (unsigned i = 0; i < g_list_model_get_n_items (edits); i++)
    {
      g_autoptr (LsEditItem) item = g_list_model_get_item (edits, i);

      if (can_retry (ls_edit_item_get_edit (item)))
        return true;
    }
  return false;
}

static void
failed_count_cb (LsWaitingDialog *self)
{
  unsigned n = ls_store_get_dead_count (self->store);
  g_autofree char *words =
      g_strdup_printf (ngettext ("%u change was not saved", "%u changes were not saved", n), n);

  gtk_label_set_label (self->failed_label, words);
  gtk_action_bar_set_revealed (self->failed_bar, n > 0);
  gtk_widget_set_sensitive (GTK_WIDGET (self->retry_all_button), any_to_retry (self));
}

/* The edits that failed, as they are now: what is done to one changes the list. */
static GPtrArray *
list_failed (LsWaitingDialog *self)
{
  GListModel *edits = ls_store_get_edits (self->store);
  GPtrArray *failed = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_edit_unref);

  for (unsigned i = 0; i < g_list_model_get_n_items (edits); i++)
    {
      g_autoptr (LsEditItem) item = g_list_model_get_item (edits, i);
      LsEdit *edit = ls_edit_item_get_edit (item);

      if (edit->state == LS_EDIT_DEAD)
        g_ptr_array_add (failed, ls_edit_ref (edit));
    }
  return failed;
}

/* One that comes back with another is not asked for itself. */
static void
retry_all_cb (LsWaitingDialog *self)
{
  g_autoptr (GPtrArray) failed = list_failed (self);

  for (unsigned i = 0; i < failed->len; i++)
    {
      const LsEdit *edit = g_ptr_array_index (failed, i);

      if (!can_retry (edit))
        continue;
      if (edit->depends_on == NULL || ls_store_find_edit (self->store, edit->depends_on) == NULL)
        ls_edit_actions_retry (self->desk, self->store, edit->mid);
    }
}

static void
discard_failed (LsWaitingDialog *self)
{
  g_autoptr (GPtrArray) failed = list_failed (self);
  const char *last = NULL;

  for (unsigned i = 0; i < failed->len; i++)
    {
      const LsEdit *edit = g_ptr_array_index (failed, i);

      if (g_strcmp0 (last, edit->shop) != 0)
        ls_edit_actions_discard_all (self->desk, self->store, edit->shop, LS_EDIT_MASK (LS_EDIT_DEAD));
      last = edit->shop;
    }
}

static void
confirmed_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (LsWaitingDialog) self = user_data;
  g_autofree char *response = ls_confirm_finish (result, NULL);

  if (self->store != NULL && g_strcmp0 (response, "discard") == 0)
    discard_failed (self);
}

static void
discard_all_cb (LsWaitingDialog *self)
{
  LsConfirmResponse responses[] = {
    { "cancel", _("_Cancel"), ADW_RESPONSE_DEFAULT },
    { "discard", _("_Discard"), ADW_RESPONSE_DESTRUCTIVE },
  };
  LsConfirm question = {
    .heading = _("Discard these changes?"),
    .body = _("What could not be saved is forgotten. The shop stays as it is."),
    .responses = responses,
    .n_responses = G_N_ELEMENTS (responses),
    .close_response = "cancel",
    .default_response = "cancel",
  };

  ls_confirm_async (GTK_WIDGET (self), &question, NULL, confirmed_cb, g_object_ref (self));
}

/* What wants a decision stands first. */
static int
compare_edits (gconstpointer a,
               gconstpointer b,
               gpointer      user_data)
{
  const LsEdit *x = ls_edit_item_get_edit ((LsEditItem *) a);
  const LsEdit *y = ls_edit_item_get_edit ((LsEditItem *) b);
  int rank_x = x->state == LS_EDIT_DEAD ? 0 : x->state == LS_EDIT_LOST ? 1 : 2;
  int rank_y = y->state == LS_EDIT_DEAD ? 0 : y->state == LS_EDIT_LOST ? 1 : 2;

  if (rank_x != rank_y)
    return rank_x - rank_y;
  return (x->id > y->id) - (x->id < y->id);
}

/* Else the first button of the first change had it, and whoever pressed Enter discarded that. */
static void
ls_waiting_dialog_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (ls_waiting_dialog_parent_class)->map (widget);
  gtk_widget_grab_focus (GTK_WIDGET (LS_WAITING_DIALOG (widget)->list));
}

static void
ls_waiting_dialog_dispose (GObject *object)
{
  LsWaitingDialog *self = LS_WAITING_DIALOG (object);

  if (self->list != NULL)
    gtk_list_view_set_model (self->list, NULL);
  g_clear_object (&self->store);
  g_clear_object (&self->desk);
  G_OBJECT_CLASS (ls_waiting_dialog_parent_class)->dispose (object);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_WAITING_DIALOG);
  self->list = NULL;
}

static void
ls_waiting_dialog_class_init (LsWaitingDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_waiting_dialog_dispose;
  widget_class->map = ls_waiting_dialog_map;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/lockstep/Lockstep/dialogs/ls-waiting-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, LsWaitingDialog, stack);
  gtk_widget_class_bind_template_child (widget_class, LsWaitingDialog, list);
  gtk_widget_class_bind_template_child (widget_class, LsWaitingDialog, failed_bar);
  gtk_widget_class_bind_template_child (widget_class, LsWaitingDialog, failed_label);
  gtk_widget_class_bind_template_child (widget_class, LsWaitingDialog, retry_all_button);
  gtk_widget_class_bind_template_callback (widget_class, retry_all_cb);
  gtk_widget_class_bind_template_callback (widget_class, discard_all_cb);
}

static void
ls_waiting_dialog_init (LsWaitingDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  ls_button_name_descendants (GTK_WIDGET (self));
}

/**
 * ls_waiting_dialog_new:
 * @parent: the window it belongs to
 * @desk: where failures end
 * @store: whose edits it shows
 *
 * Returns: (transfer none): the dialog, not shown yet
 */
LsWaitingDialog *
ls_waiting_dialog_new (GtkWindow   *parent,
                       LsErrorDesk *desk,
                       LsStore     *store)
{
  LsWaitingDialog *self = g_object_new (LS_TYPE_WAITING_DIALOG, "transient-for", parent, NULL);
  GListModel *edits = ls_store_get_edits (store);
  GtkListItemFactory *factory = gtk_signal_list_item_factory_new ();
  GtkSorter *sorter = GTK_SORTER (gtk_custom_sorter_new (compare_edits, NULL, NULL));
  GListModel *sorted =
      G_LIST_MODEL (gtk_sort_list_model_new (g_object_ref (edits), sorter));

  self->desk = g_object_ref (desk);
  self->store = g_object_ref (store);
  g_signal_connect_object (factory, "setup", G_CALLBACK (setup_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (factory, "bind", G_CALLBACK (bind_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (factory, "unbind", G_CALLBACK (unbind_cb), self, G_CONNECT_SWAPPED);
  gtk_list_view_set_factory (self->list, factory);
  g_object_unref (factory);
  gtk_list_view_set_model (self->list,
                           GTK_SELECTION_MODEL (gtk_no_selection_new (sorted)));
  g_object_unref (gtk_list_view_get_model (self->list));
  g_signal_connect_object (edits, "items-changed", G_CALLBACK (items_changed_cb), self,
                           G_CONNECT_SWAPPED);
  g_signal_connect_object (store, "notify::dead-count", G_CALLBACK (failed_count_cb), self,
                           G_CONNECT_SWAPPED);
  items_changed_cb (self);
  failed_count_cb (self);
  return self;
}
