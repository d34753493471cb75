/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-window"

#include "config.h"

#include <glib/gi18n.h>

#include "app/ls-toast.h"
#include "app/ls-window-private.h"

/* What a window says of the proof that it shows what the server has. */

static void
verified_cb (const LsCheckReport *report,
             const GError        *error,
             gpointer             user_data)
{
  LsWindow *self = user_data;
  g_autofree char *words = NULL;

  /* The window is closed. */
  if (self->context == NULL)
    return;
  if (report == NULL)
    {
      ls_window_tell_error (self, LS_OPERATION_VERIFY, error, "win.verify");
      return;
    }
  if (report->n_findings == 0)
    words = g_strdup (_("Verified: nothing differs"));
  else
    words = g_strdup_printf (ngettext ("%u difference found: it is being mended",
                                       "%u differences found: they are being mended",
                                       (unsigned) report->n_findings),
                             (unsigned) report->n_findings);
  ls_window_show_toast (self, ls_toast_new (words));
}

/* Proves now what the window shows; tells what came of it. */
void
ls_window_verify (LsWindow *self)
{
  LsClient *client = ls_context_get_client (self->context);

  if (client != NULL && self->shop != NULL)
    ls_client_verify (client, self->shop, verified_cb, g_object_ref (self), g_object_unref);
}

static void
told_toast_gone_cb (LsWindow *self)
{
  g_clear_object (&self->told_toast);
}

/* Says what only the admin can have mended: in the window that he looks at, and once, however many
 * numbers it is. Afterwards the connection button says it. */
void
ls_window_take_told (LsWindow  *self,
                     LsFinding *finding)
{
  GtkApplication *application = gtk_window_get_application (GTK_WINDOW (self));
  AdwToast *toast;

  if (self->told_toast != NULL || g_strcmp0 (finding->shop, self->shop) != 0 ||
      application == NULL || gtk_application_get_active_window (application) != GTK_WINDOW (self))
    return;
  toast = ls_toast_new (_("Some numbers of this shop do not add up on the server"));
  adw_toast_set_timeout (toast, 0);
  ls_toast_add_button (toast, _("Verify now"), "win.verify");
  self->told_toast = g_object_ref (toast);
  g_signal_connect_object (toast, "dismissed", G_CALLBACK (told_toast_gone_cb), self,
                           G_CONNECT_SWAPPED);
  ls_window_show_toast (self, toast);
}
