/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

G_BEGIN_DECLS

/**
 * LsConfirmResponse:
 * @id: what [func@confirm_finish] returns for it
 * @label: button text, translated, with a mnemonic
 * @appearance: default, suggested or destructive
 *
 * One button of a question.
 */
typedef struct
{
  const char *id;
  const char *label;
  AdwResponseAppearance appearance;
} LsConfirmResponse;

/**
 * LsConfirm:
 * @heading: the question, translated, plain text; thirty letters at most: libadwaita 1.7 measures a longer one wrongly, and
 *   GTK warns of it
 * @body: (nullable): what follows from either answer, translated, plain text
 * @extra_child: (nullable) (transfer none): a widget under the body, such as a list of what is
 *   affected
 * @responses: (array length=n_responses): the buttons, first the one that changes nothing
 * @n_responses: how many
 * @close_response: the id for Escape and for closing the window
 * @default_response: (nullable): the id for Enter
 *
 * A question to the admin. Everything is borrowed for the call.
 */
typedef struct
{
  const char *heading;
  const char *body;
  GtkWidget *extra_child;
  const LsConfirmResponse *responses;
  size_t n_responses;
  const char *close_response;
  const char *default_response;
} LsConfirm;

/**
 * ls_confirm_async:
 * @parent: (nullable): a widget of the window that asks
 * @question: what to ask
 * @cancellable: (nullable): cancelling takes the question away
 * @callback: called on the main thread when it is answered
 * @user_data: for @callback
 *
 * Asks the admin with AdwMessageDialog, or AdwAlertDialog where there is one.
 *
 * For what cannot be undone; what can be is done at once, with a toast. Main thread.
 */
void  ls_confirm_async  (GtkWidget            *parent,
                         const LsConfirm      *question,
                         GCancellable         *cancellable,
                         GAsyncReadyCallback   callback,
                         gpointer              user_data);

/**
 * ls_confirm_finish:
 * @result: the result given to the callback
 * @error: return location for an error
 *
 * Gets the answer.
 *
 * Returns: (transfer full) (nullable): the id of the chosen response, the close response if it was
 *   dismissed, or %NULL with `G_IO_ERROR_CANCELLED` if it was cancelled
 */
char *ls_confirm_finish (GAsyncResult         *result,
                         GError              **error);

G_END_DECLS
