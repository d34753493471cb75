/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-environment.h"

G_BEGIN_DECLS

/**
 * LS_UUID_BYTES:
 *
 * Bytes of a UUID in text with its terminator.
 */
#define LS_UUID_BYTES 37

char *ls_id_new_uuid   (LsEnvironment *environment);
char *ls_id_new_secret (LsEnvironment *environment,
                        size_t         n_bytes);

G_END_DECLS
