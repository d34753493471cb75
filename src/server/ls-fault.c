/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-fault"

#include "config.h"

#include "server/ls-fault.h"

#ifdef LS_FAULT_INJECTION

#include <signal.h>

static const char *armed_point;
static int hits_left;

/**
 * ls_fault_arm:
 * @point: a name, static
 * @nth: at which passage
 *
 * Has the process end when it passes @point for the @nth time from now on. Comes before other
 * threads.
 */
void
ls_fault_arm (const char *point,
              unsigned    nth)
{
  armed_point = point;
  hits_left = (int) nth;
}

/**
 * ls_fault_point:
 * @point: a name
 *
 * Passes a point.
 */
void
ls_fault_point (const char *point)
{
  if (armed_point != NULL && g_str_equal (armed_point, point) &&
      g_atomic_int_dec_and_test (&hits_left))
    raise (SIGKILL);
}

#endif
