/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstep-app"

#include "config.h"

#include "app/compat/ls-confirm.h"

#if ADW_CHECK_VERSION (1, 5, 0)

static AdwDialog *
create_dialog (const LsConfirm *question)
{
  AdwDialog *created = adw_alert_dialog_new (question->heading, question->body);
  AdwAlertDialog *dialog = ADW_ALERT_DIALOG (created);

  for (size_t i = 0; i < question->n_responses; i++)
    {
      const LsConfirmResponse *response = &question->responses[i];

      adw_alert_dialog_add_response (dialog, response->id, response->label);
      adw_alert_dialog_set_response_appearance (dialog, response->id, response->appearance);
    }
  adw_alert_dialog_set_close_response (dialog, question->close_response);
  adw_alert_dialog_set_default_response (dialog, question->default_response);
  adw_alert_dialog_set_extra_child (dialog, question->extra_child);

  return created;
}

static void
chosen_cb (GObject      *source,
           GAsyncResult *result,
           gpointer      user_data)
{
  g_autoptr (GTask) task = user_data;
  const char *response = adw_alert_dialog_choose_finish (ADW_ALERT_DIALOG (source), result);

  if (!g_task_return_error_if_cancelled (task))
    g_task_return_pointer (task, g_strdup (response), g_free);
}

static void
ask (GTask           *task,
     GtkWidget       *parent,
     const LsConfirm *question)
{
  adw_alert_dialog_choose (ADW_ALERT_DIALOG (create_dialog (question)), parent,
                           g_task_get_cancellable (task), chosen_cb, g_object_ref (task));
}

#else

typedef struct
{
  GtkWindow *dialog; /* borrowed: lives until it has answered */
  gulong cancelled_id;
} Question;

static void
question_free (Question *question)
{
  g_free (question);
}

static GtkWindow *
create_dialog (GtkWindow       *parent,
               const LsConfirm *question)
{
  GtkWidget *created = adw_message_dialog_new (parent, question->heading, question->body);
  AdwMessageDialog *dialog = ADW_MESSAGE_DIALOG (created);

  for (size_t i = 0; i < question->n_responses; i++)
    {
      const LsConfirmResponse *response = &question->responses[i];

      adw_message_dialog_add_response (dialog, response->id, response->label);
      adw_message_dialog_set_response_appearance (dialog, response->id, response->appearance);
    }
  adw_message_dialog_set_close_response (dialog, question->close_response);
  adw_message_dialog_set_default_response (dialog, question->default_response);
  adw_message_dialog_set_extra_child (dialog, question->extra_child);

  return GTK_WINDOW (created);
}

static void
response_cb (AdwMessageDialog *dialog,
             const char       *response,
             gpointer          user_data)
{
  GTask *task = user_data;
  Question *question = g_task_get_task_data (task);

  if (g_task_get_completed (task))
    return;

  g_cancellable_disconnect (g_task_get_cancellable (task), question->cancelled_id);
  question->cancelled_id = 0;
  if (!g_task_return_error_if_cancelled (task))
    g_task_return_pointer (task, g_strdup (response), g_free);
}

/* Closing makes the dialog answer with its close response, which is where the task returns. It is
 * deferred because disconnecting from a cancellable inside its own handler waits for itself.
 */
static gboolean
close_cb (gpointer user_data)
{
  GtkWindow *dialog = user_data;

  gtk_window_close (dialog);
  return G_SOURCE_REMOVE;
}

static void
cancelled_cb (GCancellable *cancellable,
              gpointer      user_data)
{
  GTask *task = user_data;
  Question *question = g_task_get_task_data (task);

  g_idle_add_full (G_PRIORITY_DEFAULT, close_cb, g_object_ref (question->dialog), g_object_unref);
}

static void
ask (GTask           *task,
     GtkWidget       *parent,
     const LsConfirm *question)
{
  GtkRoot *root = parent ? gtk_widget_get_root (parent) : NULL;
  GCancellable *cancellable = g_task_get_cancellable (task);
  Question *data = g_new0 (Question, 1);

  data->dialog = create_dialog (GTK_IS_WINDOW (root) ? GTK_WINDOW (root) : NULL, question);
  g_task_set_task_data (task, data, (GDestroyNotify) question_free);
  g_signal_connect_data (data->dialog, "response", G_CALLBACK (response_cb), g_object_ref (task),
                         (GClosureNotify) (void (*) (void)) g_object_unref, 0);
  gtk_window_present (data->dialog);
  if (cancellable)
    data->cancelled_id = g_cancellable_connect (cancellable, G_CALLBACK (cancelled_cb), task, NULL);
}

#endif

void
ls_confirm_async (GtkWidget           *parent,
                  const LsConfirm     *question,
                  GCancellable        *cancellable,
                  GAsyncReadyCallback  callback,
                  gpointer             user_data)
{
  g_autoptr (GTask) task = NULL;

  g_return_if_fail (parent == NULL || GTK_IS_WIDGET (parent));
  g_return_if_fail (question != NULL);
  g_return_if_fail (question->heading != NULL);
  g_return_if_fail (question->close_response != NULL);

  task = g_task_new (parent, cancellable, callback, user_data);
  g_task_set_source_tag (task, ls_confirm_async);
  g_task_set_name (task, "ls_confirm_async");
  if (!g_task_return_error_if_cancelled (task))
    ask (task, parent, question);
}

char *
ls_confirm_finish (GAsyncResult  *result,
                   GError       **error)
{
  g_return_val_if_fail (g_async_result_is_tagged (result, ls_confirm_async), NULL);

  return g_task_propagate_pointer (G_TASK (result), error);
}
