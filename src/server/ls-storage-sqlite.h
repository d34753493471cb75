/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-environment.h"
#include "server/ls-storage.h"

G_BEGIN_DECLS

/**
 * LS_STORAGE_FILE:
 *
 * Name of the data file in the server's data folder.
 */
#define LS_STORAGE_FILE "lockstep.db"

/**
 * LS_STORAGE_APPLICATION_ID:
 *
 * The application id of the data file: "LsSv".
 */
#define LS_STORAGE_APPLICATION_ID 0x4c735376

LsStorage *ls_storage_sqlite_new (LsEnvironment  *environment,
                                  const char     *path,
                                  GError        **error);
bool       ls_storage_sqlite_mark_copy (LsEnvironment  *environment,
                                        const char     *path,
                                        GError        **error);

G_END_DECLS
