/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-errors"

#include "config.h"

#include "app/text/ls-error-desk.h"

#include <gio/gio.h>

typedef enum {
  NO_OUTAGE,
  OFFLINE,
  SIGNED_OUT,
  TOO_OLD,
} Outage;

/**
 * LsErrorDesk:
 *
 * The one place where every failure in the app ends. It is logged once, at the level that the table of
 * errors has for its class, and shown once, where the table of operations says. What is shown already
 * is not shown again:
 *
 * - while the banner says that there is no connection, nothing else does: failures of that class are
 *   left to it, and what stood in a toast before it came is withdrawn;
 * - one operation has one toast: a newer failure takes the place of the older;
 * - what works again by itself is withdrawn.
 *
 * What was cancelled is no failure. Signals:
 *
 * - tell (LsTelling, where or %NULL): show it in a toast, in the window given or the one in front;
 * - withdraw (operation): its toast goes;
 * - repeat (): the banner says it already; who can't see should hear it once more.
 *
 * Main thread only.
 */
struct _LsErrorDesk {
  GObject parent_instance;

  bool standing[LS_N_OPERATIONS];    /* a toast shows it */
  LsErrorCode codes[LS_N_OPERATIONS]; /* of those that stand */
  bool by_banner[LS_N_ERRORS];       /* classes that the banner speaks for now */
  Outage outage;                     /* that was logged */
};

G_DEFINE_FINAL_TYPE (LsErrorDesk, ls_error_desk, G_TYPE_OBJECT)

enum {
  TELL,
  WITHDRAW,
  REPEAT,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

/* The one line of the log. */
static void
log_failure (LsOperation   operation,
             const GError *error)
{
  const LsErrorInfo *info = ls_error_info (ls_error_code_of (error));

  g_log (G_LOG_DOMAIN, info->log_level, "%s: %s (%s)", ls_operation_info (operation)->name,
         error->message, info->name);
}

static void
withdraw (LsErrorDesk *self,
          LsOperation  operation)
{
  if (!self->standing[operation])
    return;
  self->standing[operation] = false;
  g_signal_emit (self, signals[WITHDRAW], 0, (int) operation);
}

static void
ls_error_desk_class_init (LsErrorDeskClass *klass)
{
  /**
   * LsErrorDesk::tell:
   * @self: the desk
   * @telling: what to say
   * @where: (nullable): the window where it was begun
   *
   * Shows a failure in a toast that stays.
   */
  signals[TELL] = g_signal_new ("tell", LS_TYPE_ERROR_DESK, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 2, LS_TYPE_TELLING, G_TYPE_OBJECT);
  /**
   * LsErrorDesk::withdraw:
   * @self: the desk
   * @operation: an #LsOperation
   *
   * Takes the toast of @operation away.
   */
  signals[WITHDRAW] = g_signal_new ("withdraw", LS_TYPE_ERROR_DESK, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                    NULL, G_TYPE_NONE, 1, G_TYPE_INT);
  /**
   * LsErrorDesk::repeat:
   * @self: the desk
   *
   * Something failed for what the banner says already.
   */
  signals[REPEAT] = g_signal_new ("repeat", LS_TYPE_ERROR_DESK, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                  G_TYPE_NONE, 0);
}

static void
ls_error_desk_init (LsErrorDesk *self)
{
}

/**
 * ls_error_desk_new:
 *
 * Returns: (transfer full): a desk that knows of no connection
 */
LsErrorDesk *
ls_error_desk_new (void)
{
  return g_object_new (LS_TYPE_ERROR_DESK, NULL);
}

static void
tell (LsErrorDesk  *self,
      LsOperation   operation,
      const GError *error,
      const char   *words,
      GObject      *where,
      GClosure     *retry)
{
  LsErrorCode code = ls_error_code_of (error);
  LsOperationPlace place = ls_operation_info (operation)->place;
  g_autoptr (LsTelling) telling = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  log_failure (operation, error);
  if (place != LS_OPERATION_TOAST && place != LS_OPERATION_INLINE)
    return;
  if (self->by_banner[code])
    {
      g_signal_emit (self, signals[REPEAT], 0);
      return;
    }
  withdraw (self, operation);
  telling = ls_telling_new (operation, error, words, retry);
  self->standing[operation] = true;
  self->codes[operation] = code;
  g_signal_emit (self, signals[TELL], 0, telling, where);
}

/* A closure that was made for one call goes with it. */
static void
unref_closure (GClosure *closure)
{
  if (closure == NULL)
    return;
  g_closure_ref (closure);
  g_closure_sink (closure);
  g_closure_unref (closure);
}

/**
 * ls_error_desk_tell:
 * @self: a desk
 * @operation: what failed, for good
 * @error: why
 * @where: (nullable): the window where it was begun
 * @retry: (nullable) (transfer floating): does the same again
 *
 * Ends a failure that has no place of its own on the screen, or whose place is gone: logs it, and has
 * it shown unless that would be to say it twice, or its row says that the log is enough.
 */
void
ls_error_desk_tell (LsErrorDesk  *self,
                    LsOperation   operation,
                    const GError *error,
                    GObject      *where,
                    GClosure     *retry)
{
  if (retry != NULL)
    g_closure_set_marshal (retry, g_cclosure_marshal_VOID__VOID);
  tell (self, operation, error, NULL, where, retry);
  unref_closure (retry);
}

/**
 * ls_error_desk_tell_words:
 * @self: a desk
 * @operation: what failed, for good
 * @error: why
 * @words: what to say instead of what the tables have
 *
 * As ls_error_desk_tell(), where more is known than the tables can say.
 */
void
ls_error_desk_tell_words (LsErrorDesk  *self,
                          LsOperation   operation,
                          const GError *error,
                          const char   *words)
{
  tell (self, operation, error, words, NULL, NULL);
}

/**
 * ls_error_desk_take:
 * @self: a desk
 * @operation: what failed, for good
 * @error: why
 * @words: (nullable): what to say instead of what the tables have
 *
 * Ends a failure that is shown right where the admin is about it: logs it, and says how to put it.
 *
 * Returns: (transfer full) (nullable): what he reads; %NULL when it was cancelled
 */
char *
ls_error_desk_take (LsErrorDesk  *self,
                    LsOperation   operation,
                    const GError *error,
                    const char   *words)
{
  g_autoptr (LsTelling) telling = NULL;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return NULL;
  /* Where a command was given, what it prints is what a log would have. */
  if (ls_operation_info (operation)->place != LS_OPERATION_TERMINAL)
    log_failure (operation, error);
  telling = ls_telling_new (operation, error, words, NULL);
  return g_steal_pointer (&telling->words);
}

/**
 * ls_error_desk_gone:
 * @self: a desk
 * @operation: what works again, or whose toast was closed
 *
 * Takes back what still stands of it.
 */
void
ls_error_desk_gone (LsErrorDesk *self,
                    LsOperation  operation)
{
  withdraw (self, operation);
}

/* Which classes the banner speaks for. */
static bool
says (const LsConnectionStatus *status,
      LsErrorCode               code)
{
  if (status == NULL || status->elsewhere)
    return false;
  switch (status->state)
    {
    case LS_CONNECTION_OFFLINE:
      return code == LS_ERROR_NETWORK || code == LS_ERROR_WEBSOCKET || code == LS_ERROR_TIMEOUT;
    case LS_CONNECTION_CONNECTING:
      return status->attempts > 0 &&
             (code == LS_ERROR_NETWORK || code == LS_ERROR_WEBSOCKET || code == LS_ERROR_TIMEOUT);
    case LS_CONNECTION_SIGNED_OUT:
      return code == LS_ERROR_AUTH;
    case LS_CONNECTION_TOO_OLD:
      return code == LS_ERROR_TOO_OLD;
    case LS_CONNECTION_LIVE:
    case LS_CONNECTION_LIMITED:
    default:
      return false;
    }
}

static Outage
outage_of (const LsConnectionStatus *status)
{
  if (status == NULL || status->elsewhere || status->by_hand)
    return NO_OUTAGE;
  if (status->state == LS_CONNECTION_SIGNED_OUT)
    return SIGNED_OUT;
  if (status->state == LS_CONNECTION_TOO_OLD)
    return TOO_OLD;
  return status->state == LS_CONNECTION_OFFLINE ||
                 (status->state == LS_CONNECTION_CONNECTING && status->attempts > 0)
             ? OFFLINE
             : NO_OUTAGE;
}

/* An outage is logged when it begins, not with each attempt. */
static void
log_outage (LsErrorDesk              *self,
            const LsConnectionStatus *status)
{
  Outage outage = outage_of (status);

  if (outage == self->outage || (outage != NO_OUTAGE && status->error == NULL))
    return;
  self->outage = outage;
  if (outage != NO_OUTAGE)
    log_failure (LS_OPERATION_CONNECT, status->error);
}

/**
 * ls_error_desk_set_connection:
 * @self: a desk
 * @status: (nullable): the connection as the banner shows it
 *
 * Leaves to the banner what it says now, and logs why there is no connection, once an outage.
 */
void
ls_error_desk_set_connection (LsErrorDesk              *self,
                              const LsConnectionStatus *status)
{
  log_outage (self, status);
  for (int code = 0; code < LS_N_ERRORS; code++)
    self->by_banner[code] = says (status, (LsErrorCode) code);
  for (int operation = 0; operation < LS_N_OPERATIONS; operation++)
    if (self->standing[operation] && self->by_banner[self->codes[operation]])
      withdraw (self, (LsOperation) operation);
}
