/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-outbox"

#include "config.h"

#include "client/ls-outbox.h"

#include "core/ls-fault.h"

/* As often a server may ask for the same n before it is left alone for longer. */
#define MAX_REPEATS 3
/* What was sent behind a refused edit is refused too: so long those refusals are awaited. */
#define GO_BACK_PAUSE (100 * 1000)
/* Edits of a long queue get their n once this part of the window has room: each time is a write that has
 * to reach the disk, as each result is. */
#define LEAST_PART 4
/* So often in a row the server may say that it has edits which it tells no result of. */
#define MAX_ASSURANCES 2

struct _LsOutbox {
  GPtrArray *undecided; /* LsEdit, by n */
  unsigned window; /* so many of them at most */
  int64_t highest_n;
  int64_t sent_n;   /* sent in this session up to here */
  int64_t void_n;   /* n up to here and above sent_n have no edit and are sent as void */
  bool open;        /* edits may go */
  bool changed;     /* edits were made or taken back: those with an n are not as they are here */
  bool more;        /* there may be edits without an n */
  bool numbering;   /* the cache is giving them theirs, and tells all that have one */
  bool asking;      /* that was asked because they changed */

  /* Waiting */
  LsBackoff backoff;
  LsRandomFunc draw;
  gpointer draw_data;
  int64_t held_until; /* monotonic, 0 when not held */
  int64_t missed_n;   /* how far they had gone when the last went missing, 0 when none did */
  int64_t last_expected;
  unsigned repeats;

  /* Asking what became of them */
  int64_t ask_at;   /* monotonic, 0 when nothing has gone since something came of what went */
  int64_t patience; /* after the next one */
  int64_t asked_n;  /* they had gone up to here when the server was asked, 0 when it was not */
  unsigned assured; /* how often in a row it had them all */
};

static int64_t
first_n (LsOutbox *self)
{
  return self->undecided->len > 0 ? ((LsEdit *) g_ptr_array_index (self->undecided, 0))->n : 0;
}

static void
hold (LsOutbox *self,
      int64_t   retry_after,
      int64_t   now)
{
  int64_t wait = ls_backoff_next (&self->backoff, self->draw, self->draw_data);

  self->held_until = now + MAX (wait, MAX (retry_after, 1));
}

/* Whether an edit was sent in this session and has no result. */
static bool
is_waiting (LsOutbox *self)
{
  return self->undecided->len > 0 && first_n (self) <= self->sent_n;
}

/* Something came of what was sent: how long to wait is counted from the beginning. */
static void
forget_question (LsOutbox *self,
                 int64_t   ask_at)
{
  self->ask_at = ask_at;
  self->patience = LS_OUTBOX_PATIENCE;
  self->asked_n = 0;
  self->assured = 0;
}

static void
rewind_to_first (LsOutbox *self)
{
  self->sent_n = self->undecided->len > 0 ? first_n (self) - 1 : self->highest_n;
  self->void_n = 0;
}

/**
 * ls_outbox_new:
 * @draw: source of randomness
 * @user_data: for @draw
 *
 * Returns: (transfer full): an outbox that is closed
 */
LsOutbox *
ls_outbox_new (LsRandomFunc draw,
               gpointer     user_data)
{
  LsOutbox *self = g_new0 (LsOutbox, 1);

  self->undecided = g_ptr_array_new_with_free_func ((GDestroyNotify) ls_edit_unref);
  self->window = LS_MUTATION_WINDOW;
  self->draw = draw;
  self->draw_data = user_data;
  ls_backoff_init (&self->backoff, LS_BACKOFF_FIRST_US, LS_BACKOFF_CAP_US);
  return self;
}

/**
 * ls_outbox_free:
 * @self: (transfer full): an outbox
 *
 * Frees it.
 */
void
ls_outbox_free (LsOutbox *self)
{
  g_ptr_array_unref (self->undecided);
  g_free (self);
}

/**
 * ls_outbox_begin:
 * @self: an outbox
 *
 * Lets edits go: a session stands, the shop is in the epoch that their n belong to.
 */
void
ls_outbox_begin (LsOutbox *self)
{
  if (self->open)
    return;
  self->open = true;
  self->changed = true;
  self->repeats = 0;
  self->missed_n = 0;
  forget_question (self, 0);
  if (!LS_FAULT (NOT_SENT_AGAIN))
    rewind_to_first (self);
}

/**
 * ls_outbox_end:
 * @self: an outbox
 *
 * The session is over.
 */
void
ls_outbox_end (LsOutbox *self)
{
  self->open = false;
}

/**
 * ls_outbox_count_again:
 * @self: an outbox
 *
 * The edits get other numbers, from 1. ls_outbox_set_highest_n() and ls_outbox_numbered() tell them.
 */
void
ls_outbox_count_again (LsOutbox *self)
{
  self->open = false;
  self->highest_n = self->sent_n = self->void_n = 0;
  g_ptr_array_set_size (self->undecided, 0);
}

/**
 * ls_outbox_changed:
 * @self: an outbox
 *
 * Says that there may be edits without an n.
 */
void
ls_outbox_changed (LsOutbox *self)
{
  self->changed = true;
}

/**
 * ls_outbox_numbered:
 * @self: an outbox
 * @edits: (element-type LsEdit) (nullable): all edits that have an n and no result, by n; %NULL
 *   when the cache failed
 * @now: monotonic
 *
 * Answers %LS_OUTBOX_NUMBER.
 */
void
ls_outbox_numbered (LsOutbox  *self,
                    GPtrArray *edits,
                    int64_t    now)
{
  int64_t highest = self->highest_n;

  self->numbering = false;
  self->asking = false;
  if (edits == NULL)
    {
      self->changed = true;
      hold (self, 0, now);
      return;
    }
  g_ptr_array_set_size (self->undecided, 0);
  for (unsigned i = 0; i < edits->len; i++)
    {
      LsEdit *edit = ls_edit_ref (g_ptr_array_index (edits, i));

      g_ptr_array_add (self->undecided, edit);
      self->highest_n = MAX (self->highest_n, edit->n);
    }
  if (!is_waiting (self))
    forget_question (self, 0);
  /* Where some got their n, or found no room, there may be more. */
  if (self->highest_n > highest || self->undecided->len >= self->window)
    self->more = true;
}

/* The server told the result of @n, but not that of an earlier one: that edit, or its result, did
 * not arrive. The server need not notice, when it had decided both in a session before. Of what was
 * on its way by then the results say it once more; only a later one says that it happened again. */
static void
find_missing (LsOutbox *self,
              int64_t   n)
{
  if (self->undecided->len == 0 || first_n (self) > n || n <= self->missed_n)
    return;
  self->missed_n = self->sent_n;
  self->sent_n = MIN (self->sent_n, first_n (self) - 1);
}

/**
 * ls_outbox_decided:
 * @self: an outbox
 * @mid: an edit whose result is on disk
 * @in_turn: whether it is the server's, which tells results in the order that edits came in
 * @now: monotonic
 *
 * Makes room for the next. Where an earlier one was left out, goes back to it.
 */
void
ls_outbox_decided (LsOutbox   *self,
                   const char *mid,
                   bool        in_turn,
                   int64_t     now)
{
  for (unsigned i = 0; i < self->undecided->len; i++)
    if (g_str_equal (((LsEdit *) g_ptr_array_index (self->undecided, i))->mid, mid))
      {
        int64_t n = ((LsEdit *) g_ptr_array_index (self->undecided, i))->n;

        g_ptr_array_remove_index (self->undecided, i);
        if (in_turn)
          find_missing (self, n);
        self->repeats = 0;
        ls_backoff_reset (&self->backoff);
        forget_question (self, is_waiting (self) ? now + LS_OUTBOX_PATIENCE : 0);
        return;
      }
}

/**
 * ls_outbox_refused:
 * @self: an outbox
 * @expected_n: the n that the server wants next, or 0 when it did not say
 * @temporary: whether the same may go well later
 * @retry_after: µs to wait at least, or 0
 * @now: monotonic
 *
 * An edit was not taken: the server could not, or does not have those before it.
 */
void
ls_outbox_refused (LsOutbox *self,
                   int64_t   expected_n,
                   bool      temporary,
                   int64_t   retry_after,
                   int64_t   now)
{
  if (now < self->held_until && expected_n == self->last_expected)
    {
      self->held_until = MAX (self->held_until, now + retry_after);
      return;
    }
  rewind_to_first (self);
  forget_question (self, 0);
  if (expected_n > 0)
    {
      int64_t first = self->undecided->len > 0 ? first_n (self) : self->highest_n + 1;

      self->sent_n = expected_n - 1;
      self->void_n = MIN (first - 1, self->highest_n);
    }
  self->repeats = expected_n > 0 && expected_n == self->last_expected ? self->repeats + 1 : 1;
  self->last_expected = expected_n;
  if (temporary || self->repeats >= MAX_REPEATS)
    hold (self, retry_after, now);
  else
    self->held_until = now + GO_BACK_PAUSE;
}

/**
 * ls_outbox_doubt:
 * @self: an outbox
 * @now: monotonic
 *
 * Something that was sent did not arrive, maybe an edit: asks for those without a result now.
 */
void
ls_outbox_doubt (LsOutbox *self,
                 int64_t   now)
{
  if (self->ask_at > 0)
    self->ask_at = MIN (self->ask_at, now);
}

/**
 * ls_outbox_told:
 * @self: an outbox
 * @taken_n: the last n that the server took in this session
 *
 * Answers the last %LS_OUTBOX_ASK. What the server does not have goes again, and so does what it has
 * and tells no result of, when asked again: that may be lost too, and it tells it once more.
 */
void
ls_outbox_told (LsOutbox *self,
                int64_t   taken_n)
{
  bool lacks = taken_n < self->asked_n;

  if (self->asked_n == 0 || !is_waiting (self))
    return;
  self->asked_n = 0;
  if (!lacks && ++self->assured < MAX_ASSURANCES)
    return;
  self->assured = 0;
  self->sent_n = MIN (self->sent_n, lacks ? MAX (taken_n, first_n (self) - 1) : first_n (self) - 1);
}

/**
 * ls_outbox_set_highest_n:
 * @self: an outbox
 * @n: the highest n that an edit ever got, by this client in this epoch
 *
 * Tells what the cache knows.
 */
void
ls_outbox_set_highest_n (LsOutbox *self,
                         int64_t   n)
{
  self->highest_n = n;
}

/**
 * ls_outbox_set_window:
 * @self: an outbox
 * @window: how many edits the server wants to have without a result at most; a client keeps to
 *   %LS_MUTATION_WINDOW where that is less
 *
 * Tells what the server said. Those that have their n keep it.
 */
void
ls_outbox_set_window (LsOutbox *self,
                      int64_t   window)
{
  self->window = (unsigned) CLAMP (window, 1, LS_MUTATION_WINDOW);
}

/**
 * ls_outbox_get_highest_n:
 * @self: an outbox
 *
 * Returns: the highest n given
 */
int64_t
ls_outbox_get_highest_n (LsOutbox *self)
{
  return self->highest_n;
}

/**
 * ls_outbox_get_known_n:
 * @self: an outbox
 *
 * Returns: the n up to which all results are on disk, what an `ack` tells
 */
int64_t
ls_outbox_get_known_n (LsOutbox *self)
{
  return self->undecided->len > 0 ? first_n (self) - 1 : self->highest_n;
}

/**
 * ls_outbox_get_n_sent:
 * @self: an outbox
 *
 * Returns: how many edits have an n and no result
 */
unsigned
ls_outbox_get_n_sent (LsOutbox *self)
{
  return self->undecided->len;
}

/**
 * ls_outbox_is_held:
 * @self: an outbox
 * @now: monotonic
 *
 * Returns: whether edits wait for a failure to pass
 */
bool
ls_outbox_is_held (LsOutbox *self,
                   int64_t   now)
{
  return now < self->held_until;
}

/**
 * ls_outbox_get_deadline:
 * @self: an outbox
 *
 * Returns: when ls_outbox_next() is due, monotonic, or -1
 */
int64_t
ls_outbox_get_deadline (LsOutbox *self)
{
  if (!self->open)
    return -1;
  if (self->held_until > 0)
    return self->held_until;
  return self->ask_at > 0 && is_waiting (self) ? self->ask_at : -1;
}

/* Whether so many may get their n that it is worth a write. An edit that is made while there is any room
 * does not wait for that. */
static bool
has_much_room (LsOutbox *self)
{
  return self->undecided->len + MAX (self->window / LEAST_PART, 1) <= self->window;
}

static LsOutboxStep
number (LsOutbox     *self,
        LsOutboxWork *ret_work)
{
  self->numbering = true;
  ret_work->max = self->window - MIN (self->undecided->len, self->window);
  /* Where there is no room none gets its n, however much there is when the cache comes to it. */
  self->more = ret_work->max == 0 && !LS_FAULT (ROOM_FORGOTTEN);
  return LS_OUTBOX_NUMBER;
}

static LsOutboxStep
ask_server (LsOutbox *self,
            int64_t   now)
{
  self->asked_n = self->sent_n;
  self->ask_at = now + self->patience;
  self->patience = MIN (self->patience * 2, LS_OUTBOX_MAX_PATIENCE);
  return LS_OUTBOX_ASK;
}

/* Until the cache has said what they are now, none goes. */
static LsOutboxStep
ask_for_all (LsOutbox     *self,
             LsOutboxWork *ret_work)
{
  if (self->numbering)
    return LS_OUTBOX_NOTHING;
  self->changed = false;
  self->asking = true;
  return number (self, ret_work);
}

/**
 * ls_outbox_next:
 * @self: an outbox
 * @now: monotonic
 * @ret_work: (out): the particulars
 *
 * Asks for the next step, which is then taken as done. To be called until it says
 * %LS_OUTBOX_NOTHING.
 *
 * Returns: what to do
 */
LsOutboxStep
ls_outbox_next (LsOutbox     *self,
                int64_t       now,
                LsOutboxWork *ret_work)
{
  *ret_work = (LsOutboxWork) { 0 };
  if (!self->open || now < self->held_until)
    return LS_OUTBOX_NOTHING;
  self->held_until = 0;
  if (self->sent_n < self->void_n)
    {
      ret_work->n = ++self->sent_n;
      return LS_OUTBOX_VOID;
    }
  /* Also when no more may be sent: what is about to go may have been taken back meanwhile. */
  if (self->changed)
    return ask_for_all (self, ret_work);
  for (unsigned i = 0; i < self->undecided->len && !self->asking; i++)
    {
      LsEdit *edit = g_ptr_array_index (self->undecided, i);

      if (edit->n <= self->sent_n)
        continue;
      self->sent_n = edit->n;
      if (self->ask_at == 0)
        self->ask_at = now + LS_OUTBOX_PATIENCE;
      ret_work->edit = edit;
      return LS_OUTBOX_SEND;
    }
  if (self->ask_at > 0 && now >= self->ask_at && is_waiting (self))
    return ask_server (self, now);
  if (self->more && !self->numbering && has_much_room (self))
    return number (self, ret_work);
  return LS_OUTBOX_NOTHING;
}
