/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-import"

#include "config.h"

#include "server/import/ls-import-job.h"

#include <string.h>

/* Jobs that an earlier process left, one after another. */

typedef struct {
  gatomicrefcount ref_count;
  LsEnvironment *environment;
  LsCommitter *committer;
  char *folder;
  LsImportResumedFunc func;
  gpointer user_data;
  GDestroyNotify destroy;

  GPtrArray *names; /* those to come, the oldest last */
  LsImportJobInfo current;
} Resumption;

static void
info_clear (LsImportJobInfo *info)
{
  g_free (info->job);
  g_free (info->shop);
  g_free (info->actor);
  *info = (LsImportJobInfo) { NULL };
}

static void
resumption_unref (gpointer data)
{
  Resumption *resumption = data;

  if (!g_atomic_ref_count_dec (&resumption->ref_count))
    return;
  if (resumption->destroy != NULL)
    resumption->destroy (resumption->user_data);
  info_clear (&resumption->current);
  g_clear_pointer (&resumption->names, g_ptr_array_unref);
  g_object_unref (resumption->committer);
  g_object_unref (resumption->environment);
  g_free (resumption->folder);
  g_free (resumption);
}

static int
compare_descending (gconstpointer a,
                    gconstpointer b)
{
  return strcmp (*(const char *const *) b, *(const char *const *) a);
}

/* Ids of jobs begin with the time they were made at. */
static GPtrArray *
list_jobs (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  GPtrArray *names = g_ptr_array_new_with_free_func (g_free);
  const char *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    if (g_str_has_suffix (name, ".db"))
      g_ptr_array_add (names, g_strdup (name));
  g_ptr_array_sort (names, compare_descending);
  return names;
}

static void resume_next (Resumption *resumption);

static void
done_cb (const GError *error,
         gpointer      user_data)
{
  Resumption *resumption = user_data;

  resumption->func (&resumption->current, error, resumption->user_data);
  resume_next (resumption);
}

/* Opens the next job that is ready; what never became one is removed. */
static LsImportStage *
open_next (Resumption *resumption)
{
  while (resumption->names->len > 0)
    {
      g_autofree char *name = g_ptr_array_steal_index (resumption->names,
                                                       resumption->names->len - 1);
      g_autofree char *path = g_build_filename (resumption->folder, name, NULL);
      g_autoptr (GError) error = NULL;
      g_autoptr (LsImportStage) stage = ls_import_stage_open (path, &error);
      LsImportJobInfo unread = { .job = name };

      if (stage != NULL && ls_import_stage_is_ready (stage))
        return g_steal_pointer (&stage);
      if (stage != NULL)
        ls_import_stage_remove (g_steal_pointer (&stage), &error);
      if (error != NULL)
        resumption->func (&unread, error, resumption->user_data);
    }
  return NULL;
}

static void
resume_next (Resumption *resumption)
{
  LsImportStage *stage = open_next (resumption);
  const LsImportJobInfo *info;

  if (stage == NULL)
    {
      resumption->func (NULL, NULL, resumption->user_data);
      return;
    }
  info = ls_import_stage_get_info (stage);
  info_clear (&resumption->current);
  resumption->current = (LsImportJobInfo) {
    .job = g_strdup (info->job),
    .shop = g_strdup (info->shop),
    .actor = g_strdup (info->actor),
    .batches = info->batches,
    .changes = info->changes,
  };
  g_atomic_ref_count_inc (&resumption->ref_count);
  ls_import_job_run (resumption->environment, resumption->committer, stage, NULL, done_cb,
                     resumption, resumption_unref);
}

static void
resume_cb (gpointer data)
{
  Resumption *resumption = data;

  resumption->names = list_jobs (resumption->folder);
  resume_next (resumption);
}

/**
 * ls_import_resume:
 * @environment: clock and executor
 * @committer: who carries jobs out
 * @folder: where jobs are staged; may be missing
 * @func: told of each that was found
 * @user_data: for @func
 * @destroy: (nullable): frees @user_data, also when the environment stops before it is over
 *
 * Goes on with what an earlier process did not come to the end of, the oldest first. From any
 * thread.
 */
void
ls_import_resume (LsEnvironment       *environment,
                  LsCommitter         *committer,
                  const char          *folder,
                  LsImportResumedFunc  func,
                  gpointer             user_data,
                  GDestroyNotify       destroy)
{
  Resumption *resumption = g_new0 (Resumption, 1);

  g_atomic_ref_count_init (&resumption->ref_count);
  resumption->environment = g_object_ref (environment);
  resumption->committer = g_object_ref (committer);
  resumption->folder = g_strdup (folder);
  resumption->func = func;
  resumption->user_data = user_data;
  resumption->destroy = destroy;
  ls_environment_post (environment, ls_environment_get_queue (environment, LS_IMPORT_QUEUE),
                       resume_cb, resumption, resumption_unref);
}
