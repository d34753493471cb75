/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-message.h"

G_BEGIN_DECLS

/**
 * LS_SIM_SECRET:
 *
 * Stands in every sensitive value that is ever written, and in nothing else: whoever may not see
 * such values is never sent it, wherever it would hide.
 */
#define LS_SIM_SECRET "s3cret"

/* All return what is beyond the rights of @role, or NULL. */
char *ls_sim_rights_judge_message  (LsRole           role,
                                    const LsMessage *message);
char *ls_sim_rights_judge_text     (LsRole           role,
                                    const char      *text,
                                    size_t           length);
char *ls_sim_rights_judge_snapshot (LsRole           role,
                                    const LsScope   *scope,
                                    const char      *text,
                                    size_t           length);

G_END_DECLS
