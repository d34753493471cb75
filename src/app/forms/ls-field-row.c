/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-field-row"

#include "config.h"

#include "app/forms/ls-field-row.h"

#include <glib/gi18n.h>

#include "app/text/ls-format.h"
#include "app/tables/ls-cell-editor.h"
#include "core/ls-transition.h"

/*
 * A line of a form for one field: an entry row with an apply button for texts and numbers, a combo
 * row for enums, a switch for truth values, and a plain row for what can't be edited. An entry that
 * the admin has begun to change is left alone when the value changes beneath it: his edit then
 * carries what he saw, and the server decides.
 */

typedef struct {
  const LsCollection *collection;
  unsigned field;
  LsFieldRowFunc func;
  gpointer user_data;
  char *currency;
  char *shown;           /* the text an entry was filled with, to tell whether the admin changed it */
  GPtrArray *choices;    /* values a combo offers, GRefString-free copies */
  gboolean updating;
} FieldRow;

/* A value that can't be edited stands in one line up to this length; a longer one wraps. */
#define LINE_CHARS 22

static GQuark
field_row_quark (void)
{
  return g_quark_from_static_string ("ls-field-row");
}

static void
field_row_free (gpointer data)
{
  FieldRow *self = data;

  g_free (self->currency);
  g_free (self->shown);
  g_clear_pointer (&self->choices, g_ptr_array_unref);
  g_free (self);
}

static FieldRow *
field_row_of (gpointer widget)
{
  return g_object_get_qdata (widget, field_row_quark ());
}

static const LsField *
description_of (FieldRow *self)
{
  return &self->collection->fields[self->field];
}

static void
apply_cb (AdwEntryRow *row)
{
  FieldRow *self = field_row_of (row);
  g_autoptr (GError) error = NULL;
  LsValue value = LS_VALUE_INIT;

  if (!ls_cell_editor_parse (description_of (self), gtk_editable_get_text (GTK_EDITABLE (row)),
                             self->currency, &value, &error))
    {
      ls_cell_editor_mark (GTK_WIDGET (row), description_of (self), self->currency, error);
      return;
    }
  ls_cell_editor_mark (GTK_WIDGET (row), description_of (self), self->currency, NULL);
  g_free (self->shown);
  self->shown = g_strdup (gtk_editable_get_text (GTK_EDITABLE (row)));
  self->func (self->field, value, self->user_data);
}

static void
selected_cb (AdwComboRow *row)
{
  FieldRow *self = field_row_of (row);
  unsigned selected = adw_combo_row_get_selected (row);

  if (self->updating || selected >= self->choices->len)
    return;
  self->func (self->field, ls_value_text (g_ptr_array_index (self->choices, selected)), self->user_data);
}

static void
switched_cb (GtkSwitch  *toggle,
             GParamSpec *pspec,
             GtkWidget  *row)
{
  FieldRow *self = field_row_of (row);

  if (!self->updating)
    self->func (self->field, ls_value_integer (gtk_switch_get_active (toggle)), self->user_data);
}

static GtkWidget *
make_editor (const LsField *field)
{
  GtkWidget *row;

  if (field->type == LS_TYPE_ENUM)
    {
      row = g_object_new (ADW_TYPE_COMBO_ROW, NULL);
      g_signal_connect (row, "notify::selected", G_CALLBACK (selected_cb), NULL);
      return row;
    }
  if (field->type == LS_TYPE_BOOL)
    {
      GtkWidget *toggle = gtk_switch_new ();

      row = adw_action_row_new ();
      gtk_widget_set_valign (toggle, GTK_ALIGN_CENTER);
      adw_action_row_add_suffix (ADW_ACTION_ROW (row), toggle);
      adw_action_row_set_activatable_widget (ADW_ACTION_ROW (row), toggle);
      gtk_accessible_update_property (GTK_ACCESSIBLE (toggle), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                      _(field->title), -1);
      g_object_set_data (G_OBJECT (row), "ls-switch", toggle);
      g_signal_connect_object (toggle, "notify::active", G_CALLBACK (switched_cb), row, 0);
      return row;
    }
  row = adw_entry_row_new ();
  adw_entry_row_set_show_apply_button (ADW_ENTRY_ROW (row), TRUE);
  g_signal_connect (row, "apply", G_CALLBACK (apply_cb), NULL);
  return row;
}

static GtkWidget *
make_viewer (void)
{
  GtkWidget *row = adw_action_row_new ();
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_wrap_mode (GTK_LABEL (label), PANGO_WRAP_WORD_CHAR);
  gtk_label_set_selectable (GTK_LABEL (label), TRUE);
  gtk_label_set_xalign (GTK_LABEL (label), 1.0f);
  gtk_widget_add_css_class (label, "dim-label");
  gtk_widget_add_css_class (label, "numeric");
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), label);
  g_object_set_data (G_OBJECT (row), "ls-label", label);
  return row;
}

/**
 * ls_field_row_new:
 * @collection: a collection
 * @field: index of a field
 * @editable: whether the line edits it
 * @func: (scope notified): called when the admin has edited it
 * @user_data: for @func; outlives the row
 *
 * Returns: (transfer floating): a line without a value
 */
GtkWidget *
ls_field_row_new (const LsCollection *collection,
                  unsigned            field,
                  gboolean            editable,
                  LsFieldRowFunc      func,
                  gpointer            user_data)
{
  const LsField *description = &collection->fields[field];
  GtkWidget *row = editable ? make_editor (description) : make_viewer ();
  FieldRow *self = g_new0 (FieldRow, 1);

  self->collection = collection;
  self->field = field;
  self->func = func;
  self->user_data = user_data;
  g_object_set_qdata_full (G_OBJECT (row), field_row_quark (), self, field_row_free);
  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _(description->title));
  /* Rows name themselves by their title: a second name would be read as well. */
  return row;
}

static void
update_entry (FieldRow      *self,
              AdwEntryRow   *row,
              const LsValue *value)
{
  g_autofree char *text = ls_cell_editor_text (description_of (self), value, self->currency);
  const char *current = gtk_editable_get_text (GTK_EDITABLE (row));

  /* Somebody is typing here: what he saw stays until he applies it or goes away. */
  if (self->shown != NULL && !g_str_equal (current, self->shown) &&
      (gtk_widget_get_state_flags (GTK_WIDGET (row)) & GTK_STATE_FLAG_FOCUS_WITHIN))
    return;
  g_free (self->shown);
  self->shown = g_strdup (text);
  if (g_str_equal (current, text))
    return;
  /* Filling it is no change of the admin's: without this the apply button would show. */
  adw_entry_row_set_show_apply_button (row, FALSE);
  gtk_editable_set_text (GTK_EDITABLE (row), text);
  adw_entry_row_set_show_apply_button (row, TRUE);
}

static void
add_choice (FieldRow      *self,
            GtkStringList *labels,
            const char    *value)
{
  for (unsigned i = 0; i < self->choices->len; i++)
    if (g_str_equal (g_ptr_array_index (self->choices, i), value))
      return;
  g_ptr_array_add (self->choices, g_strdup (value));
  gtk_string_list_append (labels, ls_format_enum_label (description_of (self), value));
}

/* Offers the value there is, then where it may move; all known values when nothing governs the
 * field. */
static void
update_combo (FieldRow      *self,
              AdwComboRow   *row,
              const LsValue *value)
{
  const char *current = ls_value_get_text (value);
  g_autoptr (GtkStringList) labels = gtk_string_list_new (NULL);
  const char *const *choices = NULL;

  g_clear_pointer (&self->choices, g_ptr_array_unref);
  self->choices = g_ptr_array_new_with_free_func (g_free);
  if (current != NULL && ls_transition_is_governed (self->collection, self->field))
    {
      add_choice (self, labels, current);
      choices = ls_transition_get_targets (self->collection, self->field, current);
    }
  if (choices == NULL)
    choices = description_of (self)->values;
  for (unsigned i = 0; choices[i] != NULL; i++)
    add_choice (self, labels, choices[i]);
  if (current != NULL)
    add_choice (self, labels, current);
  self->updating = TRUE;
  adw_combo_row_set_model (row, G_LIST_MODEL (labels));
  adw_combo_row_set_selected (row, GTK_INVALID_LIST_POSITION);
  for (unsigned i = 0; i < self->choices->len; i++)
    if (g_strcmp0 (g_ptr_array_index (self->choices, i), current) == 0)
      adw_combo_row_set_selected (row, i);
  self->updating = FALSE;
}

/**
 * ls_field_row_update:
 * @row: of ls_field_row_new()
 * @record: the row's record
 * @currency: the shop's currency, for rows without their own
 * @time_zone: (nullable): the time zone to tell times in
 *
 * Shows the value of @record.
 */
void
ls_field_row_update (GtkWidget  *row,
                     LsRecord   *record,
                     const char *currency,
                     GTimeZone  *time_zone)
{
  FieldRow *self = field_row_of (row);
  const LsValue *value = ls_record_get (record, self->field);
  const char *own = self->collection->currency_field >= 0
                        ? ls_record_get_text (record, (unsigned) self->collection->currency_field)
                        : NULL;
  GtkWidget *toggle = g_object_get_data (G_OBJECT (row), "ls-switch");
  GtkWidget *label = g_object_get_data (G_OBJECT (row), "ls-label");

  g_free (self->currency);
  self->currency = g_strdup (own != NULL ? own : currency);
  if (ADW_IS_ENTRY_ROW (row))
    update_entry (self, ADW_ENTRY_ROW (row), value);
  else if (ADW_IS_COMBO_ROW (row))
    update_combo (self, ADW_COMBO_ROW (row), value);
  else if (toggle != NULL)
    {
      self->updating = TRUE;
      gtk_switch_set_active (GTK_SWITCH (toggle), ls_value_get_integer (value, 0) != 0);
      self->updating = FALSE;
    }
  else
    {
      g_autofree char *text = ls_format_value (record, self->field, self->currency, time_zone);

      size_t length = (size_t) g_utf8_strlen (text, -1);

      gtk_label_set_label (GTK_LABEL (label), text);
      /* A width in letters is one of average letters: a short word of wide ones would be broken. */
      gtk_label_set_wrap (GTK_LABEL (label), length > LINE_CHARS);
      gtk_label_set_width_chars (GTK_LABEL (label), length > LINE_CHARS ? LINE_CHARS : -1);
    }
}
