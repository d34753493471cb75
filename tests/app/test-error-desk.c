/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <string.h>

#include "app/text/ls-error-desk.h"
#include "client/ls-retry.h"
#include "core/ls-reason.h"
#include "ls-test-environment.h"

/*
 * Each class of failure injected into each operation: how many attempts it takes, that it is logged once,
 * and shown once where its row says; and that nothing is said twice.
 */

typedef struct {
  LsErrorDesk *desk;
  unsigned n_told;
  unsigned n_withdrawn;
  unsigned n_repeated;
  char *words;
  LsErrorActions actions;
} Screen;

/* What every operation of the table must do. One without a row here fails. */
static const struct {
  const char *name;
  unsigned attempts; /* at a temporary failure */
  LsOperationPlace place;
} rows[] = {
  [LS_OPERATION_EDIT] = { "edit", 3, LS_OPERATION_TOAST },
  [LS_OPERATION_EDIT_RETRY] = { "edit-retry", 3, LS_OPERATION_TOAST },
  [LS_OPERATION_EDIT_DISCARD] = { "edit-discard", 3, LS_OPERATION_TOAST },
  [LS_OPERATION_EDIT_RESOLVE] = { "edit-resolve", 3, LS_OPERATION_INLINE },
  [LS_OPERATION_EDIT_RESTORE] = { "edit-restore", 3, LS_OPERATION_TOAST },
  [LS_OPERATION_UNDO] = { "undo", 3, LS_OPERATION_TOAST },
  [LS_OPERATION_OPEN_RECORD] = { "open-record", 1, LS_OPERATION_TOAST },
  [LS_OPERATION_OPEN_LINK] = { "open-link", 1, LS_OPERATION_TOAST },
  [LS_OPERATION_REFRESH] = { "refresh", 1, LS_OPERATION_TOAST },
  [LS_OPERATION_VERIFY] = { "verify", 1, LS_OPERATION_TOAST },
  [LS_OPERATION_MEASURE] = { "measure", 3, LS_OPERATION_TOAST },
  [LS_OPERATION_CLEAN] = { "clean", 3, LS_OPERATION_TOAST },
  [LS_OPERATION_EXPORT_TRACE] = { "export-trace", 3, LS_OPERATION_TOAST },
  [LS_OPERATION_SIGN_IN] = { "sign-in", 3, LS_OPERATION_INLINE },
  [LS_OPERATION_SIGN_IN_AGAIN] = { "sign-in-again", 3, LS_OPERATION_INLINE },
  [LS_OPERATION_SIGN_OUT] = { "sign-out", 3, LS_OPERATION_TOAST },
  [LS_OPERATION_OPEN_ACCOUNT] = { "open-account", 3, LS_OPERATION_TOAST },
  [LS_OPERATION_SET_ASIDE] = { "set-aside", 1, LS_OPERATION_TOAST },
  [LS_OPERATION_SAMPLE] = { "sample", 1, LS_OPERATION_TOAST },
  [LS_OPERATION_SAMPLE_TRAFFIC] = { "sample-traffic", 1, LS_OPERATION_LOG },
  [LS_OPERATION_KEEP_TOKEN] = { "keep-token", 3, LS_OPERATION_LOG },
  [LS_OPERATION_FIND_TOKEN] = { "find-token", 3, LS_OPERATION_LOG },
  [LS_OPERATION_OPTIONS] = { "options", 1, LS_OPERATION_LOG },
  [LS_OPERATION_SYNC] = { "sync", 1, LS_OPERATION_TOAST },
  [LS_OPERATION_READ] = { "read", 1, LS_OPERATION_TOAST },
  [LS_OPERATION_CONNECT] = { "connect", 1, LS_OPERATION_BANNER },
  [LS_OPERATION_UPKEEP] = { "upkeep", 1, LS_OPERATION_LOG },
  [LS_OPERATION_COMMAND_LINE] = { "command-line", 1, LS_OPERATION_TERMINAL },
  [LS_OPERATION_SCREENSHOT] = { "screenshot", 1, LS_OPERATION_LOG },
};

G_STATIC_ASSERT (G_N_ELEMENTS (rows) == LS_N_OPERATIONS);

/* What every class must do. */
static const struct {
  const char *name;
  bool temporary;
  const char *level;
  LsErrorActions actions;
} classes[] = {
  [LS_ERROR_NETWORK] = { "network", true, "INFO", LS_ERROR_ACTION_RETRY | LS_ERROR_ACTION_WORK_OFFLINE },
  [LS_ERROR_WEBSOCKET] = { "websocket", true, "INFO", LS_ERROR_ACTION_RETRY | LS_ERROR_ACTION_WORK_OFFLINE },
  [LS_ERROR_TIMEOUT] = { "timeout", true, "INFO", LS_ERROR_ACTION_RETRY | LS_ERROR_ACTION_WORK_OFFLINE },
  [LS_ERROR_AUTH] = { "auth", false, "Message", LS_ERROR_ACTION_SIGN_IN },
  [LS_ERROR_FORBIDDEN] = { "forbidden", false, "Message", LS_ERROR_ACTION_CONTACT },
  [LS_ERROR_VALIDATION] = { "validation", false, "INFO", LS_ERROR_ACTION_CONTACT },
  [LS_ERROR_CONFLICT] = { "conflict", false, "INFO", LS_ERROR_ACTION_REFRESH },
  [LS_ERROR_INCONSISTENCY] = { "inconsistency", true, "WARNING",
                               LS_ERROR_ACTION_REFRESH | LS_ERROR_ACTION_REPORT },
  [LS_ERROR_RATE_LIMIT] = { "rate-limit", true, "INFO", LS_ERROR_ACTION_RETRY },
  [LS_ERROR_PROTOCOL] = { "protocol", false, "Message", LS_ERROR_ACTION_REPORT },
  [LS_ERROR_STORAGE] = { "storage", true, "Message", LS_ERROR_ACTION_RETRY | LS_ERROR_ACTION_REPORT },
  [LS_ERROR_TOO_OLD] = { "too-old", false, "Message", LS_ERROR_ACTION_CONTACT },
};

G_STATIC_ASSERT (G_N_ELEMENTS (classes) == LS_N_ERRORS);

/* --- The log and the screen --------------------------------------------------------------------- */

static GString *logged; /* a line an entry: LEVEL message */

static const char *
level_name (GLogLevelFlags level)
{
  switch (level & G_LOG_LEVEL_MASK)
    {
    case G_LOG_LEVEL_WARNING:
      return "WARNING";
    case G_LOG_LEVEL_MESSAGE:
      return "Message";
    case G_LOG_LEVEL_INFO:
      return "INFO";
    default:
      return "other";
    }
}

static void
log_cb (const char    *domain,
        GLogLevelFlags level,
        const char    *message,
        gpointer       user_data)
{
  g_string_append_printf (logged, "%s %s\n", level_name (level), message);
}

static void
tell_cb (LsErrorDesk *desk,
         LsTelling   *telling,
         GObject     *where,
         Screen      *screen)
{
  screen->n_told++;
  g_free (screen->words);
  screen->words = g_strdup (telling->words);
  screen->actions = telling->actions;
  /* What goes into a report says what, why and of which version. */
  g_assert_nonnull (strstr (telling->details, ls_operation_info (telling->operation)->name));
  g_assert_nonnull (strstr (telling->details, LS_VERSION));
}

static void
withdraw_cb (LsErrorDesk *desk,
             int          operation,
             Screen      *screen)
{
  screen->n_withdrawn++;
}

static void
repeat_cb (LsErrorDesk *desk,
           Screen      *screen)
{
  screen->n_repeated++;
}

static void
set_up (Screen       *screen,
        gconstpointer data)
{
  screen->desk = ls_error_desk_new ();
  g_signal_connect (screen->desk, "tell", G_CALLBACK (tell_cb), screen);
  g_signal_connect (screen->desk, "withdraw", G_CALLBACK (withdraw_cb), screen);
  g_signal_connect (screen->desk, "repeat", G_CALLBACK (repeat_cb), screen);
  logged = g_string_new (NULL);
  g_log_set_handler ("ls-errors", G_LOG_LEVEL_MASK, log_cb, NULL);
}

static void
tear_down (Screen       *screen,
           gconstpointer data)
{
  g_assert_finalize_object (screen->desk);
  g_free (screen->words);
  g_string_free (logged, TRUE);
}

static unsigned
count_lines (void)
{
  unsigned n = 0;

  for (const char *at = logged->str; *at != '\0'; at++)
    n += *at == '\n';
  return n;
}

/* --- Every class at every operation ------------------------------------------------------------- */

typedef struct {
  Screen *screen;
  LsOperation operation;
  LsErrorCode code;
  LsRetry *retry;
  unsigned n_attempts;
  char *inline_words;
} Work;

/* How every operation of the app ends: another attempt, or the desk. */
static void
attempt (gpointer data)
{
  Work *work = data;
  g_autoptr (GError) error = g_error_new (LS_ERROR, (int) work->code, "injected at attempt %u",
                                          ++work->n_attempts);

  if (ls_retry_again (work->retry, error, attempt, work, NULL))
    return;
  if (rows[work->operation].place == LS_OPERATION_INLINE || rows[work->operation].place == LS_OPERATION_TERMINAL)
    work->inline_words = ls_error_desk_take (work->screen->desk, work->operation, error, NULL);
  else
    ls_error_desk_tell (work->screen->desk, work->operation, error, NULL, NULL);
}

static void
inject (Screen     *screen,
        LsOperation operation,
        LsErrorCode code)
{
  g_autoptr (LsTestEnvironment) environment = ls_test_environment_new ((uint64_t) (operation * 100 + code));
  Work work = { .screen = screen, .operation = operation, .code = code };
  g_autofree char *line = NULL;
  unsigned attempts = classes[code].temporary ? rows[operation].attempts : 1;
  LsOperationPlace place = rows[operation].place;

  screen->n_told = 0;
  g_string_truncate (logged, 0);
  work.retry = ls_retry_new (LS_ENVIRONMENT (environment), operation);
  attempt (&work);
  ls_test_environment_advance (environment, 60 * G_USEC_PER_SEC);

  g_assert_cmpuint (work.n_attempts, ==, attempts);
  /* Once in the log, with the reason of the last attempt; a command says it where it was given. */
  line = g_strdup_printf ("%s %s: injected at attempt %u (%s)\n", classes[code].level,
                          rows[operation].name, attempts, classes[code].name);
  g_assert_cmpstr (logged->str, ==, place == LS_OPERATION_TERMINAL ? "" : line);
  /* Once on the screen, or nowhere with a reason. */
  g_assert_cmpuint (screen->n_told, ==, place == LS_OPERATION_TOAST);
  g_assert_cmpint (work.inline_words != NULL, ==,
                   place == LS_OPERATION_INLINE || place == LS_OPERATION_TERMINAL);
  if (place == LS_OPERATION_TOAST)
    {
      g_assert_nonnull (strstr (screen->words, ls_error_info (code)->words));
      g_assert_cmpint (screen->actions, ==, classes[code].actions);
      g_assert_cmpint (screen->actions, !=, LS_ERROR_ACTION_NONE);
    }
  /* English for the log stays there. */
  g_assert_true (screen->words == NULL || strstr (screen->words, "injected") == NULL);
  g_assert_true (work.inline_words == NULL || strstr (work.inline_words, "injected") == NULL);
  g_free (work.inline_words);
  ls_retry_free (work.retry);
}

static void
test_injected (Screen       *screen,
               gconstpointer data)
{
  for (int operation = 0; operation < LS_N_OPERATIONS; operation++)
    for (int code = 0; code < LS_N_ERRORS; code++)
      {
        g_test_message ("%s at %s", classes[code].name, rows[operation].name);
        g_assert_cmpstr (rows[operation].name, ==, ls_operation_info ((LsOperation) operation)->name);
        g_assert_cmpstr (classes[code].name, ==, ls_error_info ((LsErrorCode) code)->name);
        inject (screen, (LsOperation) operation, (LsErrorCode) code);
      }
}

/* --- Nothing twice ------------------------------------------------------------------------------ */

static void
tell (Screen     *screen,
      LsOperation operation,
      LsErrorCode code)
{
  g_autoptr (GError) error = g_error_new (LS_ERROR, (int) code, "why");

  ls_error_desk_tell (screen->desk, operation, error, NULL, NULL);
}

/* The banner says that there is no connection: no toast does, be it older or newer. */
static void
test_banner (Screen       *screen,
             gconstpointer data)
{
  g_autoptr (GError) error = g_error_new (LS_ERROR, LS_ERROR_NETWORK, "no route");
  LsConnectionStatus status = { .state = LS_CONNECTION_LIVE };

  ls_error_desk_set_connection (screen->desk, &status);
  tell (screen, LS_OPERATION_REFRESH, LS_ERROR_TIMEOUT);
  tell (screen, LS_OPERATION_EDIT, LS_ERROR_STORAGE);
  g_assert_cmpuint (screen->n_told, ==, 2);
  status = (LsConnectionStatus) { .state = LS_CONNECTION_CONNECTING, .attempts = 1, .error = error };
  ls_error_desk_set_connection (screen->desk, &status);
  g_assert_cmpuint (screen->n_withdrawn, ==, 1);
  tell (screen, LS_OPERATION_REFRESH, LS_ERROR_NETWORK);
  tell (screen, LS_OPERATION_VERIFY, LS_ERROR_NETWORK);
  g_assert_cmpuint (screen->n_told, ==, 2);
  g_assert_cmpuint (screen->n_repeated, ==, 2);
  /* Of something else the banner does not speak. */
  tell (screen, LS_OPERATION_VERIFY, LS_ERROR_FORBIDDEN);
  g_assert_cmpuint (screen->n_told, ==, 3);
  status.state = LS_CONNECTION_SIGNED_OUT;
  ls_error_desk_set_connection (screen->desk, &status);
  tell (screen, LS_OPERATION_REFRESH, LS_ERROR_AUTH);
  g_assert_cmpuint (screen->n_told, ==, 3);
  status = (LsConnectionStatus) { .state = LS_CONNECTION_LIVE };
  ls_error_desk_set_connection (screen->desk, &status);
  tell (screen, LS_OPERATION_REFRESH, LS_ERROR_NETWORK);
  g_assert_cmpuint (screen->n_told, ==, 4);
}

/* An outage is a line in the log, however many attempts it takes; so is the next one. */
static void
test_outage (Screen       *screen,
             gconstpointer data)
{
  g_autoptr (GError) error = g_error_new (LS_ERROR, LS_ERROR_NETWORK, "no route");
  LsConnectionStatus status = { .state = LS_CONNECTION_CONNECTING };

  for (int round = 0; round < 2; round++)
    {
      status = (LsConnectionStatus) { .state = LS_CONNECTION_CONNECTING, .error = error };
      for (status.attempts = 0; status.attempts < 12; status.attempts++)
        ls_error_desk_set_connection (screen->desk, &status);
      status.state = LS_CONNECTION_OFFLINE;
      ls_error_desk_set_connection (screen->desk, &status);
      status = (LsConnectionStatus) { .state = LS_CONNECTION_LIVE };
      ls_error_desk_set_connection (screen->desk, &status);
    }
  g_assert_cmpuint (count_lines (), ==, 2);
  /* Who works offline by hand knows. */
  status = (LsConnectionStatus) { .state = LS_CONNECTION_OFFLINE, .by_hand = true, .error = error };
  ls_error_desk_set_connection (screen->desk, &status);
  g_assert_cmpuint (count_lines (), ==, 2);
  g_assert_cmpuint (screen->n_told, ==, 0);
}

/* An operation has one toast; what works again takes it away. */
static void
test_one_toast (Screen       *screen,
                gconstpointer data)
{
  tell (screen, LS_OPERATION_EDIT, LS_ERROR_STORAGE);
  tell (screen, LS_OPERATION_EDIT, LS_ERROR_CONFLICT);
  g_assert_cmpuint (screen->n_told - screen->n_withdrawn, ==, 1);
  tell (screen, LS_OPERATION_READ, LS_ERROR_STORAGE);
  g_assert_cmpuint (screen->n_told - screen->n_withdrawn, ==, 2);
  ls_error_desk_gone (screen->desk, LS_OPERATION_READ);
  ls_error_desk_gone (screen->desk, LS_OPERATION_READ);
  ls_error_desk_gone (screen->desk, LS_OPERATION_SYNC);
  g_assert_cmpuint (screen->n_told - screen->n_withdrawn, ==, 1);
}

static void
test_cancelled (Screen       *screen,
                gconstpointer data)
{
  g_autoptr (GError) error = g_error_new (G_IO_ERROR, G_IO_ERROR_CANCELLED, "cancelled");

  for (int operation = 0; operation < LS_N_OPERATIONS; operation++)
    {
      ls_error_desk_tell (screen->desk, (LsOperation) operation, error, NULL, NULL);
      g_assert_null (ls_error_desk_take (screen->desk, (LsOperation) operation, error, NULL));
    }
  g_assert_cmpuint (screen->n_told, ==, 0);
  g_assert_cmpuint (count_lines (), ==, 0);
}

/* A reason that has a name is said by it, and words that are given are said as they are. */
static void
test_words (Screen       *screen,
            gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *words = NULL;

  ls_reason_set_error (&error, LS_REASON_NO_RECORD);
  ls_error_desk_tell (screen->desk, LS_OPERATION_OPEN_RECORD, error, NULL, NULL);
  g_assert_cmpstr (screen->words, ==, "The record could not be opened. There is no such record here.");
  ls_error_desk_tell_words (screen->desk, LS_OPERATION_SET_ASIDE, error, "All is well.");
  g_assert_cmpstr (screen->words, ==, "All is well.");
  words = ls_error_desk_take (screen->desk, LS_OPERATION_SIGN_IN, error, "Again.");
  g_assert_cmpstr (words, ==, "Again.");
}

static void
count_cb (unsigned *n)
{
  (*n)++;
}

static void
press_cb (LsErrorDesk *desk,
          LsTelling   *telling,
          GObject     *where,
          gpointer     user_data)
{
  g_auto (GValue) instance = G_VALUE_INIT;

  g_assert_nonnull (telling->retry);
  g_value_init (&instance, G_TYPE_OBJECT);
  g_closure_invoke (telling->retry, NULL, 1, &instance, NULL);
}

/* What is to be done again goes with the telling, and is freed with it. */
static void
test_retry (Screen       *screen,
            gconstpointer data)
{
  g_autoptr (GError) error = g_error_new (LS_ERROR, LS_ERROR_STORAGE, "why");
  unsigned n_again = 0;

  g_signal_connect (screen->desk, "tell", G_CALLBACK (press_cb), NULL);
  ls_error_desk_tell (screen->desk, LS_OPERATION_EDIT, error, NULL,
                      g_cclosure_new_swap (G_CALLBACK (count_cb), &n_again, NULL));
  g_assert_cmpuint (n_again, ==, 1);
}

/* docs/errors.md shows both tables. */
static void
test_documented (Screen       *screen,
                 gconstpointer data)
{
  static const char *const retries[] = { "once", "three times", "for ever" };
  static const char *const places[] = { "toast", "in place", "banner", "terminal", "log only" };
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "docs", "errors.md", NULL);
  g_autofree char *text = NULL;
  g_autoptr (GError) error = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  for (int code = 0; code < LS_N_ERRORS; code++)
    {
      const LsErrorInfo *info = ls_error_info ((LsErrorCode) code);
      g_autofree char *row = g_strdup_printf ("| %s | %s | %s |", info->name,
                                              info->temporary ? "yes" : "no", info->words);

      g_test_message ("%s", row);
      g_assert_nonnull (strstr (text, row));
    }
  for (int operation = 0; operation < LS_N_OPERATIONS; operation++)
    {
      const LsOperationInfo *info = ls_operation_info ((LsOperation) operation);
      g_autofree char *row =
          g_strdup_printf ("| %s | %s | %s | %s |", info->name, retries[info->retry], places[info->place],
                           info->words != NULL ? info->words : info->why != NULL ? info->why : "");

      g_test_message ("%s", row);
      g_assert_nonnull (strstr (text, row));
    }
}

int
main (int    argc,
      char **argv)
{
  static const struct {
    const char *name;
    void (*test) (Screen *screen, gconstpointer data);
  } tests[] = {
    { "injected", test_injected },   { "banner", test_banner }, { "outage", test_outage },
    { "one-toast", test_one_toast }, { "cancelled", test_cancelled }, { "words", test_words },
    { "retry", test_retry },         { "documented", test_documented },
  };

  g_test_init (&argc, &argv, NULL);
  /* A class whose level is a warning is what is looked at here. */
  g_log_set_always_fatal (G_LOG_FATAL_MASK);
  for (size_t i = 0; i < G_N_ELEMENTS (tests); i++)
    {
      g_autofree char *path = g_strconcat ("/error-desk/", tests[i].name, NULL);

      g_test_add (path, Screen, NULL, set_up, tests[i].test, tear_down);
    }
  return g_test_run ();
}
