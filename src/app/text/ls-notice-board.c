/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-notices"

#include "config.h"

#include "app/text/ls-notice-board.h"

#include <glib/gi18n.h>

#include "app/text/ls-format.h"
#include "app/text/ls-notice-words.h"
#include "core/ls-message.h"

/* So many are remembered, and so long, as told: a server that says a thing in each session, or many a
 * second, is not shown each time. */
#define MAX_TOLD 32
#define TOLD_FOR (3600 * (int64_t) G_USEC_PER_SEC)

/* A timer is set for no longer: the clock may be put right meanwhile. */
#define LONGEST_WAIT (3600 * (int64_t) G_USEC_PER_SEC)

typedef struct {
  char *words;
  int64_t at; /* monotonic */
} Told;

/**
 * LsNoticeBoard:
 *
 * What the server says to the admin, for all windows. Maintenance lasts: it stands, in words for the
 * banner, until its time is over, a new session begins in which the server does not say it again, or
 * the admin has dismissed it. All else passes: it is told once, and the same not again for an hour.
 *
 * The words of the server are a stranger's: they are cut to a length that a window has room for, freed
 * of what would change how they are read, and shown as a quotation. Signals:
 *
 * - changed (): the words of what lasts are others, or there are none any more;
 * - tell (words, stays): show it in a toast, which stays until it is closed or goes by itself.
 *
 * Main thread only.
 */
struct _LsNoticeBoard {
  GObject parent_instance;

  /* owned */
  LsEnvironment *environment;
  char *words;     /* of what lasts, NULL for nothing */
  char *dismissed; /* words that the admin has seen enough of */
  GArray *told;    /* Told, the oldest first */

  /* state */
  int64_t until; /* of what lasts, µs since the epoch, 0 when not said */
  uint64_t timer;
};

G_DEFINE_FINAL_TYPE (LsNoticeBoard, ls_notice_board, G_TYPE_OBJECT)

enum {
  CHANGED,
  TELL,
  N_SIGNALS,
};

static unsigned signals[N_SIGNALS];

static void arm (LsNoticeBoard *self);

static LsQueue *
main_queue (LsNoticeBoard *self)
{
  return ls_environment_get_queue (self->environment, LS_QUEUE_MAIN);
}

static void
disarm (LsNoticeBoard *self)
{
  if (self->timer != 0)
    ls_environment_cancel (self->environment, main_queue (self), self->timer);
  self->timer = 0;
}

/* Takes @words. */
static void
set_words (LsNoticeBoard *self,
           char          *words,
           int64_t        until)
{
  g_autofree char *before = g_steal_pointer (&self->words);

  disarm (self);
  self->words = words;
  self->until = until;
  arm (self);
  if (g_strcmp0 (before, self->words) != 0)
    g_signal_emit (self, signals[CHANGED], 0);
}

static void
due_cb (gpointer data)
{
  LsNoticeBoard *self = data;

  self->timer = 0;
  if (ls_environment_now (self->environment) >= self->until)
    set_words (self, NULL, 0);
  else
    arm (self);
}

static void
arm (LsNoticeBoard *self)
{
  int64_t wait = self->until - ls_environment_now (self->environment);

  if (self->words != NULL && self->until != 0)
    self->timer = ls_environment_post_after (self->environment, main_queue (self),
                                             CLAMP (wait, 0, LONGEST_WAIT), due_cb, self, NULL);
}

static void
told_clear (gpointer data)
{
  g_free (((Told *) data)->words);
}

/* Whether this was told lately; if not, it counts as told from now on. */
static bool
was_told (LsNoticeBoard *self,
          const char    *words)
{
  int64_t now = ls_environment_monotonic (self->environment);
  Told told;

  while (self->told->len > 0 && now - g_array_index (self->told, Told, 0).at >= TOLD_FOR)
    g_array_remove_index (self->told, 0);
  for (unsigned i = 0; i < self->told->len; i++)
    if (g_str_equal (g_array_index (self->told, Told, i).words, words))
      return true;
  if (self->told->len == MAX_TOLD)
    g_array_remove_index (self->told, 0);
  told.words = g_strdup (words);
  told.at = now;
  g_array_append_val (self->told, told);
  return false;
}

static void
ls_notice_board_dispose (GObject *object)
{
  LsNoticeBoard *self = LS_NOTICE_BOARD (object);

  if (self->environment != NULL)
    disarm (self);
  g_clear_object (&self->environment);
  G_OBJECT_CLASS (ls_notice_board_parent_class)->dispose (object);
}

static void
ls_notice_board_finalize (GObject *object)
{
  LsNoticeBoard *self = LS_NOTICE_BOARD (object);

  g_free (self->words);
  g_free (self->dismissed);
  g_array_unref (self->told);
  G_OBJECT_CLASS (ls_notice_board_parent_class)->finalize (object);
}

static void
ls_notice_board_class_init (LsNoticeBoardClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = ls_notice_board_dispose;
  G_OBJECT_CLASS (klass)->finalize = ls_notice_board_finalize;

  /**
   * LsNoticeBoard::changed:
   * @self: the board
   *
   * ls_notice_board_get_words() gives something else.
   */
  signals[CHANGED] = g_signal_new ("changed", LS_TYPE_NOTICE_BOARD, G_SIGNAL_RUN_LAST, 0, NULL, NULL,
                                   NULL, G_TYPE_NONE, 0);
  /**
   * LsNoticeBoard::tell:
   * @self: the board
   * @words: what the admin reads
   * @stays: whether it stays until he closes it
   *
   * Shows something that passes, once.
   */
  signals[TELL] = g_signal_new ("tell", LS_TYPE_NOTICE_BOARD, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL,
                                G_TYPE_NONE, 2, G_TYPE_STRING, G_TYPE_BOOLEAN);
}

static void
ls_notice_board_init (LsNoticeBoard *self)
{
  self->told = g_array_new (FALSE, FALSE, sizeof (Told));
  g_array_set_clear_func (self->told, told_clear);
}

/**
 * ls_notice_board_new:
 * @environment: its clock
 *
 * Returns: (transfer full): a board with nothing on it
 */
LsNoticeBoard *
ls_notice_board_new (LsEnvironment *environment)
{
  LsNoticeBoard *self = g_object_new (LS_TYPE_NOTICE_BOARD, NULL);

  self->environment = g_object_ref (environment);
  return self;
}

static void
take_maintenance (LsNoticeBoard *self,
                  const char    *message,
                  int64_t        until)
{
  g_autofree char *words = ls_notice_words_maintenance (message, until);

  if (until != 0 && until <= ls_environment_now (self->environment))
    set_words (self, NULL, 0);
  else if (g_strcmp0 (words, self->dismissed) != 0)
    set_words (self, g_steal_pointer (&words), until);
}

/**
 * ls_notice_board_take:
 * @self: a board
 * @kind: what it is about, see `notice` in docs/protocol.md
 * @message: (nullable): the server's words
 * @until: how long it holds, µs since the epoch; 0 when not said
 *
 * Takes what the server said. That nobody is signed in any more is not for the board: the connection
 * says it.
 */
void
ls_notice_board_take (LsNoticeBoard *self,
                      const char    *kind,
                      const char    *message,
                      int64_t        until)
{
  g_autofree char *words = NULL;

  if (g_str_equal (kind, LS_NOTICE_SIGN_OUT))
    return;
  if (g_str_equal (kind, LS_NOTICE_MAINTENANCE))
    {
      take_maintenance (self, message, until);
      return;
    }
  words = ls_notice_words_passing (kind, message);
  if (words != NULL && !was_told (self, words))
    g_signal_emit (self, signals[TELL], 0, words, !g_str_equal (kind, LS_NOTICE_RATE_LIMITED));
}

/**
 * ls_notice_board_begin_session:
 * @self: a board
 *
 * The server is there, and says again what still holds.
 */
void
ls_notice_board_begin_session (LsNoticeBoard *self)
{
  set_words (self, NULL, 0);
}

/**
 * ls_notice_board_dismiss:
 * @self: a board
 *
 * The admin has read what lasts: the same does not come up again.
 */
void
ls_notice_board_dismiss (LsNoticeBoard *self)
{
  if (self->words == NULL)
    return;
  g_free (self->dismissed);
  self->dismissed = g_strdup (self->words);
  set_words (self, NULL, 0);
}

/**
 * ls_notice_board_clear:
 * @self: a board
 *
 * Forgets all that was said: the account is another one.
 */
void
ls_notice_board_clear (LsNoticeBoard *self)
{
  g_clear_pointer (&self->dismissed, g_free);
  g_array_set_size (self->told, 0);
  set_words (self, NULL, 0);
}

/**
 * ls_notice_board_get_words:
 * @self: a board
 *
 * Returns: (transfer none) (nullable): what lasts, as the admin reads it
 */
const char *
ls_notice_board_get_words (LsNoticeBoard *self)
{
  return self->words;
}
