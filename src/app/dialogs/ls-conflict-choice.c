/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-conflict-choice"

#include "config.h"

#include "app/dialogs/ls-conflict-choice.h"

#include <glib/gi18n.h>

#include "app/tables/ls-cell-editor.h"
#include "app/text/ls-format.h"

/**
 * LsConflictChoice:
 *
 * One field of an edit that failed: mine, theirs, or another value. Signal `activated` when Enter
 * is pressed in the entry.
 */
struct _LsConflictChoice {
  AdwPreferencesGroup parent_instance;

  /* template children */
  AdwActionRow *mine_row;
  GtkCheckButton *mine_check;
  AdwActionRow *theirs_row;
  GtkCheckButton *theirs_check;
  AdwEntryRow *other_row;
  GtkCheckButton *other_check;

  /* owned */
  LsValue mine;
  char *currency;
  GTimeZone *time_zone;

  /* state */
  const LsCollection *collection;
  unsigned field;
  gboolean filling;
};

G_DEFINE_FINAL_TYPE (LsConflictChoice, ls_conflict_choice, ADW_TYPE_PREFERENCES_GROUP)

enum {
  ACTIVATED,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

static const LsField *
field_of (LsConflictChoice *self)
{
  return &self->collection->fields[self->field];
}

static void
clear_error (LsConflictChoice *self)
{
  ls_cell_editor_mark (GTK_WIDGET (self->other_row), field_of (self), self->currency, NULL);
}

/* Who types means it. */
static void
typed_cb (LsConflictChoice *self)
{
  clear_error (self);
  if (!self->filling)
    gtk_check_button_set_active (self->other_check, TRUE);
}

static void
activated_cb (LsConflictChoice *self)
{
  g_signal_emit (self, signals[ACTIVATED], 0);
}

static void
ls_conflict_choice_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_CONFLICT_CHOICE);
  G_OBJECT_CLASS (ls_conflict_choice_parent_class)->dispose (object);
}

static void
ls_conflict_choice_finalize (GObject *object)
{
  LsConflictChoice *self = LS_CONFLICT_CHOICE (object);

  ls_value_clear (&self->mine);
  g_free (self->currency);
  g_clear_pointer (&self->time_zone, g_time_zone_unref);
  G_OBJECT_CLASS (ls_conflict_choice_parent_class)->finalize (object);
}

static void
ls_conflict_choice_class_init (LsConflictChoiceClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->dispose = ls_conflict_choice_dispose;
  object_class->finalize = ls_conflict_choice_finalize;

  /**
   * LsConflictChoice::activated:
   * @self: the choice
   *
   * Enter was pressed in the entry.
   */
  signals[ACTIVATED] = g_signal_new ("activated", LS_TYPE_CONFLICT_CHOICE, G_SIGNAL_RUN_LAST, 0,
                                     NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/lockstep/Lockstep/dialogs/ls-conflict-choice.ui");
  gtk_widget_class_bind_template_child (widget_class, LsConflictChoice, mine_row);
  gtk_widget_class_bind_template_child (widget_class, LsConflictChoice, mine_check);
  gtk_widget_class_bind_template_child (widget_class, LsConflictChoice, theirs_row);
  gtk_widget_class_bind_template_child (widget_class, LsConflictChoice, theirs_check);
  gtk_widget_class_bind_template_child (widget_class, LsConflictChoice, other_row);
  gtk_widget_class_bind_template_child (widget_class, LsConflictChoice, other_check);
  gtk_widget_class_bind_template_callback (widget_class, typed_cb);
  gtk_widget_class_bind_template_callback (widget_class, activated_cb);
}

static void
ls_conflict_choice_init (LsConflictChoice *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

static void
show_value (LsConflictChoice *self,
            AdwActionRow     *row,
            LsRecord         *record)
{
  g_autofree char *text = ls_format_value (record, self->field, self->currency, self->time_zone);
  g_autofree char *escaped = g_markup_escape_text (text, -1);

  adw_action_row_set_subtitle (row, *escaped != '\0' ? escaped : _("nothing"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (row), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text,
                                  -1);
}

static void
fill_entry (LsConflictChoice *self)
{
  g_autofree char *text = ls_cell_editor_text (field_of (self), &self->mine, self->currency);

  self->filling = TRUE;
  gtk_editable_set_text (GTK_EDITABLE (self->other_row), text);
  self->filling = FALSE;
}

static gboolean
can_type (const LsField *field)
{
  return field->type == LS_TYPE_TEXT || field->type == LS_TYPE_INTEGER ||
         field->type == LS_TYPE_MONEY;
}

static void
arrange (LsConflictChoice *self,
         LsChoiceKind      kind)
{
  gboolean types = can_type (field_of (self));

  gtk_widget_set_visible (GTK_WIDGET (self->mine_row), kind != LS_CHOICE_CREATE || !types);
  gtk_widget_set_visible (GTK_WIDGET (self->theirs_row), kind != LS_CHOICE_CREATE);
  gtk_widget_set_visible (GTK_WIDGET (self->other_row), types);
  gtk_widget_set_visible (GTK_WIDGET (self->other_check), kind != LS_CHOICE_CREATE);
  if (kind == LS_CHOICE_REFUSED)
    adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->theirs_row), _("As it is now"));
  if (kind == LS_CHOICE_CREATE)
    adw_preferences_row_set_title (ADW_PREFERENCES_ROW (self->other_row), _(field_of (self)->title));
  else
    adw_preferences_group_set_title (ADW_PREFERENCES_GROUP (self), _(field_of (self)->title));
  /* What was refused once is not worth a second try as it is. */
  gtk_check_button_set_active (
      kind == LS_CHOICE_CONFLICT || !types ? self->mine_check : self->other_check, TRUE);
}

/**
 * ls_conflict_choice_new:
 * @collection: of whose row
 * @field: index of the field
 * @kind: why there is something to choose
 * @mine: the value that the admin had set
 * @currency: the shop's currency
 * @time_zone: (nullable): the shop's time zone
 *
 * Returns: (transfer floating): the choice, on what is most likely wanted
 */
GtkWidget *
ls_conflict_choice_new (const LsCollection *collection,
                        unsigned            field,
                        LsChoiceKind        kind,
                        const LsValue      *mine,
                        const char         *currency,
                        GTimeZone          *time_zone)
{
  LsConflictChoice *self = g_object_new (LS_TYPE_CONFLICT_CHOICE, NULL);

  self->collection = collection;
  self->field = field;
  self->mine = ls_value_copy (mine);
  self->currency = g_strdup (currency);
  self->time_zone = time_zone != NULL ? g_time_zone_ref (time_zone) : NULL;
  fill_entry (self);
  arrange (self, kind);
  ls_conflict_choice_set_theirs (self, NULL);
  return GTK_WIDGET (self);
}

/**
 * ls_conflict_choice_set_theirs:
 * @self: a choice
 * @record: (nullable): the row as it stands
 *
 * Shows what stands there.
 */
void
ls_conflict_choice_set_theirs (LsConflictChoice *self,
                               LsRecord         *record)
{
  g_autoptr (LsRecord) wanted =
      record != NULL ? ls_record_copy (record) : ls_record_new (self->collection, "new");

  if (record != NULL)
    show_value (self, self->theirs_row, record);
  ls_record_take (wanted, self->field, ls_value_copy (&self->mine));
  show_value (self, self->mine_row, wanted);
}

/**
 * ls_conflict_choice_get_field:
 * @self: a choice
 *
 * Returns: index of its field
 */
unsigned
ls_conflict_choice_get_field (LsConflictChoice *self)
{
  return self->field;
}

/**
 * ls_conflict_choice_read:
 * @self: a choice
 * @ret_choice: (out): what was chosen
 * @ret_value: (out): the value, NULL of %LS_CHOICE_THEIRS
 *
 * Tells what was chosen; marks what was typed when it is no value of the field.
 *
 * Returns: whether it can be done
 */
gboolean
ls_conflict_choice_read (LsConflictChoice *self,
                         LsChoice         *ret_choice,
                         LsValue          *ret_value)
{
  g_autoptr (GError) error = NULL;

  *ret_value = (LsValue) LS_VALUE_INIT;
  *ret_choice = LS_CHOICE_THEIRS;
  if (gtk_check_button_get_active (self->theirs_check))
    return TRUE;
  if (gtk_check_button_get_active (self->mine_check))
    {
      *ret_choice = LS_CHOICE_MINE;
      *ret_value = ls_value_copy (&self->mine);
      return TRUE;
    }
  *ret_choice = LS_CHOICE_OTHER;
  if (ls_cell_editor_parse (field_of (self), gtk_editable_get_text (GTK_EDITABLE (self->other_row)),
                            self->currency, ret_value, &error))
    return TRUE;
  ls_cell_editor_mark (GTK_WIDGET (self->other_row), field_of (self), self->currency, error);
  return FALSE;
}
