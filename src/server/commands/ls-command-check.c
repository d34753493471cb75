/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "lockstepd"

#include "config.h"

#include "server/commands/ls-offline.h"

#include "server/ls-derive-check.h"
#include "server/ls-storage-sqlite.h"

/* Each pass shows what the one before hid. */
#define MAX_REPAIRS 5

typedef struct {
  LsStorage *storage;
  LsOffline *offline; /* NULL to look only */
  int64_t found;
  int64_t repaired;   /* rows */
  int64_t left;       /* findings that stay */
} CheckJob;

static void
print_report (const LsDeriveReport *report)
{
  for (unsigned i = 0; i < report->findings->len; i++)
    {
      g_autofree char *line = ls_finding_to_text (g_ptr_array_index (report->findings, i));

      g_print ("%s: %s\n", report->shop, line);
    }
  if (report->n_findings > report->findings->len)
    g_print ("%s: … and %" G_GINT64_FORMAT " more\n", report->shop,
             report->n_findings - report->findings->len);
  g_print ("%s: %" G_GINT64_FORMAT " rows at version %" G_GINT64_FORMAT ", %s\n", report->shop,
           report->n_rows, report->position.version,
           report->n_findings == 0 ? "all is right" : "not all is right");
}

static bool
has_lost_rows (const LsDeriveReport *report)
{
  for (unsigned i = 0; i < report->findings->len; i++)
    if (((LsFinding *) g_ptr_array_index (report->findings, i))->kind == LS_FINDING_DIGEST)
      return true;
  return false;
}

/* What the log does not tell of stays as it is, and is taken for right from now on: a repair of
 * nothing makes the digests anew from the rows. */
static bool
take_as_they_are (CheckJob             *job,
                  const LsDeriveReport *report,
                  GError              **error)
{
  g_autoptr (LsMutation) mutation = ls_derive_repair_new (report->shop);

  g_print ("%s: the log does not tell what these rows were: they are taken as they are\n",
           report->shop);
  return ls_offline_commit (job->offline, mutation, error);
}

static bool
repair_once (CheckJob             *job,
             const LsDeriveReport *report,
             GError              **error)
{
  g_autoptr (GPtrArray) mutations = ls_derive_report_make_mutations (report);

  for (unsigned i = 0; i < mutations->len; i++)
    if (!ls_offline_commit (job->offline, g_ptr_array_index (mutations, i), error))
      return false;
  job->repaired += report->repairs->len;
  if (mutations->len > 0)
    g_print ("%s: repaired %u rows, checking again\n", report->shop, report->repairs->len);
  return mutations->len > 0 || take_as_they_are (job, report, error);
}

/* Repairs go through the committer like any change, and the check is made again: what is derived
 * from rows that were wrong is looked at once those are right. */
static bool
repair (CheckJob             *job,
        const LsDeriveReport *report,
        GError              **error)
{
  g_autoptr (LsDeriveReport) last = NULL;

  for (unsigned tries = 0; tries < MAX_REPAIRS; tries++)
    {
      const LsDeriveReport *now = last != NULL ? last : report;

      if (now->repairs->len == 0 && !has_lost_rows (now))
        break;
      if (!repair_once (job, now, error))
        return false;
      g_clear_pointer (&last, ls_derive_report_free);
      last = ls_derive_check (job->storage, report->shop, error);
      if (last == NULL)
        return false;
      print_report (last);
    }
  if (last != NULL)
    job->left += last->n_findings - report->n_findings;
  return true;
}

static bool
check_shop (CheckJob    *job,
            const char  *shop,
            GError     **error)
{
  g_autoptr (LsDeriveReport) report = ls_derive_check (job->storage, shop, error);

  if (report == NULL)
    return false;
  print_report (report);
  job->found += report->n_findings;
  job->left += report->n_findings;
  return job->offline == NULL || report->n_findings == 0 || repair (job, report, error);
}

static bool
check_shops (CheckJob    *job,
             const char  *shop,
             GError     **error)
{
  g_autoptr (GPtrArray) shops = NULL;

  if (shop != NULL)
    return check_shop (job, shop, error);
  shops = ls_storage_list_shops (job->storage, error);
  for (unsigned i = 0; shops != NULL && i < shops->len; i++)
    if (!check_shop (job, ((LsShop *) g_ptr_array_index (shops, i))->shop, error))
      return false;
  return shops != NULL;
}

/**
 * ls_command_check:
 * @argc: words
 * @argv: the words
 *
 * `lockstepd check`
 *
 * Returns: how it ended: %LS_EXIT_FAILED also when something is wrong and stays so
 */
LsCommandExit
ls_command_check (int    argc,
                  char **argv)
{
  g_autofree char *shop = NULL;
  gboolean wants_repair = FALSE;
  const GOptionEntry entries[] = {
    { "shop", 0, 0, G_OPTION_ARG_STRING, &shop, "Which shop (default: all)", "SHOP" },
    { "repair", 0, 0, G_OPTION_ARG_NONE, &wants_repair,
      "Put derived values right; the server must not run", NULL },
    { NULL },
  };
  const LsCommandSpec spec = {
    .summary =
        "Computes all that is derived anew and compares: values, digests, the chain of the log.\n"
        "Says of each difference where it is: shop, collection, key, field, and both values.\n"
        "Ends with 0 when all is right, or was put right; with 1 when something is wrong and\n"
        "stays so, or could not be read; with 2 when it was called in a wrong way.",
    .examples = "  lockstepd check\n"
                "  lockstepd check --shop music --repair\n",
    .entries = entries,
  };
  LsCommandExit exit = LS_EXIT_OK;
  g_autoptr (LsConfig) config = ls_command_parse (&spec, &argc, &argv, &exit);
  g_autoptr (LsEnvironment) environment = NULL;
  g_autoptr (LsStorage) storage = NULL;
  g_autoptr (LsOffline) offline = NULL;
  g_autoptr (GError) error = NULL;
  CheckJob job = { NULL };

  if (config == NULL)
    return exit;
  if (argc > 1)
    return ls_command_misused ("check", "it takes no words");
  if (wants_repair)
    {
      offline = ls_offline_open (ls_config_get_text (config, LS_OPTION_DATA), &error);
      job.offline = offline;
      job.storage = offline != NULL ? offline->storage : NULL;
    }
  else
    {
      environment = ls_system_environment_new ();
      job.storage = storage = ls_command_open_storage (environment, config, &error);
    }
  if (job.storage == NULL || !check_shops (&job, shop, &error))
    return ls_command_fail (error);
  g_print ("%s: %" G_GINT64_FORMAT " differences found, %" G_GINT64_FORMAT
           " rows repaired, %" G_GINT64_FORMAT " differences left\n",
           LS_STORAGE_FILE, job.found, job.repaired, job.left);
  return job.left == 0 ? LS_EXIT_OK : LS_EXIT_FAILED;
}
