/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ls-sim-disk.h"
#include "server/ls-storage.h"

G_BEGIN_DECLS

/**
 * LsSimDatabase:
 *
 * What several nodes of a server share: one storage, in memory or on a disk of its own, on a machine
 * that does not end with any of them, and a disk for what else is in files. Each node has a connection of its own: transactions take
 * their time, find the shop locked by another node, fail, or end without anybody knowing how; who is
 * told of a commit hears of it late, or never.
 */
typedef struct _LsSimDatabase LsSimDatabase;

LsSimDatabase *ls_sim_database_new         (LsSimWorld    *world,
                                            uint64_t       seed,
                                            bool           on_disk);
void           ls_sim_database_free        (LsSimDatabase *self);
LsStorage     *ls_sim_database_connect     (LsSimDatabase *self,
                                            LsSimNode     *node);
LsStorage     *ls_sim_database_get_storage (LsSimDatabase *self);
LsSimDisk     *ls_sim_database_get_disk    (LsSimDatabase *self);
LsSimDiskImage *ls_sim_database_copy       (LsSimDatabase *self);
void           ls_sim_database_restore     (LsSimDatabase  *self,
                                            LsSimDiskImage *image,
                                            bool            new_epoch);
void           ls_sim_database_set_trouble (LsSimDatabase *self,
                                            bool           trouble);

G_END_DECLS
