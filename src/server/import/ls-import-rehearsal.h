/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "server/import/ls-import-job.h"
#include "server/ls-storage.h"

G_BEGIN_DECLS

void ls_import_rehearse (LsEnvironment     *environment,
                         LsStorage         *storage,
                         LsImportStage     *stage,
                         LsImportReport    *report,
                         LsImportDoneFunc   func,
                         gpointer           user_data,
                         GDestroyNotify     destroy);

G_END_DECLS
