/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "client/ls-memory.h"

#ifdef __GLIBC__
#include <malloc.h>
#endif

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
