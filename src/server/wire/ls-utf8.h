/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdint.h>

G_BEGIN_DECLS

/**
 * LsUtf8:
 *
 * The state of a UTF-8 check over text that arrives in pieces, in three bytes. All zero is the
 * start.
 */
typedef struct {
  /*< private >*/
  uint8_t need; /* continuation bytes still to come */
  uint8_t low;  /* bounds of the next of them; both meaningless while need is 0 */
  uint8_t high;
} LsUtf8;

/**
 * ls_utf8_feed:
 * @utf8: the state
 * @data: (array length=length): the next bytes of the text
 * @length: how many
 *
 * Checks the next piece of a text as RFC 3629 has it: no overlong forms, no surrogates, nothing
 * above U+10FFFF. U+0000 is a character like others. A sequence may be cut by the end of the piece.
 *
 * Cost: one pass, eight bytes at a time as long as they are ASCII.
 *
 * Returns: %FALSE at the first byte that no valid text could have there; the state is then spent
 */
gboolean ls_utf8_feed        (LsUtf8        *utf8,
                              const uint8_t *data,
                              size_t         length);

/**
 * ls_utf8_is_complete:
 * @utf8: the state
 *
 * Returns: whether a text may end here, not inside of a character
 */
gboolean ls_utf8_is_complete (const LsUtf8  *utf8);

G_END_DECLS
