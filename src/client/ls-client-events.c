/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-client"

#include "config.h"

#include "client/ls-client-private.h"

#include "client/ls-trace.h"

/* What the parts of a client tell, and what follows from it. */

/* --- Shops ----------------------------------------------------------------------------------- */

static void
list_step (gpointer data)
{
  LsClientJob *job = data;

  job->shops = ls_cache_list_shops (job->cache);
}

/* Takes over the list of shops, of LsCacheShop. */
void
ls_client_take_shops (LsClient  *self,
                      GPtrArray *shops)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();

  g_ptr_array_set_size (self->shops, 0);
  for (unsigned i = 0; i < shops->len; i++)
    {
      const LsCacheShop *shop = g_ptr_array_index (shops, i);
      LsShopEntry *entry = g_new0 (LsShopEntry, 1);

      entry->shop = g_strdup (shop->shop);
      entry->name = g_strdup (shop->name != NULL ? shop->name : shop->shop);
      if (shop->role == NULL || !ls_role_from_name (shop->role, &entry->role))
        entry->role = LS_ROLE_VIEWER;
      entry->choice = shop->choice;
      entry->held = shop->held;
      entry->lacking = shop->lacking;
      g_ptr_array_add (self->shops, entry);
      g_ptr_array_add (ids, entry->shop);
    }
  g_ptr_array_add (ids, NULL);
  ls_consistency_checker_set_shops (self->checker, (const char *const *) ids->pdata);
  g_signal_emit_by_name (self, "shops-changed");
}

static void
list_answer (gpointer data)
{
  LsClientJob *job = data;
  g_autoptr (LsClient) self = g_weak_ref_get (&job->client);

  if (self != NULL)
    ls_client_take_shops (self, job->shops);
}

/* --- What the engine tells ------------------------------------------------------------------- */

/* Takes @status. */
void
ls_client_take_status (LsConnectionStatus *status,
                       gpointer            user_data)
{
  LsClient *self = user_data;
  bool changed;

  /* Without a token there is no way online, whatever the engine was told before: what it says of
   * that comes later than what is said here. */
  if (self->started && ls_endpoint_get_token (self->endpoint) == NULL)
    status->state = LS_CONNECTION_SIGNED_OUT;
  changed = status->state != self->status->state;
  ls_connection_status_free (self->status);
  self->status = status;
  if (changed)
    {
      LsEvent *event = ls_event_new (LS_EVENT_CONNECTION, NULL);

      event->message = g_strdup (ls_connection_state_to_name (status->state));
      ls_event_bus_publish (self->bus, event);
    }
  g_object_notify (G_OBJECT (self), "status");
}

static void
engine_shops_cb (gpointer user_data)
{
  ls_client_job_post (ls_client_job_new (user_data, list_step, list_answer));
}

const LsEngineEvents ls_client_engine_events = { ls_client_take_status, engine_shops_cb,
                                                 ls_client_take_progress };

/* --- What the store tells -------------------------------------------------------------------- */

/* The first change of an edit, without values that nobody may read. */
static char *
describe (const LsEdit *edit)
{
  return edit->changes->len > 0 ? ls_trace_describe_change (g_ptr_array_index (edit->changes, 0))
                                : NULL;
}

static void
edit_changed_cb (LsStore  *store,
                 LsEdit   *edit,
                 LsClient *self)
{
  LsEvent *event;

  if (self->engine != NULL && (edit->state == LS_EDIT_QUEUED || edit->is_void))
    ls_engine_edits_changed (self->engine, edit->shop);
  if (edit->state != LS_EDIT_QUEUED && edit->state != LS_EDIT_DISCARDED)
    return;
  event = ls_event_new (edit->state == LS_EDIT_QUEUED ? LS_EVENT_EDIT_QUEUED
                                                      : LS_EVENT_EDIT_DISCARDED,
                        edit->shop);
  event->correlation = g_strdup (edit->mid);
  event->message = describe (edit);
  event->count = edit->changes->len;
  ls_event_bus_publish (self->bus, event);
}

/* Somebody pressed, typed or dropped something, and an edit is to come of it. */
static void
mutating_cb (LsStore    *store,
             const char *shop,
             const char *mid,
             LsClient   *self)
{
  LsEvent *event = ls_event_new (LS_EVENT_ACTION, shop);

  event->correlation = g_strdup (mid);
  event->message = g_steal_pointer (&self->action);
  ls_event_bus_publish (self->bus, event);
}

static void
tell_contained (LsClient      *self,
                LsCacheCommit *commit)
{
  for (unsigned i = 0; i < commit->contained->len; i++)
    {
      const char *mid = g_ptr_array_index (commit->contained, i);
      LsEvent *event = ls_event_new (LS_EVENT_EDIT_CONTAINED, commit->shop);

      event->correlation = g_strdup (mid);
      event->version = commit->position.version;
      ls_event_bus_publish (self->bus, event);
      event = ls_event_new (LS_EVENT_SHOWN, commit->shop);
      event->correlation = g_strdup (mid);
      event->version = commit->position.version;
      event->count = commit->changes->len;
      ls_event_bus_publish (self->bus, event);
    }
}

static void
committed_cb (LsStore       *store,
              LsCacheCommit *commit,
              LsClient      *self)
{
  LsEvent *event;

  tell_contained (self, commit);
  /* Rows that came as a whole may be of other months than those before them. */
  if (commit->reloaded != 0)
    engine_shops_cb (self);
  for (unsigned i = 0; i < commit->edits->len; i++)
    {
      const LsEdit *edit = g_ptr_array_index (commit->edits, i);

      event = ls_event_new (LS_EVENT_SHOWN, commit->shop);
      event->correlation = g_strdup (edit->mid);
      event->version = commit->position.version;
      event->count = commit->changes->len;
      ls_event_bus_publish (self->bus, event);
    }
}

/* --- What the checker wants, and tells ------------------------------------------------------- */

static void
heal_verify (const char *shop,
             uint32_t    collections,
             gpointer    user_data)
{
  LsClient *self = user_data;

  if (self->engine != NULL)
    ls_engine_verify (self->engine, shop, collections);
}

static void
heal_suspect (const char         *shop,
              const LsCollection *collection,
              GArray             *buckets,
              gpointer            user_data)
{
  LsClient *self = user_data;

  if (self->engine != NULL)
    ls_engine_suspect (self->engine, shop, collection, buckets);
}

static void
heal_refetch (const char *shop,
              uint32_t    collections,
              gpointer    user_data)
{
  LsClient *self = user_data;

  if (self->engine != NULL)
    ls_engine_refetch (self->engine, shop, collections);
}

static const LsHealer healer = { heal_verify, heal_suspect, heal_refetch };

static void
finding_cb (LsConsistencyChecker *checker,
            LsFinding            *finding,
            LsClient             *self)
{
  g_signal_emit_by_name (self, "finding", finding);
}

static void
told_cb (LsConsistencyChecker *checker,
         LsFinding            *finding,
         LsClient             *self)
{
  g_signal_emit_by_name (self, "told", finding);
}

static void
notice_cb (LsEventBus *bus,
           LsEvent    *event,
           LsClient   *self)
{
  g_signal_emit_by_name (self, "notice", event->code, event->message, event->count);
}

static void
session_cb (LsEventBus *bus,
            LsEvent    *event,
            LsClient   *self)
{
  g_signal_emit_by_name (self, "session-began");
}

/* The other process is gone: this one keeps the account in step from now on. */
static void
taken_over_cb (LsStore    *store,
               GParamSpec *pspec,
               LsClient   *self)
{
  if (self->engine != NULL || self->is_stopped || ls_store_get_read_only (store))
    return;
  ls_client_make_engine (self);
  engine_shops_cb (self);
  ls_client_connect_if_possible (self);
}

/* Makes what keeps the account in step with the server. */
void
ls_client_make_engine (LsClient *self)
{
  self->engine = ls_engine_new (self->environment, ls_store_get_cache (self->store), self->bus,
                                &self->options, &ls_client_engine_events, self);
  if (self->endpoint != NULL)
    ls_engine_set_endpoint (self->engine, self->endpoint);
  ls_engine_set_by_hand (self->engine, self->offline);
  ls_engine_set_attention (self->engine, self->attention);
}

/* Listens to all the parts of a client that was opened. */
void
ls_client_listen (LsClient *self)
{
  g_signal_connect (self->store, "edit-changed", G_CALLBACK (edit_changed_cb), self);
  g_signal_connect (self->store, "notify::read-only", G_CALLBACK (taken_over_cb), self);
  g_signal_connect (self->store, "mutating", G_CALLBACK (mutating_cb), self);
  g_signal_connect (self->store, "committed", G_CALLBACK (committed_cb), self);
  g_signal_connect (self->bus, "event::" LS_EVENT_NOTICE, G_CALLBACK (notice_cb), self);
  g_signal_connect (self->bus, "event::" LS_EVENT_SESSION, G_CALLBACK (session_cb), self);
  ls_consistency_checker_set_healer (self->checker, &healer, self);
  g_signal_connect (self->checker, "finding", G_CALLBACK (finding_cb), self);
  g_signal_connect (self->checker, "told", G_CALLBACK (told_cb), self);
}

/* Listens to edits no more: there is no engine to send them. */
void
ls_client_ignore_edits (LsClient *self)
{
  g_signal_handlers_disconnect_by_func (self->store, edit_changed_cb, self);
}
