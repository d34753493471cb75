/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache.h"

G_BEGIN_DECLS

char *ls_edit_words_summary (const LsEdit *edit);
char *ls_edit_words_state   (const LsEdit *edit);
char *ls_edit_words_failure (const LsEdit *edit);

G_END_DECLS
