/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cell-editor"

#include "config.h"

#include "app/tables/ls-cell-editor.h"

#include <glib/gi18n.h>

#include "app/text/ls-error-words.h"
#include "app/text/ls-format.h"
#include "core/ls-error.h"
#include "core/ls-money.h"

/**
 * LsCellEditor:
 *
 * Edits one value in place: an entry for text, numbers and amounts, a list of choices for enums.
 * Enter ends with the new value, Escape and a click elsewhere without one; what does not fit is
 * marked, said in the tooltip, and can be mended.
 *
 * Signal `done` (value or %NULL) once; %NULL also when nothing was changed.
 */
struct _LsCellEditor {
  GtkWidget parent_instance;

  /* owned */
  GtkWidget *entry;
  GtkWidget *popover;
  LsRecord *record;
  char *currency;

  /* state */
  unsigned field;
  unsigned leave_source;
  gboolean done;
  gboolean touched; /* something was typed */
};

G_DEFINE_FINAL_TYPE (LsCellEditor, ls_cell_editor, GTK_TYPE_WIDGET)

enum {
  DONE,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

static const LsField *
field_of (LsCellEditor *self)
{
  return &ls_record_get_collection (self->record)->fields[self->field];
}

static void
finish (LsCellEditor *self,
        LsValue      *value)
{
  g_autoptr (LsCellEditor) alive = g_object_ref (self);

  if (self->done)
    return;
  self->done = TRUE;
  if (value != NULL && ls_value_equal (value, ls_record_get (self->record, self->field)))
    value = NULL;
  g_signal_emit (self, signals[DONE], 0, value);
}

/**
 * ls_cell_editor_parse:
 * @field: a field
 * @text: what an admin typed, in the manner of his locale
 * @currency: the currency of the row
 * @ret_value: (out): the value; untouched on failure
 * @error: where to put why not, %LS_ERROR_VALIDATION
 *
 * Reads a value of @field. Text is normalised (NFC) here, where it is entered; an empty text is
 * NULL.
 *
 * Returns: whether @text is a value of @field
 */
bool
ls_cell_editor_parse (const LsField *field,
                      const char    *text,
                      const char    *currency,
                      LsValue       *ret_value,
                      GError       **error)
{
  g_autofree char *stripped = g_strstrip (g_strdup (text));
  g_auto (LsValue) value = LS_VALUE_INIT;
  int64_t number = 0;

  if (*stripped != '\0')
    {
      if (field->type == LS_TYPE_MONEY)
        {
          if (!ls_format_parse_money (stripped, currency, &number, error))
            return false;
          value = ls_value_integer (number);
        }
      else if (field->type == LS_TYPE_INTEGER)
        {
          if (!ls_format_parse_number (stripped, &number, error))
            return false;
          value = ls_value_integer (number);
        }
      else
        {
          g_autofree char *normalised = g_utf8_normalize (stripped, -1, G_NORMALIZE_NFC);

          value = ls_value_text (normalised);
        }
    }
  if (!ls_field_check_value (field, &value, error))
    return false;
  *ret_value = value;
  value = (LsValue) LS_VALUE_INIT;
  return true;
}

/**
 * ls_cell_editor_mark:
 * @entry: what was typed into
 * @field: the field that it edits
 * @currency: (nullable): the currency of the row
 * @error: (nullable): of ls_cell_editor_parse(), or %NULL when all is well again
 *
 * Marks what is no value, and says why in the tooltip and to screen readers.
 */
void
ls_cell_editor_mark (GtkWidget     *entry,
                     const LsField *field,
                     const char    *currency,
                     const GError  *error)
{
  g_autofree char *words = error != NULL ? ls_error_words_value (error, field, currency) : NULL;

  gtk_widget_set_tooltip_text (entry, words);
  if (error == NULL)
    {
      gtk_widget_remove_css_class (entry, "error");
      gtk_accessible_reset_state (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_STATE_INVALID);
      gtk_accessible_reset_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION);
      return;
    }
  gtk_widget_add_css_class (entry, "error");
  gtk_accessible_update_state (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_STATE_INVALID,
                               GTK_ACCESSIBLE_INVALID_TRUE, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words, -1);
}

/**
 * ls_cell_editor_text:
 * @field: a field
 * @value: its value
 * @currency: the currency of the row
 *
 * Returns: (transfer full): @value as ls_cell_editor_parse() reads it back
 */
char *
ls_cell_editor_text (const LsField *field,
                     const LsValue *value,
                     const char    *currency)
{
  g_autofree char *amount = NULL;

  if (value->kind == LS_VALUE_NULL)
    return g_strdup ("");
  if (value->kind == LS_VALUE_TEXT)
    return g_strdup (value->text);
  if (field->type != LS_TYPE_MONEY)
    return ls_format_number (value->integer);
  /* The amount with its sign is what the cell shows, and what is read back. */
  amount = ls_format_money (value->integer, currency);
  return g_steal_pointer (&amount);
}

static void
activate_cb (LsCellEditor *self)
{
  g_auto (LsValue) value = LS_VALUE_INIT;
  g_autoptr (GError) error = NULL;

  if (ls_cell_editor_parse (field_of (self), gtk_editable_get_text (GTK_EDITABLE (self->entry)),
                            self->currency, &value, &error))
    {
      finish (self, &value);
      return;
    }
  ls_cell_editor_mark (self->entry, field_of (self), self->currency, error);
}

static void
changed_cb (LsCellEditor *self)
{
  self->touched = TRUE;
  ls_cell_editor_mark (self->entry, field_of (self), self->currency, NULL);
}

/* Who clicks elsewhere is done, as in any table: what he typed is taken, unless it is no value. */
static gboolean
left_cb (gpointer user_data)
{
  LsCellEditor *self = user_data;
  g_auto (LsValue) value = LS_VALUE_INIT;

  self->leave_source = 0;
  if (self->entry != NULL && self->touched &&
      ls_cell_editor_parse (field_of (self), gtk_editable_get_text (GTK_EDITABLE (self->entry)),
                            self->currency, &value, NULL))
    finish (self, &value);
  else
    finish (self, NULL);
  return G_SOURCE_REMOVE;
}

/* Whoever takes the editor out of the tree while GTK is still moving the focus pulls the rug from
 * under it. */
static void
focus_left_cb (LsCellEditor *self)
{
  if (self->done || self->leave_source != 0)
    return;
  self->leave_source = g_idle_add_full (G_PRIORITY_HIGH, left_cb, self, NULL);
  g_source_set_name_by_id (self->leave_source, "LsCellEditor leave");
}

static gboolean
escape_cb (GtkWidget *widget,
           GVariant  *args,
           gpointer   user_data)
{
  finish (LS_CELL_EDITOR (widget), NULL);
  return TRUE;
}

static void
chosen_cb (LsCellEditor  *self,
           GtkListBoxRow *row)
{
  const char *choice = field_of (self)->values[gtk_list_box_row_get_index (row)];
  g_auto (LsValue) value = ls_value_text (choice);

  finish (self, &value);
}

static GtkWidget *
make_choices (LsCellEditor *self)
{
  const LsField *field = field_of (self);
  const char *current = ls_record_get_text (self->record, self->field);
  GtkWidget *list = gtk_list_box_new ();
  GtkWidget *popover = gtk_popover_new ();

  for (unsigned i = 0; field->values[i] != NULL; i++)
    {
      GtkWidget *label = gtk_label_new (ls_format_enum_label (field, field->values[i]));
      GtkWidget *row = gtk_list_box_row_new ();

      gtk_label_set_xalign (GTK_LABEL (label), 0);
      gtk_list_box_row_set_child (GTK_LIST_BOX_ROW (row), label);
      gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                      gtk_label_get_label (GTK_LABEL (label)), -1);
      gtk_list_box_append (GTK_LIST_BOX (list), row);
      if (g_strcmp0 (current, field->values[i]) == 0)
        gtk_list_box_select_row (GTK_LIST_BOX (list), GTK_LIST_BOX_ROW (row));
    }
  gtk_accessible_update_property (GTK_ACCESSIBLE (list), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                  _(field->title), -1);
  g_signal_connect_object (list, "row-activated", G_CALLBACK (chosen_cb), self, G_CONNECT_SWAPPED);
  gtk_popover_set_child (GTK_POPOVER (popover), list);
  g_signal_connect_object (popover, "closed", G_CALLBACK (focus_left_cb), self, G_CONNECT_SWAPPED);
  return popover;
}

static GtkWidget *
make_entry (LsCellEditor *self)
{
  const LsField *field = field_of (self);
  g_autofree char *text =
      ls_cell_editor_text (field, ls_record_get (self->record, self->field), self->currency);
  GtkEventController *focus = gtk_event_controller_focus_new ();
  GtkWidget *entry = gtk_entry_new ();

  gtk_editable_set_text (GTK_EDITABLE (entry), text);
  gtk_editable_set_width_chars (GTK_EDITABLE (entry), 4);
  gtk_entry_set_has_frame (GTK_ENTRY (entry), FALSE);
  if (ls_format_is_number (field))
    gtk_entry_set_alignment (GTK_ENTRY (entry), 1.0f);
  gtk_accessible_update_property (GTK_ACCESSIBLE (entry), GTK_ACCESSIBLE_PROPERTY_LABEL, _(field->title), -1);
  g_signal_connect_object (entry, "activate", G_CALLBACK (activate_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (entry, "changed", G_CALLBACK (changed_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (focus, "leave", G_CALLBACK (focus_left_cb), self, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (entry, focus);
  return entry;
}

static void
ls_cell_editor_size_allocate (GtkWidget *widget,
                              int        width,
                              int        height,
                              int        baseline)
{
  LsCellEditor *self = LS_CELL_EDITOR (widget);

  if (self->entry != NULL)
    gtk_widget_allocate (self->entry, width, height, baseline, NULL);
  if (self->popover != NULL)
    gtk_popover_present (GTK_POPOVER (self->popover));
}

static void
ls_cell_editor_measure (GtkWidget      *widget,
                        GtkOrientation  orientation,
                        int             for_size,
                        int            *minimum,
                        int            *natural,
                        int            *minimum_baseline,
                        int            *natural_baseline)
{
  LsCellEditor *self = LS_CELL_EDITOR (widget);

  *minimum = *natural = 0;
  if (self->entry != NULL)
    gtk_widget_measure (self->entry, orientation, for_size, minimum, natural, NULL, NULL);
}

static gboolean
ls_cell_editor_grab_focus (GtkWidget *widget)
{
  LsCellEditor *self = LS_CELL_EDITOR (widget);

  return self->entry != NULL && gtk_widget_grab_focus (self->entry);
}

static void
ls_cell_editor_dispose (GObject *object)
{
  LsCellEditor *self = LS_CELL_EDITOR (object);

  /* What closes from here on is nobody's choice. */
  self->done = TRUE;
  g_clear_handle_id (&self->leave_source, g_source_remove);
  g_clear_pointer (&self->entry, gtk_widget_unparent);
  g_clear_pointer (&self->popover, gtk_widget_unparent);
  g_clear_pointer (&self->record, ls_record_unref);
  g_clear_pointer (&self->currency, g_free);
  G_OBJECT_CLASS (ls_cell_editor_parent_class)->dispose (object);
}

static void
ls_cell_editor_class_init (LsCellEditorClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_cell_editor_dispose;
  widget_class->size_allocate = ls_cell_editor_size_allocate;
  widget_class->measure = ls_cell_editor_measure;
  widget_class->grab_focus = ls_cell_editor_grab_focus;

  /**
   * LsCellEditor::done:
   * @self: the editor
   * @value: (nullable) (type LsValue): the new value, or %NULL for none
   *
   * The admin is done with it.
   */
  signals[DONE] = g_signal_new ("done", LS_TYPE_CELL_EDITOR, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 1, G_TYPE_POINTER);

  gtk_widget_class_add_binding (widget_class, GDK_KEY_Escape, 0, escape_cb, NULL);
}

static void
ls_cell_editor_init (LsCellEditor *self)
{
}

/**
 * ls_cell_editor_new:
 * @record: the row as it is
 * @field: index of the field to edit
 * @currency: the shop's currency, for rows without their own
 *
 * Returns: (transfer floating): an editor, not started
 */
GtkWidget *
ls_cell_editor_new (LsRecord   *record,
                    unsigned    field,
                    const char *currency)
{
  LsCellEditor *self = g_object_new (LS_TYPE_CELL_EDITOR, NULL);
  const LsCollection *collection = ls_record_get_collection (record);
  const char *own = collection->currency_field >= 0
                        ? ls_record_get_text (record, (unsigned) collection->currency_field)
                        : NULL;

  self->record = ls_record_ref (record);
  self->field = field;
  self->currency = g_strdup (own != NULL ? own : currency);
  if (field_of (self)->type == LS_TYPE_ENUM)
    self->popover = make_choices (self);
  else
    self->entry = make_entry (self);
  gtk_widget_set_parent (self->popover != NULL ? self->popover : self->entry, GTK_WIDGET (self));
  return GTK_WIDGET (self);
}

/**
 * ls_cell_editor_start:
 * @self: an editor that has a parent
 *
 * Shows it and takes the focus.
 */
void
ls_cell_editor_start (LsCellEditor *self)
{
  if (self->popover != NULL)
    {
      gtk_popover_popup (GTK_POPOVER (self->popover));
      return;
    }
  gtk_widget_grab_focus (self->entry);
  gtk_editable_select_region (GTK_EDITABLE (self->entry), 0, -1);
}
