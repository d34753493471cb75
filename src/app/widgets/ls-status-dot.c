/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/widgets/ls-status-dot.h"

#include <glib/gi18n.h>

#include "app/compat/ls-color.h"

#define SIZE 10
#define RING_WIDTH 2

struct _LsStatusDot
{
  GtkWidget parent_instance;

  LsStatus status;
  char *text;
};

enum {
  PROP_STATUS = 1,
  PROP_TEXT,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (LsStatusDot, ls_status_dot, GTK_TYPE_WIDGET)

static const struct
{
  const char *css_class;
  const char *text;
} statuses[] = {
  [LS_STATUS_NONE] = { "none", "" },
  [LS_STATUS_PENDING] = { "pending", N_("Waiting to be confirmed") },
  [LS_STATUS_CONNECTING] = { "connecting", N_("Connecting") },
  [LS_STATUS_GOOD] = { "good", N_("Live") },
  [LS_STATUS_LIMITED] = { "limited", N_("Limited") },
  [LS_STATUS_BAD] = { "bad", N_("Offline") },
};

static void
update_words (LsStatusDot *self)
{
  const char *text = ls_status_dot_get_text (self);

  gtk_widget_set_tooltip_text (GTK_WIDGET (self), *text ? text : NULL);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}

static void
append_triangle (GtkSnapshot   *snapshot,
                 const GdkRGBA *color,
                 float          x,
                 float          y)
{
  cairo_t *cr = gtk_snapshot_append_cairo (snapshot, &GRAPHENE_RECT_INIT (x, y, SIZE, SIZE));

  /* Rounded corners come from the joins of a line around a smaller triangle. */
  gdk_cairo_set_source_rgba (cr, color);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_width (cr, 2);
  cairo_move_to (cr, x + SIZE / 2.0, y + 1.5);
  cairo_line_to (cr, x + SIZE - 1, y + SIZE - 1.5);
  cairo_line_to (cr, x + 1, y + SIZE - 1.5);
  cairo_close_path (cr);
  cairo_stroke_preserve (cr);
  cairo_fill (cr);
  cairo_destroy (cr);
}

static void
append_rounded (GtkSnapshot   *snapshot,
                const GdkRGBA *color,
                float          x,
                float          y,
                float          size,
                float          radius)
{
  GskRoundedRect shape;
  graphene_rect_t bounds = GRAPHENE_RECT_INIT (x + (SIZE - size) / 2, y + (SIZE - size) / 2, size,
                                               size);

  gsk_rounded_rect_init_from_rect (&shape, &bounds, radius);
  gtk_snapshot_push_rounded_clip (snapshot, &shape);
  gtk_snapshot_append_color (snapshot, color, &bounds);
  gtk_snapshot_pop (snapshot);
}

static void
append_ring (GtkSnapshot   *snapshot,
             const GdkRGBA *color,
             float          x,
             float          y,
             float          size)
{
  const float widths[] = { RING_WIDTH, RING_WIDTH, RING_WIDTH, RING_WIDTH };
  const GdkRGBA colors[] = { *color, *color, *color, *color };
  GskRoundedRect shape;
  graphene_rect_t bounds = GRAPHENE_RECT_INIT (x + (SIZE - size) / 2, y + (SIZE - size) / 2, size,
                                               size);

  gsk_rounded_rect_init_from_rect (&shape, &bounds, size / 2);
  gtk_snapshot_append_border (snapshot, &shape, widths, colors);
}

static void
ls_status_dot_snapshot (GtkWidget   *widget,
                        GtkSnapshot *snapshot)
{
  LsStatusDot *self = LS_STATUS_DOT (widget);
  float x = (float) (gtk_widget_get_width (widget) - SIZE) / 2;
  float y = (float) (gtk_widget_get_height (widget) - SIZE) / 2;
  GdkRGBA color;

  ls_widget_get_color (widget, &color);
  switch (self->status)
    {
    case LS_STATUS_PENDING:
      append_ring (snapshot, &color, x, y, SIZE - 2);
      break;
    case LS_STATUS_CONNECTING:
      append_ring (snapshot, &color, x, y, SIZE);
      break;
    case LS_STATUS_GOOD:
      append_rounded (snapshot, &color, x, y, SIZE, SIZE / 2.0f);
      break;
    case LS_STATUS_LIMITED:
      append_triangle (snapshot, &color, x, y);
      break;
    case LS_STATUS_BAD:
      append_rounded (snapshot, &color, x, y, SIZE - 1, 2);
      break;
    case LS_STATUS_NONE:
    default:
      break;
    }
}

static void
ls_status_dot_measure (GtkWidget      *widget,
                       GtkOrientation  orientation,
                       int             for_size,
                       int            *minimum,
                       int            *natural,
                       int            *minimum_baseline,
                       int            *natural_baseline)
{
  *minimum = *natural = SIZE;
  *minimum_baseline = *natural_baseline = -1;
}

static void
ls_status_dot_get_property (GObject    *object,
                            guint       prop_id,
                            GValue     *value,
                            GParamSpec *pspec)
{
  LsStatusDot *self = LS_STATUS_DOT (object);

  switch (prop_id)
    {
    case PROP_STATUS:
      g_value_set_enum (value, self->status);
      break;
    case PROP_TEXT:
      g_value_set_string (value, ls_status_dot_get_text (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_status_dot_set_property (GObject      *object,
                            guint         prop_id,
                            const GValue *value,
                            GParamSpec   *pspec)
{
  LsStatusDot *self = LS_STATUS_DOT (object);

  switch (prop_id)
    {
    case PROP_STATUS:
      ls_status_dot_set_status (self, g_value_get_enum (value));
      break;
    case PROP_TEXT:
      ls_status_dot_set_text (self, g_value_get_string (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_status_dot_finalize (GObject *object)
{
  LsStatusDot *self = LS_STATUS_DOT (object);

  g_clear_pointer (&self->text, g_free);

  G_OBJECT_CLASS (ls_status_dot_parent_class)->finalize (object);
}

static void
ls_status_dot_class_init (LsStatusDotClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = ls_status_dot_get_property;
  object_class->set_property = ls_status_dot_set_property;
  object_class->finalize = ls_status_dot_finalize;

  widget_class->snapshot = ls_status_dot_snapshot;
  widget_class->measure = ls_status_dot_measure;

  properties[PROP_STATUS] =
    g_param_spec_enum ("status", NULL, NULL, LS_TYPE_STATUS, LS_STATUS_NONE,
                       G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  properties[PROP_TEXT] =
    g_param_spec_string ("text", NULL, NULL, NULL,
                         G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_css_name (widget_class, "statusdot");
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_IMG);
}

static void
ls_status_dot_init (LsStatusDot *self)
{
  gtk_widget_set_valign (GTK_WIDGET (self), GTK_ALIGN_CENTER);
  gtk_widget_set_halign (GTK_WIDGET (self), GTK_ALIGN_CENTER);
  update_words (self);
}

GtkWidget *
ls_status_dot_new (void)
{
  return g_object_new (LS_TYPE_STATUS_DOT, NULL);
}

LsStatus
ls_status_dot_get_status (LsStatusDot *self)
{
  g_return_val_if_fail (LS_IS_STATUS_DOT (self), LS_STATUS_NONE);

  return self->status;
}

void
ls_status_dot_set_status (LsStatusDot *self,
                          LsStatus     status)
{
  g_return_if_fail (LS_IS_STATUS_DOT (self));
  g_return_if_fail ((size_t) status < G_N_ELEMENTS (statuses));

  if (self->status == status)
    return;

  gtk_widget_remove_css_class (GTK_WIDGET (self), statuses[self->status].css_class);
  gtk_widget_add_css_class (GTK_WIDGET (self), statuses[status].css_class);
  self->status = status;
  update_words (self);
  gtk_widget_queue_draw (GTK_WIDGET (self));
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATUS]);
  if (self->text == NULL)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TEXT]);
}

const char *
ls_status_dot_get_text (LsStatusDot *self)
{
  const char *text;

  g_return_val_if_fail (LS_IS_STATUS_DOT (self), NULL);

  if (self->text)
    return self->text;

  text = statuses[self->status].text;
  return *text ? _(text) : "";
}

void
ls_status_dot_set_text (LsStatusDot *self,
                        const char  *text)
{
  g_return_if_fail (LS_IS_STATUS_DOT (self));

  if (g_strcmp0 (self->text, text) == 0)
    return;

  g_free (self->text);
  self->text = g_strdup (text);
  update_words (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TEXT]);
}
