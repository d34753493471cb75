/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-session"

#include "config.h"

#include "core/ls-error.h"
#include "core/ls-fault.h"
#include "server/ls-hub-private.h"

/*
 * Edits go to the committer; what it decides comes back as a result. Results of a shop leave in the
 * order decided, each behind the delta of its version: a session that is live has had that delta,
 * one that is behind gets it first. One whose sink overflowed has lost what was on the way: when
 * it is live again, all results that it did not acknowledge are told once more: those that stand
 * under its id, of as many edits as may be on their way, and those of edits that were decided under
 * another one, which only the session knows to be this client's (a mid is kept once).
 */

#define SECOND ((int64_t) G_USEC_PER_SEC)
/* A client keeps to its window; twice that, and it does not. */
#define MAX_EDITS (2 * LS_MUTATION_WINDOW)

typedef struct {
  LsSession *session;
  LsHubShop *shop;
  LsMutation *mutation;
  int64_t since;

  /* Found */
  LsDecision *decision;
  GError *error;
  int64_t expected_n;
} Edit;

typedef struct {
  LsSession *session;
  LsSub *sub;
  uint64_t id;
  LsStorage *storage;
  char *shop;
  const LsView *view;
  GPtrArray *changes;
  LsMessage *message;
} RowRead;

typedef struct {
  LsSession *session;
  LsSub *sub;
  unsigned generation;
  LsStorage *storage;
  char *shop;
  char *client;
  int64_t after_n;
  GPtrArray *decisions;
} DecisionList;

static void
edit_free (gpointer data)
{
  Edit *edit = data;

  ls_session_unref (edit->session);
  ls_mutation_unref (edit->mutation);
  g_clear_pointer (&edit->decision, ls_decision_free);
  g_clear_error (&edit->error);
  g_free (edit);
}

static void
row_read_free (gpointer data)
{
  RowRead *read = data;

  ls_session_unref (read->session);
  g_object_unref (read->storage);
  g_free (read->shop);
  g_ptr_array_unref (read->changes);
  g_clear_pointer (&read->message, ls_message_unref);
  g_free (read);
}

/* A row as @view shows it, or NULL when it shows none of it. */
static LsChange *
shown (const LsChange *change,
       const LsView   *view)
{
  uint64_t fields = ls_view_get_fields (view, change->collection);
  LsChange *seen;

  if (fields == 0)
    return NULL;
  seen = ls_change_new (change->op, change->collection, change->key);
  for (unsigned i = 0; i < change->edits->len; i++)
    {
      const LsFieldEdit *edit = &g_array_index (change->edits, LsFieldEdit, i);

      if (edit->has_set && (fields & (UINT64_C (1) << edit->field)))
        ls_change_take_set (seen, edit->field, ls_value_copy (&edit->set));
    }
  return seen;
}

/* On a reader: the rows of a conflict as they are now. Without them it is still a result. */
static void
read_rows_cb (gpointer data)
{
  RowRead *read = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) rows = NULL;

  rows = ls_storage_get_rows (read->storage, read->shop, read->changes, NULL, &error);
  if (rows == NULL)
    g_warning ("Rows of a conflict could not be read: %s", error->message);
  for (unsigned i = 0; rows != NULL && i < rows->len; i++)
    {
      LsChange *row = shown (g_ptr_array_index (rows, i), read->view);

      if (row != NULL)
        g_ptr_array_add (read->message->result.rows, row);
    }
}

static void
rows_read_cb (gpointer data)
{
  RowRead *read = data;

  if (read->session->state == LS_SESSION_CLOSED)
    return;
  for (GList *link = read->sub->results.head; link != NULL; link = link->next)
    {
      LsPendingResult *pending = link->data;

      if (pending->id == read->id)
        pending->message = g_steal_pointer (&read->message);
      if (pending->id == read->id)
        break;
    }
  ls_sub_flush_results (read->sub);
}

static LsMessage *
result_new (const char       *shop,
            const LsDecision *decision)
{
  LsMessage *message = ls_message_new (LS_MESSAGE_RESULT);

  message->result.shop = g_strdup (shop);
  message->result.n = decision->n;
  message->result.mid = g_strdup (decision->mid);
  message->result.status = decision->status;
  message->result.version = decision->version;
  message->result.code = g_strdup (decision->code);
  message->result.message = g_strdup (decision->message);
  message->result.path = g_strdup (decision->path);
  message->result.reason = g_strdupv (decision->reason);
  return message;
}

static void
read_rows (LsSub           *sub,
           LsPendingResult *pending,
           GPtrArray       *changes,
           LsMessage       *message)
{
  LsHub *hub = sub->session->hub;
  RowRead *read = g_new0 (RowRead, 1);

  read->session = ls_session_ref (sub->session);
  read->sub = sub;
  read->id = pending->id;
  read->storage = g_object_ref (hub->storage);
  read->shop = g_strdup (sub->shop->shop);
  read->view = sub->view;
  read->changes = g_ptr_array_ref (changes);
  read->message = message;
  ls_hub_work (hub, ls_hub_next_reader (hub), read_rows_cb, rows_read_cb, read, row_read_free);
}

static void
queue_result (LsSub            *sub,
              const LsDecision *decision,
              GPtrArray        *changes)
{
  LsPendingResult *pending = g_new0 (LsPendingResult, 1);
  LsMessage *message = result_new (sub->shop->shop, decision);

  /* Also one that was decided on an earlier connection. */
  sub->taken_n = MAX (sub->taken_n, decision->n);
  if (sub->refused_n <= decision->n)
    sub->refused_n = 0;
  pending->id = ++sub->last_result;
  pending->n = decision->n;
  pending->version = decision->version;
  g_queue_push_tail (&sub->results, pending);
  sub->session->hub->counters.results[decision->status]++;
  if (decision->status == LS_RESULT_CONFLICT && changes != NULL)
    read_rows (sub, pending, changes, message);
  else
    pending->message = message;
}

static void
pending_free (gpointer data)
{
  LsPendingResult *pending = data;

  g_clear_pointer (&pending->message, ls_message_unref);
  g_free (pending);
}

/* Sends what may leave. */
void
ls_sub_flush_results (LsSub *sub)
{
  LsPendingResult *pending;

  if (sub->results_lost)
    return;
  while ((pending = g_queue_peek_head (&sub->results)) != NULL && pending->message != NULL)
    {
      /* What it is about may wait no longer: of each, since one may have held up those behind it. */
      if (sub->state == LS_SUB_LIVE && ls_sub_get_sent (sub) < pending->version &&
          !LS_FAULT (RESULT_BEFORE_DELTA))
        ls_audience_flush (sub->audience);
      /* Whoever is sent away by that and joins again at once has been here meanwhile. */
      if (pending != g_queue_peek_head (&sub->results))
        continue;
      if (sub->state != LS_SUB_NONE && ls_sub_get_sent (sub) < pending->version &&
          !LS_FAULT (RESULT_BEFORE_DELTA))
        return;
      ls_session_send (sub->session, pending->message);
      pending_free (g_queue_pop_head (&sub->results));
    }
}

void
ls_sub_clear_results (LsSub *sub)
{
  g_queue_clear_full (&sub->results, pending_free);
}

static int64_t
get_acked_n (LsSub *sub)
{
  int64_t n;

  g_mutex_lock (&sub->session->lock);
  n = sub->acked_n;
  g_mutex_unlock (&sub->session->lock);
  return n;
}

/* Keeps @decision until it is acknowledged, in the place of what came under its n before. No client
 * has more under way than MAX_EDITS. */
static void
keep_decided (LsSub            *sub,
              const LsDecision *decision)
{
  int64_t acked_n = get_acked_n (sub);
  GList *next;

  for (GList *link = sub->decided.head; link != NULL; link = next)
    {
      LsDecision *old = link->data;

      next = link->next;
      if (old->n > acked_n && old->n != decision->n)
        continue;
      ls_decision_free (old);
      g_queue_delete_link (&sub->decided, link);
    }
  if (decision->n > acked_n)
    g_queue_push_tail (&sub->decided, ls_decision_copy (decision));
  if (sub->decided.length > MAX_EDITS)
    ls_decision_free (g_queue_pop_head (&sub->decided));
}

void
ls_sub_forget_decided (LsSub *sub)
{
  g_queue_clear_full (&sub->decided, (GDestroyNotify) ls_decision_free);
}

static void
count_latency (LsHub   *hub,
               int64_t  latency)
{
  const int64_t *bounds = ls_hub_latency_bounds ();
  unsigned i = 0;

  while (latency > bounds[i])
    i++;
  hub->counters.latency[i]++;
  hub->counters.latency_sum += (uint64_t) latency;
}

static void
tell_undecided (Edit *edit)
{
  int64_t wait = ls_error_is_temporary (edit->error) ? SECOND : 0;
  int64_t next = edit->expected_n > 0 ? edit->expected_n : edit->mutation->n;
  LsSub *sub = ls_session_find_sub (edit->session, edit->shop);

  /* None from there on was taken, however many came. */
  sub->taken_n = MIN (sub->taken_n, next - 1);
  if (sub->refused_n > next)
    sub->refused_n = next;
  if (edit->expected_n == LS_EXPECTED_FORKED)
    ls_session_fork (edit->session);
  else
    ls_session_send_error (edit->session, edit->error, edit->shop->shop, next, wait);
}

static void
decided_on_hub_cb (gpointer data)
{
  Edit *edit = data;
  LsSession *session = edit->session;
  LsSub *sub;

  session->edits--;
  if (session->state == LS_SESSION_CLOSED)
    return;
  count_latency (session->hub, ls_environment_monotonic (session->hub->environment) - edit->since);
  /* It was numbered under an id that the client has not any more. */
  if (g_strcmp0 (session->client, edit->mutation->client) != 0)
    return;
  if (edit->decision == NULL)
    {
      tell_undecided (edit);
      return;
    }
  sub = ls_session_find_sub (session, edit->shop);
  keep_decided (sub, edit->decision);
  if (sub->state == LS_SUB_OVERFLOWED)
    return;
  queue_result (sub, edit->decision, edit->mutation->changes);
  ls_sub_flush_results (sub);
}

/* On the committer's queue. */
static void
decided_cb (LsMutation       *mutation,
            const LsDecision *decision,
            const GError     *error,
            int64_t           expected_n,
            gpointer          user_data)
{
  Edit *edit = user_data;

  edit->decision = decision != NULL ? ls_decision_copy (decision) : NULL;
  edit->error = error != NULL ? g_error_copy (error) : NULL;
  edit->expected_n = expected_n;
}

static void
edit_decided (gpointer data)
{
  Edit *edit = data;
  LsHub *hub = edit->session->hub;

  if (edit->decision != NULL || edit->error != NULL)
    ls_environment_post (hub->environment, hub->queue, decided_on_hub_cb, edit, edit_free);
  else
    edit_free (edit);
}

static void
refuse (LsSession      *session,
        const LsMutate *mutate,
        int64_t         n,
        LsErrorCode     code,
        int64_t         wait,
        const char     *words)
{
  g_autoptr (GError) error = g_error_new_literal (LS_ERROR, (int) code, words);

  ls_session_send_error (session, error, mutate->shop, n, wait);
}

/* Not now. What is on its way behind it is not taken either: n has no gaps. */
static void
postpone (LsSub          *sub,
          const LsMutate *mutate,
          int64_t         wait,
          const char     *words)
{
  int64_t n = mutate->n;

  /* One that was taken before was sent twice, and those behind it may be taken too. */
  if (n > sub->taken_n && (sub->refused_n == 0 || n < sub->refused_n))
    sub->refused_n = n;
  if (sub->refused_n > 0 && n > sub->refused_n)
    n = sub->refused_n;
  refuse (sub->session, mutate, n, LS_ERROR_RATE_LIMIT, wait, words);
}

static LsMutation *
mutation_new (LsSession *session,
              LsMutate  *mutate,
              LsRole     role)
{
  LsMutation *mutation = ls_mutation_new (mutate->shop);

  mutation->client = g_strdup (session->client);
  mutation->actor = g_strdup (session->identity->user);
  mutation->role = role;
  mutation->n = mutate->n;
  mutation->mid = g_strdup (mutate->mid);
  mutation->is_void = mutate->is_void;
  mutation->changes = mutate->changes != NULL ? g_ptr_array_ref (mutate->changes) : NULL;
  mutation->body_error = mutate->body_error != NULL ? g_error_copy (mutate->body_error) : NULL;
  return mutation;
}

/* Hands an edit to the committer. */
void
ls_session_mutate (LsSession *session,
                   LsMessage *message)
{
  LsHub *hub = session->hub;
  LsMutate *mutate = &message->mutate;
  LsHubShop *shop = ls_hub_find_shop (hub, mutate->shop);
  const LsRate rate = { hub->options.edit_rate, SECOND, hub->options.edit_burst };
  int64_t now = ls_environment_monotonic (hub->environment);
  g_autoptr (GError) error = NULL;
  int64_t wait = SECOND;
  LsRole role;
  LsSub *sub;
  Edit *edit;

  if (shop == NULL || !ls_identity_get_role (session->identity, mutate->shop, &role))
    {
      refuse (session, mutate, mutate->n, LS_ERROR_FORBIDDEN, 0,
              "shop: no such shop, or no right in it");
      return;
    }
  sub = ls_session_need_sub (session, shop, role);
  if ((sub->refused_n > 0 && mutate->n > sub->refused_n) || session->edits >= MAX_EDITS)
    {
      postpone (sub, mutate, wait, "too many edits");
      return;
    }
  if (!ls_bucket_take (&session->edit_bucket, &rate, now, &wait))
    {
      postpone (sub, mutate, wait, "too many edits");
      ls_session_notify_slowed (session);
      return;
    }
  sub->refused_n = 0;
  sub->taken_n = MAX (sub->taken_n, mutate->n);
  edit = g_new0 (Edit, 1);
  edit->session = ls_session_ref (session);
  edit->shop = shop;
  edit->mutation = mutation_new (session, mutate, role);
  edit->since = now;
  session->edits++;
  if (ls_committer_submit (hub->committer, edit->mutation, decided_cb, edit, edit_decided, &error))
    return;
  session->edits--;
  sub->taken_n = mutate->n - 1;
  postpone (sub, mutate, SECOND, error->message);
}

static void
decision_list_free (gpointer data)
{
  DecisionList *list = data;

  ls_session_unref (list->session);
  g_object_unref (list->storage);
  g_free (list->shop);
  g_free (list->client);
  g_clear_pointer (&list->decisions, g_ptr_array_unref);
  g_free (list);
}

static void
list_decisions_cb (gpointer data)
{
  DecisionList *list = data;
  g_autoptr (GError) error = NULL;
  int64_t last_n = ls_storage_get_last_n (list->storage, list->shop, list->client, NULL, &error);

  list->after_n = MAX (list->after_n, last_n - MAX_EDITS);
  if (last_n >= 0)
    list->decisions = ls_storage_list_decisions (list->storage, list->shop, list->client,
                                                 list->after_n, &error);
  if (list->decisions == NULL)
    g_warning ("Results could not be read: %s", error->message);
}

static int
compare_n (gconstpointer a,
           gconstpointer b)
{
  int64_t first = (*(LsDecision *const *) a)->n, second = (*(LsDecision *const *) b)->n;

  return (first > second) - (first < second);
}

/* Adds to what is kept under the client's id what was decided under others, by n. */
static void
add_decided (DecisionList *list)
{
  GPtrArray *decisions = list->decisions;
  unsigned n_listed = decisions->len;

  for (GList *link = list->sub->decided.head; link != NULL; link = link->next)
    {
      LsDecision *decision = link->data;
      bool known = decision->n <= list->after_n;

      for (unsigned i = 0; i < n_listed && !known; i++)
        known = ((LsDecision *) g_ptr_array_index (decisions, i))->n == decision->n;
      if (!known)
        g_ptr_array_add (decisions, ls_decision_copy (decision));
    }
  g_ptr_array_sort (decisions, compare_n);
}

static void
decisions_listed_cb (gpointer data)
{
  DecisionList *list = data;
  LsSub *sub = list->sub;

  GQueue came = sub->results;
  int64_t last_n = list->after_n;
  LsPendingResult *pending;

  if (list->session->state == LS_SESSION_CLOSED || sub->generation != list->generation)
    return;
  sub->results_lost = false;
  g_queue_init (&sub->results);
  if (list->decisions == NULL)
    list->decisions = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_decision_free);
  add_decided (list);
  for (unsigned i = 0; i < list->decisions->len; i++)
    {
      const LsDecision *decision = g_ptr_array_index (list->decisions, i);

      /* The committer is about to tell of those that the hub does not know yet. */
      if (decision->version > ls_sub_get_sent (sub))
        break;
      queue_result (sub, decision, NULL);
      last_n = decision->n;
    }
  while ((pending = g_queue_pop_head (&came)) != NULL)
    {
      if (pending->n > last_n)
        g_queue_push_tail (&sub->results, pending);
      else
        pending_free (pending);
    }
  ls_sub_flush_results (sub);
}

/* Tells again all results that the client did not acknowledge. */
void
ls_sub_list_results (LsSub *sub)
{
  LsHub *hub = sub->session->hub;
  DecisionList *list = g_new0 (DecisionList, 1);

  list->session = ls_session_ref (sub->session);
  list->sub = sub;
  list->generation = sub->generation;
  list->storage = g_object_ref (hub->storage);
  list->shop = g_strdup (sub->shop->shop);
  list->client = g_strdup (sub->session->client);
  list->after_n = get_acked_n (sub);
  ls_hub_work (hub, ls_hub_next_reader (hub), list_decisions_cb, decisions_listed_cb, list,
               decision_list_free);
}
