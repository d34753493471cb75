/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Bodies of requests, the first of which comes from somebody not yet known: what is taken is within
 * its bounds, what is not is answered in words. */
#include "config.h"

#include <string.h>

#include "core/ls-schema.h"
#include "fuzz-target.h"
#include "server/ls-api-bodies.h"

static void
try_sign_in (const char *text,
             size_t      size)
{
  g_auto (LsSignInBody) body = { NULL };
  g_autoptr (GError) error = NULL;

  if (!ls_sign_in_body_read (text, size, &body, &error))
    {
      fuzz_check_error (error);
      return;
    }
  g_assert_true (g_utf8_validate (body.user, -1, NULL));
  g_assert_true (g_utf8_validate (body.password, -1, NULL));
  g_assert_cmpuint (strlen (body.user), <=, 200);
  g_assert_cmpuint (strlen (body.device), <=, 200);
}

static void
try_simulate (const char *text,
              size_t      size)
{
  LsSimulateBody body = { 0 };
  g_autoptr (GError) error = NULL;

  if (!ls_simulate_body_read (text, size, &body, &error))
    fuzz_check_error (error);
  else
    g_assert_cmpint (body.rate, >=, 0);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  try_sign_in ((const char *) data, size);
  try_simulate ((const char *) data, size);
  return 0;
}
