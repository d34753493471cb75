/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

char *ls_sign_in_words_failure (const GError *error,
                                const char   *server);

G_END_DECLS
