/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

unsigned ls_money_get_digits (const char *currency);
char    *ls_money_to_text    (int64_t     minor,
                              const char *currency);
bool     ls_money_from_text  (const char *text,
                              const char *currency,
                              int64_t    *ret_minor,
                              GError    **error);

G_END_DECLS
