/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-connection-machine"

#include "config.h"

#include "client/ls-connection-machine-private.h"

#define SECOND ((int64_t) G_USEC_PER_SEC)
/* A pong that takes longer counts as one that stays away, and again each time. */
#define SLOW_PONG (5 * SECOND / 2)
/* How soon the next ping goes out when it is not sure how well the connection works. */
#define UNSURE_HEARTBEAT (5 * SECOND)
/* The time of day gaining so much on the other clock means that the machine slept. */
#define SLEEP_JUMP (5 * SECOND)
#define MIN_HEARTBEAT (5 * SECOND)
#define MAX_HEARTBEAT (600 * SECOND)
/* Requests show by themselves that the peer lives: pings only measure how fast. */
#define POLL_SHARE 10

static LsConnectionState
state_of (LsConnectionMachine *self)
{
  if (self->signed_out)
    return LS_CONNECTION_SIGNED_OUT;
  if (self->too_old)
    return LS_CONNECTION_TOO_OLD;
  if (self->phase == LS_PHASE_READY)
    return self->current == LS_CONNECTION_ROUTE_SOCKET && self->health.level != LS_HEALTH_POOR
               ? LS_CONNECTION_LIVE
               : LS_CONNECTION_LIMITED;
  if (self->moving)
    return LS_CONNECTION_LIMITED;
  if (!self->started || self->by_hand ||
      ls_backoff_get_n_attempts (&self->backoff) >= self->options.offline_after)
    return LS_CONNECTION_OFFLINE;
  return LS_CONNECTION_CONNECTING;
}

static bool
is_outage (LsConnectionState state)
{
  return state == LS_CONNECTION_OFFLINE || state == LS_CONNECTION_CONNECTING;
}

/* Ends every call: an outage began when it began, however its name changes meanwhile. */
LsConnectionActions
ls_connection_settle (LsConnectionMachine *self,
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
disconnect (LsConnectionMachine *self)
{
  self->phase = LS_PHASE_STOPPED;
  return ls_connection_close_ways (self);
}

static LsConnectionActions
resume (LsConnectionMachine *self,
        LsMoment             at)
{
  if (!self->started || self->by_hand || self->signed_out || self->too_old ||
      self->phase != LS_PHASE_STOPPED)
    return LS_CONNECTION_ACTION_NONE;
  ls_backoff_reset (&self->backoff);
  return ls_connection_begin_round (self, at);
}

LsConnectionActions
ls_connection_ping (LsConnectionMachine *self,
                    LsMoment             at)
{
  self->ping_id++;
  self->ping_unanswered = true;
  self->misses = 0;
  self->last_ping = at.monotonic;
  return LS_CONNECTION_ACTION_PING;
}

/* The server's or ours, whichever is shorter. */
static void
choose_heartbeat (LsConnectionMachine *self)
{
  self->heartbeat = self->options.heartbeat;
  if (self->server_heartbeat > 0)
    self->heartbeat =
        CLAMP (MIN (self->heartbeat, self->server_heartbeat), MIN_HEARTBEAT, MAX_HEARTBEAT);
}

/**
 * ls_connection_machine_new:
 * @options: times; copied
 * @draw: source of randomness
 * @user_data: for @draw
 *
 * Returns: (transfer full): a machine that is not started, and knows only the WebSocket
 */
LsConnectionMachine *
ls_connection_machine_new (const LsConnectionOptions *options,
                           LsRandomFunc               draw,
                           gpointer                   user_data)
{
  LsConnectionMachine *self = g_new0 (LsConnectionMachine, 1);

  self->draw = draw;
  self->draw_data = user_data;
  self->round_trip = -1;
  self->verified_version = -1;
  self->clock_offset = INT64_MAX;
  ls_connection_health_init (&self->health);
  ls_connection_machine_set_options (self, options);
  ls_connection_reset_ways (self);
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
 * ls_connection_machine_set_options:
 * @self: a machine
 * @options: times; copied
 *
 * Sets other times, for what begins from now on.
 */
void
ls_connection_machine_set_options (LsConnectionMachine       *self,
                                   const LsConnectionOptions *options)
{
  unsigned n_attempts = ls_backoff_get_n_attempts (&self->backoff);

  self->options = *options;
  choose_heartbeat (self);
  self->probe_wait = options->probe_first;
  ls_backoff_init (&self->backoff, options->backoff_first,
                   MAX (options->backoff_cap, options->backoff_first));
  self->backoff.n_attempts = n_attempts;
}

/**
 * ls_connection_machine_set_fallback:
 * @self: a machine
 * @there_is: whether requests can stand in for the WebSocket
 *
 * Says which ways there are.
 */
void
ls_connection_machine_set_fallback (LsConnectionMachine *self,
                                    bool                 there_is)
{
  self->has_poll = there_is;
}

/* How long the server may be silent before it is asked. */
static int64_t
heartbeat_of (LsConnectionMachine *self)
{
  if (self->current == LS_CONNECTION_ROUTE_POLL)
    return POLL_SHARE * self->heartbeat;
  return ls_connection_health_is_unsure (&self->health) ? MIN (UNSURE_HEARTBEAT, self->heartbeat)
                                                        : self->heartbeat;
}

static int64_t
beat_due (LsConnectionMachine *self)
{
  int64_t heard = MAX (self->last_ping, self->last_received);
  int64_t heartbeat = heartbeat_of (self);

  if (self->ping_unanswered)
    return MIN (self->last_ping + (self->misses + 1) * SLOW_PONG,
                heard + self->options.pong_timeout);
  /* Other messages tell that the server lives, but not how fast it answers. */
  if (ls_connection_health_is_unsure (&self->health))
    return self->last_ping + heartbeat;
  return MIN (self->last_received + heartbeat, self->last_ping + 2 * heartbeat);
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
  int64_t due = ls_connection_ways_due (self);
  int64_t phase = -1;

  if (self->phase == LS_PHASE_STOPPED)
    return -1;
  if (self->phase == LS_PHASE_WAITING || self->phase == LS_PHASE_GREETING)
    phase = self->phase_deadline;
  else if (self->phase == LS_PHASE_READY)
    phase = beat_due (self);
  return due < 0 || (phase >= 0 && phase < due) ? phase : due;
}

/**
 * ls_connection_machine_get_route:
 * @self: a machine
 *
 * Returns: the way that has the session
 */
LsConnectionRoute
ls_connection_machine_get_route (LsConnectionMachine *self)
{
  return self->current;
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
 * ls_connection_machine_get_proof:
 * @self: a machine that asked for a proof
 *
 * Returns: the id that the ping carries and the pong repeats
 */
int64_t
ls_connection_machine_get_proof (LsConnectionMachine *self)
{
  return self->proof_id;
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
  bool ready = self->phase == LS_PHASE_READY || self->moving;

  status->state = self->state;
  status->since = self->since;
  status->by_hand = self->by_hand;
  status->attempts = ls_backoff_get_n_attempts (&self->backoff);
  if (self->phase == LS_PHASE_WAITING)
    status->next_attempt = at.now + MAX (self->phase_deadline - at.monotonic, 0);
  status->health = ready ? self->health.level : LS_HEALTH_OFFLINE;
  status->kind = ready ? self->kind : LS_TRANSPORT_LIVE;
  status->interval = ready ? self->interval : 0;
  status->round_trip = ready ? self->round_trip : -1;
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
  return ls_connection_settle (self, resume (self, at), at);
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
  return ls_connection_settle (self, disconnect (self), at);
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
  return ls_connection_settle (self, actions | LS_CONNECTION_ACTION_STATUS, at);
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
  return ls_connection_settle (self, actions | resume (self, at), at);
}

/**
 * ls_connection_machine_try_now:
 * @self: a machine
 * @at: the present moment
 *
 * The network came, the machine woke up, a window got the focus, or somebody pressed the button:
 * ends a wait, looks after a connection that may be dead, and for a better one.
 *
 * Returns: what to do
 */
LsConnectionActions
ls_connection_machine_try_now (LsConnectionMachine *self,
                               LsMoment             at)
{
  LsConnectionActions actions = LS_CONNECTION_ACTION_NONE;

  if (self->phase == LS_PHASE_READY)
    actions = ls_connection_probe (self, at) |
              (self->ping_unanswered ? LS_CONNECTION_ACTION_NONE : ls_connection_ping (self, at));
  else if (self->phase == LS_PHASE_WAITING || self->too_old)
    {
      self->too_old = false;
      self->phase = LS_PHASE_STOPPED;
      actions = resume (self, at);
    }
  return ls_connection_settle (self, actions, at);
}

/**
 * ls_connection_machine_ready:
 * @self: a machine whose way is open
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

  if (self->phase != LS_PHASE_GREETING)
    return LS_CONNECTION_ACTION_NONE;
  self->phase = LS_PHASE_READY;
  self->server_heartbeat = heartbeat;
  choose_heartbeat (self);
  self->ready_at = at.monotonic;
  self->last_received = at.monotonic;
  g_clear_error (&self->error);
  ls_connection_health_begin (&self->health, at.monotonic);
  actions = ls_connection_way_ready (self, at) | ls_connection_ping (self, at);
  return ls_connection_settle (self, actions | LS_CONNECTION_ACTION_STATUS, at);
}

/**
 * ls_connection_machine_received:
 * @self: a machine
 * @route: where it came
 * @at: the present moment
 *
 * Something came from the server, whatever it was.
 *
 * Returns: what to do
 */
LsConnectionActions
ls_connection_machine_received (LsConnectionMachine *self,
                                LsConnectionRoute    route,
                                LsMoment             at)
{
  if (route == self->current)
    self->last_received = at.monotonic;
  return LS_CONNECTION_ACTION_NONE;
}

/**
 * ls_connection_machine_sign:
 * @self: a machine
 * @route: where it came
 * @sign: what the way knows of the peer
 * @round_trip: µs, -1 when the sign tells none
 * @at: the present moment
 *
 * Takes a sign that is no message.
 *
 * Returns: what to do
 */
LsConnectionActions
ls_connection_machine_sign (LsConnectionMachine *self,
                            LsConnectionRoute    route,
                            LsTransportSign      sign,
                            int64_t              round_trip,
                            LsMoment             at)
{
  LsConnectionActions actions = LS_CONNECTION_ACTION_NONE;
  bool changed = false;

  if (route != self->current || self->phase != LS_PHASE_READY)
    return actions;
  if (sign == LS_SIGN_ALIVE)
    self->last_received = at.monotonic;
  if (sign == LS_SIGN_MISSED)
    changed = ls_connection_health_missed (&self->health, at.monotonic);
  else if (sign == LS_SIGN_ALIVE && round_trip >= 0)
    {
      self->round_trip = round_trip;
      changed = ls_connection_health_answered (&self->health, round_trip, at.monotonic);
    }
  return ls_connection_settle (self, changed ? LS_CONNECTION_ACTION_STATUS : actions, at);
}

/**
 * ls_connection_machine_set_pace:
 * @self: a machine
 * @kind: how what is new comes
 * @interval: µs between two polls, or 0
 * @at: the present moment
 *
 * Notes for the status what the way of the session is.
 *
 * Returns: what to do
 */
LsConnectionActions
ls_connection_machine_set_pace (LsConnectionMachine *self,
                                LsTransportKind      kind,
                                int64_t              interval,
                                LsMoment             at)
{
  if (self->kind == kind && self->interval == interval)
    return LS_CONNECTION_ACTION_NONE;
  self->kind = kind;
  self->interval = interval;
  return ls_connection_settle (self, LS_CONNECTION_ACTION_STATUS, at);
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

  return ls_connection_way_lost (self, self->current, error, 0, at);
}

static LsConnectionActions
beat (LsConnectionMachine *self,
      LsMoment             at)
{
  int64_t heard = MAX (self->last_ping, self->last_received);

  if (!self->ping_unanswered)
    return ls_connection_ping (self, at);
  if (at.monotonic >= heard + self->options.pong_timeout)
    return time_out (self, "the server does not answer", at);
  self->misses++;
  ls_connection_health_missed (&self->health, at.monotonic);
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
  LsConnectionActions actions;

  if (has_slept (self, at))
    return ls_connection_machine_try_now (self, at);
  if (self->phase == LS_PHASE_STOPPED)
    return LS_CONNECTION_ACTION_NONE;
  actions = ls_connection_tick_ways (self, at);
  if (self->phase == LS_PHASE_WAITING && at.monotonic >= self->phase_deadline)
    actions |= ls_connection_begin_round (self, at);
  else if (self->phase == LS_PHASE_GREETING && at.monotonic >= self->phase_deadline)
    actions |= time_out (self, "the server did not say welcome", at);
  else if (self->phase == LS_PHASE_READY && at.monotonic >= beat_due (self))
    actions |= beat (self, at);
  return ls_connection_settle (self, actions, at);
}
