/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#include "app/widgets/ls-widgets-enums.h"

G_BEGIN_DECLS

/**
 * LsStatus:
 * @LS_STATUS_NONE: nothing to say; takes room, so that rows do not shift
 * @LS_STATUS_PENDING: an edit waits to be confirmed
 * @LS_STATUS_CONNECTING: a connection is being made
 * @LS_STATUS_GOOD: green: live, confirmed
 * @LS_STATUS_LIMITED: yellow: polling, poor
 * @LS_STATUS_BAD: red: offline, failed
 *
 * What a dot can say.
 */
typedef enum {
  LS_STATUS_NONE,
  LS_STATUS_PENDING,
  LS_STATUS_CONNECTING,
  LS_STATUS_GOOD,
  LS_STATUS_LIMITED,
  LS_STATUS_BAD,
} LsStatus;

#define LS_TYPE_STATUS_DOT (ls_status_dot_get_type ())

/**
 * LsStatusDot:
 *
 * A state as a dot: a colour, a shape for who cannot tell colours, and words.
 *
 * Good is a disc, limited a triangle, bad a square, pending a small ring; connecting pulses gently
 * unless the system asks for less motion. The words are the accessible label and the tooltip; where
 * they stand beside the dot anyway, give the dot none of its own. The main thread's.
 */
G_DECLARE_FINAL_TYPE (LsStatusDot, ls_status_dot, LS, STATUS_DOT, GtkWidget)

/**
 * ls_status_dot_new:
 *
 * Creates a dot that says nothing.
 *
 * Returns: (transfer floating): a new dot
 */
GtkWidget  *ls_status_dot_new        (void);

/**
 * ls_status_dot_get_status:
 * @self: a dot
 *
 * Gets what it says.
 *
 * Returns: the state
 */
LsStatus    ls_status_dot_get_status (LsStatusDot *self);

/**
 * ls_status_dot_set_status:
 * @self: a dot
 * @status: a state
 *
 * Sets what it says.
 */
void        ls_status_dot_set_status (LsStatusDot *self,
                                      LsStatus     status);

/**
 * ls_status_dot_get_text:
 * @self: a dot
 *
 * Gets what it says in words.
 *
 * Returns: (transfer none): the words set, or those for the state
 */
const char *ls_status_dot_get_text   (LsStatusDot *self);

/**
 * ls_status_dot_set_text:
 * @self: a dot
 * @text: (nullable): words, translated, or %NULL for those of the state
 *
 * Sets what it says in words.
 */
void        ls_status_dot_set_text   (LsStatusDot *self,
                                      const char  *text);

G_END_DECLS
