/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-environment.h"
#include "server/ls-storage.h"

G_BEGIN_DECLS

LsStorage *ls_storage_memory_new (LsEnvironment  *environment,
                                  GError        **error);

G_END_DECLS
