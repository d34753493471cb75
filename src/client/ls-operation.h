/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-error.h"

G_BEGIN_DECLS

/**
 * LsOperation:
 *
 * What the app does that may fail, in the order of the table in ls-operation.c, which has its words.
 */
typedef enum {
  LS_OPERATION_EDIT,
  LS_OPERATION_EDIT_RETRY,
  LS_OPERATION_EDIT_DISCARD,
  LS_OPERATION_EDIT_RESOLVE,
  LS_OPERATION_EDIT_RESTORE,
  LS_OPERATION_UNDO,
  LS_OPERATION_OPEN_RECORD,
  LS_OPERATION_OPEN_LINK,
  LS_OPERATION_REFRESH,
  LS_OPERATION_VERIFY,
  LS_OPERATION_MEASURE,
  LS_OPERATION_CLEAN,
  LS_OPERATION_EXPORT_TRACE,
  LS_OPERATION_SIGN_IN,
  LS_OPERATION_SIGN_IN_AGAIN,
  LS_OPERATION_SIGN_OUT,
  LS_OPERATION_OPEN_ACCOUNT,
  LS_OPERATION_SET_ASIDE,
  LS_OPERATION_SAMPLE,
  LS_OPERATION_SAMPLE_TRAFFIC,
  LS_OPERATION_KEEP_TOKEN,
  LS_OPERATION_FIND_TOKEN,
  LS_OPERATION_OPTIONS,
  LS_OPERATION_SYNC,
  LS_OPERATION_READ,
  LS_OPERATION_CONNECT,
  LS_OPERATION_UPKEEP,
  LS_OPERATION_COMMAND_LINE,
  LS_OPERATION_SCREENSHOT,
} LsOperation;

#define LS_N_OPERATIONS (LS_OPERATION_SCREENSHOT + 1)

/**
 * LsOperationRetry:
 * @LS_OPERATION_ONCE: it is not tried again by itself
 * @LS_OPERATION_THRICE: a temporary failure is tried again, %LS_RETRY_ATTEMPTS times in all
 * @LS_OPERATION_FOR_EVER: its part tries again by itself, for ever, with a backoff of its own
 *
 * What happens after a temporary failure, before anybody is told.
 */
typedef enum {
  LS_OPERATION_ONCE,
  LS_OPERATION_THRICE,
  LS_OPERATION_FOR_EVER,
} LsOperationRetry;

/**
 * LsOperationPlace:
 * @LS_OPERATION_TOAST: in the window where it was begun, or the one in front, until it is closed
 * @LS_OPERATION_INLINE: where the admin is about it: a line of a dialog or a form
 * @LS_OPERATION_BANNER: the connection's banner and button say it, nothing else
 * @LS_OPERATION_TERMINAL: where the command was given
 * @LS_OPERATION_LOG: nowhere but in the log
 *
 * Where a failure is shown; once.
 */
typedef enum {
  LS_OPERATION_TOAST,
  LS_OPERATION_INLINE,
  LS_OPERATION_BANNER,
  LS_OPERATION_TERMINAL,
  LS_OPERATION_LOG,
} LsOperationPlace;

/**
 * LsOperationInfo:
 * @name: its stable name, in logs
 * @words: (nullable): what did not work: an untranslated message id; %NULL where the place says it
 * @retry: what happens after a temporary failure
 * @place: where it is shown
 * @why: (nullable): why it is not tried again or not shown, for readers of the table
 *
 * One row of the table of operations.
 */
typedef struct {
  const char *name;
  const char *words;
  LsOperationRetry retry;
  LsOperationPlace place;
  const char *why;
} LsOperationInfo;

const LsOperationInfo *ls_operation_info (LsOperation operation);

G_END_DECLS
