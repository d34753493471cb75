/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstepd"

#include "config.h"

#include "server/commands/ls-offline.h"

#include <stdio.h>
#include <unistd.h>

#include "core/ls-error.h"

/* More problems than this are counted, not shown. */
#define MAX_SHOWN 20
/* Without a terminal progress is a line now and then. */
#define LINE_INTERVAL G_USEC_PER_SEC

typedef struct {
  char *shop;
  char *format;
  char *map;
  char *errors;
  gboolean dry_run;
  gboolean resume;
} ImportWords;

typedef struct {
  const ImportWords *words;
  LsImportFormat format;
  LsImportMapping *mapping;
  LsImportTarget *target;
  GPtrArray *readers;
  int64_t size;
  LsImportReport report;
  GOutputStream *errors;
  LsEnvironment *environment;
  bool terminal;
  int64_t told_at;
} ImportJob;

static void
words_clear (ImportWords *words)
{
  g_free (words->shop);
  g_free (words->format);
  g_free (words->map);
  g_free (words->errors);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ImportWords, words_clear)

static void
job_clear (ImportJob *job)
{
  g_clear_pointer (&job->readers, g_ptr_array_unref);
  g_clear_pointer (&job->mapping, ls_import_mapping_free);
  g_clear_pointer (&job->target, ls_import_target_free);
  g_clear_object (&job->errors);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (ImportJob, job_clear)

/* As compilers do: FILE:LINE: what. */
static char *
problem_line (const LsImportProblem *problem,
              LsImportSeverity       severity)
{
  GString *line = g_string_new (NULL);

  if (problem->file != NULL)
    g_string_append_printf (line, "%s:", problem->file);
  if (problem->line > 0)
    g_string_append_printf (line, "%" G_GINT64_FORMAT ":", problem->line);
  if (line->len > 0)
    g_string_append_c (line, ' ');
  if (severity == LS_IMPORT_WARNING)
    g_string_append (line, "warning: ");
  if (problem->field != NULL)
    g_string_append_printf (line, "%s: ", problem->field);
  g_string_append_printf (line, "%s\n", problem->message);
  return g_string_free (line, FALSE);
}

static void
problem_cb (const LsImportProblem *problem,
            LsImportSeverity       severity,
            gpointer               user_data)
{
  ImportJob *job = user_data;
  g_autofree char *line = problem_line (problem, severity);
  int64_t count = job->report.errors + job->report.warnings;

  if (job->errors != NULL)
    g_output_stream_printf (job->errors, NULL, NULL, NULL, "%s", line);
  if (count <= MAX_SHOWN)
    g_printerr ("%s%s", job->terminal ? "\r\033[K" : "", line);
}

static void
progress_cb (LsImportPhase phase,
             int64_t       done,
             int64_t       total,
             gpointer      user_data)
{
  static const char *const words[] = { "reading", "checking", "writing" };
  static const char *const units[] = { "bytes", "rows", "rows" };
  ImportJob *job = user_data;
  int percent = (int) (done * 100 / total);
  int64_t now = ls_environment_monotonic (job->environment);

  if (job->terminal)
    g_printerr ("\r\033[K%s %d %%", words[phase], percent);
  else if (now - job->told_at >= LINE_INTERVAL)
    {
      g_printerr ("progress phase=%s %s=%" G_GINT64_FORMAT " total=%" G_GINT64_FORMAT
                  " percent=%d\n",
                  words[phase], units[phase], done, total, percent);
      job->told_at = now;
    }
}

static bool
choose_format (ImportJob         *job,
               const char *const *files,
               GError           **error)
{
  const char *name = job->words->format;

  if (name == NULL && job->words->map != NULL)
    name = "csv";
  else if (name == NULL)
    name = g_str_has_suffix (files[0], ".csv") ? "woocommerce" : "ndjson";
  if (g_str_equal (name, "ndjson"))
    job->format = LS_IMPORT_FORMAT_NDJSON;
  else if (g_str_equal (name, "woocommerce"))
    job->format = LS_IMPORT_FORMAT_WOOCOMMERCE;
  else if (g_str_equal (name, "csv"))
    job->format = LS_IMPORT_FORMAT_CSV;
  else
    {
      g_set_error (error, LS_ERROR, LS_ERROR_VALIDATION,
                   "%s: not a format; there are ndjson, woocommerce and csv", name);
      return false;
    }
  if ((job->format == LS_IMPORT_FORMAT_CSV) != (job->words->map != NULL))
    {
      g_set_error_literal (error, LS_ERROR, LS_ERROR_VALIDATION,
                           "the format csv needs a mapping file, --map; no other one does");
      return false;
    }
  if (job->words->map != NULL)
    job->mapping = ls_import_mapping_load (job->words->map, error);
  return job->words->map == NULL || job->mapping != NULL;
}

static bool
open_files (ImportJob         *job,
            const char *const *files,
            GError           **error)
{
  job->readers = g_ptr_array_new_with_free_func (g_object_unref);
  for (; *files != NULL; files++)
    {
      int64_t size = 0;
      LsImportReader *reader =
          ls_import_open (*files, job->format, job->mapping, job->target, &size, error);

      if (reader == NULL)
        return false;
      job->size += size;
      g_ptr_array_add (job->readers, reader);
    }
  return true;
}

static bool
open_errors (ImportJob  *job,
             GError    **error)
{
  g_autoptr (GFile) file = NULL;
  g_autoptr (GFileOutputStream) stream = NULL;

  if (job->words->errors == NULL)
    return true;
  file = g_file_new_for_commandline_arg (job->words->errors);
  stream = g_file_replace (file, NULL, FALSE, G_FILE_CREATE_PRIVATE, NULL, error);
  if (stream == NULL)
    return false;
  job->errors = g_buffered_output_stream_new (G_OUTPUT_STREAM (stream));
  return true;
}

static void
tell_ignored (ImportJob *job)
{
  for (unsigned i = 0; i < job->readers->len; i++)
    {
      LsImportReader *reader = g_ptr_array_index (job->readers, i);
      g_autoptr (GPtrArray) ignored = ls_import_reader_list_ignored (reader);
      g_autofree char *names = NULL;

      g_ptr_array_add (ignored, NULL);
      names = g_strjoinv (", ", (char **) ignored->pdata);
      if (ignored->len > 1)
        g_printerr ("%s: nothing is done with the columns %s\n",
                    ls_import_reader_get_name (reader), names);
    }
}

static void
tell_result (ImportJob *job,
             bool       done)
{
  const LsImportReport *report = &job->report;
  int64_t problems = report->errors + report->warnings;

  if (job->terminal)
    g_printerr ("\r\033[K");
  if (problems > MAX_SHOWN)
    g_printerr ("… and %" G_GINT64_FORMAT " more%s\n", problems - MAX_SHOWN,
                job->errors == NULL ? "; --errors FILE writes all of them down" : "");
  tell_ignored (job);
  if (!done)
    return;
  g_print ("%" G_GINT64_FORMAT " rows: %" G_GINT64_FORMAT " new, %" G_GINT64_FORMAT
           " changed, %" G_GINT64_FORMAT " as they are already",
           report->rows, report->added, report->changed, report->unchanged);
  if (report->passed > 0)
    g_print ("; %" G_GINT64_FORMAT " lines passed over", report->passed);
  g_print ("%s\n", job->words->dry_run ? " (nothing was written)" : "");
}

static bool
import_files (ImportJob         *job,
              LsOffline         *offline,
              const char *const *files,
              GError           **error)
{
  LsImportFlags flags = job->words->dry_run ? LS_IMPORT_DRY_RUN : LS_IMPORT_NO_FLAGS;
  bool done;

  job->report.problem = problem_cb;
  job->report.progress = progress_cb;
  job->report.user_data = job;
  job->terminal = isatty (STDERR_FILENO) != 0;
  job->environment = offline->environment;
  job->told_at = ls_environment_monotonic (offline->environment);
  if (!choose_format (job, files, error))
    return false;
  job->target = ls_import_target_new (offline->storage, job->words->shop, error);
  if (job->target == NULL || !open_files (job, files, error) || !open_errors (job, error))
    return false;
  done = ls_offline_import (offline, job->words->shop, LS_IMPORT_ACTOR, job->readers, job->size,
                            flags, &job->report, error);
  tell_result (job, done);
  return done && (job->errors == NULL || g_output_stream_close (job->errors, NULL, error));
}

/**
 * ls_command_import:
 * @argc: words
 * @argv: the words
 *
 * `lockstepd import`
 *
 * Returns: how it ended
 */
LsCommandExit
ls_command_import (int    argc,
                   char **argv)
{
  g_auto (ImportWords) words = { NULL };
  const GOptionEntry entries[] = {
    { "shop", 0, 0, G_OPTION_ARG_STRING, &words.shop, "Into which shop", "SHOP" },
    { "format", 0, 0, G_OPTION_ARG_STRING, &words.format,
      "What the files are (default: csv with --map, woocommerce for .csv, else ndjson)",
      "ndjson|woocommerce|csv" },
    { "map", 0, 0, G_OPTION_ARG_FILENAME, &words.map, "What the columns of a CSV file mean",
      "FILE" },
    { "errors", 0, 0, G_OPTION_ARG_FILENAME, &words.errors, "Write all problems to a file",
      "FILE" },
    { "dry-run", 'n', 0, G_OPTION_ARG_NONE, &words.dry_run, "Only tell what would be done", NULL },
    { "resume", 0, 0, G_OPTION_ARG_NONE, &words.resume, "Finish imports that were interrupted",
      NULL },
    { NULL },
  };
  const LsCommandSpec spec = {
    .usage = "FILE... | --resume",
    .summary =
        "Reads rows into a shop: all of them, or none when one of them is bad. The files of one\n"
        "line belong together: rows may refer to each other across them. What is there already and\n"
        "the same is left as it is, so that an import can be repeated. An import that was\n"
        "interrupted is finished by the next one, by --resume, and by the server when it starts.",
    .examples =
        "  lockstepd import --shop music products.ndjson customers.ndjson\n"
        "  lockstepd import --shop music --dry-run wc-product-export.csv\n"
        "  lockstepd import --shop music --map customers.map customers.csv --errors bad.txt\n",
    .entries = entries,
  };
  LsCommandExit exit = LS_EXIT_OK;
  g_autoptr (LsConfig) config = ls_command_parse (&spec, &argc, &argv, &exit);
  g_autoptr (LsOffline) offline = NULL;
  g_auto (ImportJob) job = { .words = &words };
  g_autoptr (GError) error = NULL;

  if (config == NULL)
    return exit;
  if (words.resume ? argc > 1 : argc < 2 || words.shop == NULL)
    return ls_command_misused ("import", "say into which --shop, and which files; or --resume");
  offline = ls_offline_open (ls_config_get_text (config, LS_OPTION_DATA), &error);
  if (offline == NULL || !ls_offline_resume (offline, &error))
    return ls_command_fail (error);
  if (!words.resume && !import_files (&job, offline, (const char *const *) argv + 1, &error))
    return ls_command_fail (error);
  return LS_EXIT_OK;
}
