/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-sync"

#include "config.h"

#include "client/ls-sync-machine-private.h"

#include <string.h>

#include "core/ls-fault.h"
#include "core/ls-reason.h"

/* The way of edits: from the outbox to the server, and their results. */

/* What a message has around the changes of an edit, a change around its fields, a field around its
 * values, and the longest number. */
#define MUTATE_OVERHEAD 512
#define CHANGE_OVERHEAD 256
#define FIELD_OVERHEAD 96
#define NUMBER_BYTES 24

static LsMessage *
mutate_new (LsStream   *stream,
            int64_t     n,
            const char *mid)
{
  LsMessage *message = ls_message_new (LS_MESSAGE_MUTATE);

  message->mutate.shop = g_strdup (stream->shop);
  message->mutate.n = n;
  message->mutate.mid = g_strdup (mid);
  return message;
}

static size_t
value_bound (const LsValue *value)
{
  const char *text = ls_value_get_text (value);

  return text != NULL ? 2 * strlen (text) : NUMBER_BYTES;
}

/* No less than the bytes of the changes as JSON: at worst every byte of a text is escaped by
 * another. */
static size_t
changes_bound (GPtrArray *changes)
{
  size_t bound = 0;

  for (unsigned i = 0; i < changes->len; i++)
    {
      const LsChange *change = g_ptr_array_index (changes, i);

      bound += CHANGE_OVERHEAD;
      for (unsigned k = 0; k < change->edits->len; k++)
        {
          const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, k);

          bound += FIELD_OVERHEAD + value_bound (&edit->set) + value_bound (&edit->was);
        }
    }
  return bound;
}

static bool
fits (LsSyncMachine *self,
      const LsEdit  *edit)
{
  g_autofree char *text = NULL;

  if (changes_bound (edit->changes) + MUTATE_OVERHEAD <= (size_t) self->max_message)
    return true;
  text = ls_changes_to_json (edit->changes);
  return strlen (text) + MUTATE_OVERHEAD <= (size_t) self->max_message;
}

/* An edit that the server would hang up on goes to the dead letters, and its n as void (rule
 * 14). */
static void
reject_here (LsSyncMachine *self,
             LsStream      *stream,
             const LsEdit  *edit)
{
  g_autoptr (LsMessage) result = ls_message_new (LS_MESSAGE_RESULT);

  result->result.shop = g_strdup (stream->shop);
  result->result.n = edit->n;
  result->result.mid = g_strdup (edit->mid);
  result->result.status = LS_RESULT_REJECTED;
  result->result.code = g_strdup (ls_error_info (LS_ERROR_VALIDATION)->name);
  result->result.reason = ls_reason_new (LS_REASON_LARGE_EDIT);
  result->result.message = ls_reason_to_text ((const char *const *) result->result.reason);
  ls_sync_push (self, LS_SYNC_APPLY_RESULT, stream->shop)->message = ls_message_ref (result);
}

static gpointer
copy_change (gconstpointer change,
             gpointer      user_data)
{
  return ls_change_ref ((LsChange *) change);
}

static void
send_edit (LsSyncMachine *self,
           LsStream      *stream,
           const LsEdit  *edit)
{
  LsMessage *message = mutate_new (stream, edit->n, edit->mid);
  LsEvent *event;

  message->mutate.is_void = edit->is_void && !LS_FAULT (VOID_FORGOTTEN);
  if (!edit->is_void && !fits (self, edit))
    {
      message->mutate.is_void = true;
      reject_here (self, stream, edit);
    }
  if (!message->mutate.is_void)
    g_ptr_array_extend (message->mutate.changes, edit->changes, copy_change, NULL);
  ls_sync_send (self, message);
  event = ls_sync_report (self, LS_EVENT_EDIT_SENT, stream);
  event->correlation = g_strdup (edit->mid);
  event->count = edit->n;
}

/* An n that the server waits for and that no edit here has. Any mid does: it has no content. */
static void
send_void (LsSyncMachine *self,
           LsStream      *stream,
           int64_t        n)
{
  uint64_t high = self->draw (self->draw_data), low = self->draw (self->draw_data);
  g_autofree char *mid = g_strdup_printf (
      "%08x-%04x-4%03x-8%03x-%012" G_GINT64_MODIFIER "x", (unsigned) (high >> 32),
      (unsigned) (high >> 16) & 0xffff, (unsigned) high & 0xfff, (unsigned) (low >> 48) & 0xfff,
      low & UINT64_C (0xffffffffffff));
  LsMessage *message = mutate_new (stream, n, mid);

  message->mutate.is_void = true;
  ls_sync_send (self, message);
}

void
ls_stream_run_outbox (LsSyncMachine *self,
                      LsStream      *stream,
                      int64_t        now)
{
  LsOutboxWork work;
  LsOutboxStep step;

  if (self->session != LS_SESSION_READY)
    return;
  while ((step = ls_outbox_next (stream->outbox, now, &work)) != LS_OUTBOX_NOTHING)
    if (step == LS_OUTBOX_SEND)
      send_edit (self, stream, work.edit);
    else if (step == LS_OUTBOX_VOID)
      send_void (self, stream, work.n);
    else if (step == LS_OUTBOX_ASK)
      ls_stream_ask_for_edits (self, stream);
    else
      ls_sync_push (self, LS_SYNC_NUMBER, stream->shop)->n = work.max;
}

void
ls_stream_refused (LsSyncMachine        *self,
                   LsStream             *stream,
                   const LsErrorMessage *error,
                   int64_t               now)
{
  bool was_held = ls_outbox_is_held (stream->outbox, now);

  ls_outbox_refused (stream->outbox, error->expected_n, error->temporary, error->retry_after, now);
  if (error->temporary && !was_held)
    {
      LsEvent *event = ls_sync_report (self, LS_EVENT_OUTBOX_HELD, stream);

      event->code = g_strdup (ls_error_info (error->code)->name);
      event->message = g_strdup (error->message);
      event->count = ls_outbox_get_n_sent (stream->outbox);
    }
  ls_stream_run_outbox (self, stream, now);
}

/* Has the edits of a shop counted from 1 again, under a new client id or in a new epoch. Until that is
 * on disk none goes, and none is known to be decided: an old number would be taken for a new one. */
void
ls_sync_count_again (LsSyncMachine *self,
                     LsStream      *stream,
                     bool           is_forked)
{
  ls_outbox_count_again (stream->outbox);
  self->renumbering++;
  ls_sync_push (self, LS_SYNC_RENUMBER, stream->shop)->n = is_forked;
}

/**
 * ls_sync_machine_edits_changed:
 * @self: a machine
 * @shop: a shop
 * @now: monotonic
 *
 * An edit was made, changed or taken back.
 */
void
ls_sync_machine_edits_changed (LsSyncMachine *self,
                               const char    *shop,
                               int64_t        now)
{
  LsStream *stream = ls_sync_find (self, shop);

  if (stream == NULL)
    return;
  ls_outbox_changed (stream->outbox);
  ls_stream_run_outbox (self, stream, now);
}

/**
 * ls_sync_machine_numbered:
 * @self: a machine
 * @shop: a shop
 * @edits: (element-type LsEdit) (nullable): all edits that have an n and no result, by n
 * @error: (nullable): why the cache failed
 * @now: monotonic
 *
 * Answers %LS_SYNC_NUMBER.
 */
void
ls_sync_machine_numbered (LsSyncMachine *self,
                          const char    *shop,
                          GPtrArray     *edits,
                          const GError  *error,
                          int64_t        now)
{
  LsStream *stream = ls_sync_find (self, shop);

  if (stream == NULL)
    return;
  if (error != NULL)
    ls_sync_report_error (self, LS_EVENT_ERROR, stream, error);
  ls_outbox_numbered (stream->outbox, error == NULL ? edits : NULL, now);
  ls_stream_run_outbox (self, stream, now);
}

static void
report_decided (LsSyncMachine  *self,
                LsStream       *stream,
                const LsResult *result,
                const LsEdit   *edit)
{
  bool applied = result->status == LS_RESULT_APPLIED || result->status == LS_RESULT_DECIDED;
  LsEvent *event =
      ls_sync_report (self, applied ? LS_EVENT_EDIT_APPLIED : LS_EVENT_EDIT_FAILED, stream);

  event->correlation = g_strdup (edit->mid);
  event->version = result->version;
  event->count = result->n;
  event->code = g_strdup (result->code);
  event->message = g_strdup (result->message);
}

/**
 * ls_sync_machine_decided:
 * @self: a machine
 * @shop: a shop
 * @result: the `result`
 * @edit: (nullable): the edit as it is now, %NULL when the cache knew none that was undecided
 * @error: (nullable): why the cache failed
 * @now: monotonic
 *
 * Answers %LS_SYNC_APPLY_RESULT.
 */
void
ls_sync_machine_decided (LsSyncMachine   *self,
                         const char      *shop,
                         const LsMessage *result,
                         LsEdit          *edit,
                         const GError    *error,
                         int64_t          now)
{
  LsStream *stream = ls_sync_find (self, shop);

  if (stream == NULL)
    return;
  if (error != NULL)
    {
      /* It stays undecided, is not acknowledged, and is told again in the next session. */
      LsSyncAction *action;

      ls_sync_report_error (self, LS_EVENT_ERROR, stream, error);
      if (self->session != LS_SESSION_READY)
        return;
      action = ls_sync_push (self, LS_SYNC_FAIL, NULL);
      action->error = g_error_copy (error);
      return;
    }
  /* One that was made here has no version. */
  ls_outbox_decided (stream->outbox, result->result.mid, result->result.version > 0, now);
  if (edit != NULL && edit->state != LS_EDIT_DISCARDED)
    report_decided (self, stream, &result->result, edit);
  else if (edit != NULL)
    ls_outbox_changed (stream->outbox);
  ls_stream_want_ack (self, stream, now);
  ls_stream_run_outbox (self, stream, now);
}
