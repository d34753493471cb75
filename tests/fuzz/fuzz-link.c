/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Links come from anywhere. One that is taken names what may exist, and is written and read again as
 * the same; one that is not is refused in words. */
#include "config.h"

#include "app/text/ls-link.h"
#include "core/ls-schema.h"
#include "fuzz-target.h"

static void
check_part (const char *part)
{
  g_assert_true (part == NULL || ls_key_is_valid (part));
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autofree char *uri = g_strndup ((const char *) data, size);
  g_auto (LsLink) link = { NULL };
  g_auto (LsLink) again = { NULL };
  g_autoptr (GError) error = NULL;
  g_autofree char *written = NULL;

  if (!ls_link_parse (uri, &link, &error))
    {
      fuzz_check_error (error);
      g_assert_null (link.shop);
      return 0;
    }
  check_part (link.shop);
  check_part (link.page);
  check_part (link.key);
  if (link.shop == NULL || link.page == NULL)
    return 0;
  written = ls_link_build (link.shop, link.page, link.key);
  g_assert_true (ls_link_parse (written, &again, &error));
  g_assert_cmpstr (link.shop, ==, again.shop);
  g_assert_cmpstr (link.page, ==, again.page);
  g_assert_cmpstr (link.key, ==, again.key);
  return 0;
}
