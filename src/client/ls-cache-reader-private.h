/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache-reader.h"
#include "sql/ls-sql.h"

G_BEGIN_DECLS

struct _LsCacheReader {
  LsEnvironment *environment;
  char *path;
  const LsCollation *collation;
  LsSql *sql;
  LsSqlTransaction *transaction;
  GHashTable *names; /* "shop collection" -> name of the table, during a snapshot */
};

bool ls_cache_reader_find_table (LsCacheReader      *reader,
                                 const char         *shop,
                                 const LsCollection *collection,
                                 const char        **ret_name,
                                 GError            **error);

G_END_DECLS
