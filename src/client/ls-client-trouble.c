/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-client"

#include "config.h"

#include "client/ls-client-private.h"

/*
 * What goes wrong with nobody waiting for it. Synchronising and reading try again for ever, by
 * themselves; when they fail again and again the signal `trouble` says so, once, and once more when it
 * is over. What is wrong with the connection is the connection's to say.
 */

#define FAILURES_BEFORE_TOLD 3

static void
tell (LsClient     *self,
      LsOperation   operation,
      const GError *error)
{
  g_signal_emit_by_name (self, "trouble", (int) operation, error);
}

static bool
is_of_connection (LsErrorCode code)
{
  return code == LS_ERROR_NETWORK || code == LS_ERROR_WEBSOCKET || code == LS_ERROR_TIMEOUT ||
         code == LS_ERROR_AUTH || code == LS_ERROR_TOO_OLD || code == LS_ERROR_RATE_LIMIT;
}

static void
sync_failed_cb (LsEventBus *bus,
                LsEvent    *event,
                LsClient   *self)
{
  LsErrorCode code = LS_ERROR_PROTOCOL;
  g_autoptr (GError) error = NULL;

  if (event->code == NULL || !ls_error_from_name (event->code, &code) || is_of_connection (code))
    return;
  if (++self->n_sync_failed != FAILURES_BEFORE_TOLD)
    return;
  error = g_error_new_literal (LS_ERROR, (int) code, event->message != NULL ? event->message : "");
  tell (self, LS_OPERATION_SYNC, error);
}

static void
sync_went_on_cb (LsClient *self)
{
  if (self->n_sync_failed >= FAILURES_BEFORE_TOLD)
    tell (self, LS_OPERATION_SYNC, NULL);
  self->n_sync_failed = 0;
}

static void
read_trouble_cb (LsStore      *store,
                 const GError *error,
                 LsClient     *self)
{
  tell (self, LS_OPERATION_READ, error);
}

/* Listens to what fails in an account that was opened. */
void
ls_client_watch_trouble (LsClient *self)
{
  static const char *const progress[] = {
    "event::" LS_EVENT_DELTA,
    "event::" LS_EVENT_FETCHED,
    "event::" LS_EVENT_EDIT_APPLIED,
    "event::" LS_EVENT_EDIT_FAILED,
  };

  g_signal_connect (self->bus, "event::" LS_EVENT_ERROR, G_CALLBACK (sync_failed_cb), self);
  for (size_t i = 0; i < G_N_ELEMENTS (progress); i++)
    g_signal_connect_swapped (self->bus, progress[i], G_CALLBACK (sync_went_on_cb), self);
  g_signal_connect (self->store, "read-trouble", G_CALLBACK (read_trouble_cb), self);
}
