/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/widgets/ls-banner.h"

#include "app/compat/ls-announce.h"
#include "app/compat/ls-button.h"

struct _LsBanner
{
  GtkWidget parent_instance;

  /* Template children */
  GtkRevealer *revealer;
  GtkStack *icons;
  GtkImage *icon;
  GtkLabel *title;
  GtkButton *button;

  /* State */
  LsBannerKind kind;
};

static void ls_banner_actionable_init (GtkActionableInterface *iface);

G_DEFINE_FINAL_TYPE_WITH_CODE (LsBanner, ls_banner, GTK_TYPE_WIDGET,
                               G_IMPLEMENT_INTERFACE (GTK_TYPE_ACTIONABLE,
                                                      ls_banner_actionable_init))

enum {
  PROP_TITLE = 1,
  PROP_BUTTON_LABEL,
  PROP_REVEALED,
  PROP_KIND,
  N_PROPS,

  /* Overridden, not installed */
  PROP_ACTION_NAME = N_PROPS,
  PROP_ACTION_TARGET,
};

enum {
  BUTTON_CLICKED,
  N_SIGNALS,
};

static GParamSpec *properties[N_PROPS];
static guint signals[N_SIGNALS];

static const struct
{
  const char *css_class;
  const char *icon_name; /* NULL: a spinner */
} kinds[] = {
  [LS_BANNER_INFORMATION] = { "information", "dialog-information-symbolic" },
  [LS_BANNER_BUSY] = { "busy", NULL },
  [LS_BANNER_LIMITED] = { "limited", "dialog-warning-symbolic" },
  [LS_BANNER_OFFLINE] = { "offline", "network-offline-symbolic" },
  [LS_BANNER_ERROR] = { "problem", "dialog-error-symbolic" },
};

static void
clicked_cb (LsBanner *self)
{
  g_signal_emit (self, signals[BUTTON_CLICKED], 0);
}

static void
announce (LsBanner *self)
{
  if (ls_banner_get_revealed (self))
    ls_widget_announce (GTK_WIDGET (self), ls_banner_get_title (self));
}

static void
show_kind (LsBanner *self)
{
  const char *icon_name = kinds[self->kind].icon_name;

  if (icon_name)
    gtk_image_set_from_icon_name (self->icon, icon_name);
  gtk_stack_set_visible_child_name (self->icons, icon_name ? "icon" : "spinner");
}

/* GtkActionable: the button's */

static const char *
ls_banner_get_action_name (GtkActionable *actionable)
{
  return gtk_actionable_get_action_name (GTK_ACTIONABLE (LS_BANNER (actionable)->button));
}

static void
ls_banner_set_action_name (GtkActionable *actionable,
                           const char    *name)
{
  gtk_actionable_set_action_name (GTK_ACTIONABLE (LS_BANNER (actionable)->button), name);
}

static GVariant *
ls_banner_get_action_target_value (GtkActionable *actionable)
{
  return gtk_actionable_get_action_target_value (GTK_ACTIONABLE (LS_BANNER (actionable)->button));
}

static void
ls_banner_set_action_target_value (GtkActionable *actionable,
                                   GVariant      *target)
{
  gtk_actionable_set_action_target_value (GTK_ACTIONABLE (LS_BANNER (actionable)->button), target);
}

static void
ls_banner_actionable_init (GtkActionableInterface *iface)
{
  iface->get_action_name = ls_banner_get_action_name;
  iface->set_action_name = ls_banner_set_action_name;
  iface->get_action_target_value = ls_banner_get_action_target_value;
  iface->set_action_target_value = ls_banner_set_action_target_value;
}

/* GObject */

static void
ls_banner_get_property (GObject    *object,
                        guint       prop_id,
                        GValue     *value,
                        GParamSpec *pspec)
{
  LsBanner *self = LS_BANNER (object);
  GtkActionable *button = GTK_ACTIONABLE (self->button);

  switch (prop_id)
    {
    case PROP_TITLE:
      g_value_set_string (value, ls_banner_get_title (self));
      break;
    case PROP_BUTTON_LABEL:
      g_value_set_string (value, ls_banner_get_button_label (self));
      break;
    case PROP_REVEALED:
      g_value_set_boolean (value, ls_banner_get_revealed (self));
      break;
    case PROP_KIND:
      g_value_set_enum (value, self->kind);
      break;
    case PROP_ACTION_NAME:
      g_value_set_string (value, gtk_actionable_get_action_name (button));
      break;
    case PROP_ACTION_TARGET:
      g_value_set_variant (value, gtk_actionable_get_action_target_value (button));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_banner_set_property (GObject      *object,
                        guint         prop_id,
                        const GValue *value,
                        GParamSpec   *pspec)
{
  LsBanner *self = LS_BANNER (object);
  GtkActionable *button = GTK_ACTIONABLE (self->button);

  switch (prop_id)
    {
    case PROP_TITLE:
      ls_banner_set_title (self, g_value_get_string (value));
      break;
    case PROP_BUTTON_LABEL:
      ls_banner_set_button_label (self, g_value_get_string (value));
      break;
    case PROP_REVEALED:
      ls_banner_set_revealed (self, g_value_get_boolean (value));
      break;
    case PROP_KIND:
      ls_banner_set_kind (self, g_value_get_enum (value));
      break;
    case PROP_ACTION_NAME:
      gtk_actionable_set_action_name (button, g_value_get_string (value));
      break;
    case PROP_ACTION_TARGET:
      gtk_actionable_set_action_target_value (button, g_value_get_variant (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_banner_dispose (GObject *object)
{
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_BANNER);

  G_OBJECT_CLASS (ls_banner_parent_class)->dispose (object);
}

static void
ls_banner_class_init (LsBannerClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);
  const GParamFlags readwrite =
    G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY;

  object_class->get_property = ls_banner_get_property;
  object_class->set_property = ls_banner_set_property;
  object_class->dispose = ls_banner_dispose;

  properties[PROP_TITLE] = g_param_spec_string ("title", NULL, NULL, "", readwrite);
  properties[PROP_BUTTON_LABEL] = g_param_spec_string ("button-label", NULL, NULL, NULL, readwrite);
  properties[PROP_REVEALED] = g_param_spec_boolean ("revealed", NULL, NULL, FALSE, readwrite);
  properties[PROP_KIND] = g_param_spec_enum ("kind", NULL, NULL, LS_TYPE_BANNER_KIND,
                                             LS_BANNER_INFORMATION, readwrite);
  g_object_class_install_properties (object_class, N_PROPS, properties);
  g_object_class_override_property (object_class, PROP_ACTION_NAME, "action-name");
  g_object_class_override_property (object_class, PROP_ACTION_TARGET, "action-target");

  /**
   * LsBanner::button-clicked:
   * @self: the banner
   *
   * The button was clicked.
   */
  signals[BUTTON_CLICKED] = g_signal_new ("button-clicked", G_TYPE_FROM_CLASS (klass),
                                          G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);

  gtk_widget_class_set_css_name (widget_class, "lsbanner");
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_accessible_role (widget_class, GTK_ACCESSIBLE_ROLE_ALERT);
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/lockstep/Lockstep/widgets/ls-banner.ui");
  gtk_widget_class_bind_template_child (widget_class, LsBanner, revealer);
  gtk_widget_class_bind_template_child (widget_class, LsBanner, icons);
  gtk_widget_class_bind_template_child (widget_class, LsBanner, icon);
  gtk_widget_class_bind_template_child (widget_class, LsBanner, title);
  gtk_widget_class_bind_template_child (widget_class, LsBanner, button);
  gtk_widget_class_bind_template_callback (widget_class, clicked_cb);
}

static void
ls_banner_init (LsBanner *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  show_kind (self);
}

GtkWidget *
ls_banner_new (const char *title)
{
  return g_object_new (LS_TYPE_BANNER, "title", title, NULL);
}

const char *
ls_banner_get_title (LsBanner *self)
{
  g_return_val_if_fail (LS_IS_BANNER (self), NULL);

  return gtk_label_get_label (self->title);
}

void
ls_banner_set_title (LsBanner   *self,
                     const char *title)
{
  g_return_if_fail (LS_IS_BANNER (self));

  if (title == NULL)
    title = "";
  if (g_str_equal (gtk_label_get_label (self->title), title))
    return;

  gtk_label_set_label (self->title, title);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  announce (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_TITLE]);
}

const char *
ls_banner_get_button_label (LsBanner *self)
{
  g_return_val_if_fail (LS_IS_BANNER (self), NULL);

  return gtk_widget_get_visible (GTK_WIDGET (self->button)) ? gtk_button_get_label (self->button)
                                                            : NULL;
}

void
ls_banner_set_button_label (LsBanner   *self,
                            const char *label)
{
  gboolean has_label = label && *label;

  g_return_if_fail (LS_IS_BANNER (self));

  if (g_strcmp0 (ls_banner_get_button_label (self), has_label ? label : NULL) == 0)
    return;

  if (has_label)
    ls_button_set_mnemonic (self->button, label);
  gtk_widget_set_visible (GTK_WIDGET (self->button), has_label);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_BUTTON_LABEL]);
}

gboolean
ls_banner_get_revealed (LsBanner *self)
{
  g_return_val_if_fail (LS_IS_BANNER (self), FALSE);

  return gtk_revealer_get_reveal_child (self->revealer);
}

void
ls_banner_set_revealed (LsBanner *self,
                        gboolean  revealed)
{
  g_return_if_fail (LS_IS_BANNER (self));

  if (ls_banner_get_revealed (self) == !!revealed)
    return;

  gtk_revealer_set_reveal_child (self->revealer, revealed);
  announce (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_REVEALED]);
}

LsBannerKind
ls_banner_get_kind (LsBanner *self)
{
  g_return_val_if_fail (LS_IS_BANNER (self), LS_BANNER_INFORMATION);

  return self->kind;
}

void
ls_banner_set_kind (LsBanner     *self,
                    LsBannerKind  kind)
{
  g_return_if_fail (LS_IS_BANNER (self));
  g_return_if_fail ((size_t) kind < G_N_ELEMENTS (kinds));

  if (self->kind == kind)
    return;

  gtk_widget_remove_css_class (GTK_WIDGET (self), kinds[self->kind].css_class);
  gtk_widget_add_css_class (GTK_WIDGET (self), kinds[kind].css_class);
  self->kind = kind;
  show_kind (self);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_KIND]);
}
