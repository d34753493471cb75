/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-scope-note"

#include "config.h"

#include "app/pages/ls-scope-note.h"

#include <glib/gi18n.h>

#include "app/text/ls-scope-words.h"

/**
 * LsScopeNote:
 *
 * Says from when on orders are kept here, where they are not all, and gets more of them.
 */
struct _LsScopeNote {
  AdwBin parent_instance;

  /* template children */
  GtkLabel *label;
  GtkWidget *more_button;

  /* owned */
  LsClient *client;
  char *shop;

  /* state */
  gulong handler;
};

G_DEFINE_FINAL_TYPE (LsScopeNote, ls_scope_note, ADW_TYPE_BIN)

static void
update (LsScopeNote *self)
{
  bool is_coming = false;
  g_autofree char *words =
      ls_scope_words_orders (ls_client_find_shop (self->client, self->shop), &is_coming);

  gtk_widget_set_visible (GTK_WIDGET (self), words != NULL);
  if (words == NULL)
    return;
  gtk_label_set_label (self->label, words);
  gtk_widget_set_sensitive (self->more_button,
                            !is_coming && !ls_store_get_read_only (ls_client_get_store (self->client)));
}

/* As many more months as the next choice in Preferences has. */
static void
more_cb (LsScopeNote *self)
{
  const LsShopEntry *entry = ls_client_find_shop (self->client, self->shop);
  LsScopeChoice choice;
  unsigned index;

  if (entry == NULL || entry->choice.months == 0)
    return;
  choice = entry->choice;
  index = ls_scope_find_months (choice.months);
  choice.months = ls_scope_get_months (MIN (index + 1, LS_SCOPE_N_MONTHS - 1));
  ls_client_set_scope (self->client, self->shop, &choice);
}

static void
clear (LsScopeNote *self)
{
  if (self->handler != 0)
    g_clear_signal_handler (&self->handler, self->client);
  g_clear_object (&self->client);
  g_clear_pointer (&self->shop, g_free);
}

static void
ls_scope_note_dispose (GObject *object)
{
  clear (LS_SCOPE_NOTE (object));
  gtk_widget_dispose_template (GTK_WIDGET (object), LS_TYPE_SCOPE_NOTE);
  G_OBJECT_CLASS (ls_scope_note_parent_class)->dispose (object);
}

static void
ls_scope_note_class_init (LsScopeNoteClass *klass)
{
  GtkWidgetClass *widget_class = GTK_WIDGET_CLASS (klass);

  G_OBJECT_CLASS (klass)->dispose = ls_scope_note_dispose;
  gtk_widget_class_set_template_from_resource (widget_class,
                                               "/io/github/lockstep/Lockstep/pages/ls-scope-note.ui");
  gtk_widget_class_bind_template_child (widget_class, LsScopeNote, label);
  gtk_widget_class_bind_template_child (widget_class, LsScopeNote, more_button);
  gtk_widget_class_bind_template_callback (widget_class, more_cb);
}

static void
ls_scope_note_init (LsScopeNote *self)
{
  gtk_widget_init_template (GTK_WIDGET (self));
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
}

/**
 * ls_scope_note_set_shop:
 * @self: a note
 * @client: (nullable): an open account
 * @shop: (nullable): one of its shops, or %NULL to say nothing
 *
 * Follows what is kept of a shop.
 */
void
ls_scope_note_set_shop (LsScopeNote *self,
                        LsClient    *client,
                        const char  *shop)
{
  g_return_if_fail (LS_IS_SCOPE_NOTE (self));

  clear (self);
  gtk_widget_set_visible (GTK_WIDGET (self), FALSE);
  if (client == NULL || shop == NULL)
    return;
  self->client = g_object_ref (client);
  self->shop = g_strdup (shop);
  self->handler =
      g_signal_connect_swapped (client, "shops-changed", G_CALLBACK (update), self);
  update (self);
}
