/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-window"

#include "config.h"

#include <glib/gi18n.h>

#include "app/ls-toast.h"
#include "app/ls-window-private.h"
#include "app/text/ls-edit-words.h"

/* What was done in this window: it is told when it is saved, and can be undone, step by step. */

/* Steps that are confirmed together, as after a time offline, are told together. */
#define SETTLE_MS 150

static void
set_enabled (LsWindow   *self,
             const char *action,
             gboolean    enabled)
{
  g_simple_action_set_enabled (
      G_SIMPLE_ACTION (g_action_map_lookup_action (G_ACTION_MAP (self), action)), enabled);
}

static void
update_actions (LsWindow *self)
{
  set_enabled (self, "undo", self->undo != NULL && ls_undo_stack_can_undo (self->undo));
  set_enabled (self, "redo", self->undo != NULL && ls_undo_stack_can_redo (self->undo));
}

static gboolean
settled_cb (gpointer data)
{
  LsWindow *self = data;
  AdwToast *toast;
  g_autofree char *words = NULL;

  self->saved_settle = 0;
  /* Of several steps a button would not say which of them it means. */
  if (self->n_saved == 1)
    words = self->saved_undone ? g_strdup_printf (_("Undone: %s"), self->saved_words)
                               : g_steal_pointer (&self->saved_words);
  else
    words = g_strdup_printf (ngettext ("%u change saved", "%u changes saved", self->n_saved),
                             self->n_saved);
  toast = ls_toast_new (words);
  if (self->n_saved == 1)
    ls_toast_add_button (toast, self->saved_undone ? _("Redo") : _("Undo"),
                         self->saved_undone ? "win.redo" : "win.undo");
  self->n_saved = 0;
  g_clear_pointer (&self->saved_words, g_free);
  if (self->saved_toast != NULL)
    adw_toast_dismiss (self->saved_toast);
  g_set_object (&self->saved_toast, toast);
  ls_window_show_toast (self, toast);
  return G_SOURCE_REMOVE;
}

static void
confirmed_cb (LsWindow  *self,
              GPtrArray *changes,
              gboolean   undone)
{
  self->n_saved++;
  self->saved_undone = undone;
  g_free (self->saved_words);
  self->saved_words = ls_edit_words_done (changes);
  if (self->saved_settle == 0)
    self->saved_settle = g_timeout_add (SETTLE_MS, settled_cb, self);
}

static void
failed_cb (LsWindow *self,
           GError   *error)
{
  ls_window_tell_error (self, LS_OPERATION_UNDO, error, "win.undo");
}

/* Begins anew with the account's store, or lets go of it. */
void
ls_window_set_undo_store (LsWindow *self,
                          LsStore  *store)
{
  if (self->undo != NULL)
    g_signal_handlers_disconnect_by_data (self->undo, self);
  g_clear_object (&self->undo);
  g_clear_handle_id (&self->saved_settle, g_source_remove);
  g_clear_pointer (&self->saved_words, g_free);
  g_clear_object (&self->saved_toast);
  self->n_saved = 0;
  if (store != NULL)
    {
      self->undo = ls_undo_stack_new (store);
      g_signal_connect_swapped (self->undo, "confirmed", G_CALLBACK (confirmed_cb), self);
      g_signal_connect_swapped (self->undo, "failed", G_CALLBACK (failed_cb), self);
      g_signal_connect_swapped (self->undo, "notify", G_CALLBACK (update_actions), self);
    }
  update_actions (self);
}

/**
 * ls_window_note_made:
 * @self: a window
 * @shop: the shop
 * @made: what was done in it
 *
 * Remembers what the admin did in this window, for undo.
 */
void
ls_window_note_made (LsWindow          *self,
                     const char        *shop,
                     const LsStoreMade *made)
{
  if (self->undo != NULL)
    ls_undo_stack_push (self->undo, shop, made);
}
