/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <sqlite3.h>

#include "ls-sim-disk.h"

G_BEGIN_DECLS

#define LS_SIM_SECTOR 512
#define LS_SIM_SHM_SLOTS 8

/* One file. Those who have it open keep it when the machine ends, but can't change it any more. */
typedef struct {
  unsigned ref_count;
  char *name;
  GByteArray *data;    /* as the system's cache has it */
  GHashTable *old;     /* sector -> its synced content, for those written since */
  size_t synced_size;
  bool dead;

  unsigned n_shared;
  gpointer reserved, pending, exclusive; /* LsSimHandle that has it */
  GPtrArray *regions;
  unsigned shm_shared[LS_SIM_SHM_SLOTS];
  gpointer shm_exclusive[LS_SIM_SHM_SLOTS];
} LsSimFile;

/* One opening of a file, for SQLite. */
typedef struct {
  sqlite3_file base;
  LsSimDisk *disk;
  LsSimFile *file;
  bool delete_on_close;
  int level;
  unsigned shm_shared, shm_exclusive; /* masks */
} LsSimHandle;

struct _LsSimDisk {
  sqlite3_vfs base;
  LsSimWorld *world;
  char *name;
  LsSimDice dice;
  GHashTable *files; /* name -> LsSimFile */

  unsigned skip[LS_SIM_DISK_N_OPS];
  unsigned times[LS_SIM_DISK_N_OPS];
  int64_t space; /* -1: enough */
  unsigned trap; /* operations until it springs, 0 for none */
  LsSimEnd trap_end;
  LsJobFunc sprung;
  gpointer sprung_data;
};

extern const sqlite3_io_methods ls_sim_handle_methods;

LsSimFile *ls_sim_file_new      (const char      *name);
void       ls_sim_file_unref    (gpointer         data);
LsSimFile *ls_sim_file_copy     (const LsSimFile *file);
LsSimFile *ls_sim_file_survive  (LsSimFile       *file,
                                 LsSimDice       *dice);
void       ls_sim_file_write    (LsSimFile       *file,
                                 const void      *data,
                                 size_t           length,
                                 size_t           offset);
void       ls_sim_file_truncate (LsSimFile       *file,
                                 size_t           size);
void       ls_sim_file_sync     (LsSimFile       *file);

bool       ls_sim_disk_fails    (LsSimDisk       *self,
                                 LsSimFile       *file,
                                 LsSimDiskOp      op);

G_END_DECLS
