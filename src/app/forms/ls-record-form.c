/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-record-form"

#include "config.h"

#include "app/forms/ls-record-form.h"

#include "app/forms/ls-field-row.h"

/**
 * LsRecordForm:
 *
 * Some fields of one row, read and edited. It follows the row; an edit is told by the signal
 * `edited` (field, value) and made by the owner.
 */
struct _LsRecordForm {
  AdwPreferencesGroup parent_instance;

  /* owned */
  LsRow *row;
  gulong record_handler;
  char *currency;
  GTimeZone *time_zone;
  GArray *fields;   /* LsFormField */
  GPtrArray *lines; /* GtkWidget, borrowed from the group */

  /* state */
  const LsCollection *collection;
  gboolean editable;
};

G_DEFINE_FINAL_TYPE (LsRecordForm, ls_record_form, ADW_TYPE_PREFERENCES_GROUP)

enum {
  EDITED,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

static void
line_edited (unsigned field,
             LsValue  value,
             gpointer user_data)
{
  g_auto (LsValue) owned = value;

  g_signal_emit (user_data, signals[EDITED], 0, field, &owned);
}

static void
update (LsRecordForm *self)
{
  LsRecord *record = self->row != NULL ? ls_row_get_record (self->row) : NULL;

  if (record == NULL)
    return;
  for (unsigned i = 0; i < self->lines->len; i++)
    ls_field_row_update (g_ptr_array_index (self->lines, i), record, self->currency, self->time_zone);
}

static void
make_lines (LsRecordForm *self)
{
  for (unsigned i = 0; i < self->lines->len; i++)
    adw_preferences_group_remove (ADW_PREFERENCES_GROUP (self), g_ptr_array_index (self->lines, i));
  g_ptr_array_set_size (self->lines, 0);
  for (unsigned i = 0; i < self->fields->len; i++)
    {
      const LsFormField *field = &g_array_index (self->fields, LsFormField, i);
      GtkWidget *line =
          ls_field_row_new (self->collection, (unsigned) ls_collection_field (self->collection, field->field),
                            self->editable && field->editable, line_edited, self);

      adw_preferences_group_add (ADW_PREFERENCES_GROUP (self), line);
      g_ptr_array_add (self->lines, line);
    }
  update (self);
}

static void
forget_row (LsRecordForm *self)
{
  if (self->row != NULL)
    g_clear_signal_handler (&self->record_handler, self->row);
  g_clear_object (&self->row);
}

static void
ls_record_form_dispose (GObject *object)
{
  forget_row (LS_RECORD_FORM (object));
  G_OBJECT_CLASS (ls_record_form_parent_class)->dispose (object);
}

static void
ls_record_form_finalize (GObject *object)
{
  LsRecordForm *self = LS_RECORD_FORM (object);

  g_clear_pointer (&self->time_zone, g_time_zone_unref);
  g_clear_pointer (&self->fields, g_array_unref);
  g_clear_pointer (&self->lines, g_ptr_array_unref);
  g_free (self->currency);
  G_OBJECT_CLASS (ls_record_form_parent_class)->finalize (object);
}

static void
ls_record_form_class_init (LsRecordFormClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ls_record_form_dispose;
  G_OBJECT_CLASS (klass)->finalize = ls_record_form_finalize;

  /**
   * LsRecordForm::edited:
   * @self: the form
   * @field: index of a field
   * @value: (type LsValue): what the admin made of it
   *
   * A line was edited.
   */
  signals[EDITED] = g_signal_new ("edited", LS_TYPE_RECORD_FORM, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                  NULL, G_TYPE_NONE, 2, G_TYPE_UINT, G_TYPE_POINTER);
}

static void
ls_record_form_init (LsRecordForm *self)
{
  self->fields = g_array_new (FALSE, TRUE, sizeof (LsFormField));
  self->lines = g_ptr_array_new ();
}

/**
 * ls_record_form_set_fields:
 * @self: a form
 * @collection: of which collection it shows a row
 * @fields: (array length=n_fields): its lines
 * @n_fields: how many
 *
 * Says what the form shows.
 */
void
ls_record_form_set_fields (LsRecordForm       *self,
                           const LsCollection *collection,
                           const LsFormField  *fields,
                           size_t              n_fields)
{
  self->collection = collection;
  g_array_set_size (self->fields, 0);
  g_array_append_vals (self->fields, fields, (unsigned) n_fields);
  make_lines (self);
}

/**
 * ls_record_form_set_editable:
 * @self: a form with fields
 * @editable: whether the admin's role may edit the collection
 *
 * Makes the lines anew when that changes.
 */
void
ls_record_form_set_editable (LsRecordForm *self,
                             gboolean      editable)
{
  if (self->editable == editable)
    return;
  self->editable = editable;
  make_lines (self);
}

/**
 * ls_record_form_set_row:
 * @self: a form with fields
 * @row: (nullable): the row to show
 * @currency: (nullable): the shop's currency
 * @time_zone: (nullable): the shop's time zone
 *
 * Shows another row, and follows it.
 */
void
ls_record_form_set_row (LsRecordForm *self,
                        LsRow        *row,
                        const char   *currency,
                        GTimeZone    *time_zone)
{
  gboolean same = row == self->row && g_strcmp0 (currency, self->currency) == 0;

  if (same)
    return;
  forget_row (self);
  g_free (self->currency);
  self->currency = g_strdup (currency);
  g_clear_pointer (&self->time_zone, g_time_zone_unref);
  self->time_zone = time_zone != NULL ? g_time_zone_ref (time_zone) : NULL;
  if (row == NULL)
    return;
  self->row = g_object_ref (row);
  self->record_handler =
      g_signal_connect_swapped (row, "notify::record", G_CALLBACK (update), self);
  /* Another row: what was typed into the last one is not meant for this. */
  make_lines (self);
}
