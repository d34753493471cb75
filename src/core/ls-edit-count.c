/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/ls-edit-count.h"

#include <string.h>

/**
 * ls_edit_count_to_text:
 * @count: a count of some epoch
 *
 * Returns: (transfer full): it as a header of HTTP tells it: the epoch, a space, n
 */
char *
ls_edit_count_to_text (const LsEditCount *count)
{
  return g_strdup_printf ("%s %" G_GINT64_FORMAT, count->epoch, count->n);
}

/**
 * ls_edit_count_from_text:
 * @text: (nullable): what ls_edit_count_to_text() wrote, or what somebody else did
 * @ret_count: (out): the count, that of no epoch when there is none in @text
 *
 * Returns: whether there is one
 */
bool
ls_edit_count_from_text (const char  *text,
                         LsEditCount *ret_count)
{
  const char *space = text != NULL ? strchr (text, ' ') : NULL;
  size_t length = space != NULL ? (size_t) (space - text) : 0;
  uint64_t n;

  *ret_count = (LsEditCount) { "", 0 };
  if (length == 0 || length >= LS_EPOCH_BYTES ||
      !g_ascii_string_to_unsigned (space + 1, 10, 0, G_MAXINT64, &n, NULL))
    return false;
  memcpy (ret_count->epoch, text, length);
  ret_count->n = (int64_t) n;
  return true;
}
