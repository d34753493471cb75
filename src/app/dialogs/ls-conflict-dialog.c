/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-conflict-dialog"

#include "config.h"

#include "app/dialogs/ls-conflict-dialog.h"

#include <glib/gi18n.h>

#include "app/compat/ls-button.h"
#include "app/dialogs/ls-conflict-choice.h"
#include "app/text/ls-edit-words.h"
#include "core/ls-error.h"

/**
 * LsConflictDialog:
 *
 * An edit that failed, field by field: mine, theirs, or another value. What is chosen is a new edit
 * with the values shown as the values seen, so that a third hand is noticed too; where everything
 * is left to them the edit goes. Of many rows, and of one that is to be deleted, it is one choice
 * for all.
 */
struct _LsConflictDialog {
  AdwWindow parent_instance;

  /* template children */
  GtkButton *save_button;
  AdwPreferencesPage *page;
  GtkLabel *summary;
  GtkLabel *reason;
  GtkLabel *failure;

  /* owned */
  LsStore *store;
  LsErrorDesk *desk;
  LsEdit *edit;
  GPtrArray *parts; /* Part, one a change */
  char *currency;
  GTimeZone *time_zone;
  GtkCheckButton *all_mine; /* where there is one choice for all */

  /* state */
  unsigned n_loading;
  gboolean is_unread; /* a row could not be read: nothing can be decided */
};

/* More fields than these are not decided one by one. */
#define MAX_CHOICES 24

typedef struct {
  LsConflictDialog *dialog; /* owns it */
  LsChange *change;
  LsRow *row; /* NULL when it is not there */
  gulong record_handler;
  GPtrArray *choices; /* LsConflictChoice, borrowed from the page */
} Part;

/* What a look-up answers to, when the dialog is still there. */
typedef struct {
  GWeakRef dialog;
  unsigned part; /* the number of parts for the shop's own row */
} Look;

G_DEFINE_FINAL_TYPE (LsConflictDialog, ls_conflict_dialog, ADW_TYPE_WINDOW)

static void
part_free (gpointer data)
{
  Part *part = data;

  if (part->row != NULL)
    g_clear_signal_handler (&part->record_handler, part->row);
  g_clear_object (&part->row);
  ls_change_unref (part->change);
  g_ptr_array_unref (part->choices);
  g_free (part);
}

static LsRecord *
part_record (const Part *part)
{
  return part->row != NULL ? ls_row_get_record (part->row) : NULL;
}

static bool
is_conflict (LsConflictDialog *self)
{
  return self->edit->status == LS_RESULT_CONFLICT;
}

static void
update_theirs (Part *part)
{
  for (unsigned i = 0; i < part->choices->len; i++)
    ls_conflict_choice_set_theirs (g_ptr_array_index (part->choices, i), part_record (part));
}

static void
show_failure (LsConflictDialog *self,
              const char       *words)
{
  gtk_label_set_label (self->failure, words);
  gtk_widget_set_visible (GTK_WIDGET (self->failure), TRUE);
}

static void
fail (LsConflictDialog *self,
      LsOperation       operation,
      const GError     *error)
{
  g_autofree char *words = ls_error_desk_take (self->desk, operation, error, NULL);

  if (words != NULL)
    show_failure (self, words);
}

static void
resolved_cb (GObject      *source,
             GAsyncResult *result,
             gpointer      user_data)
{
  g_autoptr (LsConflictDialog) self = user_data;
  g_autoptr (GError) error = NULL;

  if (self->store == NULL)
    return;
  if (ls_store_retry_finish (LS_STORE (source), result, &error))
    {
      gtk_window_close (GTK_WINDOW (self));
      return;
    }
  gtk_widget_set_sensitive (GTK_WIDGET (self->save_button), TRUE);
  fail (self, LS_OPERATION_EDIT_RESOLVE, error);
}

/* --- What was chosen ------------------------------------------------------------------------- */

static bool
read_choice (Part             *part,
             LsConflictChoice *choice,
             LsChange         *wanted)
{
  unsigned field = ls_conflict_choice_get_field (choice);
  LsRecord *record = part_record (part);
  LsValue value = LS_VALUE_INIT;
  LsChoice chosen;

  if (!ls_conflict_choice_read (choice, &chosen, &value))
    return false;
  if (chosen == LS_CHOICE_THEIRS)
    return true;
  if (wanted->op == LS_CHANGE_PUT && value.kind == LS_VALUE_NULL)
    return true;
  ls_change_take_set (wanted, field, value);
  if (wanted->op == LS_CHANGE_SET && record != NULL)
    ls_change_take_was (wanted, field, ls_value_copy (ls_record_get (record, field)));
  return true;
}

/* Of a new row what there is nothing to choose about goes along as it is. */
static void
copy_rest (const Part *part,
           LsChange   *wanted)
{
  for (unsigned i = 0; wanted->op == LS_CHANGE_PUT && i < part->change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (part->change->edits, LsFieldEdit, i);

      if (edit->has_set)
        ls_change_take_set (wanted, edit->field, ls_value_copy (&edit->set));
    }
}

/* A sum is added to whatever stands there, a row deleted as it stands: the values seen then are let
 * go of. */
static LsChange *
same_again (const LsChange *change)
{
  LsChange *again = ls_change_new (change->op, change->collection, change->key);

  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      if (edit->has_set)
        ls_change_take_set (again, edit->field, ls_value_copy (&edit->set));
    }
  return again;
}

static bool
read_part (LsConflictDialog *self,
           Part             *part,
           GPtrArray        *changes)
{
  g_autoptr (LsChange) wanted = NULL;

  if (part->change->op != LS_CHANGE_PUT && part_record (part) == NULL)
    return true;
  if (self->all_mine != NULL)
    {
      if (gtk_check_button_get_active (self->all_mine))
        g_ptr_array_add (changes, same_again (part->change));
      return true;
    }
  wanted = ls_change_new (part->change->op, part->change->collection, part->change->key);
  copy_rest (part, wanted);
  for (unsigned i = 0; i < part->choices->len; i++)
    if (!read_choice (part, g_ptr_array_index (part->choices, i), wanted))
      return false;
  if (wanted->edits->len > 0)
    g_ptr_array_add (changes, g_steal_pointer (&wanted));
  return true;
}

static void
save_cb (LsConflictDialog *self)
{
  g_autoptr (GPtrArray) changes = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_change_unref);

  if (!gtk_widget_get_sensitive (GTK_WIDGET (self->save_button)))
    return;
  for (unsigned i = 0; i < self->parts->len; i++)
    if (!read_part (self, g_ptr_array_index (self->parts, i), changes))
      return;
  gtk_widget_set_sensitive (GTK_WIDGET (self->save_button), FALSE);
  if (changes->len == 0)
    ls_store_discard_async (self->store, self->edit->mid, NULL, resolved_cb, g_object_ref (self));
  else
    ls_store_resolve_async (self->store, self->edit->mid, changes, NULL, resolved_cb,
                            g_object_ref (self));
}

/* --- What there is to choose ------------------------------------------------------------------ */

static void
add_choice (LsConflictDialog  *self,
            Part              *part,
            const LsFieldEdit *edit)
{
  LsChoiceKind kind = part->change->op == LS_CHANGE_PUT ? LS_CHOICE_CREATE
                      : is_conflict (self)              ? LS_CHOICE_CONFLICT
                                                        : LS_CHOICE_REFUSED;
  GtkWidget *choice = ls_conflict_choice_new (part->change->collection, edit->field, kind,
                                              &edit->set, self->currency, self->time_zone);

  g_signal_connect_object (choice, "activated", G_CALLBACK (save_cb), self, G_CONNECT_SWAPPED);
  adw_preferences_page_add (self->page, ADW_PREFERENCES_GROUP (choice));
  g_ptr_array_add (part->choices, choice);
}

static GtkCheckButton *
add_row (AdwPreferencesGroup *group,
         const char          *title,
         GtkCheckButton      *other)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *check = gtk_check_button_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  gtk_widget_set_valign (check, GTK_ALIGN_CENTER);
  gtk_check_button_set_group (GTK_CHECK_BUTTON (check), other);
  adw_action_row_add_prefix (ADW_ACTION_ROW (row), check);
  adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), check);
  adw_preferences_group_add (group, row);
  return GTK_CHECK_BUTTON (check);
}

static void
add_choice_for_all (LsConflictDialog *self,
                    bool              deletes)
{
  AdwPreferencesGroup *group = ADW_PREFERENCES_GROUP (adw_preferences_group_new ());
  GtkCheckButton *theirs;

  self->all_mine = add_row (group, deletes ? _("Delete it all the same") : _("All mine"), NULL);
  theirs = add_row (group, deletes ? _("Keep it") : _("All theirs"), self->all_mine);
  gtk_check_button_set_active (theirs, TRUE);
  adw_preferences_page_add (self->page, group);
}

static unsigned
count_choices (LsConflictDialog *self)
{
  unsigned n = 0;

  for (unsigned i = 0; i < self->parts->len; i++)
    n += ((Part *) g_ptr_array_index (self->parts, i))->change->edits->len;
  return n;
}

static bool
any_row_left (LsConflictDialog *self)
{
  for (unsigned i = 0; i < self->parts->len; i++)
    {
      const Part *part = g_ptr_array_index (self->parts, i);

      if (part->change->op == LS_CHANGE_PUT || part_record (part) != NULL)
        return true;
    }
  return false;
}

static bool
is_one_choice (LsConflictDialog *self)
{
  for (unsigned i = 0; i < self->parts->len; i++)
    {
      LsChangeOp op = ((Part *) g_ptr_array_index (self->parts, i))->change->op;

      if (op == LS_CHANGE_DEL || op == LS_CHANGE_ADD)
        return true;
    }
  return count_choices (self) > MAX_CHOICES;
}

static void
add_choices (LsConflictDialog *self)
{
  for (unsigned i = 0; i < self->parts->len; i++)
    {
      Part *part = g_ptr_array_index (self->parts, i);

      for (unsigned j = 0; j < part->change->edits->len; j++)
        {
          const LsFieldEdit *edit = &g_array_index (part->change->edits, LsFieldEdit, j);

          /* When a row was made is no choice. */
          if (edit->has_set && (part->change->op != LS_CHANGE_PUT ||
                                part->change->collection->fields[edit->field].type != LS_TYPE_TIME))
            add_choice (self, part, edit);
        }
      update_theirs (part);
      if (part->row != NULL)
        part->record_handler = g_signal_connect_swapped (part->row, "notify::record",
                                                         G_CALLBACK (update_theirs), part);
    }
}

static void
show_title (LsConflictDialog *self)
{
  const Part *first = g_ptr_array_index (self->parts, 0);
  g_autofree char *title = ls_edit_words_title (self->edit, part_record (first), self->currency,
                                                self->time_zone);

  gtk_label_set_label (self->summary, title);
}

static void
loaded (LsConflictDialog *self)
{
  show_title (self);
  if (!any_row_left (self))
    {
      show_failure (self, _("The record was deleted by somebody else. The change can only be discarded."));
      gtk_button_set_label (self->save_button, _("_Discard"));
    }
  else if (is_one_choice (self))
    add_choice_for_all (self, self->parts->len == 1 &&
                                  ((Part *) g_ptr_array_index (self->parts, 0))->change->op ==
                                      LS_CHANGE_DEL);
  else
    add_choices (self);
  gtk_widget_set_sensitive (GTK_WIDGET (self->save_button), TRUE);
}

static void
take_shop (LsConflictDialog *self,
           LsRow            *row)
{
  const LsCollection *shops = ls_schema_collection (LS_SHOPS);
  LsRecord *record = ls_row_get_record (row);
  const char *zone;

  if (record == NULL)
    return;
  self->currency =
      g_strdup (ls_record_get_text (record, (unsigned) ls_collection_field (shops, "currency")));
  zone = ls_record_get_text (record, (unsigned) ls_collection_field (shops, "time_zone"));
  self->time_zone = zone != NULL ? g_time_zone_new_identifier (zone) : NULL;
}

static void
look_free (Look *look)
{
  g_weak_ref_clear (&look->dialog);
  g_free (look);
}

static void
row_found_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  Look *look = user_data;
  g_autoptr (LsConflictDialog) self = g_weak_ref_get (&look->dialog);
  g_autoptr (GError) error = NULL;
  g_autoptr (LsRow) row = ls_store_get_row_finish (LS_STORE (source), result, &error);

  if (self != NULL && self->store != NULL)
    {
      /* That a row is gone is no failure, but what there is to choose about. */
      if (error != NULL && !g_error_matches (error, LS_ERROR, LS_ERROR_CONFLICT))
        {
          self->is_unread = TRUE;
          fail (self, LS_OPERATION_OPEN_RECORD, error);
        }
      if (row != NULL && look->part == self->parts->len)
        take_shop (self, row);
      else if (row != NULL)
        ((Part *) g_ptr_array_index (self->parts, look->part))->row = g_steal_pointer (&row);
      if (--self->n_loading == 0 && !self->is_unread)
        loaded (self);
    }
  look_free (look);
}

static void
look_up (LsConflictDialog   *self,
         const LsCollection *collection,
         const char         *key,
         unsigned            part)
{
  Look *look = g_new0 (Look, 1);

  g_weak_ref_init (&look->dialog, self);
  look->part = part;
  self->n_loading++;
  ls_store_get_row_async (self->store, self->edit->shop, collection, key, NULL, row_found_cb, look);
}

static void
look_all_up (LsConflictDialog *self)
{
  for (unsigned i = 0; i < self->edit->changes->len; i++)
    {
      LsChange *change = g_ptr_array_index (self->edit->changes, i);
      Part *part = g_new0 (Part, 1);

      part->dialog = self;
      part->change = ls_change_ref (change);
      part->choices = g_ptr_array_new ();
      g_ptr_array_add (self->parts, part);
    }
  look_up (self, ls_schema_collection (LS_SHOPS), self->edit->shop, self->parts->len);
  for (unsigned i = 0; i < self->parts->len; i++)
    {
      const Part *part = g_ptr_array_index (self->parts, i);

      look_up (self, part->change->collection, part->change->key, i);
    }
}

static void
ls_conflict_dialog_dispose (GObject *object)
{
  LsConflictDialog *self = LS_CONFLICT_DIALOG (object);

  g_clear_pointer (&self->parts, g_ptr_array_unref);
  g_clear_pointer (&self->edit, ls_edit_unref);
  g_clear_pointer (&self->currency, g_free);
  g_clear_pointer (&self->time_zone, g_time_zone_unref);
  g_clear_object (&self->store);
  g_clear_object (&self->desk);
  G_OBJECT_CLASS (ls_conflict_dialog_parent_class)->dispose (object);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_CONFLICT_DIALOG);
}

static void
ls_conflict_dialog_class_init (LsConflictDialogClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_conflict_dialog_dispose;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/lockstep/Lockstep/dialogs/ls-conflict-dialog.ui");
  gtk_widget_class_bind_template_child (widget_class, LsConflictDialog, save_button);
  gtk_widget_class_bind_template_child (widget_class, LsConflictDialog, page);
  gtk_widget_class_bind_template_child (widget_class, LsConflictDialog, summary);
  gtk_widget_class_bind_template_child (widget_class, LsConflictDialog, reason);
  gtk_widget_class_bind_template_child (widget_class, LsConflictDialog, failure);
  gtk_widget_class_bind_template_callback (widget_class, save_cb);
}

static void
ls_conflict_dialog_init (LsConflictDialog *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  ls_button_name_descendants (GTK_WIDGET (self));
  self->parts = g_ptr_array_new_with_free_func (part_free);
}

/**
 * ls_conflict_dialog_new:
 * @parent: the window it belongs to
 * @desk: where failures end
 * @store: whose edit it is
 * @edit: an edit among the dead letters
 *
 * Returns: (transfer none): the dialog, not shown yet
 */
LsConflictDialog *
ls_conflict_dialog_new (GtkWindow   *parent,
                        LsErrorDesk *desk,
                        LsStore     *store,
                        LsEdit      *edit)
{
  LsConflictDialog *self =
      g_object_new (LS_TYPE_CONFLICT_DIALOG, "transient-for", parent, NULL);
  g_autofree char *summary = ls_edit_words_summary (edit, NULL);
  g_autofree char *state = ls_edit_words_state (edit);

  self->store = g_object_ref (store);
  self->desk = g_object_ref (desk);
  self->edit = ls_edit_ref (edit);
  gtk_label_set_label (self->summary, summary);
  gtk_label_set_label (self->reason, state);
  look_all_up (self);
  return self;
}
