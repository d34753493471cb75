/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/widgets/ls-placeholder.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#include "app/compat/ls-announce.h"
#include "app/compat/ls-button.h"
#include "app/compat/ls-spinner.h"
#include "app/widgets/ls-skeleton.h"

/* Milliseconds from the beginning of loading */
#define SKELETON_DELAY 200
#define PROGRESS_DELAY 2000

struct _LsPlaceholder
{
  GtkWidget parent_instance;

  /* Template children */
  GtkStack *stack;
  AdwBin *content;
  AdwBin *skeleton;
  GtkWidget *default_skeleton;
  GtkWidget *spinner;
  GtkProgressBar *progress_bar;
  GtkLabel *progress_text;
  AdwStatusPage *empty;
  GtkButton *empty_button;
  AdwStatusPage *error;
  GtkButton *first_button;
  GtkButton *second_button;

  /* State */
  LsPlaceholderState state;
  guint skeleton_delay;
  guint progress_delay;
  guint timeout_id;
};

enum {
  PROP_CHILD = 1,
  PROP_STATE,
  PROP_PAGE,
  PROP_SKELETON_DELAY,
  PROP_PROGRESS_DELAY,
  N_PROPS,
};

static GParamSpec *properties[N_PROPS];

G_DEFINE_FINAL_TYPE (LsPlaceholder, ls_placeholder, GTK_TYPE_WIDGET)

static void
page_changed_cb (LsPlaceholder *self)
{
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_PAGE]);
}

static void
show_page (LsPlaceholder *self,
           const char    *page)
{
  gtk_stack_set_visible_child_name (self->stack, page);
}

static void
set_state (LsPlaceholder      *self,
           LsPlaceholderState  state)
{
  g_clear_handle_id (&self->timeout_id, g_source_remove);
  if (self->state == state)
    return;

  self->state = state;
  gtk_accessible_update_state (GTK_ACCESSIBLE (self), GTK_ACCESSIBLE_STATE_BUSY,
                               state == LS_PLACEHOLDER_LOADING, -1);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_STATE]);
}

static gboolean
progress_delay_cb (gpointer user_data)
{
  LsPlaceholder *self = user_data;

  self->timeout_id = 0;
  show_page (self, "progress");
  return G_SOURCE_REMOVE;
}

static gboolean
skeleton_delay_cb (gpointer user_data)
{
  LsPlaceholder *self = user_data;
  guint left = MAX (self->progress_delay, self->skeleton_delay) - self->skeleton_delay;

  self->timeout_id = g_timeout_add (left, progress_delay_cb, self);
  g_source_set_name_by_id (self->timeout_id, "LsPlaceholder progress");
  show_page (self, "skeleton");
  return G_SOURCE_REMOVE;
}

static void
set_status_text (AdwStatusPage *page,
                 const char    *title,
                 const char    *description)
{
  g_autofree char *escaped = description ? g_markup_escape_text (description, -1) : NULL;

  adw_status_page_set_title (page, title);
  adw_status_page_set_description (page, escaped);
}

static void
set_button (GtkButton                 *button,
            const LsPlaceholderAction *action)
{
  gtk_widget_set_visible (GTK_WIDGET (button), action != NULL);
  if (action == NULL)
    {
      gtk_actionable_set_action_name (GTK_ACTIONABLE (button), NULL);
      return;
    }

  ls_button_set_mnemonic (button, action->label);
  gtk_actionable_set_action_target_value (GTK_ACTIONABLE (button), action->target);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (button), action->action_name);
}

static void
ls_placeholder_get_property (GObject    *object,
                             guint       prop_id,
                             GValue     *value,
                             GParamSpec *pspec)
{
  LsPlaceholder *self = LS_PLACEHOLDER (object);

  switch (prop_id)
    {
    case PROP_CHILD:
      g_value_set_object (value, ls_placeholder_get_child (self));
      break;
    case PROP_STATE:
      g_value_set_enum (value, self->state);
      break;
    case PROP_PAGE:
      g_value_set_string (value, ls_placeholder_get_page (self));
      break;
    case PROP_SKELETON_DELAY:
      g_value_set_uint (value, self->skeleton_delay);
      break;
    case PROP_PROGRESS_DELAY:
      g_value_set_uint (value, self->progress_delay);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_placeholder_set_property (GObject      *object,
                             guint         prop_id,
                             const GValue *value,
                             GParamSpec   *pspec)
{
  LsPlaceholder *self = LS_PLACEHOLDER (object);

  switch (prop_id)
    {
    case PROP_CHILD:
      ls_placeholder_set_child (self, g_value_get_object (value));
      break;
    case PROP_SKELETON_DELAY:
      self->skeleton_delay = g_value_get_uint (value);
      break;
    case PROP_PROGRESS_DELAY:
      self->progress_delay = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, prop_id, pspec);
    }
}

static void
ls_placeholder_dispose (GObject *object)
{
  LsPlaceholder *self = LS_PLACEHOLDER (object);

  g_clear_handle_id (&self->timeout_id, g_source_remove);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_PLACEHOLDER);

  G_OBJECT_CLASS (ls_placeholder_parent_class)->dispose (object);
}

static void
install_properties (GObjectClass *object_class)
{
  const GParamFlags readable = G_PARAM_READABLE | G_PARAM_STATIC_STRINGS;
  const GParamFlags readwrite = readable | G_PARAM_WRITABLE;

  properties[PROP_CHILD] = g_param_spec_object ("child", NULL, NULL, GTK_TYPE_WIDGET,
                                                readwrite | G_PARAM_EXPLICIT_NOTIFY);
  properties[PROP_STATE] = g_param_spec_enum ("state", NULL, NULL, LS_TYPE_PLACEHOLDER_STATE,
                                              LS_PLACEHOLDER_CONTENT, readable);
  properties[PROP_PAGE] = g_param_spec_string ("page", NULL, NULL, NULL, readable);
  properties[PROP_SKELETON_DELAY] =
    g_param_spec_uint ("skeleton-delay", NULL, NULL, 0, G_MAXINT, SKELETON_DELAY, readwrite);
  properties[PROP_PROGRESS_DELAY] =
    g_param_spec_uint ("progress-delay", NULL, NULL, 0, G_MAXINT, PROGRESS_DELAY, readwrite);
  g_object_class_install_properties (object_class, N_PROPS, properties);
}

static void
ls_placeholder_class_init (LsPlaceholderClass *klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  object_class->get_property = ls_placeholder_get_property;
  object_class->set_property = ls_placeholder_set_property;
  object_class->dispose = ls_placeholder_dispose;
  install_properties (object_class);

  gtk_widget_class_set_css_name (widget_class, "placeholder");
  gtk_widget_class_set_layout_manager_type (widget_class, GTK_TYPE_BIN_LAYOUT);
  gtk_widget_class_set_template_from_resource (
    widget_class, "/io/github/lockstep/Lockstep/widgets/ls-placeholder.ui");
  gtk_widget_class_bind_template_child (widget_class, LsPlaceholder, stack);
  gtk_widget_class_bind_template_child (widget_class, LsPlaceholder, content);
  gtk_widget_class_bind_template_child (widget_class, LsPlaceholder, skeleton);
  gtk_widget_class_bind_template_child (widget_class, LsPlaceholder, default_skeleton);
  gtk_widget_class_bind_template_child (widget_class, LsPlaceholder, spinner);
  gtk_widget_class_bind_template_child (widget_class, LsPlaceholder, progress_bar);
  gtk_widget_class_bind_template_child (widget_class, LsPlaceholder, progress_text);
  gtk_widget_class_bind_template_child (widget_class, LsPlaceholder, empty);
  gtk_widget_class_bind_template_child (widget_class, LsPlaceholder, empty_button);
  gtk_widget_class_bind_template_child (widget_class, LsPlaceholder, error);
  gtk_widget_class_bind_template_child (widget_class, LsPlaceholder, first_button);
  gtk_widget_class_bind_template_child (widget_class, LsPlaceholder, second_button);
  gtk_widget_class_bind_template_callback (widget_class, page_changed_cb);
}

static void
ls_placeholder_init (LsPlaceholder *self)
{
  self->skeleton_delay = SKELETON_DELAY;
  self->progress_delay = PROGRESS_DELAY;
  gtk_widget_init_template (GTK_WIDGET (self));
}

GtkWidget *
ls_placeholder_new (void)
{
  return g_object_new (LS_TYPE_PLACEHOLDER, NULL);
}

GtkWidget *
ls_placeholder_get_child (LsPlaceholder *self)
{
  g_return_val_if_fail (LS_IS_PLACEHOLDER (self), NULL);

  return adw_bin_get_child (self->content);
}

void
ls_placeholder_set_child (LsPlaceholder *self,
                          GtkWidget     *child)
{
  g_return_if_fail (LS_IS_PLACEHOLDER (self));
  g_return_if_fail (child == NULL || GTK_IS_WIDGET (child));

  if (ls_placeholder_get_child (self) == child)
    return;

  adw_bin_set_child (self->content, child);
  g_object_notify_by_pspec (G_OBJECT (self), properties[PROP_CHILD]);
}

void
ls_placeholder_set_skeleton (LsPlaceholder *self,
                             GtkWidget     *skeleton)
{
  g_return_if_fail (LS_IS_PLACEHOLDER (self));
  g_return_if_fail (skeleton == NULL || GTK_IS_WIDGET (skeleton));

  adw_bin_set_child (self->skeleton, skeleton ? skeleton : ls_skeleton_new (8));
}

LsPlaceholderState
ls_placeholder_get_state (LsPlaceholder *self)
{
  g_return_val_if_fail (LS_IS_PLACEHOLDER (self), LS_PLACEHOLDER_CONTENT);

  return self->state;
}

const char *
ls_placeholder_get_page (LsPlaceholder *self)
{
  g_return_val_if_fail (LS_IS_PLACEHOLDER (self), NULL);

  return gtk_stack_get_visible_child_name (self->stack);
}

void
ls_placeholder_show_content (LsPlaceholder *self)
{
  g_return_if_fail (LS_IS_PLACEHOLDER (self));

  set_state (self, LS_PLACEHOLDER_CONTENT);
  show_page (self, "content");
}

void
ls_placeholder_show_loading (LsPlaceholder *self)
{
  g_return_if_fail (LS_IS_PLACEHOLDER (self));

  if (self->state == LS_PLACEHOLDER_LOADING)
    return;

  /* Content may stay for a moment; that there is none, or an error, is no longer true. */
  if (self->state != LS_PLACEHOLDER_CONTENT)
    show_page (self, "blank");
  set_state (self, LS_PLACEHOLDER_LOADING);
  ls_placeholder_set_progress (self, 0, 0);
  self->timeout_id = g_timeout_add (self->skeleton_delay, skeleton_delay_cb, self);
  g_source_set_name_by_id (self->timeout_id, "LsPlaceholder skeleton");
}

void
ls_placeholder_set_progress (LsPlaceholder *self,
                             uint64_t       done,
                             uint64_t       total)
{
  g_autofree char *done_text = g_strdup_printf ("%'" G_GUINT64_FORMAT, done);
  g_autofree char *total_text = g_strdup_printf ("%'" G_GUINT64_FORMAT, total);
  g_autofree char *text = NULL;

  g_return_if_fail (LS_IS_PLACEHOLDER (self));

  if (total > 0)
    /* Translators: how many of how many have been loaded. */
    text = g_strdup_printf (C_("progress", "%s of %s"), done_text, total_text);
  else if (done > 0)
    text = g_steal_pointer (&done_text);

  gtk_widget_set_visible (self->spinner, total == 0);
  gtk_widget_set_visible (GTK_WIDGET (self->progress_bar), total > 0);
  gtk_widget_set_visible (GTK_WIDGET (self->progress_text), text != NULL);
  gtk_label_set_label (self->progress_text, text ? text : "");
  gtk_progress_bar_set_fraction (self->progress_bar,
                                 total > 0 ? CLAMP ((double) done / (double) total, 0, 1) : 0);
}

void
ls_placeholder_show_empty (LsPlaceholder             *self,
                           const char                *icon_name,
                           const char                *title,
                           const char                *description,
                           const LsPlaceholderAction *action)
{
  g_return_if_fail (LS_IS_PLACEHOLDER (self));
  g_return_if_fail (title != NULL);

  adw_status_page_set_icon_name (self->empty, icon_name);
  set_status_text (self->empty, title, description);
  set_button (self->empty_button, action);
  set_state (self, LS_PLACEHOLDER_EMPTY);
  show_page (self, "empty");
}

void
ls_placeholder_show_error (LsPlaceholder             *self,
                           const char                *title,
                           const char                *description,
                           const LsPlaceholderAction *actions,
                           size_t                     n_actions)
{
  g_return_if_fail (LS_IS_PLACEHOLDER (self));
  g_return_if_fail (title != NULL);
  g_return_if_fail (n_actions <= 2);

  set_status_text (self->error, title, description);
  set_button (self->first_button, n_actions > 0 ? &actions[0] : NULL);
  set_button (self->second_button, n_actions > 1 ? &actions[1] : NULL);
  set_state (self, LS_PLACEHOLDER_ERROR);
  show_page (self, "error");
  ls_widget_announce (GTK_WIDGET (self), title);
}
