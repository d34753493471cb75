/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-scope-group"

#include "config.h"

#include "app/dialogs/ls-scope-group.h"

#include <glib/gi18n.h>

#include "app/text/ls-scope-words.h"

#define BIT(collection) (UINT32_C (1) << (collection))

/**
 * LsScopeGroup:
 *
 * What is kept of a shop on this computer. It shows what was chosen, whoever chose it; a choice is
 * carried out at once, and what comes of it the pages tell.
 */
struct _LsScopeGroup {
  AdwPreferencesGroup parent_instance;

  /* template children */
  AdwComboRow *months_row;
  GtkSwitch *activity_switch;
  GtkSwitch *downloads_switch;
  GtkSwitch *reservations_switch;
  GtkSwitch *favorites_switch;
  GtkSwitch *subscriptions_switch;

  /* owned */
  LsClient *client;
  char *shop;

  /* state */
  gboolean is_updating;
};

G_DEFINE_FINAL_TYPE (LsScopeGroup, ls_scope_group, ADW_TYPE_PREFERENCES_GROUP)

/* The switches and the collections that each stands for. */
static const struct {
  size_t offset;
  uint32_t collections;
} parts[] = {
  { offsetof (LsScopeGroup, activity_switch), BIT (LS_ACTIVITY) },
  { offsetof (LsScopeGroup, downloads_switch), BIT (LS_DOWNLOADS) | BIT (LS_LICENCES) },
  { offsetof (LsScopeGroup, reservations_switch), BIT (LS_SERVICES) | BIT (LS_RESERVATIONS) },
  { offsetof (LsScopeGroup, favorites_switch), BIT (LS_FAVORITES) },
  { offsetof (LsScopeGroup, subscriptions_switch), BIT (LS_SUBSCRIPTIONS) },
};

static GtkSwitch *
switch_of (LsScopeGroup *self,
           size_t        part)
{
  return *(GtkSwitch **) (gpointer) ((char *) self + parts[part].offset);
}

static void
update (LsScopeGroup *self)
{
  const LsShopEntry *entry = ls_client_find_shop (self->client, self->shop);

  gtk_widget_set_visible (GTK_WIDGET (self), entry != NULL);
  if (entry == NULL)
    return;
  self->is_updating = TRUE;
  adw_combo_row_set_selected (self->months_row, ls_scope_find_months (entry->choice.months));
  for (size_t i = 0; i < G_N_ELEMENTS (parts); i++)
    gtk_switch_set_active (switch_of (self, i), (entry->choice.off & parts[i].collections) == 0);
  self->is_updating = FALSE;
}

static void
chosen_cb (LsScopeGroup *self)
{
  const LsShopEntry *entry;
  LsScopeChoice choice;
  unsigned selected = adw_combo_row_get_selected (self->months_row);

  if (self->is_updating || self->client == NULL || selected >= LS_SCOPE_N_MONTHS)
    return;
  entry = ls_client_find_shop (self->client, self->shop);
  if (entry == NULL)
    return;
  choice = entry->choice;
  if (selected != ls_scope_find_months (choice.months))
    choice.months = ls_scope_get_months (selected);
  for (size_t i = 0; i < G_N_ELEMENTS (parts); i++)
    if (gtk_switch_get_active (switch_of (self, i)))
      choice.off &= ~parts[i].collections;
    else
      choice.off |= parts[i].collections;
  if (!ls_scope_choice_equal (&choice, &entry->choice))
    ls_client_set_scope (self->client, self->shop, &choice);
}

static void
ls_scope_group_dispose (GObject *object)
{
  LsScopeGroup *self = LS_SCOPE_GROUP (object);

  g_clear_object (&self->client);
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_SCOPE_GROUP);
  G_OBJECT_CLASS (ls_scope_group_parent_class)->dispose (object);
}

static void
ls_scope_group_finalize (GObject *object)
{
  g_free (LS_SCOPE_GROUP (object)->shop);
  G_OBJECT_CLASS (ls_scope_group_parent_class)->finalize (object);
}

static void
ls_scope_group_class_init (LsScopeGroupClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_scope_group_dispose;
  G_OBJECT_CLASS (klass)->finalize = ls_scope_group_finalize;
  gtk_widget_class_set_template_from_resource (
      widget_class, "/io/github/lockstep/Lockstep/dialogs/ls-scope-group.ui");
  gtk_widget_class_bind_template_child (widget_class, LsScopeGroup, months_row);
  gtk_widget_class_bind_template_child (widget_class, LsScopeGroup, activity_switch);
  gtk_widget_class_bind_template_child (widget_class, LsScopeGroup, downloads_switch);
  gtk_widget_class_bind_template_child (widget_class, LsScopeGroup, reservations_switch);
  gtk_widget_class_bind_template_child (widget_class, LsScopeGroup, favorites_switch);
  gtk_widget_class_bind_template_child (widget_class, LsScopeGroup, subscriptions_switch);
  gtk_widget_class_bind_template_callback (widget_class, chosen_cb);
}

static void
ls_scope_group_init (LsScopeGroup *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
}

/**
 * ls_scope_group_set_shop:
 * @self: a group that shows nothing yet
 * @client: (nullable): an open account
 * @shop: (nullable): one of its shops
 *
 * Shows what is kept of a shop; nothing at all without one.
 */
void
ls_scope_group_set_shop (LsScopeGroup *self,
                         LsClient     *client,
                         const char   *shop)
{
  g_return_if_fail (LS_IS_SCOPE_GROUP (self) && self->client == NULL);

  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
  if (client == NULL || shop == NULL)
    return;
  self->client = g_object_ref (client);
  self->shop = g_strdup (shop);
  g_signal_connect_object (client, "shops-changed", G_CALLBACK (update), self, G_CONNECT_SWAPPED);
  gtk_widget_set_sensitive (GTK_WIDGET (self), !ls_store_get_read_only (ls_client_get_store (client)));
  update (self);
}
