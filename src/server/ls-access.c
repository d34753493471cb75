/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-access"

#include "config.h"

#include "server/ls-access-private.h"

#include "core/ls-error.h"

void
ls_access_set_auth (GError    **error,
                    const char *words)
{
  g_set_error_literal (error, LS_ERROR, LS_ERROR_AUTH, words);
}

/* An upper bound of rows for each user, the oldest going first. */
bool
ls_access_keep_newest (LsSql      *sql,
                       const char *text,
                       const char *user,
                       int         count,
                       GError    **error)
{
  return ls_sql_run (sql, error, text, "ttd", user, user, count);
}

/* Says that there is no such user, when the last statement found none. */
bool
ls_access_require_user (LsSql      *sql,
                        const char *user,
                        GError    **error)
{
  if (ls_sql_get_changes (sql) > 0)
    return true;
  g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION, "there is no user %s", user);
  return false;
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
  int64_t version = 0;
  LsStep step;

  ls_access_lock (access);
  step = ls_sql_get_int64 (access->sql, &version, error, "PRAGMA data_version", NULL);
  /* Each connection counts for itself, from a number of its own. */
  *ret_generation = (access->n_opened << 32) + version;
  g_mutex_unlock (&access->lock);
  return step == LS_STEP_ROW;
}
