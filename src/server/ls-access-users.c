/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-access"

#include "config.h"

#include "server/ls-access-private.h"

#include <string.h>

#include <sodium.h>

#include "core/ls-error.h"

#define MIN_PASSWORD_BYTES 8
#define MAX_PASSWORD_BYTES 1024

/* Users: names, passwords, roles. */

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
  ls_access_lock (access);
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
  ls_access_lock (access);
  transaction = ls_sql_begin (access->sql, LS_SQL_BEGIN_IMMEDIATE, error);
  done = transaction != NULL &&
         ls_sql_run (access->sql, error, "UPDATE users SET password = ? WHERE user = ?", "tt", hash,
                     user) &&
         ls_access_require_user (access->sql, user, error) &&
         ls_sql_run (access->sql, error,
                     "DELETE FROM tokens WHERE user = ? AND device IS NOT NULL", "t", user) &&
         ls_sql_commit (g_steal_pointer (&transaction), error) == LS_SQL_COMMIT_OK;
  g_clear_pointer (&transaction, ls_sql_rollback);
  g_mutex_unlock (&access->lock);
  return done;
}

/* Takes a role away. One that is held in every shop can not be taken in a single one: who believes
 * it was would leave the door open. The lock is held. */
static bool
take_role (LsAccess   *access,
           const char *user,
           const char *shop,
           GError    **error)
{
  g_autofree char *everywhere = NULL;
  g_autofree char *name = NULL;
  LsStep step = ls_sql_get_text (access->sql, &name, error,
                                    "SELECT user FROM users WHERE user = ?", "t", user);

  if (step == LS_STEP_DONE)
    g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "there is no user %s", user);
  if (step != LS_STEP_ROW)
    return false;
  if (!g_str_equal (shop, LS_ACCESS_ANY_SHOP))
    {
      step = ls_sql_get_text (access->sql, &everywhere, error,
                              "SELECT role FROM roles WHERE user = ? AND shop = ?", "tt", user,
                              LS_ACCESS_ANY_SHOP);
      if (step == LS_STEP_ROW)
        g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION,
                     "%s is %s in all shops, %s among them: take that away, then give roles shop by shop",
                     user, everywhere, shop);
      if (step != LS_STEP_DONE)
        return false;
    }
  return ls_sql_run (access->sql, error, "DELETE FROM roles WHERE user = ? AND shop = ?", "tt", user,
                     shop);
}

/**
 * ls_access_set_role:
 * @access: users
 * @user: a user
 * @shop: where, or %LS_ACCESS_ANY_SHOP
 * @role: (nullable): what he is there, %NULL for nothing
 * @error: where to put why not: %LS_ERROR_VALIDATION, or of the disk
 *
 * Gives or takes a role. That of a shop counts before that of any shop; a role in any shop can not be
 * taken in one.
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
  ls_access_lock (access);
  if (role == NULL)
    done = take_role (access, user, shop, error);
  else
    done = ls_sql_run (access->sql, error,
                       "INSERT INTO roles (user, shop, role)"
                       " SELECT user, ?, ? FROM users WHERE user = ?"
                       " ON CONFLICT (user, shop) DO UPDATE SET role = excluded.role",
                       "ttt", shop, ls_role_to_name (*role), user) &&
           ls_access_require_user (access->sql, user, error);
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

  ls_access_lock (access);
  rows = ls_sql_query (access->sql, error,
                       "SELECT user, password IS NOT NULL FROM users ORDER BY user, rowid", NULL);
  while ((step = rows != NULL ? ls_statement_step (rows, error) : LS_STEP_ERROR) == LS_STEP_ROW &&
         (user = read_user (access->sql, rows, error)) != NULL)
    g_ptr_array_add (users, user);
  g_clear_pointer (&rows, ls_statement_free);
  g_mutex_unlock (&access->lock);
  return step == LS_STEP_DONE ? g_steal_pointer (&users) : NULL;
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

  ls_access_lock (access);
  step = ls_sql_get_text (access->sql, &hash, error, "SELECT password FROM users WHERE user = ?",
                          "t", user);
  g_mutex_unlock (&access->lock);
  if (step == LS_STEP_ERROR)
    return false;
  right = length <= MAX_PASSWORD_BYTES &&
          crypto_pwhash_str_verify (hash != NULL ? hash : decoy_hash (), password, length) == 0;
  if (right && hash != NULL)
    return true;
  ls_access_set_auth (error, "user name or password are wrong");
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
