/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-error-toasts"

#include "config.h"

#include "app/ls-error-toasts.h"

#include <glib/gi18n.h>

#include "app/dialogs/ls-preferences-window.h"
#include "app/ls-toast.h"

/**
 * LsErrorToasts:
 *
 * Shows what the desk tells, each failure in one toast, in the window where it was begun or the one
 * in front, with what can be done about it. It stays until it is closed, but where it only answers
 * what was asked for and won't be otherwise later. What comes before there is a
 * window waits for one. A window that is closed takes its toasts along.
 */
struct _LsErrorToasts {
  GObject parent_instance;

  /* owned */
  LsErrorDesk *desk;
  AdwToast *toasts[LS_N_OPERATIONS]; /* those that stand */
  GPtrArray *waiting;                /* LsTelling that no window was there for */

  /* borrowed */
  LsFeedbackWindowFunc func;
  gpointer user_data;
};

G_DEFINE_FINAL_TYPE (LsErrorToasts, ls_error_toasts, G_TYPE_OBJECT)

/* More buttons than these leave no room for the words. */
#define MAX_BUTTONS 2

static void
retry_cb (GtkButton *button,
          GClosure  *retry)
{
  g_auto (GValue) instance = G_VALUE_INIT;

  g_value_init (&instance, G_TYPE_OBJECT);
  g_value_set_object (&instance, button);
  g_closure_invoke (retry, NULL, 1, &instance, NULL);
}

static void
copy_cb (GtkButton  *button,
         const char *details)
{
  gdk_clipboard_set_text (gtk_widget_get_clipboard (GTK_WIDGET (button)), details);
}

static void
closure_unref (gpointer  data,
               GClosure *closure)
{
  g_closure_unref (data);
}

static void
details_free (gpointer  data,
              GClosure *closure)
{
  g_free (data);
}

/* The ways out, the best first. */
static void
add_buttons (AdwToast        *toast,
             const LsTelling *telling)
{
  int left = MAX_BUTTONS;

  if ((telling->actions & LS_ERROR_ACTION_SIGN_IN) && left-- > 0)
    ls_toast_add_button (toast, _("Sign in"), "win.sign-in-again");
  if ((telling->actions & LS_ERROR_ACTION_RETRY) && telling->retry != NULL && left-- > 0)
    g_signal_connect_data (ls_toast_add_button (toast, _("Retry"), NULL), "clicked", G_CALLBACK (retry_cb),
                           g_closure_ref (telling->retry), closure_unref, 0);
  if ((telling->actions & LS_ERROR_ACTION_WORK_OFFLINE) && left-- > 0)
    ls_toast_add_button (toast, _("Work offline"), "app.work-offline");
  if ((telling->actions & LS_ERROR_ACTION_REFRESH) && left-- > 0)
    ls_toast_add_button (toast, _("Refresh"), "win.refresh");
  if ((telling->actions & (LS_ERROR_ACTION_REPORT | LS_ERROR_ACTION_CONTACT)) && left-- > 0)
    g_signal_connect_data (ls_toast_add_button (toast, _("Copy details"), NULL), "clicked",
                           G_CALLBACK (copy_cb), g_strdup (telling->details), details_free, 0);
}

/* An answer to what the admin asked for, with nothing that he could do later: others need the place. */
static bool
is_passing (LsErrorCode code)
{
  return code == LS_ERROR_VALIDATION || code == LS_ERROR_CONFLICT || code == LS_ERROR_FORBIDDEN;
}

/* Without a button: one that gets the focus when what had it goes would hold the toast, and those
 * behind it, for as long as it has it. */
static AdwToast *
passing_toast (const LsTelling *telling)
{
  return ls_toast_new (telling->words);
}

static AdwToast *
lasting_toast (const LsTelling *telling)
{
  AdwToast *toast = ls_toast_new (telling->words);

  adw_toast_set_timeout (toast, 0);
  adw_toast_set_priority (toast, ADW_TOAST_PRIORITY_HIGH);
  add_buttons (toast, telling);
  return toast;
}

static void
dismissed_cb (LsErrorToasts *self,
              AdwToast      *toast)
{
  for (int operation = 0; operation < LS_N_OPERATIONS; operation++)
    if (self->toasts[operation] == toast)
      {
        g_clear_object (&self->toasts[operation]);
        ls_error_desk_gone (self->desk, (LsOperation) operation);
        return;
      }
}

static void
show (LsErrorToasts   *self,
      const LsTelling *telling,
      GObject         *where)
{
  LsWindow *window = LS_IS_WINDOW (where) ? LS_WINDOW (where) : self->func (self->user_data);
  AdwToast *toast;

  if (window == NULL && !LS_IS_PREFERENCES_WINDOW (where))
    {
      g_ptr_array_add (self->waiting, ls_telling_copy (telling));
      return;
    }
  toast = is_passing (telling->code) ? passing_toast (telling) : lasting_toast (telling);
  g_set_object (&self->toasts[telling->operation], toast);
  g_signal_connect_object (toast, "dismissed", G_CALLBACK (dismissed_cb), self, G_CONNECT_SWAPPED);
  if (LS_IS_PREFERENCES_WINDOW (where))
    ls_preferences_window_show_toast (LS_PREFERENCES_WINDOW (where), toast);
  else
    ls_window_show_toast (window, toast);
}

static void
tell_cb (LsErrorToasts *self,
         LsTelling     *telling,
         GObject       *where)
{
  show (self, telling, where);
}

static void
withdraw_cb (LsErrorToasts *self,
             int            operation)
{
  g_autoptr (AdwToast) toast = g_steal_pointer (&self->toasts[operation]);

  if (toast != NULL)
    adw_toast_dismiss (toast);
  for (unsigned i = self->waiting->len; i > 0; i--)
    if ((int) ((LsTelling *) g_ptr_array_index (self->waiting, i - 1))->operation == operation)
      g_ptr_array_remove_index (self->waiting, i - 1);
}

/* The banner says it; for those who hear it, it says it again. */
static void
repeat_cb (LsErrorToasts *self)
{
  LsWindow *window = self->func (self->user_data);

  if (window != NULL)
    ls_window_repeat_banner (window);
}

static void
ls_error_toasts_dispose (GObject *object)
{
  LsErrorToasts *self = LS_ERROR_TOASTS (object);

  for (int operation = 0; operation < LS_N_OPERATIONS; operation++)
    g_clear_object (&self->toasts[operation]);
  g_clear_pointer (&self->waiting, g_ptr_array_unref);
  g_clear_object (&self->desk);
  G_OBJECT_CLASS (ls_error_toasts_parent_class)->dispose (object);
}

static void
ls_error_toasts_class_init (LsErrorToastsClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ls_error_toasts_dispose;
}

static void
ls_error_toasts_init (LsErrorToasts *self)
{
  self->waiting = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_telling_free);
}

/**
 * ls_error_toasts_new:
 * @desk: where failures end
 * @func: gives the window in front
 * @user_data: for @func
 *
 * Returns: (transfer full): what shows them
 */
LsErrorToasts *
ls_error_toasts_new (LsErrorDesk          *desk,
                     LsFeedbackWindowFunc  func,
                     gpointer              user_data)
{
  LsErrorToasts *self = g_object_new (LS_TYPE_ERROR_TOASTS, NULL);

  self->desk = g_object_ref (desk);
  self->func = func;
  self->user_data = user_data;
  g_signal_connect_object (desk, "tell", G_CALLBACK (tell_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (desk, "withdraw", G_CALLBACK (withdraw_cb), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (desk, "repeat", G_CALLBACK (repeat_cb), self, G_CONNECT_SWAPPED);
  return self;
}

/**
 * ls_error_toasts_window_ready:
 * @self: what shows failures
 *
 * There is a window: what waited for one is shown.
 */
void
ls_error_toasts_window_ready (LsErrorToasts *self)
{
  g_autoptr (GPtrArray) waiting = g_steal_pointer (&self->waiting);

  self->waiting = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_telling_free);
  for (unsigned i = 0; i < waiting->len; i++)
    show (self, g_ptr_array_index (waiting, i), NULL);
}
