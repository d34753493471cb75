/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-colour-dot"

#include "config.h"

#include "app/ls-colour-dot.h"

/**
 * LsColourDot:
 *
 * A round dot in a shop's colour, so that a glance tells which shop a window shows. It says nothing
 * to a screen reader: the shop's name stands beside it.
 */
struct _LsColourDot {
  GtkWidget parent_instance;

  /* state */
  GdkRGBA colour;
};

G_DEFINE_FINAL_TYPE (LsColourDot, ls_colour_dot, GTK_TYPE_WIDGET)

#define DIAMETER 10

static void
ls_colour_dot_snapshot (GtkWidget   *widget,
                        GtkSnapshot *snapshot)
{
  LsColourDot *self = LS_COLOUR_DOT (widget);
  float size = (float) MIN (gtk_widget_get_width (widget), gtk_widget_get_height (widget));
  GskRoundedRect circle;
  graphene_rect_t bounds;

  graphene_rect_init (&bounds, ((float) gtk_widget_get_width (widget) - size) / 2,
                      ((float) gtk_widget_get_height (widget) - size) / 2, size, size);
  gsk_rounded_rect_init_from_rect (&circle, &bounds, size / 2);
  gtk_snapshot_push_rounded_clip (snapshot, &circle);
  gtk_snapshot_append_color (snapshot, &self->colour, &bounds);
  gtk_snapshot_pop (snapshot);
}

static void
ls_colour_dot_measure (GtkWidget      *widget,
                       GtkOrientation  orientation,
                       int             for_size,
                       int            *minimum,
                       int            *natural,
                       int            *minimum_baseline,
                       int            *natural_baseline)
{
  *minimum = *natural = DIAMETER;
}

static void
ls_colour_dot_class_init (LsColourDotClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  widget_class->snapshot = ls_colour_dot_snapshot;
  widget_class->measure = ls_colour_dot_measure;
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_PRESENTATION);
}

static void
ls_colour_dot_init (LsColourDot *self)
{
  ls_colour_dot_set_colour (self, NULL);
}

/**
 * ls_colour_dot_set_colour:
 * @self: a dot
 * @colour: (nullable): a colour as CSS writes it; grey when it is none
 *
 * Sets the colour.
 */
void
ls_colour_dot_set_colour (LsColourDot *self,
                          const char  *colour)
{
  if (colour == NULL || !gdk_rgba_parse (&self->colour, colour))
    self->colour = (GdkRGBA) { 0.5f, 0.5f, 0.5f, 1.0f };
  gtk_widget_queue_draw (GTK_WIDGET (self));
}
