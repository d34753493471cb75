/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/widgets/ls-kpi-card.h"

#include <glib/gi18n.h>

#include "app/widgets/ls-sparkline.h"

struct _LsKpiCard
{
  GtkWidget parent_instance;

  /* Template children */
  GtkWidget *box;
  GtkLabel *title;
  GtkStack *stack;
  GtkLabel *value;
  GtkWidget *change_row;
  GtkWidget *change_box;
  GtkImage *change_icon;
  GtkLabel *change;
  GtkLabel *caption;
  LsSparkline *sparkline;
  LsAgeLabel *age;

  /* State */
  char *series_description;
  LsTrend trend;
  gboolean lower_is_better;
  gboolean loading;
};

enum {
  PROP_TITLE = 1,
  PROP_VALUE,
  PROP_TREND,
  PROP_LOWER_IS_BETTER,
  PROP_SERIES,
  PROP_UPDATED_AT,
  PROP_LOADING,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (LsKpiCard, ls_kpi_card, GTK_TYPE_WIDGET)

/* Words */

static void
append_sentence (GString    *text,
                 const char *sentence)
{
  if (sentence == NULL || *sentence == '\0')
    return;

  if (text->len > 0)
    /* Translators: between the sentences that describe a figure to a screen reader. */
    g_string_append (text, C_("sentence separator", ". "));
  g_string_append (text, sentence);
}

static char *
dup_change (LsKpiCard *self)
{
  const char *change = gtk_label_get_label (self->change);
  const char *caption = gtk_label_get_label (self->caption);

  switch (self->trend)
    {
    case LS_TREND_UP:
      /* Translators: how a figure rose, compared with what: "Up 12 % from yesterday". */
      return g_strdup_printf (C_("figure", "Up %s %s"), change, caption);
    case LS_TREND_DOWN:
      /* Translators: by how much a figure fell, and compared with what. */
      return g_strdup_printf (C_("figure", "Down %s %s"), change, caption);
    case LS_TREND_FLAT:
      /* Translators: a figure that did not change, and compared with what. */
      return g_strdup_printf (C_("figure", "Unchanged %s"), caption);
    case LS_TREND_NONE:
    default:
      return g_strdup ("");
    }
}

char *
ls_kpi_card_dup_description (LsKpiCard *self)
{
  g_autoptr (GString) text = g_string_new (NULL);
  g_autofree char *change = NULL;

  g_return_val_if_fail (LS_IS_KPI_CARD (self), NULL);

  if (*ls_kpi_card_get_value (self) == '\0')
    return g_strdup (self->loading ? _("Loading") : _("No data"));

  change = g_strchomp (dup_change (self));
  append_sentence (text, ls_kpi_card_get_value (self));
  append_sentence (text, change);
  append_sentence (text, self->series_description);
  append_sentence (text, ls_age_label_get_text (self->age));
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static void
update_words (LsKpiCard *self)
{
  g_autofree char *description = ls_kpi_card_dup_description (self);

  gtk_accessible_update_property (GTK_ACCESSIBLE (self),
                                  GTK_ACCESSIBLE_PROPERTY_LABEL, ls_kpi_card_get_title (self),
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, description,
                                  -1);
}

/* Looks */

static void
update_page (LsKpiCard *self)
{
  gboolean skeleton = self->loading && *ls_kpi_card_get_value (self) == '\0';

  gtk_stack_set_visible_child_name (self->stack, skeleton ? "skeleton" : "value");
  gtk_accessible_update_state (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_STATE_BUSY, self->loading, -1);
  update_words (self);
}

static void
set_tone (LsKpiCard  *self,
          const char *tone)
{
  const char *const tones[] = { "good", "bad", "neutral" };

  for (size_t i = 0; i < G_N_ELEMENTS (tones); i++)
    {
      if (g_str_equal (tones[i], tone))
        gtk_widget_add_css_class (self->change_box, tones[i]);
      else
        gtk_widget_remove_css_class (self->change_box, tones[i]);
    }
}

static void
update_trend (LsKpiCard *self)
{
  switch (self->trend)
    {
    case LS_TREND_UP:
      gtk_image_set_from_icon_name (self->change_icon, "go-up-symbolic");
      set_tone (self, self->lower_is_better ? "bad" : "good");
      break;
    case LS_TREND_DOWN:
      gtk_image_set_from_icon_name (self->change_icon, "go-down-symbolic");
      set_tone (self, self->lower_is_better ? "good" : "bad");
      break;
    case LS_TREND_FLAT:
    case LS_TREND_NONE:
    default:
      gtk_image_set_from_icon_name (self->change_icon, "list-remove-symbolic");
      set_tone (self, "neutral");
      break;
    }
  gtk_widget_set_visible (self->change_row, self->trend != LS_TREND_NONE);
}

/* GObject */

static void
ls_kpi_card_get_property (GObject    *object,
                          guint       prop_id,
                          GValue     *value,
                          GParamSpec *pspec)
{
  LsKpiCard *self = LS_KPI_CARD (object);

  switch (prop_id)
    {
    case PROP_TITLE:
      g_value_set_string (value, ls_kpi_card_get_title (self));
      break;
    case PROP_VALUE:
      g_value_set_string (value, ls_kpi_card_get_value (self));
      break;
    case PROP_TREND:
      g_value_set_enum (value, self->trend);
      break;
    case PROP_LOWER_IS_BETTER:
      g_value_set_boolean (value, self->lower_is_better);
      break;
    case PROP_SERIES:
      g_value_set_object (value, ls_kpi_card_get_series (self));
      break;
    case PROP_UPDATED_AT:
      g_value_set_int64 (value, ls_age_label_get_time (self->age));
      break;
    case PROP_LOADING:
      g_value_set_boolean (value, self->loading);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_kpi_card_set_property (GObject      *object,
                          guint         prop_id,
                          const GValue *value,
                          GParamSpec   *pspec)
{
  LsKpiCard *self = LS_KPI_CARD (object);

  switch (prop_id)
    {
    case PROP_TITLE:
      ls_kpi_card_set_title (self, g_value_get_string (value));
      break;
    case PROP_VALUE:
      ls_kpi_card_set_value (self, g_value_get_string (value));
      break;
    case PROP_LOWER_IS_BETTER:
      ls_kpi_card_set_lower_is_better (self, g_value_get_boolean (value));
      break;
    case PROP_SERIES:
      ls_kpi_card_set_series (self, g_value_get_object (value), self->series_description);
      break;
    case PROP_UPDATED_AT:
      ls_kpi_card_set_updated_at (self, g_value_get_int64 (value));
      break;
    case PROP_LOADING:
      ls_kpi_card_set_loading (self, g_value_get_boolean (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_kpi_card_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_KPI_CARD);

  G_OBJECT_CLASS (ls_kpi_card_parent_class)->dispose (object);
}

static void
ls_kpi_card_finalize (GObject *object)
{
  LsKpiCard *self = LS_KPI_CARD (object);

  g_clear_pointer (&self->series_description, g_free);

  G_OBJECT_CLASS (ls_kpi_card_parent_class)->finalize (object);
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags readwrite = readable | G_PARAM_WRITABLE | G_PARAM_EXPLICIT_NOTIFY;

  properties[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, "", readwrite);
  properties[PROP_VALUE] = g_param_spec_string ("value", NULL, NULL, "", readwrite);
  properties[PROP_TREND] =
    g_param_spec_enum ("trend", NULL, NULL, LS_TYPE_TREND, LS_TREND_NONE, readable);
  properties[PROP_LOWER_IS_BETTER] =
    g_param_spec_boolean ("lower-is-better", NULL, NULL, FALSE, readwrite);
  properties[PROP_SERIES] =
    g_param_spec_object ("series", NULL, NULL, LS_TYPE_SERIES, readwrite);
  properties[PROP_UPDATED_AT] = g_param_spec_int64 ("updated-at", NULL, NULL, G_MININT64,
                                                    G_MAXINT64, LS_AGE_UNKNOWN, readwrite);
  properties[PROP_LOADING] = g_param_spec_boolean ("loading", NULL, NULL, FALSE, readwrite);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
ls_kpi_card_class_init (LsKpiCardClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = ls_kpi_card_get_property;
  object_class->set_property = ls_kpi_card_set_property;
  object_class->dispose = ls_kpi_card_dispose;
  object_class->finalize = ls_kpi_card_finalize;
  install_properties (object_class);

  gtk_widget_class_set_css_name (widget_class, "kpicard");
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_GROUP);
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/lockstep/Lockstep/widgets/ls-kpi-card.ui");
  gtk_widget_class_bind_template_child (widget_class, LsKpiCard, box);
  gtk_widget_class_bind_template_child (widget_class, LsKpiCard, title);
  gtk_widget_class_bind_template_child (widget_class, LsKpiCard, stack);
  gtk_widget_class_bind_template_child (widget_class, LsKpiCard, value);
  gtk_widget_class_bind_template_child (widget_class, LsKpiCard, change_row);
  gtk_widget_class_bind_template_child (widget_class, LsKpiCard, change_box);
  gtk_widget_class_bind_template_child (widget_class, LsKpiCard, change_icon);
  gtk_widget_class_bind_template_child (widget_class, LsKpiCard, change);
  gtk_widget_class_bind_template_child (widget_class, LsKpiCard, caption);
  gtk_widget_class_bind_template_child (widget_class, LsKpiCard, sparkline);
  gtk_widget_class_bind_template_child (widget_class, LsKpiCard, age);
  gtk_widget_class_bind_template_callback (widget_class, update_words);
}

static void
ls_kpi_card_init (LsKpiCard *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  update_trend (self);
  update_page (self);
}

/* Public API */

GtkWidget *
ls_kpi_card_new (const char *title)
{
  return g_object_new (LS_TYPE_KPI_CARD, "title", title, NULL);
}

const char *
ls_kpi_card_get_title (LsKpiCard *self)
{
  g_return_val_if_fail (LS_IS_KPI_CARD (self), NULL);

  return gtk_label_get_label (self->title);
}

void
ls_kpi_card_set_title (LsKpiCard  *self,
                       const char *title)
{
  g_return_if_fail (LS_IS_KPI_CARD (self));

  if (title == NULL)
    title = "";
  if (g_str_equal (ls_kpi_card_get_title (self), title))
    return;

  gtk_label_set_label (self->title, title);
  update_words (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TITLE]);
}

const char *
ls_kpi_card_get_value (LsKpiCard *self)
{
  g_return_val_if_fail (LS_IS_KPI_CARD (self), NULL);

  return gtk_label_get_label (self->value);
}

void
ls_kpi_card_set_value (LsKpiCard  *self,
                       const char *value)
{
  g_return_if_fail (LS_IS_KPI_CARD (self));

  if (value == NULL)
    value = "";
  if (g_str_equal (ls_kpi_card_get_value (self), value))
    return;

  gtk_label_set_label (self->value, value);
  update_page (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_VALUE]);
}

void
ls_kpi_card_set_change (LsKpiCard  *self,
                        LsTrend     trend,
                        const char *change,
                        const char *caption)
{
  gboolean other_trend;

  g_return_if_fail (LS_IS_KPI_CARD (self));

  other_trend = self->trend != trend;
  self->trend = trend;
  if (change == NULL && trend == LS_TREND_FLAT)
    change = _("Unchanged");
  gtk_label_set_label (self->change, change ? change : "");
  gtk_label_set_label (self->caption, caption ? caption : "");
  update_trend (self);
  update_words (self);
  if (other_trend)
    g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TREND]);
}

LsTrend
ls_kpi_card_get_trend (LsKpiCard *self)
{
  g_return_val_if_fail (LS_IS_KPI_CARD (self), LS_TREND_NONE);

  return self->trend;
}

gboolean
ls_kpi_card_get_lower_is_better (LsKpiCard *self)
{
  g_return_val_if_fail (LS_IS_KPI_CARD (self), FALSE);

  return self->lower_is_better;
}

void
ls_kpi_card_set_lower_is_better (LsKpiCard *self,
                                 gboolean   lower_is_better)
{
  g_return_if_fail (LS_IS_KPI_CARD (self));

  if (self->lower_is_better == !!lower_is_better)
    return;

  self->lower_is_better = !!lower_is_better;
  update_trend (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LOWER_IS_BETTER]);
}

LsSeries *
ls_kpi_card_get_series (LsKpiCard *self)
{
  g_return_val_if_fail (LS_IS_KPI_CARD (self), NULL);

  return ls_sparkline_get_series (self->sparkline);
}

void
ls_kpi_card_set_series (LsKpiCard  *self,
                        LsSeries   *series,
                        const char *description)
{
  g_return_if_fail (LS_IS_KPI_CARD (self));
  g_return_if_fail (series == NULL || LS_IS_SERIES (series));

  if (g_strcmp0 (self->series_description, description) != 0)
    {
      g_free (self->series_description);
      self->series_description = g_strdup (description);
      update_words (self);
    }
  if (ls_kpi_card_get_series (self) == series)
    return;

  ls_sparkline_set_series (self->sparkline, series);
  gtk_widget_set_visible (GTK_WIDGET (self->sparkline), series != NULL);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_SERIES]);
}

void
ls_kpi_card_set_updated_at (LsKpiCard *self,
                            int64_t    time)
{
  g_return_if_fail (LS_IS_KPI_CARD (self));

  if (ls_age_label_get_time (self->age) == time)
    return;

  ls_age_label_set_time (self->age, time);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_UPDATED_AT]);
}

LsAgeLabel *
ls_kpi_card_get_age_label (LsKpiCard *self)
{
  g_return_val_if_fail (LS_IS_KPI_CARD (self), NULL);

  return self->age;
}

gboolean
ls_kpi_card_get_loading (LsKpiCard *self)
{
  g_return_val_if_fail (LS_IS_KPI_CARD (self), FALSE);

  return self->loading;
}

void
ls_kpi_card_set_loading (LsKpiCard *self,
                         gboolean   loading)
{
  g_return_if_fail (LS_IS_KPI_CARD (self));

  if (self->loading == !!loading)
    return;

  self->loading = !!loading;
  update_page (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_LOADING]);
}
