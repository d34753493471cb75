/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-reason.h"

G_BEGIN_DECLS

char *ls_error_words_sentence (const char        *words);
char *ls_error_words_reason   (const char *const *reason,
                               const LsField     *field,
                               const char        *currency);
char *ls_error_words_value    (const GError      *error,
                               const LsField     *field,
                               const char        *currency);
char *ls_error_words          (const GError      *error);

G_END_DECLS
