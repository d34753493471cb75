/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/widgets/ls-skeleton.h"

#include "app/compat/ls-color.h"

#define MAX_LINES 100
#define DEFAULT_LINE_HEIGHT 12
#define MIN_WIDTH 24
#define NATURAL_WIDTH 160

struct _LsSkeleton
{
  GtkWidget parent_instance;

  unsigned int lines;
  unsigned int line_height;
};

enum {
  PROP_LINES = 1,
  PROP_LINE_HEIGHT,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (LsSkeleton, ls_skeleton, GTK_TYPE_WIDGET)

/* Uneven as text is, and the same at each drawing; in percent of the width. */
static const unsigned int widths[] = { 92, 100, 84, 96, 70, 88 };

static unsigned int
get_width_percent (LsSkeleton   *self,
                   unsigned int  line)
{
  if (self->lines > 1 && line == self->lines - 1)
    return 55;

  return widths[line % G_N_ELEMENTS (widths)];
}

static void
ls_skeleton_snapshot (GtkWidget   *widget,
                      GtkSnapshot *snapshot)
{
  LsSkeleton *self = LS_SKELETON (widget);
  gboolean mirrored = gtk_widget_get_direction (widget) == GTK_TEXT_DIR_RTL;
  float full = (float) gtk_widget_get_width (widget);
  float height = (float) self->line_height;
  GdkRGBA color;

  ls_widget_get_color (widget, &color);
  for (unsigned int i = 0; i < self->lines; i++)
    {
      float width = full * (float) get_width_percent (self, i) / 100;
      graphene_rect_t bar = GRAPHENE_RECT_INIT (mirrored ? full - width : 0, (float) i * height * 2,
                                                width, height);
      GskRoundedRect rounded;

      gsk_rounded_rect_init_from_rect (&rounded, &bar, MIN (height / 2, 6));
      gtk_snapshot_push_rounded_clip (snapshot, &rounded);
      gtk_snapshot_append_color (snapshot, &color, &bar);
      gtk_snapshot_pop (snapshot);
    }
}

static void
ls_skeleton_measure (GtkWidget      *widget,
                     GtkOrientation  orientation,
                     int             for_size,
                     int            *minimum,
                     int            *natural,
                     int            *minimum_baseline,
                     int            *natural_baseline)
{
  LsSkeleton *self = LS_SKELETON (widget);

  if (orientation == GTK_ORIENTATION_HORIZONTAL)
    {
      *minimum = MIN_WIDTH;
      *natural = NATURAL_WIDTH;
    }
  else
    {
      /* As much between bars as they are high. */
      *minimum = *natural = (int) ((2 * self->lines - 1) * self->line_height);
    }
  *minimum_baseline = *natural_baseline = -1;
}

static void
ls_skeleton_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  LsSkeleton *self = LS_SKELETON (object);

  switch (prop_id)
    {
    case PROP_LINES:
      g_value_set_uint (value, self->lines);
      break;
    case PROP_LINE_HEIGHT:
      g_value_set_uint (value, self->line_height);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_skeleton_set_property (GObject      *object,
                          guint         prop_id,
                          const GValue *value,
                          GParamSpec   *pspec)
{
  LsSkeleton *self = LS_SKELETON (object);

  switch (prop_id)
    {
    case PROP_LINES:
      ls_skeleton_set_lines (self, g_value_get_uint (value));
      break;
    case PROP_LINE_HEIGHT:
      ls_skeleton_set_line_height (self, g_value_get_uint (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_skeleton_class_init (LsSkeletonClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags readwrite =
    G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = ls_skeleton_get_property;
  object_class->set_property = ls_skeleton_set_property;

  widget_class->snapshot = ls_skeleton_snapshot;
  widget_class->measure = ls_skeleton_measure;

  properties[PROP_LINES] = g_param_spec_uint ("lines", NULL, NULL, 1, MAX_LINES, 1, readwrite);
  properties[PROP_LINE_HEIGHT] =
    g_param_spec_uint ("line-height", NULL, NULL, 1, G_MAXUINT8, DEFAULT_LINE_HEIGHT, readwrite);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_css_name (widget_class, "skeleton");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
ls_skeleton_init (LsSkeleton *self)
{
  self->lines = 1;
  self->line_height = DEFAULT_LINE_HEIGHT;
}

GtkWidget *
ls_skeleton_new (unsigned int lines)
{
  return g_object_new (LS_TYPE_SKELETON, "lines", lines, NULL);
}

unsigned int
ls_skeleton_get_lines (LsSkeleton *self)
{
  g_return_val_if_fail (LS_IS_SKELETON (self), 0);

  return self->lines;
}

void
ls_skeleton_set_lines (LsSkeleton   *self,
                       unsigned int  lines)
{
  g_return_if_fail (LS_IS_SKELETON (self));
  g_return_if_fail (lines >= 1 && lines <= MAX_LINES);

  if (self->lines == lines)
    return;

  self->lines = lines;
  gtk_widget_queue_resize (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LINES]);
}

void
ls_skeleton_set_line_height (LsSkeleton   *self,
                             unsigned int  line_height)
{
  g_return_if_fail (LS_IS_SKELETON (self));
  g_return_if_fail (line_height >= 1 && line_height <= G_MAXUINT8);

  if (self->line_height == line_height)
    return;

  self->line_height = line_height;
  gtk_widget_queue_resize (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LINE_HEIGHT]);
}
