/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-feedback"

#include "config.h"

#include "app/ls-feedback.h"

#include <glib/gi18n.h>

#include "app/dialogs/ls-conflict-dialog.h"
#include "app/dialogs/ls-lost-dialog.h"
#include "app/ls-edit-actions.h"
#include "app/ls-toast.h"
#include "app/text/ls-edit-words.h"

/**
 * LsFeedback:
 *
 * Tells what became of edits, each outcome once, in the window in front: what was put back and why,
 * what came too late, what a restored server lost. What is told together comes together: of many
 * failures in a moment one toast with their number. What was saved is told by the window that the
 * edit was made in, see LsUndoStack. What nobody saw stays in the list of waiting changes, which the
 * sidebar counts.
 */
struct _LsFeedback {
  GObject parent_instance;

  /* owned */
  GSignalGroup *store_signals;
  GPtrArray *failures; /* LsEdit that failed and are not told yet */
  GHashTable *told;    /* mids of failures that were told */
  GCancellable *look;  /* the look-ups of what edits are about */
  GHashTable *toasts;  /* AdwToast that stay until their matter is settled -> mid, "" for all that failed */
  unsigned settle;

  /* borrowed */
  LsFeedbackWindowFunc func;
  gpointer user_data;
  LsLostDialog *lost_dialog; /* weak */

  /* state */
  gboolean lost; /* something was lost and is not offered yet */
};

/* Edits that fail together come within a moment of each other. */
#define SETTLE_MS 150

G_DEFINE_FINAL_TYPE (LsFeedback, ls_feedback, G_TYPE_OBJECT)

/* What the buttons of a toast know. The first of them owns it; both go with the toast. */
typedef struct {
  LsErrorDesk *desk;
  LsStore *store;
  LsEdit *edit;
  GWeakRef window;
} Telling;

static LsWindow *
front_window (LsFeedback *self)
{
  return self->func (self->user_data);
}

static void
telling_free (gpointer  data,
              GClosure *closure)
{
  Telling *telling = data;

  g_weak_ref_clear (&telling->window);
  g_object_unref (telling->desk);
  g_object_unref (telling->store);
  ls_edit_unref (telling->edit);
  g_free (telling);
}

static void
retry_cb (GtkButton *button,
          Telling   *telling)
{
  ls_edit_actions_retry (telling->desk, telling->store, telling->edit->mid);
}

static void
details_cb (GtkButton *button,
            Telling   *telling)
{
  g_autoptr (GObject) window = g_weak_ref_get (&telling->window);
  LsEdit *edit = ls_store_find_edit (telling->store, telling->edit->mid);

  /* Somebody may have seen to it in the list meanwhile. */
  if (window != NULL && edit != NULL && edit->state == LS_EDIT_DEAD)
    gtk_window_present (
        GTK_WINDOW (ls_conflict_dialog_new (GTK_WINDOW (window), telling->desk, telling->store, edit)));
}

/* How many had failed when a toast told of many. */
#define N_FAILED "ls-n-failed"

/* One that tells of many is true until somebody sees to the first of them: then he knows. */
static bool
tells_of_all (LsStore  *store,
              AdwToast *toast)
{
  return ls_store_get_dead_count (store) >= GPOINTER_TO_UINT (g_object_get_data (G_OBJECT (toast), N_FAILED));
}

/* A toast goes when what it is about is settled, be it elsewhere. */
static void
drop_settled (LsFeedback *self,
              LsStore    *store)
{
  GHashTableIter iter;
  gpointer toast, mid;

  g_hash_table_iter_init (&iter, self->toasts);
  while (g_hash_table_iter_next (&iter, &toast, &mid))
    {
      const LsEdit *edit = ls_store_find_edit (store, mid);
      g_autoptr (AdwToast) settled = NULL;

      if (*(const char *) mid == '\0' ? tells_of_all (store, toast)
                                      : edit != NULL && edit->state == LS_EDIT_DEAD)
        continue;
      settled = g_object_ref (toast);
      g_hash_table_iter_remove (&iter);
      adw_toast_dismiss (settled);
    }
}

static AdwToast *
new_toast (const char *words)
{
  AdwToast *toast = ls_toast_new (words);

  adw_toast_set_timeout (toast, 0);
  adw_toast_set_priority (toast, ADW_TOAST_PRIORITY_HIGH);
  return toast;
}

/* Tells of an edit, in words that name the row where it was found. */
typedef void (*TellFunc) (LsFeedback     *self,
                          LsStore        *store,
                          LsEdit         *edit,
                          const LsRecord *record);

typedef struct {
  LsFeedback *self;
  LsEdit *edit;
  TellFunc func;
} Look;

static void
row_found_cb (GObject      *source,
              GAsyncResult *result,
              gpointer      user_data)
{
  g_autofree Look *look = user_data;
  g_autoptr (LsFeedback) self = look->self;
  g_autoptr (LsEdit) edit = look->edit;
  g_autoptr (GError) error = NULL;
  g_autoptr (LsRow) row = ls_store_get_row_finish (LS_STORE (source), result, &error);

  /* The collection stands for a row that can't be read: what became of the edit is told all the same. */
  if (!g_cancellable_is_cancelled (g_task_get_cancellable (G_TASK (result))))
    look->func (self, LS_STORE (source), edit, row != NULL ? ls_row_get_record (row) : NULL);
}

static void
tell_by_name (LsFeedback *self,
              LsStore    *store,
              LsEdit     *edit,
              TellFunc    func)
{
  const LsChange *change =
      edit->changes != NULL && edit->changes->len == 1 ? g_ptr_array_index (edit->changes, 0) : NULL;
  Look *look;

  if (change == NULL)
    {
      func (self, store, edit, NULL);
      return;
    }
  look = g_new0 (Look, 1);
  look->self = g_object_ref (self);
  look->edit = ls_edit_ref (edit);
  look->func = func;
  ls_store_get_row_async (store, edit->shop, change->collection, change->key, self->look, row_found_cb, look);
}

static void
tell_failure (LsFeedback     *self,
              LsStore        *store,
              LsEdit         *edit,
              const LsRecord *record)
{
  LsEdit *now = ls_store_find_edit (store, edit->mid);
  LsWindow *window = front_window (self);
  g_autofree char *words = NULL;
  AdwToast *toast;
  Telling *telling;

  /* Settled meanwhile. */
  if (now == NULL || now->state != LS_EDIT_DEAD)
    return;
  /* The last window was closed meanwhile: the next one tells it. */
  if (window == NULL)
    {
      g_hash_table_remove (self->told, edit->mid);
      g_ptr_array_add (self->failures, ls_edit_ref (edit));
      return;
    }
  words = ls_edit_words_failure (edit, record);
  toast = new_toast (words);
  telling = g_new0 (Telling, 1);
  telling->desk = g_object_ref (ls_window_get_desk (window));
  telling->store = g_object_ref (store);
  telling->edit = ls_edit_ref (edit);
  g_weak_ref_init (&telling->window, window);
  g_signal_connect_data (ls_toast_add_button (toast, _("Details"), NULL), "clicked",
                         G_CALLBACK (details_cb), telling, telling_free, 0);
  /* To try a conflict again unseen would be to overwrite what somebody else just did. */
  if (edit->status != LS_RESULT_CONFLICT)
    g_signal_connect (ls_toast_add_button (toast, _("Retry"), NULL), "clicked",
                      G_CALLBACK (retry_cb), telling);
  g_hash_table_insert (self->toasts, g_object_ref (toast), g_strdup (edit->mid));
  ls_window_show_toast (window, toast);
}

static void
tell_many (LsFeedback *self,
           LsStore    *store,
           LsWindow   *window,
           unsigned    n)
{
  g_autofree char *words = g_strdup_printf (
      ngettext ("%u change could not be saved and was put back",
                "%u changes could not be saved and were put back", n),
      n);
  AdwToast *toast = new_toast (words);

  ls_toast_add_button (toast, _("Details"), "win.waiting-changes");
  g_object_set_data (G_OBJECT (toast), N_FAILED, GUINT_TO_POINTER (ls_store_get_dead_count (store)));
  g_hash_table_insert (self->toasts, g_object_ref (toast), g_strdup (""));
  ls_window_show_toast (window, toast);
}

/* One that depends on another that failed is told with that one. */
static bool
is_told_with_another (LsStore      *store,
                      const LsEdit *edit)
{
  LsEdit *cause =
      edit->depends_on != NULL ? ls_store_find_edit (store, edit->depends_on) : NULL;

  return cause != NULL && cause->state == LS_EDIT_DEAD;
}

static void
tell_failures (LsFeedback *self)
{
  g_autoptr (LsStore) store = g_signal_group_dup_target (self->store_signals);
  g_autoptr (GPtrArray) left = g_ptr_array_new ();
  LsWindow *window = front_window (self);

  if (window == NULL || store == NULL)
    return;
  for (unsigned i = 0; i < self->failures->len; i++)
    {
      LsEdit *edit = g_ptr_array_index (self->failures, i);
      LsEdit *now = ls_store_find_edit (store, edit->mid);

      if (now != NULL && now->state == LS_EDIT_DEAD && !is_told_with_another (store, edit) &&
          g_hash_table_add (self->told, g_strdup (edit->mid)))
        g_ptr_array_add (left, edit);
    }
  if (left->len == 1)
    tell_by_name (self, store, g_ptr_array_index (left, 0), tell_failure);
  else if (left->len > 1)
    tell_many (self, store, window, left->len);
  g_ptr_array_set_size (self->failures, 0);
}

static void
lost_dialog_gone_cb (gpointer  data,
                     GObject  *dialog)
{
  ((LsFeedback *) data)->lost_dialog = NULL;
}

static void
offer_lost (LsFeedback *self)
{
  g_autoptr (LsStore) store = g_signal_group_dup_target (self->store_signals);
  LsWindow *window = front_window (self);

  if (!self->lost || window == NULL || store == NULL)
    return;
  self->lost = FALSE;
  if (self->lost_dialog != NULL || ls_store_get_lost_count (store) == 0)
    return;
  self->lost_dialog = ls_lost_dialog_new (GTK_WINDOW (window), ls_window_get_desk (window), store);
  g_object_weak_ref (G_OBJECT (self->lost_dialog), lost_dialog_gone_cb, self);
  gtk_window_present (GTK_WINDOW (self->lost_dialog));
}

static gboolean
settled_cb (gpointer data)
{
  LsFeedback *self = data;

  self->settle = 0;
  tell_failures (self);
  offer_lost (self);
  return G_SOURCE_REMOVE;
}

static void
settle (LsFeedback *self)
{
  if (self->settle == 0)
    self->settle = g_timeout_add (SETTLE_MS, settled_cb, self);
}

static void
tell_plain (LsFeedback *self,
            const char *words)
{
  LsWindow *window = front_window (self);

  if (window != NULL)
    ls_window_show_toast (window, new_toast (words));
}

static void
tell_too_late (LsFeedback     *self,
               LsStore        *store,
               LsEdit         *edit,
               const LsRecord *record)
{
  g_autofree char *summary = ls_edit_words_summary (edit, record);
  /* Translators: %s is what was changed, as "Low Tide: Price" */
  g_autofree char *words = g_strdup_printf (_("%s was saved before it could be taken back"), summary);

  tell_plain (self, words);
}

static void
tell_decided (LsFeedback     *self,
              LsStore        *store,
              LsEdit         *edit,
              const LsRecord *record)
{
  g_autofree char *summary = ls_edit_words_summary (edit, record);
  /* Translators: %s is what was changed, as "Low Tide: Price" */
  g_autofree char *words = g_strdup_printf (_("%s: the server does not remember how this ended. "
                                              "What it shows now counts."),
                                            summary);

  tell_plain (self, words);
}

static void
edit_changed_cb (LsFeedback *self,
                 LsEdit     *edit)
{
  g_autoptr (LsStore) store = g_signal_group_dup_target (self->store_signals);

  if (store == NULL)
    return;
  drop_settled (self, store);
  switch (edit->state)
    {
    case LS_EDIT_DEAD:
      /* What is known from the last time stands in the list, and the sidebar counts it. */
      if (ls_store_get_sequence (store) < 0)
        break;
      g_ptr_array_add (self->failures, ls_edit_ref (edit));
      settle (self);
      break;
    case LS_EDIT_LOST:
      self->lost = TRUE;
      settle (self);
      break;
    case LS_EDIT_APPLIED:
      /* Told by the last of its ends only: before its delta came it is told again. */
      if (edit->is_void && g_hash_table_add (self->told, g_strdup (edit->mid)))
        tell_by_name (self, store, edit, tell_too_late);
      else if (edit->status == LS_RESULT_DECIDED &&
               g_hash_table_add (self->told, g_strdup (edit->mid)))
        tell_by_name (self, store, edit, tell_decided);
      break;
    case LS_EDIT_QUEUED:
    case LS_EDIT_SENT:
    case LS_EDIT_DISCARDED:
    default:
      break;
    }
}

static void
ls_feedback_dispose (GObject *object)
{
  LsFeedback *self = LS_FEEDBACK (object);

  g_clear_handle_id (&self->settle, g_source_remove);
  g_cancellable_cancel (self->look);
  g_clear_object (&self->look);
  if (self->lost_dialog != NULL)
    g_object_weak_unref (G_OBJECT (self->lost_dialog), lost_dialog_gone_cb, self);
  self->lost_dialog = NULL;
  g_clear_object (&self->store_signals);
  g_clear_pointer (&self->failures, g_ptr_array_unref);
  g_clear_pointer (&self->told, g_hash_table_unref);
  g_clear_pointer (&self->toasts, g_hash_table_unref);
  G_OBJECT_CLASS (ls_feedback_parent_class)->dispose (object);
}

static void
ls_feedback_class_init (LsFeedbackClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ls_feedback_dispose;
}

static void
ls_feedback_init (LsFeedback *self)
{
  self->failures = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_edit_unref);
  self->told = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->toasts = g_hash_table_new_full (NULL, NULL, g_object_unref, g_free);
  self->look = g_cancellable_new ();
  self->store_signals = g_signal_group_new (LS_TYPE_STORE);
  g_signal_group_connect_swapped (self->store_signals, "edit-changed", G_CALLBACK (edit_changed_cb),
                                  self);
}

/**
 * ls_feedback_new:
 * @func: gives the window to tell it in
 * @user_data: for @func
 *
 * Returns: (transfer full): a teller that listens to nothing yet
 */
LsFeedback *
ls_feedback_new (LsFeedbackWindowFunc func,
                 gpointer             user_data)
{
  LsFeedback *self = g_object_new (LS_TYPE_FEEDBACK, NULL);

  self->func = func;
  self->user_data = user_data;
  return self;
}

/**
 * ls_feedback_set_store:
 * @self: a teller
 * @store: (nullable): the account whose edits it tells about
 *
 * Listens to another store. What is not told yet of the last one is not told any more.
 */
void
ls_feedback_set_store (LsFeedback *self,
                       LsStore    *store)
{
  g_cancellable_cancel (self->look);
  g_clear_object (&self->look);
  self->look = g_cancellable_new ();
  g_ptr_array_set_size (self->failures, 0);
  g_hash_table_remove_all (self->told);
  g_hash_table_remove_all (self->toasts);
  self->lost = FALSE;
  g_signal_group_set_target (self->store_signals, store);
}

/**
 * ls_feedback_window_ready:
 * @self: a teller
 *
 * There is a window to tell in: what came before it is told.
 */
void
ls_feedback_window_ready (LsFeedback *self)
{
  settle (self);
}
