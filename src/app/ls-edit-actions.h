/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "app/text/ls-error-desk.h"
#include "client/ls-store.h"

G_BEGIN_DECLS

void ls_edit_actions_retry       (LsErrorDesk       *desk,
                                  LsStore           *store,
                                  const char        *mid);
void ls_edit_actions_restore     (LsErrorDesk       *desk,
                                  LsStore           *store,
                                  const char        *shop,
                                  const char *const *mids);
void ls_edit_actions_discard_all (LsErrorDesk       *desk,
                                  LsStore           *store,
                                  const char        *shop,
                                  unsigned           states);

G_END_DECLS
