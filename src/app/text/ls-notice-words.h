/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdint.h>

G_BEGIN_DECLS

/* A window of 360 pixels has room for a banner of so many letters. */
#define LS_NOTICE_MAX_CHARS 200

char *ls_notice_words_maintenance (const char *message,
                                   int64_t     until);
char *ls_notice_words_passing     (const char *kind,
                                   const char *message);

G_END_DECLS
