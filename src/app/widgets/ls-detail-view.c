/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/widgets/ls-detail-view.h"

/* Width of a list under which it stands for nothing beside its details. */
#define USEFUL_CONTENT_WIDTH 300

struct _LsDetailView
{
  GtkWidget parent_instance;

  /* Children */
  GtkWidget *content;
  GtkWidget *separator;
  GtkWidget *detail;

  /* State */
  gboolean shows_detail;
  guint focus_id;
};

enum {
  PROP_CONTENT = 1,
  PROP_DETAIL,
  PROP_SHOWS_DETAIL,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (LsDetailView, ls_detail_view, GTK_TYPE_WIDGET)

/* Layout */

static void
measure (GtkWidget      *child,
         GtkOrientation  orientation,
         int            *minimum,
         int            *natural)
{
  *minimum = *natural = 0;
  if (child != NULL && gtk_widget_get_visible (child))
    gtk_widget_measure (child, orientation, -1, minimum, natural, NULL, NULL);
}

static GtkSizeRequestMode
ls_detail_view_get_request_mode (GtkWidget *widget)
{
  return GTK_SIZE_REQUEST_CONSTANT_SIZE;
}

static void
ls_detail_view_measure (GtkWidget      *widget,
                        GtkOrientation  orientation,
                        int             for_size,
                        int            *minimum,
                        int            *natural,
                        int            *minimum_baseline,
                        int            *natural_baseline)
{
  LsDetailView *self = LS_DETAIL_VIEW (widget);
  int detail_minimum = 0;
  int detail_natural = 0;

  *minimum_baseline = *natural_baseline = -1;
  measure (self->content, orientation, minimum, natural);
  if (self->shows_detail)
    measure (self->detail, orientation, &detail_minimum, &detail_natural);
  *minimum = MAX (*minimum, detail_minimum);
  *natural = orientation == GTK_ORIENTATION_HORIZONTAL ? *natural + detail_natural
                                                       : MAX (*natural, detail_natural);
}

/* Both the screen and its reader lose sight of a child that there is no room for. */
static void
set_shown (GtkWidget *child,
           gboolean   shown)
{
  if (child == NULL || gtk_widget_get_child_visible (child) == shown)
    return;
  gtk_widget_set_child_visible (child, shown);
  gtk_accessible_update_state (GTK_ACCESSIBLE (child), GTK_ACCESSIBLE_STATE_HIDDEN, !shown, -1);
}

static gboolean
focus_cb (gpointer user_data)
{
  LsDetailView *self = user_data;

  self->focus_id = 0;
  if (self->shows_detail && self->detail != NULL)
    gtk_widget_child_focus (self->detail, GTK_DIR_TAB_FORWARD);
  return G_SOURCE_REMOVE;
}

/* The keyboard follows what took the place of the list; not from within a layout. */
static void
queue_focus (LsDetailView *self)
{
  if (self->focus_id != 0)
    return;
  self->focus_id = g_idle_add (focus_cb, self);
  g_source_set_name_by_id (self->focus_id, "LsDetailView focus");
}

static void
allocate (GtkWidget *child,
          int        x,
          int        width,
          int        height)
{
  GtkAllocation place = { x, 0, width, height };

  if (child != NULL && gtk_widget_should_layout (child))
    gtk_widget_size_allocate (child, &place, -1);
}

static void
ls_detail_view_size_allocate (GtkWidget *widget,
                              int        width,
                              int        height,
                              int        baseline)
{
  LsDetailView *self = LS_DETAIL_VIEW (widget);
  gboolean rtl = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  gboolean beside;
  int minimum, content_width, detail_width, separator_width;

  measure (self->content, GTK_ORIENTATION_HORIZONTAL, &content_width, &minimum);
  measure (self->detail, GTK_ORIENTATION_HORIZONTAL, &minimum, &detail_width);
  measure (self->separator, GTK_ORIENTATION_HORIZONTAL, &separator_width, &minimum);
  beside = width >= MAX (content_width, USEFUL_CONTENT_WIDTH) + separator_width + detail_width;

  if (self->shows_detail && !beside && self->content != NULL &&
      gtk_widget_get_focus_child (widget) == self->content)
    queue_focus (self);

  set_shown (self->content, !self->shows_detail || beside);
  set_shown (self->separator, self->shows_detail && beside);
  set_shown (self->detail, self->shows_detail);
  if (!self->shows_detail)
    allocate (self->content, 0, width, height);
  else if (!beside)
    allocate (self->detail, 0, width, height);
  else
    {
      content_width = width - separator_width - detail_width;
      allocate (self->content, rtl ? width - content_width : 0, content_width, height);
      allocate (self->separator, rtl ? detail_width : content_width, separator_width, height);
      allocate (self->detail, rtl ? 0 : width - detail_width, detail_width, height);
    }
}

/* GObject */

static void
ls_detail_view_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  LsDetailView *self = LS_DETAIL_VIEW (object);

  switch (prop_id)
    {
    case PROP_CONTENT:
      g_value_set_object (value, self->content);
      break;
    case PROP_DETAIL:
      g_value_set_object (value, self->detail);
      break;
    case PROP_SHOWS_DETAIL:
      g_value_set_boolean (value, self->shows_detail);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_detail_view_set_property (GObject      *object,
                             guint         prop_id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
  LsDetailView *self = LS_DETAIL_VIEW (object);

  switch (prop_id)
    {
    case PROP_CONTENT:
      ls_detail_view_set_content (self, g_value_get_object (value));
      break;
    case PROP_DETAIL:
      ls_detail_view_set_detail (self, g_value_get_object (value));
      break;
    case PROP_SHOWS_DETAIL:
      ls_detail_view_set_shows_detail (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_detail_view_dispose (GObject *object)
{
  LsDetailView *self = LS_DETAIL_VIEW (object);

  g_clear_handle_id (&self->focus_id, g_source_remove);
  g_clear_pointer (&self->content, gtk_widget_unparent);
  g_clear_pointer (&self->separator, gtk_widget_unparent);
  g_clear_pointer (&self->detail, gtk_widget_unparent);

  G_OBJECT_CLASS (ls_detail_view_parent_class)->dispose (object);
}

static void
ls_detail_view_class_init (LsDetailViewClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS;

  object_class->get_property = ls_detail_view_get_property;
  object_class->set_property = ls_detail_view_set_property;
  object_class->dispose = ls_detail_view_dispose;
  widget_class->get_request_mode = ls_detail_view_get_request_mode;
  widget_class->measure = ls_detail_view_measure;
  widget_class->size_allocate = ls_detail_view_size_allocate;

  /**
   * LsDetailView:content:
   *
   * What shows always, unless there is too little room beside the details.
   */
  properties[PROP_CONTENT] = g_param_spec_object ("content", NULL, NULL, GTK_TYPE_WIDGET, flags);

  /**
   * LsDetailView:detail:
   *
   * The details.
   */
  properties[PROP_DETAIL] = g_param_spec_object ("detail", NULL, NULL, GTK_TYPE_WIDGET, flags);

  /**
   * LsDetailView:shows-detail:
   *
   * Whether the details show.
   */
  properties[PROP_SHOWS_DETAIL] = g_param_spec_boolean ("shows-detail", NULL, NULL, FALSE, flags);

  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
ls_detail_view_init (LsDetailView *self)
{
  gtk_widget_set_overflow (GTK_WIDGET (self), GTK_OVERFLOW_HIDDEN);
  self->separator = gtk_separator_new (GTK_ORIENTATION_VERTICAL);
  gtk_widget_set_parent (self->separator, GTK_WIDGET (self));
}

static gboolean
replace (LsDetailView *self,
         GtkWidget   **child,
         GtkWidget    *widget,
         GtkWidget    *before)
{
  if (*child == widget)
    return FALSE;

  g_clear_pointer (child, gtk_widget_unparent);
  *child = widget;
  if (widget != NULL)
    gtk_widget_insert_before (widget, GTK_WIDGET (self), before);
  return TRUE;
}

void
ls_detail_view_set_content (LsDetailView *self,
                            GtkWidget    *content)
{
  g_return_if_fail (LS_IS_DETAIL_VIEW (self));

  if (replace (self, &self->content, content, self->separator))
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CONTENT]);
}

void
ls_detail_view_set_detail (LsDetailView *self,
                           GtkWidget    *detail)
{
  g_return_if_fail (LS_IS_DETAIL_VIEW (self));

  if (!replace (self, &self->detail, detail, NULL))
    return;
  set_shown (detail, self->shows_detail);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_DETAIL]);
}

gboolean
ls_detail_view_get_shows_detail (LsDetailView *self)
{
  g_return_val_if_fail (LS_IS_DETAIL_VIEW (self), FALSE);

  return self->shows_detail;
}

void
ls_detail_view_set_shows_detail (LsDetailView *self,
                                 gboolean      shows_detail)
{
  gboolean had_focus;

  g_return_if_fail (LS_IS_DETAIL_VIEW (self));

  shows_detail = !!shows_detail;
  if (self->shows_detail == shows_detail)
    return;

  had_focus = self->detail != NULL && gtk_widget_get_focus_child (GTK_WIDGET (self)) == self->detail;
  self->shows_detail = shows_detail;
  /* The content is made visible before it takes the focus, else it could not. */
  set_shown (self->detail, shows_detail);
  if (!shows_detail)
    {
      set_shown (self->content, TRUE);
      if (had_focus && self->content != NULL)
        gtk_widget_child_focus (self->content, GTK_DIR_TAB_FORWARD);
    }
  gtk_widget_queue_resize (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SHOWS_DETAIL]);
}
