/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-operation"

#include "config.h"

#include "client/ls-operation.h"

/* Marks a message id for translation; the app translates, the client never does. */
#define N_(string) (string)

/* Every failure in the app belongs to one of these. What is said of it is its row here and the row of
 * its class in the table of errors; docs/errors.md shows both. */
static const LsOperationInfo operation_table[LS_N_OPERATIONS] = {
  [LS_OPERATION_EDIT] = { "edit", N_ ("The change could not be saved"), LS_OPERATION_THRICE,
                          LS_OPERATION_TOAST, NULL },
  [LS_OPERATION_EDIT_RETRY] = { "edit-retry", N_ ("The change could not be tried again"),
                                LS_OPERATION_THRICE, LS_OPERATION_TOAST, NULL },
  [LS_OPERATION_EDIT_DISCARD] = { "edit-discard", N_ ("The change could not be discarded"),
                                  LS_OPERATION_THRICE, LS_OPERATION_TOAST, NULL },
  [LS_OPERATION_EDIT_RESOLVE] = { "edit-resolve", NULL, LS_OPERATION_THRICE, LS_OPERATION_INLINE, NULL },
  [LS_OPERATION_EDIT_RESTORE] = { "edit-restore", N_ ("What was lost could not be applied again"),
                                  LS_OPERATION_THRICE, LS_OPERATION_TOAST, NULL },
  [LS_OPERATION_UNDO] = { "undo", N_ ("It could not be undone"), LS_OPERATION_THRICE, LS_OPERATION_TOAST,
                          NULL },
  [LS_OPERATION_OPEN_RECORD] = { "open-record", N_ ("The record could not be opened"),
                                 LS_OPERATION_ONCE, LS_OPERATION_TOAST,
                                 "a click opens it again" },
  [LS_OPERATION_OPEN_LINK] = { "open-link", N_ ("The link could not be opened"), LS_OPERATION_ONCE,
                               LS_OPERATION_TOAST, "a link does not change" },
  [LS_OPERATION_REFRESH] = { "refresh", N_ ("The dashboard could not be refreshed"),
                             LS_OPERATION_FOR_EVER, LS_OPERATION_TOAST,
                             "the connection tries again by itself" },
  [LS_OPERATION_VERIFY] = { "verify", N_ ("It could not be verified"), LS_OPERATION_FOR_EVER,
                            LS_OPERATION_TOAST, "the checker verifies again by itself" },
  [LS_OPERATION_MEASURE] = { "measure", N_ ("The room used could not be measured"), LS_OPERATION_THRICE,
                             LS_OPERATION_TOAST, NULL },
  [LS_OPERATION_CLEAN] = { "clean", N_ ("It could not be cleaned up"), LS_OPERATION_THRICE,
                           LS_OPERATION_TOAST, NULL },
  [LS_OPERATION_EXPORT_TRACE] = { "export-trace", N_ ("The trace could not be written"),
                                  LS_OPERATION_THRICE, LS_OPERATION_TOAST, NULL },
  [LS_OPERATION_SIGN_IN] = { "sign-in", NULL, LS_OPERATION_THRICE, LS_OPERATION_INLINE, NULL },
  [LS_OPERATION_SIGN_IN_AGAIN] = { "sign-in-again", NULL, LS_OPERATION_THRICE, LS_OPERATION_INLINE, NULL },
  [LS_OPERATION_SIGN_OUT] = { "sign-out", N_ ("The account’s data could not be removed"),
                              LS_OPERATION_THRICE, LS_OPERATION_TOAST, NULL },
  [LS_OPERATION_OPEN_ACCOUNT] = { "open-account", N_ ("The account could not be opened"),
                                  LS_OPERATION_THRICE, LS_OPERATION_TOAST, NULL },
  [LS_OPERATION_SET_ASIDE] = { "set-aside", N_ ("The copy on this computer was damaged"),
                               LS_OPERATION_ONCE, LS_OPERATION_TOAST,
                               "a new copy is fetched already" },
  [LS_OPERATION_SAMPLE] = { "sample", N_ ("The sample shop could not be opened"), LS_OPERATION_ONCE,
                            LS_OPERATION_TOAST, "a program that ended ends again" },
  [LS_OPERATION_SAMPLE_TRAFFIC] = { "sample-traffic", NULL, LS_OPERATION_ONCE, LS_OPERATION_LOG,
                                    "the sample shop works all the same, it only stays quiet" },
  [LS_OPERATION_KEEP_TOKEN] = { "keep-token", NULL, LS_OPERATION_THRICE, LS_OPERATION_LOG,
                                "the account works; the next start asks for the password" },
  [LS_OPERATION_FIND_TOKEN] = { "find-token", NULL, LS_OPERATION_THRICE, LS_OPERATION_LOG,
                                "the banner asks for a sign-in" },
  [LS_OPERATION_OPTIONS] = { "options", NULL, LS_OPERATION_ONCE, LS_OPERATION_LOG,
                             "whoever set a variable of the environment reads the log" },
  [LS_OPERATION_SYNC] = { "sync", N_ ("What the server sends could not be taken in"),
                          LS_OPERATION_FOR_EVER, LS_OPERATION_TOAST, "synchronising never gives up" },
  [LS_OPERATION_READ] = { "read", N_ ("What is on this computer could not be read"),
                          LS_OPERATION_FOR_EVER, LS_OPERATION_TOAST, "what a window shows is read again" },
  [LS_OPERATION_CONNECT] = { "connect", NULL, LS_OPERATION_FOR_EVER, LS_OPERATION_BANNER,
                             "banner and button show the connection as it is" },
  [LS_OPERATION_UPKEEP] = { "upkeep", NULL, LS_OPERATION_FOR_EVER, LS_OPERATION_LOG,
                            "it only tidies up, and does so again later" },
  [LS_OPERATION_COMMAND_LINE] = { "command-line", NULL, LS_OPERATION_ONCE, LS_OPERATION_TERMINAL,
                                  "whoever gave the command gives it again" },
  [LS_OPERATION_SCREENSHOT] = { "screenshot", NULL, LS_OPERATION_ONCE, LS_OPERATION_LOG,
                                "only scripts take pictures" },
};

/**
 * ls_operation_info:
 * @operation: an operation
 *
 * Returns: (transfer none): its row of the table, static
 */
const LsOperationInfo *
ls_operation_info (LsOperation operation)
{
  g_return_val_if_fail (operation < LS_N_OPERATIONS, NULL);

  return &operation_table[operation];
}
