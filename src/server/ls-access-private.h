/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-access.h"
#include "sql/ls-sql.h"

G_BEGIN_DECLS

struct _LsAccess {
  LsEnvironment *environment;
  char *path;
  GMutex lock; /* over the connection; never held while a password is hashed */
  LsSql *sql;
  int64_t n_opened; /* how often the file was opened */
};

void ls_access_lock         (LsAccess   *access);

void ls_access_set_auth     (GError    **error,
                             const char *words);
bool ls_access_keep_newest  (LsSql      *sql,
                             const char *text,
                             const char *user,
                             int         count,
                             GError    **error);
bool ls_access_require_user (LsSql      *sql,
                             const char *user,
                             GError    **error);

G_END_DECLS
