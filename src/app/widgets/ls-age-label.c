/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/widgets/ls-age-label.h"

#include <glib/gi18n.h>

#include "app/widgets/ls-age.h"

/* A sleeping computer stops timers, not time: long ages are looked at again this often. */
#define MAX_WAIT (15 * 60 * 1000)

struct _LsAgeLabel
{
  GtkWidget parent_instance;

  GtkWidget *label; /* child */

  /* State */
  int64_t time;
  LsAgeClockFunc clock;
  gpointer clock_data;
  GDestroyNotify clock_destroy;
  guint timeout_id;
};

enum {
  PROP_TIME = 1,
  PROP_TEXT,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (LsAgeLabel, ls_age_label, GTK_TYPE_WIDGET)

static int64_t
get_now (LsAgeLabel *self)
{
  return self->clock ? self->clock (self->clock_data) : g_get_real_time ();
}

static gboolean timeout_cb (gpointer user_data);

static void
schedule (LsAgeLabel *self,
          int64_t     now)
{
  int64_t wait;

  g_clear_handle_id (&self->timeout_id, g_source_remove);
  if (self->time == LS_AGE_UNKNOWN || !gtk_widget_get_mapped (GTK_WIDGET (self)))
    return;

  wait = ls_age_next_change (self->time, now);
  if (wait == INT64_MAX)
    return;

  /* Rounded up: just before the change the words would be the same again. */
  wait = MIN (wait / 1000 + 1, MAX_WAIT);
  self->timeout_id = g_timeout_add ((guint) wait, timeout_cb, self);
  g_source_set_name_by_id (self->timeout_id, "LsAgeLabel");
}

static void
update (LsAgeLabel *self)
{
  int64_t now = get_now (self);
  g_autofree char *text = NULL;

  if (self->time != LS_AGE_UNKNOWN)
    text = ls_age_format (self->time, now, NULL);
  if (g_strcmp0 (gtk_label_get_label (GTK_LABEL (self->label)), text ? text : "") != 0)
    {
      gtk_label_set_label (GTK_LABEL (self->label), text ? text : "");
      gtk_widget_set_visible (self->label, text != NULL);
      g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TEXT]);
    }
  schedule (self, now);
}

static gboolean
timeout_cb (gpointer user_data)
{
  LsAgeLabel *self = user_data;

  self->timeout_id = 0;
  update (self);
  return G_SOURCE_REMOVE;
}

static gboolean
query_tooltip_cb (LsAgeLabel *self,
                  int         x,
                  int         y,
                  gboolean    keyboard,
                  GtkTooltip *tooltip)
{
  g_autoptr (GDateTime) utc = NULL;
  g_autoptr (GDateTime) local = NULL;
  g_autofree char *text = NULL;

  if (self->time == LS_AGE_UNKNOWN)
    return FALSE;

  utc = g_date_time_new_from_unix_utc (self->time / G_USEC_PER_SEC);
  local = utc ? g_date_time_to_local (utc) : NULL;
  text = local ? g_date_time_format (local, "%c") : NULL;
  if (text == NULL)
    return FALSE;

  gtk_tooltip_set_text (tooltip, text);
  return TRUE;
}

static void
ls_age_label_map (GtkWidget *widget)
{
  GTK_WIDGET_CLASS (ls_age_label_parent_class)->map (widget);
  update (LS_AGE_LABEL (widget));
}

static void
ls_age_label_unmap (GtkWidget *widget)
{
  LsAgeLabel *self = LS_AGE_LABEL (widget);

  g_clear_handle_id (&self->timeout_id, g_source_remove);
  GTK_WIDGET_CLASS (ls_age_label_parent_class)->unmap (widget);
}

static void
ls_age_label_get_property (GObject    *object,
                           guint       prop_id,
                           GValue     *value,
                           GParamSpec *pspec)
{
  LsAgeLabel *self = LS_AGE_LABEL (object);

  switch (prop_id)
    {
    case PROP_TIME:
      g_value_set_int64 (value, self->time);
      break;
    case PROP_TEXT:
      g_value_set_string (value, ls_age_label_get_text (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_age_label_set_property (GObject      *object,
                           guint         prop_id,
                           const GValue *value,
                           GParamSpec   *pspec)
{
  LsAgeLabel *self = LS_AGE_LABEL (object);

  switch (prop_id)
    {
    case PROP_TIME:
      ls_age_label_set_time (self, g_value_get_int64 (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
clear_clock (LsAgeLabel *self)
{
  if (self->clock_destroy)
    self->clock_destroy (self->clock_data);
  self->clock = NULL;
  self->clock_data = NULL;
  self->clock_destroy = NULL;
}

static void
ls_age_label_dispose (GObject *object)
{
  LsAgeLabel *self = LS_AGE_LABEL (object);

  g_clear_handle_id (&self->timeout_id, g_source_remove);
  clear_clock (self);
  g_clear_pointer (&self->label, gtk_widget_unparent);

  G_OBJECT_CLASS (ls_age_label_parent_class)->dispose (object);
}

static void
ls_age_label_class_init (LsAgeLabelClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = ls_age_label_get_property;
  object_class->set_property = ls_age_label_set_property;
  object_class->dispose = ls_age_label_dispose;

  widget_class->map = ls_age_label_map;
  widget_class->unmap = ls_age_label_unmap;

  properties[PROP_TIME] =
    g_param_spec_int64 ("time", NULL, NULL, G_MININT64, G_MAXINT64, LS_AGE_UNKNOWN,
                        G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);
  properties[PROP_TEXT] = g_param_spec_string ("text", NULL, NULL, "",
                                               G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, properties);

  gtk_widget_class_set_css_name (widget_class, "agelabel");
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
}

static void
ls_age_label_init (LsAgeLabel *self)
{
  self->time = LS_AGE_UNKNOWN;
  self->label = gtk_label_new ("");
  gtk_label_set_ellipsize (GTK_LABEL (self->label), PANGO_ELLIPSIZE_END);
  gtk_label_set_xalign (GTK_LABEL (self->label), 0);
  gtk_widget_set_visible (self->label, FALSE);
  gtk_widget_set_parent (self->label, GTK_WIDGET (self));
  gtk_widget_set_has_tooltip (GTK_WIDGET (self), TRUE);
  g_signal_connect (self, "query-tooltip", G_CALLBACK (query_tooltip_cb), NULL);
}

GtkWidget *
ls_age_label_new (void)
{
  return g_object_new (LS_TYPE_AGE_LABEL, NULL);
}

int64_t
ls_age_label_get_time (LsAgeLabel *self)
{
  g_return_val_if_fail (LS_IS_AGE_LABEL (self), LS_AGE_UNKNOWN);

  return self->time;
}

void
ls_age_label_set_time (LsAgeLabel *self,
                       int64_t     time)
{
  g_return_if_fail (LS_IS_AGE_LABEL (self));

  if (self->time == time)
    return;

  self->time = time;
  update (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TIME]);
}

const char *
ls_age_label_get_text (LsAgeLabel *self)
{
  g_return_val_if_fail (LS_IS_AGE_LABEL (self), NULL);

  return self->label ? gtk_label_get_label (GTK_LABEL (self->label)) : "";
}

void
ls_age_label_set_clock (LsAgeLabel     *self,
                        LsAgeClockFunc  clock,
                        gpointer        user_data,
                        GDestroyNotify  destroy)
{
  g_return_if_fail (LS_IS_AGE_LABEL (self));

  clear_clock (self);
  self->clock = clock;
  self->clock_data = user_data;
  self->clock_destroy = destroy;
  update (self);
}
