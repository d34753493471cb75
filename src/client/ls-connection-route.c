/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "ls-connection-machine"

#include "config.h"

#include "client/ls-connection-machine-private.h"

/*
 * The choice of the way. The WebSocket is the better one; requests are what gets through where it
 * does not. A round of tries begins with the WebSocket. Has it said no welcome after a moment,
 * requests are tried beside it, and the first one with a welcome has the session. From there the
 * WebSocket is tried now and then, and has to answer a ping first, for a proxy may well let it up
 * and then swallow what it says.
 */

#define SECOND ((int64_t) G_USEC_PER_SEC)
/* A session shorter than this counts as a failure: a server that greets and hangs up is no use. */
#define STABLE_AFTER (5 * SECOND)
#define FLAPPING_WITHIN (120 * SECOND)
/* Whoever asks to try now is heard, but not every second. */
#define PROBE_PAUSE (10 * SECOND)

static LsConnectionActions
action_for (LsConnectionRoute   route,
            LsConnectionActions for_socket)
{
  return route == LS_CONNECTION_ROUTE_SOCKET ? for_socket : (LsConnectionActions) (for_socket << 1);
}

static LsConnectionActions
open_way (LsConnectionMachine *self,
          LsConnectionRoute    route,
          LsMoment             at)
{
  self->ways[route] = (LsWay) {
    .state = LS_WAY_OPENING,
    .deadline = at.monotonic + self->options.connect_timeout,
    .tried = true,
  };
  return action_for (route, LS_CONNECTION_ACTION_OPEN_SOCKET);
}

static LsConnectionActions
close_way (LsConnectionMachine *self,
           LsConnectionRoute    route)
{
  if (self->ways[route].state == LS_WAY_IDLE)
    return LS_CONNECTION_ACTION_NONE;
  self->ways[route].state = LS_WAY_IDLE;
  return action_for (route, LS_CONNECTION_ACTION_CLOSE_SOCKET);
}

static bool
is_trying (LsConnectionMachine *self,
           LsConnectionRoute    route)
{
  return self->ways[route].state == LS_WAY_OPENING || self->ways[route].state == LS_WAY_PROVING;
}

void
ls_connection_reset_ways (LsConnectionMachine *self)
{
  self->current = LS_CONNECTION_ROUTE_NONE;
  self->fallback_at = -1;
  self->probe_at = -1;
  self->probe_wait = self->options.probe_first;
}

/* Ends all, and the session. */
LsConnectionActions
ls_connection_close_ways (LsConnectionMachine *self)
{
  LsConnectionActions actions = close_way (self, LS_CONNECTION_ROUTE_SOCKET) |
                                close_way (self, LS_CONNECTION_ROUTE_POLL);

  if (self->current != LS_CONNECTION_ROUTE_NONE)
    actions |= LS_CONNECTION_ACTION_END;
  self->current = LS_CONNECTION_ROUTE_NONE;
  self->moving = false;
  self->fallback_at = -1;
  self->probe_at = -1;
  self->ping_unanswered = false;
  return actions;
}

static bool
may_try_socket (LsConnectionMachine *self,
                LsMoment             at)
{
  return !self->has_poll || at.monotonic >= self->hold_until;
}

LsConnectionActions
ls_connection_begin_round (LsConnectionMachine *self,
                           LsMoment             at)
{
  LsConnectionActions actions = LS_CONNECTION_ACTION_STATUS;
  bool both = self->has_poll && self->distrusted;

  self->phase = LS_PHASE_TRYING;
  self->ways[LS_CONNECTION_ROUTE_SOCKET].tried = false;
  self->ways[LS_CONNECTION_ROUTE_POLL].tried = false;
  self->fallback_at = -1;
  if (may_try_socket (self, at))
    actions |= open_way (self, LS_CONNECTION_ROUTE_SOCKET, at);
  if (both || !may_try_socket (self, at))
    actions |= open_way (self, LS_CONNECTION_ROUTE_POLL, at);
  else if (self->has_poll)
    self->fallback_at = at.monotonic + self->options.fallback_delay;
  return actions;
}

static LsConnectionActions
take (LsConnectionMachine *self,
      LsConnectionRoute    route,
      LsMoment             at)
{
  self->ways[route].state = LS_WAY_SESSION;
  self->current = route;
  self->phase = LS_PHASE_GREETING;
  self->taken_at = at.monotonic;
  self->phase_deadline = at.monotonic + self->options.connect_timeout;
  self->ping_unanswered = false;
  return LS_CONNECTION_ACTION_TAKE;
}

/* Ends the session where it is, to begin it on @route. */
static LsConnectionActions
move (LsConnectionMachine *self,
      LsConnectionRoute    route,
      LsMoment             at)
{
  LsConnectionActions actions = LS_CONNECTION_ACTION_NONE;

  if (self->current != LS_CONNECTION_ROUTE_NONE)
    actions = close_way (self, self->current) | LS_CONNECTION_ACTION_END;
  return actions | take (self, route, at);
}

static LsConnectionActions
socket_opened (LsConnectionMachine *self,
               LsMoment             at)
{
  LsWay *way = &self->ways[LS_CONNECTION_ROUTE_SOCKET];

  if (self->current == LS_CONNECTION_ROUTE_NONE && !self->distrusted)
    return take (self, LS_CONNECTION_ROUTE_SOCKET, at);
  way->state = LS_WAY_PROVING;
  self->proof_id++;
  return LS_CONNECTION_ACTION_PROVE;
}

static LsConnectionActions
poll_opened (LsConnectionMachine *self,
             LsMoment             at)
{
  int64_t patience = self->taken_at + self->options.fallback_delay;

  if (self->current == LS_CONNECTION_ROUTE_NONE ||
      (self->phase == LS_PHASE_GREETING && at.monotonic >= patience))
    return move (self, LS_CONNECTION_ROUTE_POLL, at);
  /* The WebSocket has only just said hello: it has its moment too. */
  if (self->phase == LS_PHASE_GREETING)
    self->fallback_at = patience;
  return close_way (self, LS_CONNECTION_ROUTE_POLL);
}

/**
 * ls_connection_machine_opened:
 * @self: a machine that asked for it
 * @route: a way
 * @at: the present moment
 *
 * The way is open: greetings may be exchanged.
 *
 * Returns: what to do
 */
LsConnectionActions
ls_connection_machine_opened (LsConnectionMachine *self,
                              LsConnectionRoute    route,
                              LsMoment             at)
{
  LsConnectionActions actions;

  if (self->ways[route].state != LS_WAY_OPENING)
    return LS_CONNECTION_ACTION_NONE;
  actions = route == LS_CONNECTION_ROUTE_SOCKET ? socket_opened (self, at) : poll_opened (self, at);
  return ls_connection_settle (self, actions, at);
}

/* The WebSocket answers, as one that has no session yet. */
static LsConnectionActions
proved (LsConnectionMachine *self,
        LsMoment             at)
{
  bool was_ready = self->phase == LS_PHASE_READY;
  LsConnectionActions actions = move (self, LS_CONNECTION_ROUTE_SOCKET, at);

  self->moving = was_ready;
  return ls_connection_settle (self, actions, at);
}

/**
 * ls_connection_machine_pong:
 * @self: a machine
 * @route: where it came
 * @id: what the pong repeats
 * @at: the present moment
 *
 * The server answered a ping.
 *
 * Returns: what to do
 */
LsConnectionActions
ls_connection_machine_pong (LsConnectionMachine *self,
                            LsConnectionRoute    route,
                            int64_t              id,
                            LsMoment             at)
{
  if (self->ways[route].state == LS_WAY_PROVING && id == self->proof_id)
    return proved (self, at);
  if (route != self->current || self->phase != LS_PHASE_READY || !self->ping_unanswered ||
      id != self->ping_id)
    return LS_CONNECTION_ACTION_NONE;
  self->ping_unanswered = false;
  self->round_trip = at.monotonic - self->last_ping;
  /* One that stayed away has been counted as such. */
  if (self->misses == 0)
    ls_connection_health_answered (&self->health, self->round_trip, at.monotonic);
  return ls_connection_settle (self, LS_CONNECTION_ACTION_STATUS, at);
}

/* A session over the WebSocket broke off. When that happens all the time it is held back. */
static void
note_drop (LsConnectionMachine *self,
           LsMoment             at)
{
  int64_t first = self->drops[LS_CONNECTION_DROPS - 1];

  for (unsigned i = LS_CONNECTION_DROPS - 1; i > 0; i--)
    self->drops[i] = self->drops[i - 1];
  self->drops[0] = MAX (at.monotonic, 1);
  first = self->drops[LS_CONNECTION_DROPS - 1];
  if (first == 0 || at.monotonic - first > FLAPPING_WITHIN)
    return;
  for (unsigned i = 0; i < LS_CONNECTION_DROPS; i++)
    self->drops[i] = 0;
  self->distrusted = true;
  self->hold_until = at.monotonic + self->probe_wait;
}

static void
schedule_probe (LsConnectionMachine *self,
                LsMoment             at)
{
  self->probe_at = MAX (at.monotonic + self->probe_wait, self->hold_until);
  self->probe_wait = MIN (2 * self->probe_wait, self->options.probe_cap);
}

/* Tries the WebSocket beside a session in requests. */
LsConnectionActions
ls_connection_probe (LsConnectionMachine *self,
                     LsMoment             at)
{
  if (self->current != LS_CONNECTION_ROUTE_POLL || self->phase != LS_PHASE_READY ||
      self->ways[LS_CONNECTION_ROUTE_SOCKET].state != LS_WAY_IDLE ||
      (self->probed_at != 0 && at.monotonic - self->probed_at < PROBE_PAUSE &&
       at.monotonic < self->probe_at))
    return LS_CONNECTION_ACTION_NONE;
  self->probed_at = at.monotonic;
  self->probe_at = -1;
  return open_way (self, LS_CONNECTION_ROUTE_SOCKET, at);
}

LsConnectionActions
ls_connection_way_ready (LsConnectionMachine *self,
                         LsMoment             at)
{
  self->fallback_at = -1;
  self->moving = false;
  if (self->current == LS_CONNECTION_ROUTE_SOCKET)
    {
      self->distrusted = false;
      self->probe_at = -1;
      return close_way (self, LS_CONNECTION_ROUTE_POLL);
    }
  self->distrusted = true;
  if (self->ways[LS_CONNECTION_ROUTE_SOCKET].state == LS_WAY_IDLE)
    schedule_probe (self, at);
  return LS_CONNECTION_ACTION_NONE;
}

static LsConnectionActions
wait_for_next (LsConnectionMachine *self,
               const GError        *error,
               int64_t              retry_after,
               LsMoment             at)
{
  int64_t wait = ls_backoff_next (&self->backoff, self->draw, self->draw_data);

  self->phase = LS_PHASE_WAITING;
  self->phase_deadline = at.monotonic + MAX (wait, retry_after);
  self->fallback_at = -1;
  g_clear_error (&self->error);
  self->error = g_error_copy (error);
  return LS_CONNECTION_ACTION_STATUS;
}

/* Whether another way may get through where this one failed. */
static bool
is_about_the_way (const GError *error,
                  int64_t       retry_after)
{
  return retry_after == 0 && !g_error_matches (error, LS_ERROR, LS_ERROR_RATE_LIMIT);
}

/* Without a session: goes on with what is left of the round, or waits for the next. */
static LsConnectionActions
go_on (LsConnectionMachine *self,
       const GError        *error,
       int64_t              retry_after,
       LsMoment             at)
{
  LsWay *poll = &self->ways[LS_CONNECTION_ROUTE_POLL];

  if (self->has_poll && !poll->tried && poll->state == LS_WAY_IDLE &&
      is_about_the_way (error, retry_after))
    {
      self->phase = LS_PHASE_TRYING;
      self->fallback_at = -1;
      return open_way (self, LS_CONNECTION_ROUTE_POLL, at);
    }
  if (is_trying (self, LS_CONNECTION_ROUTE_SOCKET) || is_trying (self, LS_CONNECTION_ROUTE_POLL))
    {
      self->phase = LS_PHASE_TRYING;
      return LS_CONNECTION_ACTION_NONE;
    }
  return wait_for_next (self, error, retry_after, at);
}

static LsConnectionActions
session_lost (LsConnectionMachine *self,
              LsConnectionRoute    route,
              const GError        *error,
              int64_t              retry_after,
              LsMoment             at)
{
  bool was_ready = self->phase == LS_PHASE_READY;
  bool was_stable = was_ready && at.monotonic - self->ready_at >= STABLE_AFTER;

  if (was_stable)
    ls_backoff_reset (&self->backoff);
  if (was_ready)
    ls_connection_health_reconnects (&self->health, at.monotonic);
  if (route == LS_CONNECTION_ROUTE_SOCKET && was_ready && self->has_poll)
    note_drop (self, at);
  /* One that held for so long is trusted like a new one. */
  if (route == LS_CONNECTION_ROUTE_SOCKET && was_ready &&
      at.monotonic - self->ready_at >= FLAPPING_WITHIN)
    self->probe_wait = self->options.probe_first;
  self->current = LS_CONNECTION_ROUTE_NONE;
  self->moving = false;
  self->ping_unanswered = false;
  self->probe_at = -1;
  /* What worked a moment ago is given a moment, all ways at once would be a rush. */
  if (was_ready && !is_trying (self, LS_CONNECTION_ROUTE_SOCKET))
    return LS_CONNECTION_ACTION_END | wait_for_next (self, error, retry_after, at);
  return LS_CONNECTION_ACTION_END | go_on (self, error, retry_after, at);
}

LsConnectionActions
ls_connection_way_lost (LsConnectionMachine *self,
                        LsConnectionRoute    route,
                        const GError        *error,
                        int64_t              retry_after,
                        LsMoment             at)
{
  LsConnectionActions actions = close_way (self, route);
  bool signed_out = g_error_matches (error, LS_ERROR, LS_ERROR_AUTH);
  bool too_old = g_error_matches (error, LS_ERROR, LS_ERROR_TOO_OLD);

  /* A session goes on, whatever was tried beside it. */
  if (self->current != LS_CONNECTION_ROUTE_NONE && self->current != route)
    {
      if (route == LS_CONNECTION_ROUTE_SOCKET)
        schedule_probe (self, at);
      return actions;
    }
  if (signed_out || too_old)
    {
      self->signed_out = signed_out;
      self->too_old = too_old;
      self->phase = LS_PHASE_STOPPED;
      g_clear_error (&self->error);
      self->error = g_error_copy (error);
      if (self->current != LS_CONNECTION_ROUTE_NONE)
        actions |= LS_CONNECTION_ACTION_END;
      self->current = LS_CONNECTION_ROUTE_NONE;
      return actions | ls_connection_close_ways (self) | LS_CONNECTION_ACTION_STATUS;
    }
  if (self->current == route)
    return actions | session_lost (self, route, error, retry_after, at);
  return actions | go_on (self, error, retry_after, at);
}

/**
 * ls_connection_machine_failed:
 * @self: a machine
 * @route: a way, or that of the session when the session can't go on
 * @error: why, of %LS_ERROR
 * @retry_after: µs that the server asked to be left alone, or 0
 * @at: the present moment
 *
 * The way closed or did not open.
 *
 * Returns: what to do
 */
LsConnectionActions
ls_connection_machine_failed (LsConnectionMachine *self,
                              LsConnectionRoute    route,
                              const GError        *error,
                              int64_t              retry_after,
                              LsMoment             at)
{
  if (route == LS_CONNECTION_ROUTE_NONE || self->ways[route].state == LS_WAY_IDLE)
    return LS_CONNECTION_ACTION_NONE;
  return ls_connection_settle (
      self, ls_connection_way_lost (self, route, error, retry_after, at), at);
}

LsConnectionActions
ls_connection_tick_ways (LsConnectionMachine *self,
                         LsMoment             at)
{
  g_autoptr (GError) error =
      g_error_new_literal (LS_ERROR, LS_ERROR_TIMEOUT, "no connection came up");
  LsConnectionActions actions = LS_CONNECTION_ACTION_NONE;

  for (unsigned i = 0; i < LS_N_CONNECTION_ROUTES; i++)
    if (is_trying (self, (LsConnectionRoute) i) && at.monotonic >= self->ways[i].deadline)
      actions |= ls_connection_way_lost (self, (LsConnectionRoute) i, error, 0, at);
  if (self->fallback_at >= 0 && at.monotonic >= self->fallback_at)
    {
      self->fallback_at = -1;
      if (self->phase != LS_PHASE_READY &&
          self->ways[LS_CONNECTION_ROUTE_POLL].state == LS_WAY_IDLE)
        actions |= open_way (self, LS_CONNECTION_ROUTE_POLL, at);
    }
  if (self->probe_at >= 0 && at.monotonic >= self->probe_at)
    actions |= ls_connection_probe (self, at);
  return actions;
}

static int64_t
sooner (int64_t a,
        int64_t b)
{
  return a < 0 || (b >= 0 && b < a) ? b : a;
}

int64_t
ls_connection_ways_due (LsConnectionMachine *self)
{
  int64_t due = sooner (self->fallback_at, self->probe_at);

  for (unsigned i = 0; i < LS_N_CONNECTION_ROUTES; i++)
    if (is_trying (self, (LsConnectionRoute) i))
      due = sooner (due, self->ways[i].deadline);
  return due;
}
