/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <glib/gstdio.h>
#include <sqlite3.h>

#include "ls-test-archive.h"
#include "ls-test-environment.h"
#include "ls-test-rows.h"

/*
 * archive-cache FILE: writes a cache of this version of the schema, for tests/data/cache, where it is
 * packed with `gzip -9n`. To be run once, when a migration was added; a file that was archived is
 * never written again.
 */
int
main (int    argc,
      char **argv)
{
  LsEnvironment *environment = LS_ENVIRONMENT (ls_test_environment_new (1));
  g_autofree char *work = g_strconcat (argv[argc - 1], ".work", NULL);
  LsCache *cache;
  sqlite3 *db;

  g_assert_cmpint (argc, ==, 2);
  cache = ls_test_cache (environment, work);
  ls_test_archive_fill (cache);
  ls_test_archive_check (cache);
  g_object_unref (cache);
  /* One file, without a log. */
  g_assert_cmpint (sqlite3_open (work, &db), ==, SQLITE_OK);
  if (sqlite3_exec (db, "PRAGMA wal_checkpoint (TRUNCATE); PRAGMA journal_mode = DELETE", NULL,
                    NULL, NULL) != SQLITE_OK)
    g_error ("%s", sqlite3_errmsg (db));
  sqlite3_close (db);
  g_assert_cmpint (g_rename (work, argv[1]), ==, 0);
  for (int i = 0; i < 3; i++)
    {
      static const char *const endings[] = { "-wal", "-shm", ".lock" };
      g_autofree char *path = g_strconcat (work, endings[i], NULL);

      g_unlink (path);
    }
  g_object_unref (environment);
  return 0;
}
