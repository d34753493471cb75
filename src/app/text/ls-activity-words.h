/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-record.h"

G_BEGIN_DECLS

char *ls_activity_words (const LsRecord *activity);

G_END_DECLS
