/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-access"

#include "config.h"

#include "server/ls-access.h"

#include <string.h>

#include <sodium.h>

#include "core/ls-error.h"
#include "core/ls-id.h"
#include "server/ls-access-private.h"

#define MIN_PASSWORD_BYTES 8
#define MAX_PASSWORD_BYTES 1024
#define MAX_DEVICE_BYTES 200
#define TOKEN_BYTES 32
#define CLIENT_BYTES 16
#define MAX_CLIENTS_PER_USER 1000
#define MAX_TOKENS_PER_USER 1000

static void
set_auth (GError    **error,
          const char *words)
{
  g_set_error_literal (error, LS_ERROR, LS_ERROR_AUTH, words);
}

static bool
check_user_name (const char *user,
                 GError    **error)
{
  if (ls_key_is_valid (user))
    return true;
  g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION,
               "a user name has 1 to %d bytes and no control characters", LS_KEY_MAX_BYTES);
  return false;
}

/* Argon2id with its salt and cost in the text; takes about a tenth of a second and 64 MiB. */
static bool
hash_password (const char *password,
               char        ret_hash[crypto_pwhash_STRBYTES],
               GError    **error)
{
  size_t length = strlen (password);

  if (length < MIN_PASSWORD_BYTES || length > MAX_PASSWORD_BYTES ||
      !g_utf8_validate (password, -1, NULL))
    {
      g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION,
                   "a password has %d to %d bytes of UTF-8", MIN_PASSWORD_BYTES,
                   MAX_PASSWORD_BYTES);
      return false;
    }
  if (crypto_pwhash_str (ret_hash, password, length, crypto_pwhash_OPSLIMIT_INTERACTIVE,
                         crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0)
    return true;
  g_set_error_literal (error, LS_ERROR, LS_ERROR_STORAGE, "no memory to hash a password");
  return false;
}

static char *
hash_token (const char *token)
{
  uint8_t hash[crypto_generichash_BYTES];
  char hex[2 * sizeof hash + 1];

  crypto_generichash (hash, sizeof hash, (const uint8_t *) token, strlen (token), NULL, 0);
  sodium_bin2hex (hex, sizeof hex, hash, sizeof hash);
  return g_strdup (hex);
}

/* An upper bound of rows for each user, the oldest going first. */
static bool
keep_newest (LsSql      *sql,
             const char *text,
             const char *user,
             int         count,
             GError    **error)
{
  return ls_sql_run (sql, error, text, "ttd", user, user, count);
}

static bool
require_change (LsSql      *sql,
                const char *user,
                GError    **error)
{
  if (ls_sql_get_changes (sql) > 0)
    return true;
  g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "there is no user %s", user);
  return false;
}

/**
 * ls_access_add_user:
 * @access: users
 * @user: a new name
 * @password: (nullable): %NULL for a user who comes with tokens only
 * @error: where to put why not: %LS_ERROR_VALIDATION, or of the disk
 *
 * Adds a user without any right.
 *
 * Returns: whether he is there now
 */
bool
ls_access_add_user (LsAccess   *access,
                    const char *user,
                    const char *password,
                    GError    **error)
{
  char hash[crypto_pwhash_STRBYTES];
  bool added;

  if (!check_user_name (user, error))
    return false;
  if (password != NULL && !hash_password (password, hash, error))
    return false;
  g_mutex_lock (&access->lock);
  added = ls_sql_run (access->sql, error,
                      "INSERT INTO users (user, password, made) VALUES (?, ?, ?)"
                      " ON CONFLICT (user) DO NOTHING",
                      "tti", user, password != NULL ? hash : NULL,
                      ls_environment_now (access->environment));
  if (added && ls_sql_get_changes (access->sql) == 0)
    {
      g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "there is a user %s already", user);
      added = false;
    }
  g_mutex_unlock (&access->lock);
  return added;
}

/**
 * ls_access_set_password:
 * @access: users
 * @user: a user
 * @password: his new password
 * @error: where to put why not: %LS_ERROR_VALIDATION, or of the disk
 *
 * Sets a password and ends all sign-ins made with the old one.
 *
 * Returns: whether it is set
 */
bool
ls_access_set_password (LsAccess   *access,
                        const char *user,
                        const char *password,
                        GError    **error)
{
  char hash[crypto_pwhash_STRBYTES];
  g_autoptr (LsSqlTransaction) transaction = NULL;
  bool done;

  if (!hash_password (password, hash, error))
    return false;
  g_mutex_lock (&access->lock);
  transaction = ls_sql_begin (access->sql, LS_SQL_BEGIN_IMMEDIATE, error);
  done = transaction != NULL &&
         ls_sql_run (access->sql, error, "UPDATE users SET password = ? WHERE user = ?", "tt", hash,
                     user) &&
         require_change (access->sql, user, error) &&
         ls_sql_run (access->sql, error,
                     "DELETE FROM tokens WHERE user = ? AND device IS NOT NULL", "t", user) &&
         ls_sql_commit (g_steal_pointer (&transaction), error) == LS_SQL_COMMIT_OK;
  g_clear_pointer (&transaction, ls_sql_rollback);
  g_mutex_unlock (&access->lock);
  return done;
}

/**
 * ls_access_set_role:
 * @access: users
 * @user: a user
 * @shop: where, or %LS_ACCESS_ANY_SHOP
 * @role: (nullable): what he is there, %NULL for nothing
 * @error: where to put why not: %LS_ERROR_VALIDATION, or of the disk
 *
 * Gives or takes a role. That of a shop counts before that of any shop.
 *
 * Returns: whether it holds now
 */
bool
ls_access_set_role (LsAccess     *access,
                    const char   *user,
                    const char   *shop,
                    const LsRole *role,
                    GError      **error)
{
  bool done;

  if (!check_user_name (user, error))
    return false;
  if (!ls_key_is_valid (shop))
    {
      g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "not a shop's id: %s", shop);
      return false;
    }
  g_mutex_lock (&access->lock);
  if (role == NULL)
    done = ls_sql_run (access->sql, error, "DELETE FROM roles WHERE user = ? AND shop = ?", "tt",
                       user, shop);
  else
    done = ls_sql_run (access->sql, error,
                       "INSERT INTO roles (user, shop, role)"
                       " SELECT user, ?, ? FROM users WHERE user = ?"
                       " ON CONFLICT (user, shop) DO UPDATE SET role = excluded.role",
                       "ttt", shop, ls_role_to_name (*role), user) &&
           require_change (access->sql, user, error);
  g_mutex_unlock (&access->lock);
  return done;
}

static LsUser *
read_user (LsSql       *sql,
           LsStatement *row,
           GError     **error)
{
  g_autoptr (LsUser) user = g_new0 (LsUser, 1);
  g_autoptr (GString) roles = g_string_new (NULL);
  g_autoptr (LsStatement) each = NULL;
  LsStep step;

  user->name = ls_statement_dup_text (row, 0);
  user->has_password = ls_statement_get_int64 (row, 1) != 0;
  each =
      ls_sql_query (sql, error, "SELECT shop, role FROM roles WHERE user = ? ORDER BY shop, user",
                    "t", user->name);
  while ((step = each != NULL ? ls_statement_step (each, error) : LS_STEP_ERROR) == LS_STEP_ROW)
    g_string_append_printf (roles, "%s%s: %s", roles->len > 0 ? ", " : "",
                            ls_statement_get_text (each, 0), ls_statement_get_text (each, 1));
  if (step == LS_STEP_ERROR)
    return NULL;
  user->roles = g_string_free (g_steal_pointer (&roles), FALSE);
  return g_steal_pointer (&user);
}

/**
 * ls_access_list_users:
 * @access: users
 * @error: where to put why not
 *
 * Returns: (transfer full) (element-type LsUser) (nullable): all, by name
 */
GPtrArray *
ls_access_list_users (LsAccess *access,
                      GError  **error)
{
  g_autoptr (GPtrArray) users = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_user_free);
  g_autoptr (LsStatement) rows = NULL;
  LsStep step;
  LsUser *user = NULL;

  g_mutex_lock (&access->lock);
  rows = ls_sql_query (access->sql, error,
                       "SELECT user, password IS NOT NULL FROM users ORDER BY user, rowid", NULL);
  while ((step = rows != NULL ? ls_statement_step (rows, error) : LS_STEP_ERROR) == LS_STEP_ROW &&
         (user = read_user (access->sql, rows, error)) != NULL)
    g_ptr_array_add (users, user);
  g_clear_pointer (&rows, ls_statement_free);
  g_mutex_unlock (&access->lock);
  return step == LS_STEP_DONE ? g_steal_pointer (&users) : NULL;
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

  return ls_sql_run (access->sql, error, "DELETE FROM tokens WHERE expires < ?", "i", now) &&
         ls_sql_run (access->sql, error,
                     "INSERT INTO tokens (hash, user, device, made, expires)"
                     " SELECT ?, user, ?, ?, ? FROM users WHERE user = ?",
                     "ttiit", hash, device, now, expires, user) &&
         require_change (access->sql, user, error) &&
         keep_newest (access->sql,
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
  g_mutex_lock (&access->lock);
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
    set_auth (error, "the token is not known");
  if (step != LS_STEP_ROW)
    return NULL;
  identity = identity_new ();
  identity->user = ls_statement_dup_text (row, 0);
  identity->device = ls_statement_dup_text (row, 1);
  identity->expires = ls_statement_get_int64 (row, 2);
  identity->token_hash = g_strdup (hash);
  if (identity->expires <= ls_environment_now (access->environment))
    {
      set_auth (error, "the token has expired");
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
  g_autofree char *hash = NULL;
  LsIdentity *identity;

  if (strlen (token) != 2 * TOKEN_BYTES)
    {
      set_auth (error, "the token is not known");
      return NULL;
    }
  hash = hash_token (token);
  g_mutex_lock (&access->lock);
  identity = find_token (access, hash, error);
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

  g_mutex_lock (&access->lock);
  identity = find_token (access, token_hash, error);
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

  g_mutex_lock (&access->lock);
  done = ls_sql_run (access->sql, error, "DELETE FROM tokens WHERE hash = ?", "t", token_hash);
  g_mutex_unlock (&access->lock);
  return done;
}

/* What an unknown user's password is compared with, so that he costs as much as a known one. */
static const char *
decoy_hash (void)
{
  static char hash[crypto_pwhash_STRBYTES];
  static gsize made;

  if (g_once_init_enter (&made))
    {
      if (!hash_password ("nobody has this one", hash, NULL))
        hash[0] = '\0';
      g_once_init_leave (&made, 1);
    }
  return hash;
}

/**
 * ls_access_check_password:
 * @access: users
 * @user: a name
 * @password: what a peer presents
 * @error: where to put why not: %LS_ERROR_AUTH, or of the disk
 *
 * Takes as long for a user who does not exist, and says the same.
 *
 * Returns: whether that is his password
 */
bool
ls_access_check_password (LsAccess   *access,
                          const char *user,
                          const char *password,
                          GError    **error)
{
  g_autofree char *hash = NULL;
  size_t length = strlen (password);
  LsStep step;
  bool right;

  g_mutex_lock (&access->lock);
  step = ls_sql_get_text (access->sql, &hash, error, "SELECT password FROM users WHERE user = ?",
                          "t", user);
  g_mutex_unlock (&access->lock);
  if (step == LS_STEP_ERROR)
    return false;
  right = length <= MAX_PASSWORD_BYTES &&
          crypto_pwhash_str_verify (hash != NULL ? hash : decoy_hash (), password, length) == 0;
  if (right && hash != NULL)
    return true;
  set_auth (error, "user name or password are wrong");
  return false;
}

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

  g_mutex_lock (&access->lock);
  transaction = ls_sql_begin (access->sql, LS_SQL_BEGIN_IMMEDIATE, error);
  done = transaction != NULL &&
         ls_sql_run (access->sql, error,
                     "INSERT INTO clients (client, user, device, made) VALUES (?, ?, ?, ?)", "ttti",
                     client, identity->user, identity->device,
                     ls_environment_now (access->environment)) &&
         keep_newest (access->sql,
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

  g_mutex_lock (&access->lock);
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

/**
 * ls_access_get_generation:
 * @access: users
 * @ret_generation: (out): a number that differs after another process changed the file
 * @error: where to put why not
 *
 * Cheap enough to ask every few seconds: rights that changed by `lockstepd user` reach sessions
 * that way.
 *
 * Returns: whether it could be read
 */
bool
ls_access_get_generation (LsAccess *access,
                          int64_t  *ret_generation,
                          GError  **error)
{
  LsStep step;

  g_mutex_lock (&access->lock);
  step = ls_sql_get_int64 (access->sql, ret_generation, error, "PRAGMA data_version", NULL);
  g_mutex_unlock (&access->lock);
  return step == LS_STEP_ROW;
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

/**
 * ls_user_free:
 * @user: (transfer full): a user
 *
 * Frees it.
 */
void
ls_user_free (LsUser *user)
{
  g_free (user->name);
  g_free (user->roles);
  g_free (user);
}
