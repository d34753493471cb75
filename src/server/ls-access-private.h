/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/ls-access.h"
#include "sql/ls-sql.h"

G_BEGIN_DECLS

struct _LsAccess {
  LsEnvironment *environment;
  GMutex lock; /* over the connection; never held while a password is hashed */
  LsSql *sql;
};

G_END_DECLS
