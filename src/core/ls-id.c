/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-id"

#include "config.h"

#include "core/ls-id.h"

/**
 * ls_id_new_uuid:
 * @environment: clock and randomness
 *
 * Makes a UUID of version 7 (RFC 9562, section 5.7): 48 bits of time in ms, 74 random bits. Keys
 * and mutation ids are such.
 *
 * Returns: (transfer full): 36 characters
 */
char *
ls_id_new_uuid (LsEnvironment *environment)
{
  uint64_t ms = (uint64_t) (ls_environment_now (environment) / 1000) & 0xffffffffffff;
  uint64_t high = ls_environment_random (environment);
  uint64_t low = ls_environment_random (environment);

  return g_strdup_printf ("%08x-%04x-7%03x-%04x-%012" G_GINT64_MODIFIER "x", (unsigned) (ms >> 16),
                          (unsigned) (ms & 0xffff), (unsigned) (high & 0xfff),
                          (unsigned) (0x8000 | ((high >> 16) & 0x3fff)), low & 0xffffffffffff);
}

/**
 * ls_id_new_secret:
 * @environment: randomness
 * @n_bytes: how many random bytes
 *
 * Returns: (transfer full): @n_bytes random bytes as hex digits: tokens, session ids, epochs
 */
char *
ls_id_new_secret (LsEnvironment *environment,
                  size_t         n_bytes)
{
  GString *text = g_string_sized_new (2 * n_bytes + 16);

  while (text->len < 2 * n_bytes)
    g_string_append_printf (text, "%016" G_GINT64_MODIFIER "x",
                            ls_environment_random (environment));
  g_string_truncate (text, 2 * n_bytes);
  return g_string_free (text, FALSE);
}
