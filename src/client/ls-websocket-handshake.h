/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>
#include <stdbool.h>
#include <stdint.h>

#include "client/ls-endpoint.h"

G_BEGIN_DECLS

/**
 * LS_HANDSHAKE_MAX_BYTES:
 *
 * The most bytes of the headers that answer an upgrade.
 */
#define LS_HANDSHAKE_MAX_BYTES 16384

char *ls_handshake_write (LsEndpoint *endpoint,
                          const char *key);
bool  ls_handshake_check (const char *head,
                          size_t      length,
                          const char *key,
                          int64_t    *ret_retry_after,
                          GError    **error);

G_END_DECLS
