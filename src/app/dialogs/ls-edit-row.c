/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-edit-row"

#include "config.h"

#include "app/dialogs/ls-edit-row.h"

#include "app/text/ls-edit-words.h"

/**
 * LsEditRow:
 *
 * One edit in the list of waiting changes: what it does, where it stands, and what can still be
 * done about it. One that is sent can't be taken back: its result decides.
 */
struct _LsEditRow {
  AdwBin parent_instance;

  /* template children */
  GtkLabel *summary;
  GtkLabel *state;
  GtkButton *retry_button;
  GtkButton *discard_button;

  /* owned */
  LsStore *store;
  LsEdit *edit;
};

G_DEFINE_FINAL_TYPE (LsEditRow, ls_edit_row, ADW_TYPE_BIN)

static void
retry_cb (LsEditRow *self)
{
  if (self->edit != NULL)
    ls_store_retry_async (self->store, self->edit->mid, NULL, NULL, NULL);
}

static void
discard_cb (LsEditRow *self)
{
  if (self->edit != NULL)
    ls_store_discard_async (self->store, self->edit->mid, NULL, NULL, NULL);
}

static void
ls_edit_row_dispose (GObject *object)
{
  LsEditRow *self = LS_EDIT_ROW (object);

  g_clear_pointer (&self->edit, ls_edit_unref);
  g_clear_object (&self->store);
  G_OBJECT_CLASS (ls_edit_row_parent_class)->dispose (object);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_EDIT_ROW);
}

static void
ls_edit_row_class_init (LsEditRowClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_edit_row_dispose;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/lockstep/Lockstep/dialogs/ls-edit-row.ui");
  gtk_widget_class_bind_template_child (widget_class, LsEditRow, summary);
  gtk_widget_class_bind_template_child (widget_class, LsEditRow, state);
  gtk_widget_class_bind_template_child (widget_class, LsEditRow, retry_button);
  gtk_widget_class_bind_template_child (widget_class, LsEditRow, discard_button);
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
 * @store: whose edits it shows
 *
 * Returns: (transfer floating): an empty row
 */
GtkWidget *
ls_edit_row_new (LsStore *store)
{
  LsEditRow *self = g_object_new (LS_TYPE_EDIT_ROW, NULL);

  self->store = g_object_ref (store);
  return GTK_WIDGET (self);
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
  g_autofree char *summary = edit != NULL ? ls_edit_words_summary (edit) : g_strdup ("");
  g_autofree char *state = edit != NULL ? ls_edit_words_state (edit) : g_strdup ("");
  LsEdit *old = self->edit;

  self->edit = edit != NULL ? ls_edit_ref (edit) : NULL;
  g_clear_pointer (&old, ls_edit_unref);
  gtk_label_set_label (self->summary, summary);
  gtk_label_set_label (self->state, state);
  gtk_widget_set_visible (GTK_WIDGET (self->retry_button), edit != NULL && edit->state == LS_EDIT_DEAD);
  gtk_widget_set_visible (GTK_WIDGET (self->discard_button),
                          edit != NULL && edit->state != LS_EDIT_SENT);
}
