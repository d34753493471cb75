/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-memory.h"

#include "sql/ls-sql-maintenance.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

/* What two windows of a shop of 100,000 rows are quick with. */
#define DEFAULT_LIMIT (24 * 1024 * 1024)

/* As set, 0 before. Atomic. */
static int limit_kib;

/**
 * ls_memory_set_limit:
 * @bytes: about the most that pages of copies take in memory
 *
 * Sets how much of what is on the disk is kept at hand. Less holds at once; more once an account is
 * opened again, whose connections get their share of it then. Any thread.
 */
void
ls_memory_set_limit (int64_t bytes)
{
  g_atomic_int_set (&limit_kib, (int) MIN (bytes / 1024, G_MAXINT));
  ls_sql_set_memory_limit (bytes);
}

/**
 * ls_memory_get_limit:
 *
 * Returns: what was set by ls_memory_set_limit(), or the default, 24 MiB. Any thread.
 */
int64_t
ls_memory_get_limit (void)
{
  int kib = g_atomic_int_get (&limit_kib);

  return kib > 0 ? (int64_t) kib * 1024 : DEFAULT_LIMIT;
}

/**
 * ls_memory_trim:
 *
 * Gives back to the system what was freed: glibc keeps it for the thread that had it, which may not
 * want it for long. Milliseconds; for threads that do not draw, after work that took much. Any
 * thread.
 */
void
ls_memory_trim (void)
{
#ifdef __GLIBC__
  malloc_trim (0);
#endif
}
