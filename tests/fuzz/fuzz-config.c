/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A configuration file is taken or refused in words that name the place; what is taken has values
 * within their bounds. */
#include "config.h"

#include <string.h>

#include "fuzz-target.h"
#include "server/ls-config.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autoptr (LsConfig) config = ls_config_new ();
  const char *const environment[] = { NULL };
  g_autoptr (GError) error = NULL;
  const char *path = fuzz_file (data, size);

  g_assert_true (ls_config_set (config, LS_OPTION_CONFIG, path, &error));
  if (!ls_config_load (config, environment, &error))
    {
      fuzz_check_error (error);
      g_assert_nonnull (strstr (error->message, path));
      return 0;
    }
  g_assert_cmpint (ls_config_get_number (config, LS_OPTION_EPOLL_THREADS), >=, 0);
  g_assert_cmpint (ls_config_get_number (config, LS_OPTION_RING), >=, 0);
  g_assert_nonnull (ls_config_get_text (config, LS_OPTION_DATA));
  g_assert_nonnull (ls_config_get_list (config, LS_OPTION_LISTEN));
  return 0;
}
