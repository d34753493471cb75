/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-test-wait.h"

#define DEADLINE_SECONDS 60

static gboolean
late_cb (gpointer user_data)
{
  *(bool *) user_data = true;
  return G_SOURCE_CONTINUE;
}

void
ls_test_wait (LsTestCondition condition,
              gpointer        user_data)
{
  bool is_late = false;
  unsigned source = g_timeout_add_seconds (DEADLINE_SECONDS, late_cb, &is_late);

  while (!condition (user_data))
    {
      g_assert_false (is_late);
      g_main_context_iteration (NULL, TRUE);
    }
  g_source_remove (source);
}
