/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-access"

#include "config.h"

#include "server/ls-access-private.h"

#include "core/ls-id.h"

#define CLIENT_BYTES 16
#define MAX_CLIENTS_PER_USER 1000

/* The names under which clients number their edits. */

/**
 * ls_access_issue_client:
 * @access: users
 * @identity: whose client it shall be
 * @error: where to put why not
 *
 * Makes a client id, bound to user and device. Under it a client numbers its edits.
 *
 * Returns: (transfer full) (nullable): the id
 */
char *
ls_access_issue_client (LsAccess   *access,
                        LsIdentity *identity,
                        GError    **error)
{
  g_autofree char *client = ls_id_new_secret (access->environment, CLIENT_BYTES);
  g_autoptr (LsSqlTransaction) transaction = NULL;
  bool done;

  ls_access_lock (access);
  transaction = ls_sql_begin (access->sql, LS_SQL_BEGIN_IMMEDIATE, error);
  done = transaction != NULL &&
         ls_sql_run (access->sql, error,
                     "INSERT INTO clients (client, user, device, made) VALUES (?, ?, ?, ?)", "ttti",
                     client, identity->user, identity->device,
                     ls_environment_now (access->environment)) &&
         ls_access_keep_newest (
             access->sql,
             "DELETE FROM clients WHERE user = ? AND rowid IN (SELECT rowid FROM clients"
             " WHERE user = ? ORDER BY rowid DESC LIMIT -1 OFFSET ?)",
             identity->user, MAX_CLIENTS_PER_USER, error) &&
         ls_sql_commit (g_steal_pointer (&transaction), error) == LS_SQL_COMMIT_OK;
  g_clear_pointer (&transaction, ls_sql_rollback);
  g_mutex_unlock (&access->lock);
  return done ? g_steal_pointer (&client) : NULL;
}

/**
 * ls_access_check_client:
 * @access: users
 * @identity: who claims it
 * @client: a client id
 * @ret_bound: (out): whether it was issued to that user, on that device as far as both are known;
 *   untouched on failure
 * @error: where to put why not: of the disk
 *
 * Tells whether a client may go on under an id. One from another device is a copied cache.
 *
 * Returns: whether it could be looked up
 */
bool
ls_access_check_client (LsAccess   *access,
                        LsIdentity *identity,
                        const char *client,
                        bool       *ret_bound,
                        GError    **error)
{
  int64_t count = 0;
  LsStep step;

  ls_access_lock (access);
  step = ls_sql_get_int64 (access->sql, &count, error,
                           "SELECT count(*) FROM clients WHERE client = ?1 AND user = ?2"
                           " AND (device IS NULL OR ?3 IS NULL OR device = ?3)",
                           "ttt", client, identity->user, identity->device);
  g_mutex_unlock (&access->lock);
  if (step == LS_STEP_ERROR)
    return false;
  *ret_bound = count > 0;
  return true;
}
