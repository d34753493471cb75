/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-connection-button"

#include "config.h"

#include "app/ls-connection-button.h"

#include <glib/gi18n.h>

#include "app/compat/ls-button.h"
#include "app/text/ls-connection-words.h"

/**
 * LsConnectionButton:
 *
 * Green, yellow or red, with a word and an icon so that colour is never all; its popover says what
 * that means for the data. It looks at the clock once a second only while the popover is open.
 */
struct _LsConnectionButton {
  AdwBin parent_instance;

  /* template children */
  GtkMenuButton *button;
  GtkPopover *popover;
  GtkImage *icon;
  GtkLabel *label;
  GtkLabel *title;
  GtkLabel *meaning;
  GtkLabel *retry;
  GtkLabel *proof;
  GtkButton *reconnect_button;
  GtkButton *offline_button;

  /* owned */
  GSignalGroup *client_signals;
  GSignalGroup *store_signals;
  GSignalGroup *checker_signals;
  unsigned tick;

  /* state */
  const char *style_class;
};

G_DEFINE_FINAL_TYPE (LsConnectionButton, ls_connection_button, ADW_TYPE_BIN)

static void
update (LsConnectionButton *self)
{
  g_autoptr (LsClient) client = g_signal_group_dup_target (self->client_signals);
  g_auto (LsConnectionWords) words = { NULL };
  const LsConnectionStatus *status;
  g_autofree char *name = NULL;
  g_autofree char *proof = NULL;

  gtk_widget_set_visible (GTK_WIDGET (self), client != NULL);
  if (client == NULL)
    return;
  status = ls_client_get_status (client);
  ls_connection_words_init (&words, status, g_get_real_time (),
                            ls_store_get_pending_count (ls_client_get_store (client)));
  gtk_label_set_label (self->label, words.label);
  gtk_image_set_from_icon_name (self->icon, words.icon_name);
  gtk_label_set_label (self->title, words.title);
  gtk_label_set_label (self->meaning, words.meaning);
  gtk_label_set_label (self->retry, words.retry != NULL ? words.retry : "");
  gtk_widget_set_visible (GTK_WIDGET (self->retry), words.retry != NULL);
  proof = ls_proof_words (ls_consistency_checker_get_stats (ls_client_get_checker (client)));
  gtk_label_set_label (self->proof, proof != NULL ? proof : "");
  gtk_widget_set_visible (GTK_WIDGET (self->proof), proof != NULL);
  gtk_widget_set_sensitive (GTK_WIDGET (self->reconnect_button), status->state != LS_CONNECTION_LIVE);
  ls_button_set_mnemonic (self->offline_button,
                          status->by_hand ? _("Work _online") : _("Work _offline"));
  if (self->style_class != words.style_class)
    {
      if (self->style_class != NULL)
        gtk_widget_remove_css_class (GTK_WIDGET (self->button), self->style_class);
      gtk_widget_add_css_class (GTK_WIDGET (self->button), words.style_class);
      self->style_class = words.style_class;
    }
  /* Translators: name of the connection button for a screen reader; %s is the state, such as "Live"
   * */
  name = g_strdup_printf (_("Connection: %s"), words.label);
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->button), GTK_ACCESSIBLE_PROPERTY_LABEL, name,
                                  GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, words.title, -1);
  /* The popover says it: the tooltip would lie over it. */
  gtk_widget_set_tooltip_text (
      GTK_WIDGET (self->button),
      gtk_widget_get_visible (GTK_WIDGET (self->popover)) ? NULL : words.title);
}

static gboolean
tick_cb (gpointer data)
{
  update (data);
  return G_SOURCE_CONTINUE;
}

static void
popover_visible_cb (LsConnectionButton *self)
{
  gboolean visible = gtk_widget_get_visible (GTK_WIDGET (self->popover));

  g_clear_handle_id (&self->tick, g_source_remove);
  update (self);
  if (!visible)
    return;
  self->tick = g_timeout_add_seconds (1, tick_cb, self);
}

static void
ls_connection_button_dispose (GObject *object)
{
  LsConnectionButton *self = LS_CONNECTION_BUTTON (object);

  g_clear_handle_id (&self->tick, g_source_remove);
  g_clear_object (&self->client_signals);
  g_clear_object (&self->store_signals);
  g_clear_object (&self->checker_signals);
  G_OBJECT_CLASS (ls_connection_button_parent_class)->dispose (object);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_CONNECTION_BUTTON);
}

static void
ls_connection_button_class_init (LsConnectionButtonClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_connection_button_dispose;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/lockstep/Lockstep/ls-connection-button.ui");
  gtk_widget_class_bind_template_child (widget_class, LsConnectionButton, button);
  gtk_widget_class_bind_template_child (widget_class, LsConnectionButton, popover);
  gtk_widget_class_bind_template_child (widget_class, LsConnectionButton, icon);
  gtk_widget_class_bind_template_child (widget_class, LsConnectionButton, label);
  gtk_widget_class_bind_template_child (widget_class, LsConnectionButton, title);
  gtk_widget_class_bind_template_child (widget_class, LsConnectionButton, meaning);
  gtk_widget_class_bind_template_child (widget_class, LsConnectionButton, retry);
  gtk_widget_class_bind_template_child (widget_class, LsConnectionButton, proof);
  gtk_widget_class_bind_template_child (widget_class, LsConnectionButton, reconnect_button);
  gtk_widget_class_bind_template_child (widget_class, LsConnectionButton, offline_button);
}

static void
ls_connection_button_init (LsConnectionButton *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  ls_button_name_descendants (GTK_WIDGET (self));
  self->client_signals = g_signal_group_new (LS_TYPE_CLIENT);
  g_signal_group_connect_swapped (self->client_signals, "notify::status", G_CALLBACK (update), self);
  self->store_signals = g_signal_group_new (LS_TYPE_STORE);
  g_signal_group_connect_swapped (self->store_signals, "notify::pending-count", G_CALLBACK (update),
                                  self);
  self->checker_signals = g_signal_group_new (LS_TYPE_CONSISTENCY_CHECKER);
  g_signal_group_connect_swapped (self->checker_signals, "changed", G_CALLBACK (update), self);
  g_signal_connect_object (self->popover, "notify::visible", G_CALLBACK (popover_visible_cb), self,
                           G_CONNECT_SWAPPED);
  update (self);
}

/**
 * ls_connection_button_set_client:
 * @self: a button
 * @client: (nullable): the account whose connection it shows; hidden without one
 *
 * Shows another account's connection.
 */
void
ls_connection_button_set_client (LsConnectionButton *self,
                                 LsClient           *client)
{
  g_signal_group_set_target (self->client_signals, client);
  g_signal_group_set_target (self->store_signals,
                             client != NULL ? ls_client_get_store (client) : NULL);
  g_signal_group_set_target (self->checker_signals,
                             client != NULL ? ls_client_get_checker (client) : NULL);
  update (self);
}

/**
 * ls_connection_button_set_compact:
 * @self: a button
 * @compact: whether there is little room
 *
 * Leaves the word away and shows the state by icon and colour alone. Its name for screen readers
 * stays.
 */
void
ls_connection_button_set_compact (LsConnectionButton *self,
                                  gboolean            compact)
{
  gtk_widget_set_visible (GTK_WIDGET (self->label), !compact);
}
