/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache.h"

G_BEGIN_DECLS

char *ls_edit_words_summary (const LsEdit   *edit,
                             const LsRecord *record);
char *ls_edit_words_state   (const LsEdit   *edit);
char *ls_edit_words_failure (const LsEdit   *edit,
                             const LsRecord *record);

char *ls_edit_words_title   (const LsEdit  *edit,
                             const LsRecord *record,
                             const char    *currency,
                             GTimeZone     *time_zone);
char *ls_edit_words_done    (GPtrArray     *changes);

G_END_DECLS
