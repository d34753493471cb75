/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-edit-row"

#include "config.h"

#include "app/dialogs/ls-edit-row.h"

#include <glib/gi18n.h>

#include "app/dialogs/ls-conflict-dialog.h"
#include "app/text/ls-edit-words.h"

/**
 * LsEditRow:
 *
 * One edit in a list: what it does to which record, where it stands, and what can still be done
 * about it. One that is sent can't be taken back: its result decides.
 */
struct _LsEditRow {
  AdwBin parent_instance;

  /* template children */
  GtkLabel *summary;
  GtkLabel *state;
  GtkBox *buttons;
  GtkButton *edit_button;
  GtkButton *retry_button;
  GtkButton *discard_button;

  /* owned */
  LsErrorDesk *desk;
  LsStore *store;
  LsEdit *edit;
  GCancellable *look; /* the look-ups that are under way */
  LsRow *row;
  LsRow *shop;

  /* state */
  gboolean actions;
};

G_DEFINE_FINAL_TYPE (LsEditRow, ls_edit_row, ADW_TYPE_BIN)

/* A retry that does not fit the rows any more stays where it is, and says why. */
static void
done (LsEditRow    *self,
      LsOperation   operation,
      GAsyncResult *result)
{
  g_autoptr (LsEditRow) owned = self;
  g_autoptr (GError) error = NULL;
  g_autofree char *words = NULL;

  if (ls_store_retry_finish (self->store, result, &error))
    return;
  if (self->edit == NULL)
    {
      ls_error_desk_tell (self->desk, operation, error, NULL, NULL);
      return;
    }
  words = ls_error_desk_take (self->desk, operation, error, NULL);
  if (words == NULL)
    return;
  gtk_label_set_label (self->state, words);
  gtk_widget_add_css_class (GTK_WIDGET (self->state), "error");
}

static void
retried_cb (GObject      *source,
            GAsyncResult *result,
            gpointer      user_data)
{
  done (user_data, LS_OPERATION_EDIT_RETRY, result);
}

static void
discarded_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  done (user_data, LS_OPERATION_EDIT_DISCARD, result);
}

static void
edit_cb (LsEditRow *self)
{
  GtkRoot *root = gtk_widget_get_root (GTK_WIDGET (self));

  if (self->edit != NULL && GTK_IS_WINDOW (root))
    gtk_window_present (
        GTK_WINDOW (ls_conflict_dialog_new (GTK_WINDOW (root), self->desk, self->store, self->edit)));
}

static void
retry_cb (LsEditRow *self)
{
  if (self->edit != NULL)
    ls_store_retry_async (self->store, self->edit->mid, NULL, retried_cb, g_object_ref (self));
}

static void
discard_cb (LsEditRow *self)
{
  if (self->edit != NULL)
    ls_store_discard_async (self->store, self->edit->mid, NULL, discarded_cb, g_object_ref (self));
}

static void
forget_rows (LsEditRow *self)
{
  if (self->look != NULL)
    g_cancellable_cancel (self->look);
  g_clear_object (&self->look);
  g_clear_object (&self->row);
  g_clear_object (&self->shop);
}

static void
ls_edit_row_dispose (GObject *object)
{
  LsEditRow *self = LS_EDIT_ROW (object);

  forget_rows (self);
  g_clear_pointer (&self->edit, ls_edit_unref);
  G_OBJECT_CLASS (ls_edit_row_parent_class)->dispose (object);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_EDIT_ROW);
}

/* What is under way comes back when the row is gone from the screen. */
static void
ls_edit_row_finalize (GObject *object)
{
  LsEditRow *self = LS_EDIT_ROW (object);

  g_clear_object (&self->store);
  g_clear_object (&self->desk);
  G_OBJECT_CLASS (ls_edit_row_parent_class)->finalize (object);
}

static void
ls_edit_row_class_init (LsEditRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_edit_row_dispose;
  G_OBJECT_CLASS (klass)->finalize = ls_edit_row_finalize;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/lockstep/Lockstep/dialogs/ls-edit-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LsEditRow, summary);
  gtk_widget_class_bind_template_child (widget_class, LsEditRow, state);
  gtk_widget_class_bind_template_child (widget_class, LsEditRow, buttons);
  gtk_widget_class_bind_template_child (widget_class, LsEditRow, edit_button);
  gtk_widget_class_bind_template_child (widget_class, LsEditRow, retry_button);
  gtk_widget_class_bind_template_child (widget_class, LsEditRow, discard_button);
  gtk_widget_class_bind_template_callback (widget_class, edit_cb);
  gtk_widget_class_bind_template_callback (widget_class, retry_cb);
  gtk_widget_class_bind_template_callback (widget_class, discard_cb);
}

static void
ls_edit_row_init (LsEditRow *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * ls_edit_row_new:
 * @desk: where failures end
 * @store: whose edits it shows
 * @actions: whether it has buttons, and says where the edit stands; without, what is round it says so
 *
 * Returns: (transfer floating): an empty row
 */
GtkWidget *
ls_edit_row_new (LsErrorDesk *desk,
                 LsStore     *store,
                 gboolean     actions)
{
  LsEditRow *self = g_object_new (LS_TYPE_EDIT_ROW, NULL);

  self->desk = g_object_ref (desk);
  self->store = g_object_ref (store);
  self->actions = actions;
  gtk_widget_set_visible (GTK_WIDGET (self->buttons), actions);
  gtk_widget_set_visible (GTK_WIDGET (self->state), actions);
  return GTK_WIDGET (self);
}

static const char *
shop_text (LsEditRow  *self,
           const char *field)
{
  LsRecord *record = self->shop != NULL ? ls_row_get_record (self->shop) : NULL;

  return record != NULL
             ? ls_record_get_text (record, (unsigned) ls_collection_field (
                                               ls_schema_collection (LS_SHOPS), field))
             : NULL;
}

static void
show_title (LsEditRow *self)
{
  const char *zone = shop_text (self, "time_zone");
  g_autoptr (GTimeZone) time_zone = zone != NULL ? g_time_zone_new_identifier (zone) : NULL;
  g_autofree char *title = ls_edit_words_title (
      self->edit, self->row != NULL ? ls_row_get_record (self->row) : NULL,
      shop_text (self, "currency"), time_zone);

  gtk_label_set_label (self->summary, title);
  gtk_widget_set_tooltip_text (GTK_WIDGET (self->summary), title);
}

static void
row_found_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autoptr (LsEditRow) self = user_data;
  g_autoptr (GError) error = NULL;
  g_autoptr (LsRow) row = ls_store_get_row_finish (LS_STORE (source), result, &error);

  /* The key stands for what can't be read: what the list is for does not hang on it. */
  if (row == NULL || self->edit == NULL ||
      g_cancellable_is_cancelled (g_task_get_cancellable (G_TASK (result))))
    return;
  g_set_object (ls_row_get_collection (row)->id == LS_SHOPS ? &self->shop : &self->row, row);
  show_title (self);
}

/* The names and the currency come from rows: until they are there the keys stand in for them. */
static void
look_up (LsEditRow *self)
{
  const LsChange *change = self->edit->changes != NULL && self->edit->changes->len == 1
                               ? g_ptr_array_index (self->edit->changes, 0)
                               : NULL;

  if (change == NULL)
    return;
  self->look = g_cancellable_new ();
  ls_store_get_row_async (self->store, self->edit->shop, ls_schema_collection (LS_SHOPS),
                          self->edit->shop, self->look, row_found_cb, g_object_ref (self));
  ls_store_get_row_async (self->store, self->edit->shop, change->collection, change->key, self->look,
                          row_found_cb, g_object_ref (self));
}

static void
show_buttons (LsEditRow *self)
{
  gboolean dead = self->edit->state == LS_EDIT_DEAD;
  gboolean lost = self->edit->state == LS_EDIT_LOST;
  gboolean writable = !ls_store_get_read_only (self->store);

  /* To try a conflict again unseen would overwrite what somebody else just did. */
  gtk_widget_set_visible (GTK_WIDGET (self->retry_button),
                          (dead && self->edit->status != LS_RESULT_CONFLICT) || lost);
  gtk_button_set_label (self->retry_button, lost ? _("Apply again") : _("Retry"));
  gtk_widget_set_visible (GTK_WIDGET (self->edit_button), dead);
  gtk_widget_set_visible (GTK_WIDGET (self->discard_button), self->edit->state != LS_EDIT_SENT);
  /* Another process decides about them. */
  gtk_widget_set_sensitive (GTK_WIDGET (self->retry_button), writable);
  gtk_widget_set_sensitive (GTK_WIDGET (self->edit_button), writable);
  gtk_widget_set_sensitive (GTK_WIDGET (self->discard_button), writable);
}

/**
 * ls_edit_row_set_edit:
 * @self: a row
 * @edit: (nullable): what to show
 *
 * Shows another edit, or the same in another state.
 */
void
ls_edit_row_set_edit (LsEditRow *self,
                      LsEdit    *edit)
{
  g_autofree char *state = edit != NULL ? ls_edit_words_state (edit) : NULL;
  LsEdit *old = self->edit;

  self->edit = edit != NULL ? ls_edit_ref (edit) : NULL;
  g_clear_pointer (&old, ls_edit_unref);
  forget_rows (self);
  gtk_widget_remove_css_class (GTK_WIDGET (self->state), "error");
  gtk_label_set_label (self->state, state != NULL ? state : "");
  if (edit == NULL)
    return;
  show_title (self);
  show_buttons (self);
  look_up (self);
}
