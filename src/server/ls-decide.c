/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-committer"

#include "config.h"

#include "core/ls-fault.h"
#include "server/ls-apply.h"
#include "server/ls-committer-private.h"
#include "server/ls-fault-memory.h"

/*
 * One mutation, decided exactly once (PROTOCOL rules 7 to 10). In this order:
 *
 *   mid known                the same decision again; another content under it is refused
 *   n <= last                a copied client when that n is kept under another mid, else `decided`
 *   n > last + 1             expected n: nothing happens
 *   n == last + 1, or no n   void, unreadable, refused, conflicting or applied: decided, and n moves
 *
 * The decision is written in the transaction of its effect. A mid is known across clients of a
 * shop: an edit that a copied cache sends again under a new client id is still that edit.
 */

/* Where the server's own decisions are kept: a client for each source. No id that is issued begins
 * so. */
#define SOURCE_PREFIX "@"

static LsDecision *
decision_new (const LsMutation *mutation,
              uint64_t          hash,
              LsResultStatus    status,
              int64_t           version)
{
  LsDecision *decision = g_new0 (LsDecision, 1);

  decision->n = mutation->n;
  decision->mid = g_strdup (mutation->mid);
  decision->hash = hash;
  decision->status = status;
  decision->version = version;
  return decision;
}

static LsDecision *
decision_refused (const LsMutation *mutation,
                  uint64_t          hash,
                  int64_t           version,
                  const LsRefusal  *refusal)
{
  LsResultStatus status =
      refusal->code == LS_ERROR_CONFLICT ? LS_RESULT_CONFLICT : LS_RESULT_REJECTED;
  LsDecision *decision = decision_new (mutation, hash, status, version);

  decision->code = g_strdup (ls_error_info (refusal->code)->name);
  decision->message = g_strdup (refusal->message);
  decision->path = g_strdup (refusal->path);
  decision->reason = g_strdupv (refusal->reason);
  return decision;
}

/* Says which n must come. */
static void
set_expected (LsEntry *entry,
              int64_t  expected)
{
  entry->expected_n = expected;
  if (expected == LS_EXPECTED_FORKED)
    entry->error = g_error_new (LS_ERROR, LS_ERROR_PROTOCOL,
                                "edit %" G_GINT64_FORMAT
                                " was decided under another id: this cache is a copy",
                                entry->mutation->n);
  else
    entry->error = g_error_new (LS_ERROR, LS_ERROR_PROTOCOL,
                                "edit %" G_GINT64_FORMAT " came where %" G_GINT64_FORMAT
                                " was expected",
                                entry->mutation->n, expected);
}

/* Moves the client's n without keeping anything under the mid, which belongs to another decision.
 */
static bool
move_n (LsStorageTx       *tx,
        LsGroup           *group,
        const LsMutation  *mutation,
        GError           **error)
{
  LsDecision moved = { .n = mutation->n };

  group->wrote = true;
  return ls_storage_tx_decide (tx, mutation->client, &moved, error);
}

/* A mutation that came before. */
static bool
decide_known (LsStorageTx       *tx,
              LsGroup           *group,
              LsEntry           *entry,
              const LsDecision  *known,
              uint64_t           hash,
              int64_t            last_n,
              GError           **error)
{
  const LsMutation *mutation = entry->mutation;
  g_auto (LsRefusal) refusal = { 0 };

  if (mutation->client != NULL && mutation->n > last_n + 1)
    {
      set_expected (entry, last_n + 1);
      return true;
    }
  if (mutation->is_void || known->hash == hash)
    {
      entry->decision = ls_decision_copy (known);
      entry->decision->n = mutation->n;
    }
  else
    {
      ls_refusal_set (&refusal, NULL, NULL, -1, LS_REASON_ID_USED);
      entry->decision = decision_refused (
          mutation, hash, ls_storage_tx_get_shop (tx)->position.version, &refusal);
    }
  return mutation->client == NULL || mutation->n <= last_n || move_n (tx, group, mutation, error);
}

/* A count that was decided before, under a mid that is not known. */
static bool
decide_past (LsStorageTx  *tx,
             LsEntry      *entry,
             GError      **error)
{
  const LsMutation *mutation = entry->mutation;
  bool known = false;

  if (!ls_storage_tx_knows_n (tx, mutation->client, mutation->n, &known, error))
    return false;
  if (known && !LS_FAULT (FORK_IGNORED))
    set_expected (entry, LS_EXPECTED_FORKED);
  else
    entry->decision = decision_new (mutation, 0, LS_RESULT_DECIDED,
                                    ls_storage_tx_get_shop (tx)->position.version);
  return true;
}

static LsVersion *
make_version (const LsMutation *mutation,
              const LsShop     *shop,
              int64_t           at,
              GPtrArray        *changes)
{
  LsVersion *version = ls_version_new (shop->position.version + 1, at);

  version->actor = g_strdup (mutation->actor);
  version->client = g_strdup (mutation->client);
  version->mid = g_strdup (mutation->mid);
  version->n = mutation->n;
  version->job = g_strdup (mutation->job);
  version->changes = changes;
  return version;
}

/* What a version may hold (PROTOCOL rule 3), derived rows included. */
static bool
check_size (LsVersion *version,
            size_t     bytes,
            LsRefusal *refusal)
{
  if (LS_FAULT (VERSION_UNBOUNDED))
    return true;
  if (version->changes->len > LS_MAX_CHANGES)
    return ls_refusal_set (refusal, NULL, NULL, -1, LS_REASON_MANY_ROWS,
                           (int64_t) version->changes->len, (int64_t) LS_MAX_CHANGES);
  if (bytes > LS_MAX_VERSION_BYTES)
    return ls_refusal_set (refusal, NULL, NULL, -1, LS_REASON_MANY_BYTES, (int64_t) (bytes / 1024),
                           (int64_t) (LS_MAX_VERSION_BYTES / 1024));
  return true;
}

/* Appends @changes, which @draft holds the rows of. Takes both. False on a failure of the storage.
 */
static bool
append_version (LsStorageTx  *tx,
                LsGroup      *group,
                LsEntry      *entry,
                LsDraft      *draft,
                GPtrArray    *changes,
                int64_t       at,
                LsRefusal    *refusal,
                GError      **error)
{
  g_autoptr (LsDraft) owned = draft;
  const LsShop *shop = ls_storage_tx_get_shop (tx);
  g_autoptr (LsVersion) version = make_version (entry->mutation, shop, at, changes);

  if (LS_FAULT (LOG_LACKS_CHANGE) && changes->len > 1)
    g_ptr_array_set_size (changes, (int) changes->len - 1);
  if (changes->len == 0 ||
      !check_size (version, ls_version_seal (version, shop->position.check), refusal))
    return true;
  group->wrote = true;
  g_ptr_array_add (group->drafts, g_steal_pointer (&owned));
  g_ptr_array_add (group->versions, ls_version_ref (version));
  if (!ls_storage_tx_append (tx, version, error))
    return false;
  ls_draft_settle (draft);
  return true;
}

/* False on a failure of the storage. */
static bool
apply_entry (LsEnvironment  *environment,
             LsStorageTx    *tx,
             LsGroup        *group,
             LsEntry        *entry,
             LsRefusal      *refusal,
             GError        **error)
{
  int64_t at = MAX (ls_environment_now (environment), ls_storage_tx_get_shop (tx)->at);
  g_autoptr (LsDraft) draft = ls_draft_new (tx, group->cache);
  GPtrArray *changes = ls_apply_mutation (draft, entry->mutation, group->zones, at, refusal);

  if (ls_draft_get_error (draft) != NULL)
    {
      g_propagate_error (error, g_error_copy (ls_draft_get_error (draft)));
      g_clear_pointer (&changes, g_ptr_array_unref);
      return false;
    }
  return changes == NULL || append_version (tx, group, entry, g_steal_pointer (&draft), changes, at,
                                            refusal, error);
}

static char *
source_name (const LsMutation *mutation)
{
  return g_strconcat (SOURCE_PREFIX, mutation->actor != NULL ? mutation->actor : "server", NULL);
}

/* A mutation whose turn it is. */
static bool
decide_next (LsEnvironment  *environment,
             LsStorageTx    *tx,
             LsGroup        *group,
             LsEntry        *entry,
             const char     *client,
             uint64_t        hash,
             GError        **error)
{
  const LsMutation *mutation = entry->mutation;
  g_auto (LsRefusal) refusal = { 0 };
  int64_t version;

  if (mutation->is_void)
    ls_refusal_set (&refusal, NULL, NULL, -1, LS_REASON_TAKEN_BACK);
  else if (mutation->body_error != NULL)
    ls_refusal_set_error (&refusal, NULL, NULL, -1, mutation->body_error);
  else if (!apply_entry (environment, tx, group, entry, &refusal, error))
    return false;
  version = ls_storage_tx_get_shop (tx)->position.version;
  if (refusal.message == NULL)
    entry->decision = decision_new (mutation, hash, LS_RESULT_APPLIED, version);
  else
    entry->decision = decision_refused (mutation, hash, version, &refusal);
  if (mutation->mid == NULL)
    return true;
  group->wrote = true;
  entry->recorded = true;
  if (!ls_storage_tx_decide (tx, client, entry->decision, error))
    return false;
  LS_FAULT_REMEMBER (environment, mutation);
  return true;
}

bool
ls_decide (LsEnvironment  *environment,
           LsStorageTx    *tx,
           LsGroup        *group,
           LsEntry        *entry,
           GError        **error)
{
  const LsMutation *mutation = entry->mutation;
  g_autofree char *source = mutation->client == NULL ? source_name (mutation) : NULL;
  const char *client = mutation->client != NULL ? mutation->client : source;
  uint64_t hash =
      mutation->changes != NULL && !mutation->is_void ? ls_changes_hash (mutation->changes) : 0;
  g_autoptr (LsDecision) known = NULL;
  g_autoptr (GError) local = NULL;
  int64_t last_n = 0;

  if (mutation->client != NULL)
    last_n = ls_storage_tx_get_last_n (tx, client, &local);
  if (local == NULL && mutation->mid != NULL)
    known = ls_storage_tx_find_decision (tx, client, mutation->mid, &local);
  if (local != NULL)
    {
      g_propagate_error (error, g_steal_pointer (&local));
      return false;
    }
  LS_FAULT_RECALL (environment, mutation, &known, &last_n);
  if (LS_FAULT (DEDUPE_SKIPPED) && mutation->client != NULL && mutation->n <= last_n)
    {
      g_clear_pointer (&known, ls_decision_free);
      last_n = mutation->n - 1;
    }
  if (LS_FAULT (N_GAP_ACCEPTED) && mutation->n > last_n)
    last_n = mutation->n - 1;
  if (known != NULL)
    return decide_known (tx, group, entry, known, hash, last_n, error);
  if (mutation->client != NULL && mutation->n <= last_n)
    return decide_past (tx, entry, error);
  if (mutation->client != NULL && mutation->n != last_n + 1)
    {
      set_expected (entry, last_n + 1);
      return true;
    }
  return decide_next (environment, tx, group, entry, client, hash, error);
}
