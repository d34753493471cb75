/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-connection-machine"

#include "config.h"

#include "client/ls-connection-machine.h"

/* How long a transport that says nothing may take, beyond its own limit. */
#define OPEN_TIMEOUT (20 * G_USEC_PER_SEC)
#define GREETING_TIMEOUT (15 * G_USEC_PER_SEC)
/* A pong that takes longer makes the connection a poor one. */
#define SLOW_PONG (5 * G_USEC_PER_SEC / 2)
/* A session shorter than this counts as a failure: a server that greets and hangs up is no use. */
#define STABLE_AFTER (5 * G_USEC_PER_SEC)
/* The time of day gaining so much on the other clock means that the machine slept. */
#define SLEEP_JUMP (5 * G_USEC_PER_SEC)
#define MIN_HEARTBEAT (5 * G_USEC_PER_SEC)
#define MAX_HEARTBEAT (120 * G_USEC_PER_SEC)

typedef enum {
  PHASE_STOPPED,
  PHASE_WAITING,
  PHASE_OPENING,
  PHASE_GREETING,
  PHASE_READY,
} Phase;

struct _LsConnectionMachine {
  LsRandomFunc draw;
  gpointer draw_data;

  /* What is wanted */
  bool started;
  bool by_hand;
  bool signed_out;
  bool too_old;

  /* Where it stands; times are monotonic */
  Phase phase;
  LsBackoff backoff;
  int64_t phase_deadline;
  int64_t ready_at;
  int64_t last_received;
  int64_t last_ping;
  int64_t heartbeat;
  int64_t ping_id;
  bool ping_unanswered;
  bool slow;
  int64_t clock_offset;

  /* What the status says; times of day */
  LsConnectionState state;
  int64_t since;
  int64_t round_trip;
  int64_t verified_version;
  int64_t verified_at;
  GError *error;
};

static LsConnectionState
state_of (LsConnectionMachine *self)
{
  if (self->signed_out)
    return LS_CONNECTION_SIGNED_OUT;
  if (self->too_old)
    return LS_CONNECTION_TOO_OLD;
  if (self->phase == PHASE_READY)
    return self->slow ? LS_CONNECTION_LIMITED : LS_CONNECTION_LIVE;
  if (!self->started || self->by_hand ||
      ls_backoff_get_n_attempts (&self->backoff) >= LS_CONNECTION_OFFLINE_AFTER)
    return LS_CONNECTION_OFFLINE;
  return LS_CONNECTION_CONNECTING;
}

static bool
is_outage (LsConnectionState state)
{
  return state == LS_CONNECTION_OFFLINE || state == LS_CONNECTION_CONNECTING;
}

/* Ends every call: an outage began when it began, however its name changes meanwhile. */
static LsConnectionActions
settle (LsConnectionMachine *self,
        LsConnectionActions  actions,
        LsMoment             at)
{
  LsConnectionState state = state_of (self);

  if (state == self->state)
    return actions;
  if (!is_outage (state) || !is_outage (self->state))
    self->since = at.now;
  self->state = state;
  return actions | LS_CONNECTION_ACTION_STATUS;
}

static LsConnectionActions
connect_now (LsConnectionMachine *self,
             LsMoment             at)
{
  self->phase = PHASE_OPENING;
  self->phase_deadline = at.monotonic + OPEN_TIMEOUT;
  return LS_CONNECTION_ACTION_CONNECT | LS_CONNECTION_ACTION_STATUS;
}

static LsConnectionActions
disconnect (LsConnectionMachine *self)
{
  bool connected = self->phase >= PHASE_OPENING;

  self->phase = PHASE_STOPPED;
  self->ping_unanswered = false;
  self->slow = false;
  return connected ? LS_CONNECTION_ACTION_DISCONNECT : LS_CONNECTION_ACTION_NONE;
}

static LsConnectionActions
resume (LsConnectionMachine *self,
        LsMoment             at)
{
  if (!self->started || self->by_hand || self->signed_out || self->too_old ||
      self->phase != PHASE_STOPPED)
    return LS_CONNECTION_ACTION_NONE;
  ls_backoff_reset (&self->backoff);
  return connect_now (self, at);
}

static LsConnectionActions
ping (LsConnectionMachine *self,
      LsMoment             at)
{
  self->ping_id++;
  self->ping_unanswered = true;
  self->last_ping = at.monotonic;
  return LS_CONNECTION_ACTION_PING;
}

/**
 * ls_connection_machine_new:
 * @draw: source of randomness
 * @user_data: for @draw
 *
 * Returns: (transfer full): a machine that is not started
 */
LsConnectionMachine *
ls_connection_machine_new (LsRandomFunc draw,
                           gpointer     user_data)
{
  LsConnectionMachine *self = g_new0 (LsConnectionMachine, 1);

  self->draw = draw;
  self->draw_data = user_data;
  self->heartbeat = LS_CONNECTION_HEARTBEAT;
  self->round_trip = -1;
  self->verified_version = -1;
  self->clock_offset = INT64_MAX;
  ls_backoff_init (&self->backoff, LS_BACKOFF_FIRST_US, LS_BACKOFF_CAP_US);
  return self;
}

/**
 * ls_connection_machine_free:
 * @self: (transfer full): a machine
 *
 * Frees it.
 */
void
ls_connection_machine_free (LsConnectionMachine *self)
{
  g_clear_error (&self->error);
  g_free (self);
}

/**
 * ls_connection_machine_get_deadline:
 * @self: a machine
 *
 * Returns: when ls_connection_machine_tick() is due, on the monotonic clock, or -1
 */
int64_t
ls_connection_machine_get_deadline (LsConnectionMachine *self)
{
  int64_t heard;

  if (self->phase == PHASE_STOPPED)
    return -1;
  if (self->phase != PHASE_READY)
    return self->phase_deadline;
  heard = MAX (self->last_ping, self->last_received);
  if (!self->ping_unanswered)
    return MIN (self->last_received + self->heartbeat, self->last_ping + 2 * self->heartbeat);
  if (!self->slow)
    return MIN (self->last_ping + SLOW_PONG, heard + LS_CONNECTION_PONG_TIMEOUT);
  return heard + LS_CONNECTION_PONG_TIMEOUT;
}

/**
 * ls_connection_machine_get_ping:
 * @self: a machine that asked for a ping
 *
 * Returns: the id that the ping carries and the pong repeats
 */
int64_t
ls_connection_machine_get_ping (LsConnectionMachine *self)
{
  return self->ping_id;
}

/**
 * ls_connection_machine_get_error:
 * @self: a machine
 *
 * Returns: (transfer none) (nullable): the last failure since it was ready
 */
const GError *
ls_connection_machine_get_error (LsConnectionMachine *self)
{
  return self->error;
}

/**
 * ls_connection_machine_get_status:
 * @self: a machine
 * @at: the present moment
 *
 * Returns: (transfer full): everything that the connection popover says
 */
LsConnectionStatus *
ls_connection_machine_get_status (LsConnectionMachine *self,
                                  LsMoment             at)
{
  LsConnectionStatus *status = g_new0 (LsConnectionStatus, 1);

  status->state = self->state;
  status->since = self->since;
  status->by_hand = self->by_hand;
  status->attempts = ls_backoff_get_n_attempts (&self->backoff);
  if (self->phase == PHASE_WAITING)
    status->next_attempt = at.now + MAX (self->phase_deadline - at.monotonic, 0);
  status->round_trip = self->phase == PHASE_READY ? self->round_trip : -1;
  status->verified_version = self->verified_version;
  status->verified_at = self->verified_at;
  if (self->error != NULL)
    status->error = g_error_copy (self->error);
  return status;
}

/**
 * ls_connection_machine_start:
 * @self: a machine
 * @at: the present moment
 *
 * Begins to connect, and to stay connected.
 *
 * Returns: what to do
 */
LsConnectionActions
ls_connection_machine_start (LsConnectionMachine *self,
                             LsMoment             at)
{
  if (self->since == 0)
    self->since = at.now;
  self->started = true;
  return settle (self, resume (self, at), at);
}

/**
 * ls_connection_machine_stop:
 * @self: a machine
 * @at: the present moment
 *
 * Ends the connection for good, until the next start.
 *
 * Returns: what to do
 */
LsConnectionActions
ls_connection_machine_stop (LsConnectionMachine *self,
                            LsMoment             at)
{
  self->started = false;
  return settle (self, disconnect (self), at);
}

/**
 * ls_connection_machine_set_by_hand:
 * @self: a machine
 * @offline: whether the admin wants to work offline
 * @at: the present moment
 *
 * Ends the connection at his wish, or begins it again.
 *
 * Returns: what to do
 */
LsConnectionActions
ls_connection_machine_set_by_hand (LsConnectionMachine *self,
                                   bool                 offline,
                                   LsMoment             at)
{
  LsConnectionActions actions;

  if (self->by_hand == offline)
    return LS_CONNECTION_ACTION_NONE;
  self->by_hand = offline;
  actions = offline ? disconnect (self) : resume (self, at);
  return settle (self, actions | LS_CONNECTION_ACTION_STATUS, at);
}

/**
 * ls_connection_machine_credentials:
 * @self: a machine
 * @at: the present moment
 *
 * Says that there is another token, or another server: what runs is ended and begun again.
 *
 * Returns: what to do
 */
LsConnectionActions
ls_connection_machine_credentials (LsConnectionMachine *self,
                                   LsMoment             at)
{
  LsConnectionActions actions = disconnect (self);

  self->signed_out = false;
  self->too_old = false;
  g_clear_error (&self->error);
  return settle (self, actions | resume (self, at), at);
}

/**
 * ls_connection_machine_try_now:
 * @self: a machine
 * @at: the present moment
 *
 * The network came, the machine woke up, a window got the focus, or somebody pressed the button:
 * ends a wait, and looks after a connection that may be dead.
 *
 * Returns: what to do
 */
LsConnectionActions
ls_connection_machine_try_now (LsConnectionMachine *self,
                               LsMoment             at)
{
  LsConnectionActions actions = LS_CONNECTION_ACTION_NONE;

  if (self->phase == PHASE_READY && !self->ping_unanswered)
    actions = ping (self, at);
  else if (self->phase == PHASE_WAITING || self->too_old)
    {
      self->too_old = false;
      self->phase = PHASE_STOPPED;
      actions = resume (self, at);
    }
  return settle (self, actions, at);
}

/**
 * ls_connection_machine_opened:
 * @self: a machine that asked to connect
 * @at: the present moment
 *
 * The transport is open: greetings may be exchanged.
 *
 * Returns: what to do
 */
LsConnectionActions
ls_connection_machine_opened (LsConnectionMachine *self,
                              LsMoment             at)
{
  if (self->phase == PHASE_OPENING)
    {
      self->phase = PHASE_GREETING;
      self->phase_deadline = at.monotonic + GREETING_TIMEOUT;
    }
  return settle (self, LS_CONNECTION_ACTION_NONE, at);
}

/**
 * ls_connection_machine_ready:
 * @self: a machine whose transport is open
 * @heartbeat: the silence after which the server expects a ping, µs
 * @at: the present moment
 *
 * The server said welcome.
 *
 * Returns: what to do
 */
LsConnectionActions
ls_connection_machine_ready (LsConnectionMachine *self,
                             int64_t              heartbeat,
                             LsMoment             at)
{
  LsConnectionActions actions;

  if (self->phase != PHASE_GREETING)
    return LS_CONNECTION_ACTION_NONE;
  self->phase = PHASE_READY;
  self->heartbeat = CLAMP (heartbeat, MIN_HEARTBEAT, MAX_HEARTBEAT);
  self->ready_at = at.monotonic;
  self->last_received = at.monotonic;
  self->slow = false;
  g_clear_error (&self->error);
  actions = ping (self, at);
  return settle (self, actions | LS_CONNECTION_ACTION_STATUS, at);
}

/**
 * ls_connection_machine_received:
 * @self: a machine
 * @at: the present moment
 *
 * Something came from the server, whatever it was.
 *
 * Returns: what to do
 */
LsConnectionActions
ls_connection_machine_received (LsConnectionMachine *self,
                                LsMoment             at)
{
  self->last_received = at.monotonic;
  return LS_CONNECTION_ACTION_NONE;
}

/**
 * ls_connection_machine_pong:
 * @self: a machine
 * @id: what the pong repeats
 * @at: the present moment
 *
 * The server answered a ping.
 *
 * Returns: what to do
 */
LsConnectionActions
ls_connection_machine_pong (LsConnectionMachine *self,
                            int64_t              id,
                            LsMoment             at)
{
  if (self->phase != PHASE_READY || !self->ping_unanswered || id != self->ping_id)
    return LS_CONNECTION_ACTION_NONE;
  self->ping_unanswered = false;
  self->round_trip = at.monotonic - self->last_ping;
  self->slow = self->round_trip >= SLOW_PONG;
  return settle (self, LS_CONNECTION_ACTION_STATUS, at);
}

/**
 * ls_connection_machine_failed:
 * @self: a machine that asked to connect
 * @error: why, of %LS_ERROR
 * @retry_after: µs that the server asked to be left alone, or 0
 * @at: the present moment
 *
 * The transport closed or did not open, or the session can't go on.
 *
 * Returns: what to do
 */
LsConnectionActions
ls_connection_machine_failed (LsConnectionMachine *self,
                              const GError        *error,
                              int64_t              retry_after,
                              LsMoment             at)
{
  LsConnectionActions actions;

  if (self->phase < PHASE_OPENING)
    return LS_CONNECTION_ACTION_NONE;
  if (self->phase == PHASE_READY && at.monotonic - self->ready_at >= STABLE_AFTER)
    ls_backoff_reset (&self->backoff);
  actions = disconnect (self) | LS_CONNECTION_ACTION_STATUS;
  g_clear_error (&self->error);
  self->error = g_error_copy (error);
  self->signed_out = g_error_matches (error, LS_ERROR, LS_ERROR_AUTH);
  self->too_old = g_error_matches (error, LS_ERROR, LS_ERROR_TOO_OLD);
  if (!self->signed_out && !self->too_old)
    {
      int64_t wait = ls_backoff_next (&self->backoff, self->draw, self->draw_data);

      self->phase = PHASE_WAITING;
      self->phase_deadline = at.monotonic + MAX (wait, retry_after);
    }
  return settle (self, actions, at);
}

/**
 * ls_connection_machine_verified:
 * @self: a machine
 * @version: the version at which digests agreed
 * @at: the present moment
 *
 * Remembers the proof for the status.
 *
 * Returns: what to do
 */
LsConnectionActions
ls_connection_machine_verified (LsConnectionMachine *self,
                                int64_t              version,
                                LsMoment             at)
{
  self->verified_version = version;
  self->verified_at = at.now;
  return LS_CONNECTION_ACTION_STATUS;
}

static LsConnectionActions
time_out (LsConnectionMachine *self,
          const char          *words,
          LsMoment             at)
{
  g_autoptr (GError) error = g_error_new_literal (LS_ERROR, LS_ERROR_TIMEOUT, words);

  return ls_connection_machine_failed (self, error, 0, at);
}

static LsConnectionActions
tick_ready (LsConnectionMachine *self,
            LsMoment             at)
{
  int64_t heard = MAX (self->last_ping, self->last_received);

  if (!self->ping_unanswered)
    return ping (self, at);
  if (at.monotonic >= heard + LS_CONNECTION_PONG_TIMEOUT)
    return time_out (self, "the server does not answer", at);
  self->slow = true;
  return LS_CONNECTION_ACTION_STATUS;
}

/* The monotonic clock stands still while the machine sleeps, the time of day does not. */
static bool
has_slept (LsConnectionMachine *self,
           LsMoment             at)
{
  int64_t offset = at.now - at.monotonic;
  bool slept = self->clock_offset != INT64_MAX && offset - self->clock_offset > SLEEP_JUMP;

  self->clock_offset = offset;
  return slept;
}

/**
 * ls_connection_machine_tick:
 * @self: a machine
 * @at: the present moment
 *
 * Does what is due.
 *
 * Returns: what to do
 */
LsConnectionActions
ls_connection_machine_tick (LsConnectionMachine *self,
                            LsMoment             at)
{
  LsConnectionActions actions = LS_CONNECTION_ACTION_NONE;
  int64_t deadline = ls_connection_machine_get_deadline (self);

  if (has_slept (self, at))
    return ls_connection_machine_try_now (self, at);
  if (deadline < 0 || at.monotonic < deadline)
    return LS_CONNECTION_ACTION_NONE;
  if (self->phase == PHASE_WAITING)
    actions = connect_now (self, at);
  else if (self->phase == PHASE_OPENING)
    actions = time_out (self, "no connection came up", at);
  else if (self->phase == PHASE_GREETING)
    actions = time_out (self, "the server did not say welcome", at);
  else if (self->phase == PHASE_READY)
    actions = tick_ready (self, at);
  return settle (self, actions, at);
}
