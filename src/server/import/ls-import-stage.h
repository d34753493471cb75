/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-environment.h"
#include "server/import/ls-import-reader.h"
#include "sql/ls-sql.h"

G_BEGIN_DECLS

/**
 * LS_JOBS_FOLDER:
 *
 * Name of the folder, in the data folder, where jobs are staged.
 */
#define LS_JOBS_FOLDER "jobs"

/**
 * LsImportStage:
 *
 * A job on disk: the rows that were read, then the batches that they become, each with its mid and
 * a checksum. Until it is ready nothing of it counts, and a crash leaves a file that is thrown
 * away; from then on it is carried out whatever happens in between (PROTOCOL rule 3). One thread at
 * a time.
 */
typedef struct _LsImportStage LsImportStage;

/**
 * LsImportJobInfo:
 * @job: its id
 * @shop: the shop it is for
 * @actor: the source that its versions name
 * @batches: how many mutations it is
 * @changes: how many rows those change
 *
 * What is known of a job. Owned by its stage.
 */
typedef struct {
  char *job;
  char *shop;
  char *actor;
  int64_t batches;
  int64_t changes;
} LsImportJobInfo;

/**
 * LsImportBatch:
 * @number: from 1
 * @rank: batches of a rank do not refer to each other, only to lower ranks
 * @mid: its mutation id, the same whenever the job is taken up again
 * @changes: (element-type LsChange): what it does
 *
 * A mutation of a job. A struct of zeros is empty.
 */
typedef struct {
  int64_t number;
  int rank;
  char *mid;
  GPtrArray *changes;
} LsImportBatch;

LsImportStage         *ls_import_stage_new        (const char           *folder,
                                                   const char           *job,
                                                   const char           *shop,
                                                   const char           *actor,
                                                   GError              **error);
LsImportStage         *ls_import_stage_open       (const char           *path,
                                                   GError              **error);
void                   ls_import_stage_free       (LsImportStage        *stage);
const LsImportJobInfo *ls_import_stage_get_info   (LsImportStage        *stage);
bool                   ls_import_stage_is_ready   (LsImportStage        *stage);
LsSql                 *ls_import_stage_get_sql    (LsImportStage        *stage);

/* Reading in. */
int                    ls_import_stage_add_file   (LsImportStage        *stage,
                                                   const char           *name,
                                                   GError              **error);
bool                   ls_import_stage_add_row    (LsImportStage        *stage,
                                                   int                   file,
                                                   const LsImportRow    *row,
                                                   LsImportProblem      *problem,
                                                   GError              **error);
bool                   ls_import_stage_find_place (LsImportStage        *stage,
                                                   const LsCollection   *collection,
                                                   const char           *key,
                                                   LsImportProblem      *problem,
                                                   GError              **error);

/* Batches. */
bool                   ls_import_stage_add_batch  (LsImportStage        *stage,
                                                   int                   rank,
                                                   GPtrArray            *changes,
                                                   GError              **error);
bool                   ls_import_stage_set_ready  (LsImportStage        *stage,
                                                   GError              **error);
bool                   ls_import_stage_get_batch  (LsImportStage        *stage,
                                                   int64_t               number,
                                                   LsImportBatch        *ret_batch,
                                                   GError              **error);
bool                   ls_import_stage_remove     (LsImportStage        *stage,
                                                   GError              **error);

void                   ls_import_batch_clear      (LsImportBatch        *batch);
int                    ls_import_rank             (const LsCollection   *collection);
char                  *ls_import_mid              (const char           *source,
                                                   const char           *object,
                                                   const char           *revision);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsImportStage, ls_import_stage_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LsImportBatch, ls_import_batch_clear)

G_END_DECLS
