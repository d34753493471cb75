/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ls-sim-world.h"

G_BEGIN_DECLS

/**
 * LsSimDisk:
 *
 * The disk of one machine, as an SQLite VFS all in memory. It knows what was synced and what only
 * lies in the system's cache: when power fails, any of the sectors written since the last sync may
 * be there and any may not. Nothing of it waits, its clock is the world's.
 */
typedef struct _LsSimDisk LsSimDisk;

/**
 * LsSimDiskImage:
 *
 * What is on a disk at a moment, to be put on one later: a backup, a copied cache.
 */
typedef struct _LsSimDiskImage LsSimDiskImage;

/**
 * LsSimDiskOp:
 * @LS_SIM_DISK_READ: reading
 * @LS_SIM_DISK_WRITE: writing
 * @LS_SIM_DISK_SYNC: syncing
 * @LS_SIM_DISK_N_OPS: how many there are
 *
 * What can fail.
 */
typedef enum {
  LS_SIM_DISK_READ,
  LS_SIM_DISK_WRITE,
  LS_SIM_DISK_SYNC,
  LS_SIM_DISK_N_OPS,
} LsSimDiskOp;

/**
 * LsSimEnd:
 * @LS_SIM_KILLED: the process is gone, what it wrote is there
 * @LS_SIM_POWER_LOST: what was not synced may be gone, sector by sector
 *
 * How a machine ends.
 */
typedef enum {
  LS_SIM_KILLED,
  LS_SIM_POWER_LOST,
} LsSimEnd;

LsSimDisk      *ls_sim_disk_new        (LsSimWorld     *world,
                                        const char     *name,
                                        uint64_t        seed);
void            ls_sim_disk_free       (LsSimDisk      *self);
const char     *ls_sim_disk_get_vfs    (LsSimDisk      *self);
bool            ls_sim_disk_has_file   (LsSimDisk      *self,
                                        const char     *name);
void            ls_sim_disk_end        (LsSimDisk      *self,
                                        LsSimEnd        how);
void            ls_sim_disk_set_trap   (LsSimDisk      *self,
                                        unsigned        operations,
                                        LsSimEnd        how,
                                        LsJobFunc       sprung,
                                        gpointer        user_data);
void            ls_sim_disk_fail       (LsSimDisk      *self,
                                        LsSimDiskOp     op,
                                        unsigned        skip,
                                        unsigned        times);
void            ls_sim_disk_set_space  (LsSimDisk      *self,
                                        int64_t         bytes);
void            ls_sim_disk_heal       (LsSimDisk      *self);
bool            ls_sim_disk_is_sound   (LsSimDisk      *self);
LsSimDiskImage *ls_sim_disk_copy       (LsSimDisk      *self,
                                        const char     *prefix);
void            ls_sim_disk_paste      (LsSimDisk      *self,
                                        LsSimDiskImage *image,
                                        const char     *prefix);
void            ls_sim_disk_image_free (LsSimDiskImage *image);

void            ls_sim_disk_set_up_sqlite (uint64_t     seed);

G_END_DECLS
