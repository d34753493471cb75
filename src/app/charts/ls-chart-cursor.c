/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/charts/ls-chart-private.h"

#include "app/charts/ls-chart-legend.h"
#include "app/compat/ls-announce.h"

#define PAGE 10

/* How far outside the plot the pointer still moves the cursor. */
#define REACH 24

/* What the action of a key is told: a step, or an end. */
#define TO_FIRST G_MININT
#define TO_LAST G_MAXINT

static int
get_n_rows (LsChart *self)
{
  if (_ls_chart_is_empty (self))
    return 0;

  return (int) g_list_model_get_n_items (G_LIST_MODEL (self->table));
}

void
_ls_chart_update_accessible (LsChart *self)
{
  g_autofree char *summary = ls_chart_table_summarize (self->table);
  g_autofree char *label = NULL;

  if (self->cursor >= 0 && self->cursor_by_key)
    label = ls_chart_table_describe_row (self->table, (unsigned int) self->cursor);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, label ? label : self->title,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, summary,
                                  -1);
}

/* Keys that would do nothing go on to the widgets around: Escape closes a dialog, Enter its
 * default.
 */
static void
update_actions (LsChart *self)
{
  GtkWidget *widget = GTK_WIDGET (self);

  gtk_widget_action_set_enabled (widget, "cursor.move", get_n_rows (self) > 0);
  gtk_widget_action_set_enabled (widget, "cursor.activate", self->cursor >= 0);
  gtk_widget_action_set_enabled (widget, "cursor.clear", self->cursor >= 0);
}

static void
show_cursor (LsChart *self)
{
  if (self->cursor >= 0)
    ls_chart_tooltip_show_row (LS_CHART_TOOLTIP (self->tooltip), self->columns, self->table,
                               (unsigned int) self->cursor, self->x_axis);
  gtk_widget_set_visible (self->tooltip, self->cursor >= 0);
  update_actions (self);
  gtk_widget_queue_allocate (GTK_WIDGET (self));
  gtk_widget_queue_draw (GTK_WIDGET (self));
}

/* After the rows have changed: the cursor stays on its place, whatever row that is now, or goes
 * with it.
 */
void
_ls_chart_restore_cursor (LsChart *self,
                          int64_t  x)
{
  unsigned int row;
  int old = self->cursor;

  if (old >= 0 && get_n_rows (self) > 0 && ls_chart_table_find_nearest (self->table, x, &row) &&
      ls_chart_table_get_x (self->table, row) == x)
    self->cursor = (int) row;
  else
    self->cursor = -1;

  show_cursor (self);
  if (self->cursor != old)
    _ls_chart_notify_cursor (self);
}

void
_ls_chart_move_cursor (LsChart  *self,
                       int       cursor,
                       gboolean  by_key)
{
  gboolean had_words = self->cursor >= 0 && self->cursor_by_key;

  if (cursor >= get_n_rows (self))
    cursor = -1;
  if (self->cursor == cursor && (cursor < 0 || self->cursor_by_key == by_key))
    return;

  self->cursor = cursor;
  self->cursor_by_key = by_key;
  show_cursor (self);
  if (by_key || had_words)
    _ls_chart_update_accessible (self);
  _ls_chart_notify_cursor (self);
}

static void
activate_point (LsChart *self)
{
  size_t index = 0;
  LsSeries *series;

  if (self->cursor < 0)
    return;

  series = _ls_chart_get_leading (self, (unsigned int) self->cursor, &index);
  if (series)
    _ls_chart_emit_activated (self, series, index);
}

/* Keys */

static void
move_action (GtkWidget  *widget,
             const char *name,
             GVariant   *parameter)
{
  LsChart *self = LS_CHART (widget);
  int last = get_n_rows (self) - 1;
  gboolean visual;
  int step, cursor;

  g_variant_get (parameter, "(ib)", &step, &visual);
  if (visual && gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL)
    step = -step;

  if (step == TO_FIRST)
    cursor = 0;
  else if (step == TO_LAST)
    cursor = last;
  else if (self->cursor < 0)
    cursor = step > 0 ? 0 : last;
  else
    cursor = CLAMP (self->cursor + step, 0, last);

  if (cursor >= 0 && (cursor != self->cursor || !self->cursor_by_key))
    {
      g_autofree char *words = ls_chart_table_describe_row (self->table, (unsigned int) cursor);

      _ls_chart_move_cursor (self, cursor, TRUE);
      ls_widget_announce (widget, words);
    }
}

static void
activate_action (GtkWidget  *widget,
                 const char *name,
                 GVariant   *parameter)
{
  activate_point (LS_CHART (widget));
}

static void
clear_action (GtkWidget  *widget,
              const char *name,
              GVariant   *parameter)
{
  _ls_chart_move_cursor (LS_CHART (widget), -1, FALSE);
}

static void
bind_move (GtkWidgetClass *widget_class,
           guint           key,
           guint           keypad_key,
           int             step,
           gboolean        visual)
{
  gtk_widget_class_add_binding_action (widget_class, key, 0, "cursor.move", "(ib)", step, visual);
  gtk_widget_class_add_binding_action (widget_class, keypad_key, 0, "cursor.move", "(ib)", step,
                                       visual);
}

void
_ls_chart_class_init_cursor (LsChartClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const guint activate_keys[] = {
    GDK_KEY_Return,
    GDK_KEY_KP_Enter,
    GDK_KEY_ISO_Enter,
    GDK_KEY_space,
  };

  gtk_widget_class_install_action (widget_class, "cursor.move", "(ib)", move_action);
  gtk_widget_class_install_action (widget_class, "cursor.activate", NULL, activate_action);
  gtk_widget_class_install_action (widget_class, "cursor.clear", NULL, clear_action);

  bind_move (widget_class, GDK_KEY_Left, GDK_KEY_KP_Left, -1, TRUE);
  bind_move (widget_class, GDK_KEY_Right, GDK_KEY_KP_Right, 1, TRUE);
  bind_move (widget_class, GDK_KEY_Page_Up, GDK_KEY_KP_Page_Up, -PAGE, FALSE);
  bind_move (widget_class, GDK_KEY_Page_Down, GDK_KEY_KP_Page_Down, PAGE, FALSE);
  bind_move (widget_class, GDK_KEY_Home, GDK_KEY_KP_Home, TO_FIRST, FALSE);
  bind_move (widget_class, GDK_KEY_End, GDK_KEY_KP_End, TO_LAST, FALSE);
  for (size_t i = 0; i < G_N_ELEMENTS (activate_keys); i++)
    gtk_widget_class_add_binding_action (widget_class, activate_keys[i], 0, "cursor.activate",
                                         NULL);
  gtk_widget_class_add_binding_action (widget_class, GDK_KEY_Escape, 0, "cursor.clear", NULL);
}

/* Pointer */

static gboolean
point_at (LsChart *self,
          double   x,
          double   y)
{
  const graphene_rect_t *plot = &self->plot;
  unsigned int row;
  double fraction;

  if (get_n_rows (self) == 0 || self->x_axis == NULL || plot->size.width < 1 ||
      x < plot->origin.x - REACH || x > plot->origin.x + plot->size.width + REACH ||
      y < plot->origin.y - REACH || y > plot->origin.y + plot->size.height + REACH)
    return FALSE;

  fraction = (x - plot->origin.x) / plot->size.width;
  if (gtk_widget_get_direction (GTK_WIDGET (self)) == GTK_TEXT_DIR_RTL)
    fraction = 1 - fraction;
  if (!ls_chart_table_find_nearest (self->table, ls_axis_get_value (self->x_axis, fraction), &row))
    return FALSE;

  _ls_chart_move_cursor (self, (int) row, FALSE);
  return TRUE;
}

static void
motion_cb (LsChart *self,
           double   x,
           double   y)
{
  /* GTK repeats the pointer's place after each layout. That is no motion, and must not take back
   * what a key has done.
   */
  if (x == self->pointer_x && y == self->pointer_y)
    return;

  self->pointer_x = x;
  self->pointer_y = y;
  if (!point_at (self, x, y) && !self->cursor_by_key)
    _ls_chart_move_cursor (self, -1, FALSE);
}

static void
leave_cb (LsChart *self)
{
  self->pointer_x = self->pointer_y = -1;
  if (!self->cursor_by_key)
    _ls_chart_move_cursor (self, -1, FALSE);
}

static void
pressed_cb (LsChart *self)
{
  gtk_widget_grab_focus (GTK_WIDGET (self));
}

static void
released_cb (LsChart         *self,
             int              n_press,
             double           x,
             double           y,
             GtkGestureClick *gesture)
{
  if (point_at (self, x, y))
    activate_point (self);
}

static void
focus_leave_cb (LsChart *self)
{
  self->pointer_x = self->pointer_y = -1;
  if (self->cursor_by_key)
    _ls_chart_move_cursor (self, -1, FALSE);
}

void
_ls_chart_init_cursor (LsChart *self)
{
  GtkEventController *motion = gtk_event_controller_motion_new ();
  GtkEventController *focus = gtk_event_controller_focus_new ();
  GtkGesture *click = gtk_gesture_click_new ();

  g_signal_connect_swapped (motion, "enter", G_CALLBACK (motion_cb), self);
  g_signal_connect_swapped (motion, "motion", G_CALLBACK (motion_cb), self);
  g_signal_connect_swapped (motion, "leave", G_CALLBACK (leave_cb), self);
  g_signal_connect_swapped (focus, "leave", G_CALLBACK (focus_leave_cb), self);
  g_signal_connect_swapped (click, "pressed", G_CALLBACK (pressed_cb), self);
  g_signal_connect_swapped (click, "released", G_CALLBACK (released_cb), self);
  gtk_widget_add_controller (GTK_WIDGET (self), motion);
  gtk_widget_add_controller (GTK_WIDGET (self), focus);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (click));
}
