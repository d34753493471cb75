/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-trace-export"

#include "config.h"

#include "app/ls-trace-export.h"

#include "client/ls-retry.h"
#include "client/ls-trace.h"
#include "core/ls-reason.h"

/* What is shown waits for the next frame of the window in front: then it can be seen. */
typedef struct {
  LsClient *client;
  char *shop;
  char *correlation;
  int64_t version;
} Wait;

static void
wait_free (gpointer  data,
           GClosure *closure)
{
  Wait *wait = data;

  g_object_unref (wait->client);
  g_free (wait->shop);
  g_free (wait->correlation);
  g_free (wait);
}

static void
painted_cb (GdkFrameClock *clock,
            Wait          *wait)
{
  LsEvent *event = ls_event_new (LS_EVENT_PAINTED, wait->shop);

  event->correlation = g_strdup (wait->correlation);
  event->version = wait->version;
  ls_event_bus_publish (ls_client_get_bus (wait->client), event);
  g_signal_handlers_disconnect_by_func (clock, painted_cb, wait);
}

static void
shown_cb (LsEventBus *bus,
          LsEvent    *event,
          LsClient   *client)
{
  GtkApplication *application = GTK_APPLICATION (g_application_get_default ());
  GtkWindow *window = gtk_application_get_active_window (application);
  GdkFrameClock *clock =
      window != NULL ? gtk_widget_get_frame_clock (GTK_WIDGET (window)) : NULL;
  Wait *wait;

  if (clock == NULL || event->correlation == NULL)
    return;
  wait = g_new0 (Wait, 1);
  wait->client = g_object_ref (client);
  wait->shop = g_strdup (event->shop);
  wait->correlation = g_strdup (event->correlation);
  wait->version = event->version;
  g_signal_connect_data (clock, "after-paint", G_CALLBACK (painted_cb), wait, wait_free, 0);
  gdk_frame_clock_request_phase (clock, GDK_FRAME_CLOCK_PHASE_AFTER_PAINT);
}

/**
 * ls_trace_follow_painting:
 * @application: the application
 * @client: an account that is open
 *
 * Tells the bus when what an edit did was drawn: the last step from the admin's click on.
 */
void
ls_trace_follow_painting (GtkApplication *application,
                          LsClient       *client)
{
  g_signal_connect_object (ls_client_get_bus (client), "event::" LS_EVENT_SHOWN,
                           G_CALLBACK (shown_cb), client, 0);
}

/**
 * ls_trace_export:
 * @client: (nullable): the account that is open
 * @path: absolute path of the file to write
 * @error: where to put why not
 *
 * Writes what happened lately as NDJSON, without anything sensitive. The file is replaced as a
 * whole. Blocks for some ms.
 *
 * Returns: whether it is written
 */
gboolean
ls_trace_export (LsClient   *client,
                 const char *path,
                 GError    **error)
{
  g_autofree char *text = NULL;
  size_t length;

  if (client == NULL)
    {
      ls_reason_set_error (error, LS_REASON_CLOSED);
      return FALSE;
    }
  text = ls_trace_to_ndjson (ls_client_get_bus (client), g_get_real_time (), &length);
  return g_file_set_contents_full (path, text, (ssize_t) length,
                                   G_FILE_SET_CONTENTS_CONSISTENT, 0600, error);
}

typedef struct {
  LsContext *context;
  char *path;
  LsRetry *retry;
} Export;

static void
export_free (gpointer data)
{
  Export *export = data;

  ls_retry_free (export->retry);
  g_object_unref (export->context);
  g_free (export->path);
  g_free (export);
}

static void
export_again (Export *export)
{
  ls_trace_export_async (export->context, export->path);
}

static void
export_unref (gpointer  data,
              GClosure *closure)
{
  export_free (data);
}

static void
export_cb (gpointer data)
{
  Export *export = data;
  g_autoptr (GError) error = NULL;

  if (ls_trace_export (ls_context_get_client (export->context), export->path, &error))
    {
      ls_error_desk_gone (ls_context_get_desk (export->context), LS_OPERATION_EXPORT_TRACE);
      export_free (export);
    }
  else if (!ls_retry_again (export->retry, error, export_cb, export, NULL))
    ls_error_desk_tell (ls_context_get_desk (export->context), LS_OPERATION_EXPORT_TRACE, error, NULL,
                        g_cclosure_new_swap (G_CALLBACK (export_again), export, export_unref));
}

/**
 * ls_trace_export_async:
 * @context: what all windows share
 * @path: absolute path of the file to write
 *
 * Writes what happened lately, as ls_trace_export() does. Where that fails for a while it is tried
 * again; a failure goes to the error desk.
 */
void
ls_trace_export_async (LsContext  *context,
                       const char *path)
{
  Export *export = g_new0 (Export, 1);

  export->context = g_object_ref (context);
  export->path = g_strdup (path);
  export->retry = ls_retry_new (ls_context_get_environment (context), LS_OPERATION_EXPORT_TRACE);
  export_cb (export);
}
