/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-client.h"

G_BEGIN_DECLS

/**
 * LsConnectionWords:
 * @label: one word for the button
 * @title: one sentence on the connection
 * @meaning: what it means for the data shown and for edits
 * @retry: (nullable): when it is tried again
 * @icon_name: a symbolic icon that tells the state without its colour
 * @style_class: success, warning or error
 *
 * What an admin reads about a connection.
 */
typedef struct {
  const char *label;
  char *title;
  char *meaning;
  char *retry;
  const char *icon_name;
  const char *style_class;
} LsConnectionWords;

void ls_connection_words_init  (LsConnectionWords        *words,
                                const LsConnectionStatus *status,
                                int64_t                   now,
                                unsigned                  n_waiting);
char *ls_proof_words           (const LsProofStats       *stats);
void ls_connection_words_clear (LsConnectionWords        *words);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LsConnectionWords, ls_connection_words_clear)

G_END_DECLS
