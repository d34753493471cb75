/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LsWait:
 * @over: whether it has come
 * @error: (nullable): what went wrong; set before it comes, by whoever lets it come
 *
 * Something on another queue that this thread blocks for: at start, at the end, and in commands that
 * have nothing else to do. Lives on the stack, from ls_wait_init() to ls_wait_finish().
 */
typedef struct {
  GMutex lock;
  GCond cond;
  bool over;
  GError *error;
} LsWait;

void ls_wait_init   (LsWait   *wait);
void ls_wait_end    (gpointer  wait);
bool ls_wait_finish (LsWait   *wait,
                     GError  **error);

G_END_DECLS
