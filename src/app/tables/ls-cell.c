/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-cell"

#include "config.h"

#include "app/tables/ls-cell.h"

#include <glib/gi18n.h>

#include "app/compat/ls-color.h"
#include "app/text/ls-format.h"
#include "app/tables/ls-cell-editor.h"
#include "app/widgets/ls-cell-flash.h"

/**
 * LsCell:
 *
 * One cell of a table: a single inscription, since a view keeps a cell a column for some 200 rows. The cell of the column
 * that expands has a second, with what a narrow table hides.
 * A double click, Enter or F2 opens the editor on it, Alt+Enter what there is more of the row. A dot at the start of that cell marks a row with an edit that waits
 * for the server; a red one the field of an edit that failed, in the cells that the admin can edit.
 * A value that somebody else changed, or that was put back, flashes once.
 */
struct _LsCell {
  GtkWidget parent_instance;

  /* owned */
  GtkWidget *inscription;
  GtkWidget *details; /* NULL for most columns */
  GtkWidget *editor;
  LsRow *row;
  gulong record_handler;
  gulong mark_handler;

  /* borrowed: the table owns the cell */
  LsTable *table;

  /* state */
  unsigned field;
  gboolean editable;
};

G_DEFINE_FINAL_TYPE (LsCell, ls_cell, GTK_TYPE_WIDGET)

#define DOT_DIAMETER 6.0f
#define DOT_GAP 1.0f

static void
update_details (LsCell *self)
{
  LsRecord *record = self->row != NULL ? ls_row_get_record (self->row) : NULL;
  g_autofree char *text = record != NULL ? ls_table_get_details (self->table, record) : NULL;

  if (self->details == NULL)
    return;
  gtk_widget_set_visible (self->details, text != NULL);
  gtk_inscription_set_text (GTK_INSCRIPTION (self->details), text != NULL ? text : "");
}

static void
update (LsCell *self)
{
  LsRecord *record = self->row != NULL ? ls_row_get_record (self->row) : NULL;
  g_autofree char *text = NULL;
  GtkInscription *inscription = GTK_INSCRIPTION (self->inscription);

  update_details (self);
  if (record == NULL)
    {
      gtk_inscription_set_text (inscription, "");
      return;
    }
  text = ls_format_value (record, self->field, ls_table_get_currency (self->table),
                          ls_table_get_time_zone (self->table));
  /* A line each: a description with line breaks would stand over its neighbours. */
  g_strdelimit (text, "\n\t", ' ');
  gtk_inscription_set_text (inscription, text);
}

/* Another value came into the row that is shown: flashes, unless the admin set it himself. */
static void
record_cb (LsCell *self)
{
  g_autofree char *before =
      g_strdup (gtk_inscription_get_text (GTK_INSCRIPTION (self->inscription)));

  update (self);
  if (ls_row_get_pending (self->row) || ls_row_get_record (self->row) == NULL || *before == '\0')
    return;
  if (!ls_cell_flash_is_flashing (GTK_WIDGET (self)))
    ls_cell_flash_bind (GTK_WIDGET (self), before);
  ls_cell_flash_update (GTK_WIDGET (self),
                        gtk_inscription_get_text (GTK_INSCRIPTION (self->inscription)));
}

static gboolean
is_failed (LsCell *self)
{
  return self->row != NULL && self->editable &&
         (ls_row_get_failed_fields (self->row) & (UINT64_C (1) << self->field)) != 0;
}

static gboolean
is_pending (LsCell *self)
{
  return self->row != NULL && self->details != NULL && ls_row_get_pending (self->row);
}

/* Most of the 1,800 cells of a table have none. */
static gboolean
has_mark (LsCell *self)
{
  return self->editable || self->details != NULL;
}

static void
mark_cb (LsCell *self)
{
  const char *words = is_failed (self)    ? _("Your change was not saved: see the waiting changes")
                      : is_pending (self) ? _("Waits for the server")
                                          : "";

  gtk_accessible_update_property (GTK_ACCESSIBLE (self->inscription), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
                                  words, -1);
  /* To set a tooltip, even none, asks the display server where the pointer is. */
  if (is_failed (self) || gtk_widget_get_has_tooltip (GTK_WIDGET (self)))
    gtk_widget_set_tooltip_text (GTK_WIDGET (self), is_failed (self) ? words : NULL);
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

static void
close_editor (LsCell *self)
{
  GtkWidget *editor = g_steal_pointer (&self->editor);

  if (editor == NULL)
    return;
  gtk_widget_unparent (editor);
  gtk_widget_set_visible (self->inscription, TRUE);
}

static void
editor_done_cb (LsCell  *self,
                LsValue *value)
{
  LsRow *row = self->row;
  LsValue taken = value != NULL ? ls_value_copy (value) : (LsValue) LS_VALUE_INIT;

  close_editor (self);
  if (value != NULL && row != NULL)
    ls_table_emit_edited (self->table, row, self->field, taken);
  else
    ls_value_clear (&taken);
  gtk_widget_grab_focus (GTK_WIDGET (self));
}

static void
open_editor (LsCell *self)
{
  LsRecord *record = self->row != NULL ? ls_row_get_record (self->row) : NULL;

  if (!self->editable || !ls_table_get_editable (self->table) || record == NULL || self->editor != NULL)
    return;
  self->editor = ls_cell_editor_new (record, self->field, ls_table_get_currency (self->table));
  gtk_widget_set_visible (self->inscription, FALSE);
  gtk_widget_set_parent (self->editor, GTK_WIDGET (self));
  g_signal_connect_object (self->editor, "done", G_CALLBACK (editor_done_cb), self, G_CONNECT_SWAPPED);
  ls_cell_editor_start (LS_CELL_EDITOR (self->editor));
}

static void
pressed_cb (LsCell          *self,
            int              n_press,
            double           x,
            double           y,
            GtkGestureClick *gesture)
{
  if (n_press != 2 || !self->editable || !ls_table_get_editable (self->table))
    return;
  gtk_gesture_set_state (GTK_GESTURE (gesture), GTK_EVENT_SEQUENCE_CLAIMED);
  open_editor (self);
}

static void
edit_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  open_editor (LS_CELL (widget));
}

/* A row whose cells take the keyboard never gets it itself, and with it the Enter that activates rows. */
static void
open_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  LsCell *self = LS_CELL (widget);

  if (self->row != NULL)
    ls_table_emit_activated (self->table, self->row);
}

static void
ls_cell_snapshot (GtkWidget   *widget,
                  GtkSnapshot *snapshot)
{
  LsCell *self = LS_CELL (widget);
  GskRoundedRect circle;
  graphene_rect_t bounds;
  GdkRGBA colour;
  float x, y;

  GTK_WIDGET_CLASS (ls_cell_parent_class)->snapshot (widget, snapshot);
  if (!is_pending (self) && !is_failed (self))
    return;
  if (!ls_widget_lookup_color (widget, is_failed (self) ? "error_color" : "accent_color", &colour))
    ls_widget_get_color (widget, &colour);
  /* Beside the text, in the padding. */
  x = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL ? (float) gtk_widget_get_width (widget) + DOT_GAP
                                                            : -DOT_DIAMETER - DOT_GAP;
  y = ((float) gtk_widget_get_height (widget) - DOT_DIAMETER) / 2;
  graphene_rect_init (&bounds, x, y, DOT_DIAMETER, DOT_DIAMETER);
  gsk_rounded_rect_init_from_rect (&circle, &bounds, DOT_DIAMETER / 2);
  gtk_snapshot_push_rounded_clip (snapshot, &circle);
  gtk_snapshot_append_color (snapshot, &colour, &bounds);
  gtk_snapshot_pop (snapshot);
}

static void
ls_cell_dispose (GObject *object)
{
  LsCell *self = LS_CELL (object);

  ls_cell_set_row (self, NULL);
  g_clear_pointer (&self->inscription, gtk_widget_unparent);
  g_clear_pointer (&self->details, gtk_widget_unparent);
  G_OBJECT_CLASS (ls_cell_parent_class)->dispose (object);
}

static void
ls_cell_class_init (LsCellClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_cell_dispose;
  widget_class->snapshot = ls_cell_snapshot;
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_css_name (widget_class, "ls-cell");
  gtk_widget_class_install_action (widget_class, "cell.edit", NULL, edit_action);
  gtk_widget_class_install_action (widget_class, "cell.open", NULL, open_action);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_F2, 0, "cell.edit", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Return, 0, "cell.edit", NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Return, GDK_ALT_MASK, "cell.open", NULL);
}

static void
ls_cell_init (LsCell *self)
{
  self->inscription = gtk_inscription_new (NULL);
  gtk_inscription_set_text_overflow (GTK_INSCRIPTION (self->inscription),
                                     GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_END);
  gtk_inscription_set_nat_chars (GTK_INSCRIPTION (self->inscription), 8);
  /* The editor hides it while the button is down: as what was pressed it would leave its row looking pressed for ever. */
  gtk_widget_set_can_target (self->inscription, FALSE);
  gtk_widget_set_parent (self->inscription, GTK_WIDGET (self));
}

/* What only cells that can be edited need: of the 1,800 of a table most can't. */
static void
add_click (LsCell *self)
{
  GtkGesture *click = gtk_gesture_click_new ();

  gtk_event_controller_set_propagation_phase (GTK_EVENT_CONTROLLER (click), GTK_PHASE_CAPTURE);
  g_signal_connect_swapped (click, "pressed", G_CALLBACK (pressed_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
}

/* What only cells of the column that expands need. */
static void
add_details (LsCell *self)
{
  self->details = gtk_inscription_new (NULL);
  gtk_inscription_set_text_overflow (GTK_INSCRIPTION (self->details), GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_END);
  gtk_widget_set_visible (self->details, FALSE);
  gtk_widget_add_css_class (self->details, "caption");
  gtk_widget_add_css_class (self->details, "dim-label");
  gtk_widget_set_parent (self->details, GTK_WIDGET (self));
  gtk_widget_set_layout_manager (GTK_WIDGET (self), gtk_box_layout_new (GTK_ORIENTATION_VERTICAL));
  g_signal_connect_object (self->table, "fitted", G_CALLBACK (update_details), self, G_CONNECT_SWAPPED);
}

/**
 * ls_cell_new:
 * @table: the table it is made for
 * @collection: of whose rows
 * @field: index of the field it shows
 * @flags: the traits of its column
 *
 * Returns: (transfer floating): an empty cell
 */
GtkWidget *
ls_cell_new (LsTable            *table,
             const LsCollection *collection,
             unsigned            field,
             LsTableColumnFlags  flags)
{
  gboolean editable = (flags & LS_TABLE_COLUMN_EDITABLE) != 0;
  LsCell *self = g_object_new (LS_TYPE_CELL, "focusable", editable, NULL);

  if (ls_format_is_number (&collection->fields[field]))
    {
      gtk_inscription_set_xalign (GTK_INSCRIPTION (self->inscription), 1.0f);
      gtk_widget_add_css_class (self->inscription, "numeric");
    }

  self->table = table;
  self->field = field;
  self->editable = editable;
  if (editable)
    add_click (self);
  else if ((flags & LS_TABLE_COLUMN_EXPAND) != 0)
    add_details (self);
  return GTK_WIDGET (self);
}

/**
 * ls_cell_set_row:
 * @self: a cell
 * @row: (nullable): the row whose field it shows from now on
 *
 * Binds the cell. An editor that is open on it closes without an edit.
 */
void
ls_cell_set_row (LsCell *self,
                 LsRow  *row)
{
  if (self->row == row)
    return;
  close_editor (self);
  ls_cell_flash_unbind (GTK_WIDGET (self));
  if (self->row != NULL)
    {
      g_clear_signal_handler (&self->record_handler, self->row);
      g_clear_signal_handler (&self->mark_handler, self->row);
    }
  g_set_object (&self->row, row);
  if (self->inscription == NULL)
    return;
  if (row != NULL)
    {
      self->record_handler =
          g_signal_connect_swapped (row, "notify::record", G_CALLBACK (record_cb), self);
      if (has_mark (self))
        self->mark_handler = g_signal_connect_swapped (
            row, self->editable ? "notify::failed" : "notify::pending", G_CALLBACK (mark_cb), self);
    }
  update (self);
  if (has_mark (self))
    mark_cb (self);
}
