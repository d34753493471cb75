/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What a server, or something in its place, answers to an upgrade: taken or refused in words. */
#include "config.h"

#include "client/ls-websocket-handshake.h"
#include "fuzz-target.h"

int
LLVMFuzzerTestOneInput (const uint8_t *data,
                        size_t         size)
{
  g_autoptr (GError) error = NULL;
  int64_t retry_after = -1;

  if (size == 0 || size > LS_HANDSHAKE_MAX_BYTES)
    return 0;
  if (!ls_handshake_check ((const char *) data, size, "dGhlIHNhbXBsZSBub25jZQ==", &retry_after,
                           &error))
    fuzz_check_error (error);
  g_assert_cmpint (retry_after, >=, 0);
  return 0;
}
