/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-access"

#include "config.h"

#include "server/ls-access-private.h"

#include <string.h>

#include <sodium.h>

#include "core/ls-error.h"
#include "core/ls-id.h"

#define MAX_DEVICE_BYTES 200
#define TOKEN_BYTES 32
#define MAX_TOKENS_PER_USER 1000

/* Sign-ins: a token is what its holder keeps, its hash what the server does. */

static char *
hash_token (const char *token)
{
  uint8_t hash[crypto_generichash_BYTES];
  char hex[2 * sizeof hash + 1];

  crypto_generichash (hash, sizeof hash, (const uint8_t *) token, strlen (token), NULL, 0);
  sodium_bin2hex (hex, sizeof hex, hash, sizeof hash);
  return g_strdup (hex);
}

static bool
store_token (LsAccess   *access,
             const char *user,
             const char *device,
             const char *hash,
             int64_t     expires,
             GError    **error)
{
  int64_t now = ls_environment_now (access->environment);

  return ls_sql_run (access->sql, error, "DELETE FROM tokens WHERE expires < ?", "i",
                     now - LS_ACCESS_GRACE) &&
         ls_sql_run (access->sql, error,
                     "INSERT INTO tokens (hash, user, device, made, expires)"
                     " SELECT ?, user, ?, ?, ? FROM users WHERE user = ?",
                     "ttiit", hash, device, now, expires, user) &&
         ls_access_require_user (access->sql, user, error) &&
         ls_access_keep_newest (
             access->sql,
             "DELETE FROM tokens WHERE user = ? AND rowid IN (SELECT rowid FROM tokens"
             " WHERE user = ? ORDER BY rowid DESC LIMIT -1 OFFSET ?)",
             user, MAX_TOKENS_PER_USER, error);
}

/**
 * ls_access_issue_token:
 * @access: users
 * @user: for whom
 * @device: (nullable): the device that signed in
 * @lifetime: µs from now
 * @error: where to put why not: %LS_ERROR_VALIDATION, or of the disk
 *
 * Makes a token of 256 random bits. Only its hash is kept: it can't be shown again.
 *
 * Returns: (transfer full) (nullable): the token
 */
char *
ls_access_issue_token (LsAccess   *access,
                       const char *user,
                       const char *device,
                       int64_t     lifetime,
                       GError    **error)
{
  g_autofree char *token = NULL;
  g_autofree char *hash = NULL;
  g_autoptr (LsSqlTransaction) transaction = NULL;
  bool done;

  if (device != NULL && !ls_text_is_valid (device, strlen (device), MAX_DEVICE_BYTES, error))
    {
      g_prefix_error (error, "device: ");
      return NULL;
    }
  token = ls_id_new_secret (access->environment, TOKEN_BYTES);
  hash = hash_token (token);
  ls_access_lock (access);
  transaction = ls_sql_begin (access->sql, LS_SQL_BEGIN_IMMEDIATE, error);
  done = transaction != NULL &&
         store_token (access, user, device, hash,
                      ls_environment_now (access->environment) + lifetime, error) &&
         ls_sql_commit (g_steal_pointer (&transaction), error) == LS_SQL_COMMIT_OK;
  g_clear_pointer (&transaction, ls_sql_rollback);
  g_mutex_unlock (&access->lock);
  return done ? g_steal_pointer (&token) : NULL;
}

static bool
read_roles (LsAccess   *access,
            LsIdentity *identity,
            GError    **error)
{
  g_autoptr (LsStatement) rows = NULL;
  LsStep step;

  rows = ls_sql_query (access->sql, error, "SELECT shop, role FROM roles WHERE user = ?", "t",
                       identity->user);
  while ((step = rows != NULL ? ls_statement_step (rows, error) : LS_STEP_ERROR) == LS_STEP_ROW)
    {
      LsRole role;

      if (ls_role_from_name (ls_statement_get_text (rows, 1), &role))
        g_hash_table_insert (identity->roles, ls_statement_dup_text (rows, 0),
                             GUINT_TO_POINTER (role + 1));
    }
  return step == LS_STEP_DONE;
}

static LsIdentity *
identity_new (void)
{
  LsIdentity *identity = g_new0 (LsIdentity, 1);

  g_atomic_ref_count_init (&identity->ref_count);
  identity->roles = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return identity;
}

static LsIdentity *
find_token (LsAccess   *access,
            const char *hash,
            int64_t     grace,
            GError    **error)
{
  g_autoptr (LsIdentity) identity = NULL;
  g_autoptr (LsStatement) row = NULL;
  LsStep step = LS_STEP_ERROR;

  row = ls_sql_query (access->sql, error,
                      "SELECT user, device, expires FROM tokens WHERE hash = ?", "t", hash);
  if (row != NULL)
    step = ls_statement_step (row, error);
  if (step == LS_STEP_DONE)
    ls_access_set_auth (error, "the token is not known");
  if (step != LS_STEP_ROW)
    return NULL;
  identity = identity_new ();
  identity->user = ls_statement_dup_text (row, 0);
  identity->device = ls_statement_dup_text (row, 1);
  identity->expires = ls_statement_get_int64 (row, 2);
  identity->token_hash = g_strdup (hash);
  if (identity->expires + grace <= ls_environment_now (access->environment))
    {
      ls_access_set_auth (error, "the token has expired");
      return NULL;
    }
  return read_roles (access, identity, error) ? g_steal_pointer (&identity) : NULL;
}

/**
 * ls_access_check_token:
 * @access: users
 * @token: what a peer presents
 * @error: where to put why not: %LS_ERROR_AUTH, or of the disk
 *
 * Looks a token up by its hash, so that the time it takes tells nothing about tokens that exist.
 *
 * Returns: (transfer full) (nullable): whose it is
 */
LsIdentity *
ls_access_check_token (LsAccess   *access,
                       const char *token,
                       GError    **error)
{
  return ls_access_check_token_late (access, token, 0, error);
}

/**
 * ls_access_check_token_late:
 * @access: users
 * @token: what a peer presents
 * @grace: µs for which an expired token still holds
 * @error: where to put why not: %LS_ERROR_AUTH, or of the disk
 *
 * As ls_access_check_token(), for what was begun while the token held.
 *
 * Returns: (transfer full) (nullable): whose it is
 */
LsIdentity *
ls_access_check_token_late (LsAccess   *access,
                            const char *token,
                            int64_t     grace,
                            GError    **error)
{
  g_autofree char *hash = NULL;
  LsIdentity *identity;

  if (strlen (token) != 2 * TOKEN_BYTES)
    {
      ls_access_set_auth (error, "the token is not known");
      return NULL;
    }
  hash = hash_token (token);
  ls_access_lock (access);
  identity = find_token (access, hash, grace, error);
  g_mutex_unlock (&access->lock);
  return identity;
}

/**
 * ls_access_find_identity:
 * @access: users
 * @token_hash: of an identity that was looked up before
 * @error: where to put why not: %LS_ERROR_AUTH, or of the disk
 *
 * Looks again: rights may have changed since, or the sign-in ended.
 *
 * Returns: (transfer full) (nullable): the identity as it is now
 */
LsIdentity *
ls_access_find_identity (LsAccess   *access,
                         const char *token_hash,
                         GError    **error)
{
  LsIdentity *identity;

  ls_access_lock (access);
  identity = find_token (access, token_hash, 0, error);
  g_mutex_unlock (&access->lock);
  return identity;
}

/**
 * ls_access_revoke_token:
 * @access: users
 * @token_hash: of an identity
 * @error: where to put why not
 *
 * Ends a sign-in. One that is not there is ended already.
 *
 * Returns: whether it is ended
 */
bool
ls_access_revoke_token (LsAccess   *access,
                        const char *token_hash,
                        GError    **error)
{
  bool done;

  ls_access_lock (access);
  done = ls_sql_run (access->sql, error, "DELETE FROM tokens WHERE hash = ?", "t", token_hash);
  g_mutex_unlock (&access->lock);
  return done;
}

/**
 * ls_identity_ref:
 * @identity: an identity
 *
 * Returns: (transfer full): @identity
 */
LsIdentity *
ls_identity_ref (LsIdentity *identity)
{
  g_atomic_ref_count_inc (&identity->ref_count);
  return identity;
}

/**
 * ls_identity_unref:
 * @identity: (transfer full): an identity
 *
 * Drops a reference.
 */
void
ls_identity_unref (LsIdentity *identity)
{
  if (!g_atomic_ref_count_dec (&identity->ref_count))
    return;
  g_free (identity->user);
  g_free (identity->device);
  g_free (identity->token_hash);
  g_hash_table_unref (identity->roles);
  g_free (identity);
}

/**
 * ls_identity_get_role:
 * @identity: an identity
 * @shop: a shop
 * @ret_role: (out): what he is there; untouched when nothing
 *
 * Returns: whether he has any right there
 */
bool
ls_identity_get_role (LsIdentity *identity,
                      const char *shop,
                      LsRole     *ret_role)
{
  gpointer found = g_hash_table_lookup (identity->roles, shop);

  if (found == NULL)
    found = g_hash_table_lookup (identity->roles, LS_ACCESS_ANY_SHOP);
  if (found == NULL)
    return false;
  *ret_role = (LsRole) (GPOINTER_TO_UINT (found) - 1);
  return true;
}

/**
 * ls_identity_is_anywhere:
 * @identity: an identity
 * @role: a role
 *
 * Returns: whether he is at least @role in some shop
 */
bool
ls_identity_is_anywhere (LsIdentity *identity,
                         LsRole      role)
{
  GHashTableIter iter;
  gpointer found;

  g_hash_table_iter_init (&iter, identity->roles);
  while (g_hash_table_iter_next (&iter, NULL, &found))
    if (GPOINTER_TO_UINT (found) - 1 >= role)
      return true;
  return false;
}
