/* SPDX-License-Identifier: GPL-3.0-or-later */

#include <string.h>

#include "client/ls-connection-machine.h"
#include "core/ls-error.h"

/*
 * Scripts. A line is what happens, after so many milliseconds, and what the machine wants done:
 *
 *   +2500 tick: open-poll
 *
 * Events: quiet (time passes, the session's pings are answered after 10 ms; all that is wanted
 * meanwhile but pings and statuses), start, stop, offline, online, token, try-now, other-times (the admin
 * sets shorter ones), tick; and with socket or poll before them:
 * opened, pong, proof (the pong of a proof), alive, slow (alive after 3 s), missed, lost, refused,
 * timed-out, auth, too-old, limited (to be left alone for 100 s), down (as limited, by 503). ready
 * is a welcome. "…" instead of actions: whatever they are. A line that begins with = says what the
 * status is: state health kind.
 *
 * Chance always draws a wait of a second.
 */

#define SECOND ((int64_t) G_USEC_PER_SEC)
#define MAX_LINES 60

typedef struct {
  const char *name;
  bool only_socket;
  const char *lines[MAX_LINES];
} Script;

static const Script scripts[] = {
  { "socket-at-once", false,
    { "start: open-socket status", "= connecting offline live", "socket opened: take",
      "+40 ready: ping status", "= live good live", "+38 socket pong: status",
      "+2500 tick:", "+60000 stop: close-socket end status", "= offline offline live" } },
  { "socket-blocked", false,
    { "start: open-socket status", "+2499 tick:", "+1 tick: open-poll", "+100 poll opened: take",
      "+50 ready: ping status", "= limited good live",
      /* It has its 15 s, then it is tried now and then. */
      "+12340 quiet:", "+20 quiet: close-socket", "+59900 quiet:", "+200 quiet: open-socket",
      "+14800 quiet:", "+200 quiet: close-socket", "+119600 quiet:", "+400 quiet: open-socket",
      "+1 socket opened: prove",
      /* The session goes on where it is until the proof is here. */
      "= limited good live", "+30 socket proof: close-poll end take", "+20 ready: ping status",
      "= live good live" } },
  { "socket-refused", false,
    { "start: open-socket status", "+5 socket refused: close-socket open-poll",
      "+5 poll opened: take", "ready: ping status", "+59990 quiet:", "+20 quiet: open-socket" } },
  /* Let up by a proxy that swallows what is said. */
  { "socket-mute", false,
    { "start: open-socket status", "+10 socket opened: take", "+2489 tick:", "+1 tick: open-poll",
      "+10 poll opened: close-socket end take", "ready: ping status",
      "+60010 quiet: open-socket", "+10 socket opened: prove", "+15000 quiet: close-socket",
      "= limited good live" } },
  { "socket-late", false,
    { "start: open-socket status", "+2500 tick: open-poll", "+10 socket opened: take",
      "+10 ready: close-poll ping status", "= live good live", "poll opened:" } },
  { "poll-late", false,
    { "start: open-socket status", "+2500 tick: open-poll", "+10 socket opened: take",
      "+20 poll opened: close-poll", "+20 ready: ping status", "= live good live" } },
  /* Both come up at once, and the WebSocket says nothing more. */
  { "poll-late-socket-mute", false,
    { "start: open-socket status", "+2500 tick: open-poll", "+10 socket opened: take",
      "+20 poll opened: close-poll", "+2479 tick:", "+1 tick: open-poll",
      "+20 poll opened: close-socket end take", "ready: ping status" } },
  { "both-fail", false,
    { "start: open-socket status", "+5 socket refused: close-socket open-poll",
      "+5 poll refused: close-poll status", "= connecting offline live", "+990 quiet:",
      "+20 quiet: open-socket", "+5 socket refused: close-socket open-poll",
      "+5 poll refused: close-poll status", "+990 quiet:", "+20 quiet: open-socket" } },
  { "socket-silent-poll-refused", false,
    { "start: open-socket status", "+2500 tick: open-poll", "+5 poll refused: close-poll",
      "= connecting offline live", "+12495 tick: close-socket status", "= connecting offline live" } },
  /* To be left alone concerns all ways. */
  { "left-alone", false,
    { "start: open-socket status", "+5 socket limited: close-socket status", "+99999 tick:",
      "+1 tick: open-socket status", "+5 socket down: close-socket status", "+99999 tick:",
      "+1 tick: open-socket status" } },
  { "signed-out", false,
    { "start: open-socket status", "+5 socket auth: close-socket status",
      "= signed-out offline live", "+600000 tick:", "try-now:",
      "token: open-socket status", "= connecting offline live" } },
  { "signed-out-on-poll", false,
    { "start: open-socket status", "+2500 tick: open-poll", "poll opened: take",
      "ready: ping status", "+1 poll auth: close-socket close-poll end status",
      "= signed-out offline live" } },
  /* What is tried beside a session does not end it. */
  { "probe-refused", false,
    { "start: open-socket status", "+5 socket refused: close-socket open-poll",
      "poll opened: take", "ready: ping status", "+60010 quiet: open-socket",
      "+5 socket auth: close-socket", "= limited good live", "+119990 quiet:",
      "+20 quiet: open-socket", "+5 socket too-old: close-socket", "= limited good live" } },
  { "too-old", false,
    { "start: open-socket status", "+5 socket too-old: close-socket status",
      "= too-old offline live", "+600000 tick:", "try-now: open-socket status" } },
  { "lost-and-back", false,
    { "start: open-socket status", "socket opened: take", "ready: ping status",
      "+60000 quiet:", "socket lost: close-socket end status", "= connecting offline live",
      "+990 quiet:", "+20 quiet: open-socket", "socket opened: take", "ready: ping status",
      "= live fair live" } },
  { "lost-on-poll", false,
    { "start: open-socket status", "+5 socket refused: close-socket open-poll",
      "poll opened: take", "ready: ping status", "+20000 poll lost: close-poll end status",
      /* Maybe it is another network: both are tried, and who is proved first has the session. */
      "+1000 tick: open-socket open-poll status", "+5 socket opened: prove",
      "+5 socket proof: take", "+5 ready: close-poll ping status", "= live fair live" } },
  { "proved-just-before-poll", false,
    { "start: open-socket status", "+5 socket refused: close-socket open-poll",
      "poll opened: take", "ready: ping status", "+20000 poll lost: close-poll end status",
      "+1000 tick: open-socket open-poll status", "+5 socket opened: prove",
      "+5 socket proof: take", "+5 poll opened: close-poll", "+5 ready: ping status",
      "= live fair live" } },
  { "lost-while-probing", false,
    { "start: open-socket status", "+5 socket refused: close-socket open-poll",
      "poll opened: take", "ready: ping status", "+60010 quiet: open-socket",
      "+5 poll lost: close-poll end status", "= connecting offline live",
      "+5 socket opened: prove", "+5 socket proof: take", "ready: ping status" } },
  { "moved-in-vain", false,
    { "start: open-socket status", "+5 socket refused: close-socket open-poll",
      "poll opened: take", "ready: ping status", "+60010 quiet: open-socket",
      "+5 socket opened: prove", "+5 socket proof: close-poll end take",
      "= limited good live", "+5 socket lost: close-socket end status",
      "+1000 tick: open-socket open-poll status", "+5 poll opened: take", "ready: ping status",
      "= limited good live" } },
  { "flapping", false,
    { "start: open-socket status", "socket opened: take", "ready: ping status",
      "+10000 socket lost: close-socket end status", "+1000 tick: open-socket status",
      "socket opened: take", "ready: ping status", "+10000 socket lost: close-socket end status",
      "+1000 tick: open-socket status", "socket opened: take", "ready: ping status",
      "+10000 socket lost: close-socket end status",
      /* Three times in two minutes: requests first, and the WebSocket is left alone. */
      "+1000 tick: open-poll status", "poll opened: take", "ready: ping status",
      "= limited poor live", "+58990 quiet:", "+1020 quiet: open-socket",
      "+5 socket opened: prove", "+5 socket proof: close-poll end take" } },
  { "by-hand", false,
    { "start: open-socket status", "+2500 tick: open-poll", "poll opened: take",
      "ready: ping status", "offline: close-socket close-poll end status",
      "= offline offline live", "+600000 tick:", "try-now:", "online: open-socket open-poll status",
      "= connecting offline live" } },
  { "try-now-while-waiting", false,
    { "start: open-socket status", "+5 socket refused: close-socket open-poll",
      "poll refused: close-poll status", "+10 try-now: open-socket status" } },
  { "try-now-on-poll", false,
    { "start: open-socket status", "+5 socket refused: close-socket open-poll",
      "poll opened: take", "ready: ping status", "poll pong: status",
      "+1000 try-now: open-socket ping", "+5 socket refused: close-socket", "poll pong: status",
      /* Not again at once. */
      "+1000 try-now: ping", "poll pong: status", "+10000 try-now: open-socket ping" } },
  { "offline-after-ten", true,
    { "start: open-socket status", "socket refused: …", "+60000 tick: …", "socket refused: …",
      "+60000 tick: …", "socket refused: …", "+60000 tick: …", "socket refused: …",
      "+60000 tick: …", "socket refused: …", "+60000 tick: …", "socket refused: …",
      "+60000 tick: …", "socket refused: …", "+60000 tick: …", "socket refused: …",
      "+60000 tick: …", "socket refused: …", "= connecting offline live", "+60000 tick: …",
      "socket refused: …", "= offline offline live", "+30000 tick: open-socket status" } },
  { "poor-and-good-again", false,
    { "start: open-socket status", "socket opened: take", "ready: ping status",
      "+40 socket pong: status", "+30000 tick: ping", "+2500 tick: status", "= live good live",
      "+2500 tick: status", "= limited poor live", "+10 socket pong: status",
      "+4990 tick: ping", "+10 socket pong: status", "+4990 tick: ping", "+10 socket pong: status",
      "= limited poor live", "+4990 tick: ping", "+10 socket pong: status", "= live good live" } },
  { "one-slow-answer", false,
    { "start: open-socket status", "socket opened: take", "ready: ping status",
      "+40 socket pong: status", "+30000 tick: ping", "+2500 tick: status",
      "+100 socket pong: status", "= live good live", "+4900 tick: ping",
      "+40 socket pong: status", "= live good live" } },
  { "dead", false,
    { "start: open-socket status", "socket opened: take", "ready: ping status",
      "+2500 tick: status", "+2500 tick: status", "+2500 tick: status", "+2500 tick: status",
      "+2500 tick: status", "+2500 tick: close-socket end status", "= connecting offline live" } },
  { "poll-misses", false,
    { "start: open-socket status", "+5 socket refused: close-socket open-poll",
      "poll opened: take", "ready: ping status", "+10 poll pong: status", "poll missed:",
      "= limited good live", "poll missed: status", "= limited poor live", "+10000 poll alive:",
      "+10000 poll alive:", "+10000 poll alive: status", "= limited good live",
      "+10 poll slow:", "+10 poll slow: status", "= limited poor live" } },
  /* What is set while it is up holds from then on, and a new session's times are no longer than it. */
  { "other-times", false,
    { "start: open-socket status", "socket opened: take", "+40 ready: ping status",
      "+38 socket pong: status", "+60000 quiet:", "other-times:", "+5000 tick: ping",
      "+38 socket pong: …", "+4950 tick:", "+50 tick: ping", "+1 socket lost: close-socket end status",
      "+500 tick:", "+500 tick: open-socket status", "+2500 tick: open-poll",
      "+1000 poll refused: close-poll", "+499 tick:", "+1 tick: close-socket status" } },
  { "no-fallback", true,
    { "start: open-socket status", "+2500 tick:", "+12500 tick: close-socket status",
      "+1000 tick: open-socket status", "socket opened: take", "+15000 tick: close-socket end status" } },
};

typedef struct {
  LsConnectionMachine *machine;
  LsMoment at;
} Run;

static uint64_t
a_second (gpointer user_data)
{
  return 999999;
}

static const char *const action_names[] = {
  "close-socket", "close-poll", "end", "open-socket", "open-poll", "take", "prove", "ping", "status",
};

static char *
names_of (LsConnectionActions actions)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (size_t i = 0; i < G_N_ELEMENTS (action_names); i++)
    if (actions & (1u << i))
      g_string_append_printf (text, "%s%s", text->len > 0 ? " " : "", action_names[i]);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

static LsConnectionActions
fail (Run              *run,
      LsConnectionRoute route,
      LsErrorCode       code,
      int64_t           retry_after)
{
  g_autoptr (GError) error = g_error_new (LS_ERROR, (int) code, "so the script says");

  return ls_connection_machine_failed (run->machine, route, error, retry_after, run->at);
}

static LsConnectionActions
way_event (Run              *run,
           LsConnectionRoute route,
           const char       *event)
{
  static const struct {
    const char *name;
    LsErrorCode code;
    int64_t retry_after;
  } failures[] = {
    { "lost", LS_ERROR_NETWORK, 0 },        { "refused", LS_ERROR_WEBSOCKET, 0 },
    { "timed-out", LS_ERROR_TIMEOUT, 0 },   { "auth", LS_ERROR_AUTH, 0 },
    { "too-old", LS_ERROR_TOO_OLD, 0 },     { "limited", LS_ERROR_RATE_LIMIT, 100 * SECOND },
    { "down", LS_ERROR_NETWORK, 100 * SECOND },
  };
  LsConnectionMachine *machine = run->machine;

  for (size_t i = 0; i < G_N_ELEMENTS (failures); i++)
    if (g_str_equal (event, failures[i].name))
      return fail (run, route, failures[i].code, failures[i].retry_after);
  if (g_str_equal (event, "opened"))
    return ls_connection_machine_opened (machine, route, run->at);
  if (g_str_equal (event, "missed"))
    return ls_connection_machine_sign (machine, route, LS_SIGN_MISSED, -1, run->at);
  if (g_str_equal (event, "alive"))
    return ls_connection_machine_sign (machine, route, LS_SIGN_ALIVE, SECOND / 20, run->at);
  if (g_str_equal (event, "slow"))
    return ls_connection_machine_sign (machine, route, LS_SIGN_ALIVE, 3 * SECOND, run->at);
  ls_connection_machine_received (machine, route, run->at);
  if (g_str_equal (event, "pong"))
    return ls_connection_machine_pong (machine, route, ls_connection_machine_get_ping (machine),
                                       run->at);
  g_assert_cmpstr (event, ==, "proof");
  return ls_connection_machine_pong (machine, route, ls_connection_machine_get_proof (machine),
                                     run->at);
}

static LsConnectionActions event (Run        *run,
                                  const char *name);

static void
pass (Run    *run,
      int64_t duration)
{
  run->at.now += duration;
  run->at.monotonic += duration;
}

static void
answer_ping (Run *run)
{
  event (run, ls_connection_machine_get_route (run->machine) == LS_CONNECTION_ROUTE_POLL
                  ? "poll pong"
                  : "socket pong");
}

static LsConnectionActions
stay_quiet (Run    *run,
            int64_t duration)
{
  int64_t end = run->at.monotonic + duration;
  LsConnectionActions all = LS_CONNECTION_ACTION_NONE;

  if (ls_connection_machine_get_route (run->machine) != LS_CONNECTION_ROUTE_NONE)
    answer_ping (run);
  for (;;)
    {
      int64_t due = ls_connection_machine_get_deadline (run->machine);
      LsConnectionActions actions;

      if (due < 0 || due > end)
        break;
      pass (run, MAX (due - run->at.monotonic, 0));
      actions = event (run, "tick");
      all |= actions;
      if (actions & LS_CONNECTION_ACTION_PING)
        {
          pass (run, 10000);
          answer_ping (run);
        }
    }
  pass (run, MAX (end - run->at.monotonic, 0));
  return (LsConnectionActions) (all &
                                ~(LS_CONNECTION_ACTION_PING | LS_CONNECTION_ACTION_STATUS));
}

static LsConnectionActions
event (Run        *run,
       const char *name)
{
  LsConnectionMachine *machine = run->machine;

  if (g_str_has_prefix (name, "socket "))
    return way_event (run, LS_CONNECTION_ROUTE_SOCKET, name + 7);
  if (g_str_has_prefix (name, "poll "))
    return way_event (run, LS_CONNECTION_ROUTE_POLL, name + 5);
  if (g_str_equal (name, "start"))
    return ls_connection_machine_start (machine, run->at);
  if (g_str_equal (name, "stop"))
    return ls_connection_machine_stop (machine, run->at);
  if (g_str_equal (name, "offline") || g_str_equal (name, "online"))
    return ls_connection_machine_set_by_hand (machine, g_str_equal (name, "offline"), run->at);
  if (g_str_equal (name, "token"))
    return ls_connection_machine_credentials (machine, run->at);
  if (g_str_equal (name, "try-now"))
    return ls_connection_machine_try_now (machine, run->at);
  if (g_str_equal (name, "other-times"))
    {
      LsConnectionOptions options;

      ls_connection_options_init (&options);
      options.heartbeat = 5 * SECOND;
      options.connect_timeout = 4 * SECOND;
      ls_connection_machine_set_options (machine, &options);
      return LS_CONNECTION_ACTION_NONE;
    }
  if (g_str_equal (name, "ready"))
    return ls_connection_machine_ready (machine, 30 * SECOND, run->at);
  g_assert_cmpstr (name, ==, "tick");
  return ls_connection_machine_tick (machine, run->at);
}

static void
check_status (Run        *run,
              const char *wanted)
{
  static const char *const kinds[] = { "live", "long-poll", "poll" };
  g_autoptr (LsConnectionStatus) status =
      ls_connection_machine_get_status (run->machine, run->at);
  g_autofree char *is =
      g_strdup_printf ("%s %s %s", ls_connection_state_to_name (status->state),
                       ls_health_to_name (status->health), kinds[status->kind]);

  g_assert_cmpstr (is, ==, wanted);
}

static void
run_line (Run        *run,
          const char *line)
{
  g_auto (GStrv) sides = NULL;
  const char *name = line;
  const char *wanted;
  g_autofree char *is = NULL;

  if (g_str_has_prefix (line, "= "))
    {
      check_status (run, line + 2);
      return;
    }
  sides = g_strsplit (line, ":", 2);
  name = sides[0];
  wanted = g_strchug (sides[1]);
  if (*name == '+')
    {
      char *end = NULL;
      int64_t step = g_ascii_strtoll (name + 1, &end, 10) * 1000;

      name = end + 1;
      if (g_str_equal (name, "quiet"))
        is = names_of (stay_quiet (run, step));
      else
        pass (run, step);
    }
  if (is == NULL)
    is = names_of (event (run, name));
  if (!g_str_equal (wanted, "…"))
    g_assert_cmpstr (is, ==, wanted);
}

static void
test_script (gconstpointer data)
{
  const Script *script = data;
  LsConnectionOptions options;
  Run run = { NULL, { 1790000000 * SECOND, 1000 * SECOND } };

  ls_connection_options_init (&options);
  run.machine = ls_connection_machine_new (&options, a_second, NULL);
  ls_connection_machine_set_fallback (run.machine, !script->only_socket);
  for (size_t i = 0; i < MAX_LINES && script->lines[i] != NULL; i++)
    {
      g_test_message ("%s", script->lines[i]);
      run_line (&run, script->lines[i]);
    }
  ls_connection_machine_free (run.machine);
}

/*
 * Whatever happens: what is closed was open, there is a session exactly between take and end, a
 * machine that is started always has something to wait for, and when both ways answer there is a
 * session again before long.
 */
static void
test_random (gconstpointer data)
{
  static const char *const events[] = {
    "socket opened", "socket pong", "socket proof", "socket lost", "socket refused",
    "poll opened",   "poll pong",   "poll alive",   "poll missed", "poll lost",
    "poll refused",  "ready",       "try-now",      "tick",        "tick",
    "tick",          "tick",        "offline",      "online",
  };
  g_autoptr (GRand) dice = g_rand_new_with_seed (GPOINTER_TO_UINT (data));
  LsConnectionOptions options;
  Run run = { NULL, { 1790000000 * SECOND, 1000 * SECOND } };
  bool open[LS_N_CONNECTION_ROUTES] = { false, false };
  bool session = false;
  unsigned sessions = 0;

  ls_connection_options_init (&options);
  run.machine = ls_connection_machine_new (&options, a_second, NULL);
  ls_connection_machine_set_fallback (run.machine, true);
  for (int i = 0; i < 50000; i++)
    {
      const char *name = i == 0 ? "start" : events[g_rand_int_range (dice, 0, G_N_ELEMENTS (events))];
      int64_t step = g_rand_int_range (dice, 0, 3) == 0 ? g_rand_int_range (dice, 0, 20000000) : 1000;
      LsConnectionActions actions;

      /* A way that was not asked to open does nothing. */
      if ((g_str_has_prefix (name, "socket ") && !open[LS_CONNECTION_ROUTE_SOCKET]) ||
          (g_str_has_prefix (name, "poll ") && !open[LS_CONNECTION_ROUTE_POLL]))
        continue;
      pass (&run, step);
      actions = event (&run, name);
      if (actions & LS_CONNECTION_ACTION_CLOSE_SOCKET)
        {
          g_assert_true (open[LS_CONNECTION_ROUTE_SOCKET]);
          open[LS_CONNECTION_ROUTE_SOCKET] = false;
        }
      if (actions & LS_CONNECTION_ACTION_CLOSE_POLL)
        {
          g_assert_true (open[LS_CONNECTION_ROUTE_POLL]);
          open[LS_CONNECTION_ROUTE_POLL] = false;
        }
      if (actions & LS_CONNECTION_ACTION_END)
        {
          g_assert_true (session);
          session = false;
        }
      if (actions & LS_CONNECTION_ACTION_OPEN_SOCKET)
        {
          g_assert_false (open[LS_CONNECTION_ROUTE_SOCKET]);
          open[LS_CONNECTION_ROUTE_SOCKET] = true;
        }
      if (actions & LS_CONNECTION_ACTION_OPEN_POLL)
        {
          g_assert_false (open[LS_CONNECTION_ROUTE_POLL]);
          open[LS_CONNECTION_ROUTE_POLL] = true;
        }
      if (actions & LS_CONNECTION_ACTION_TAKE)
        {
          g_assert_false (session);
          session = true;
          sessions++;
        }
      g_assert_true (session == (ls_connection_machine_get_route (run.machine) !=
                                 LS_CONNECTION_ROUTE_NONE));
      if (session)
        g_assert_true (open[ls_connection_machine_get_route (run.machine)]);
      if (actions & LS_CONNECTION_ACTION_PING)
        g_assert_true (session);
      if (actions & LS_CONNECTION_ACTION_PROVE)
        g_assert_true (open[LS_CONNECTION_ROUTE_SOCKET]);
      {
        g_autoptr (LsConnectionStatus) status =
            ls_connection_machine_get_status (run.machine, run.at);

        g_assert_true (status->by_hand || ls_connection_machine_get_deadline (run.machine) >= 0);
      }
    }
  g_assert_cmpuint (sessions, >, 100);
  ls_connection_machine_free (run.machine);
}

int
main (int    argc,
      char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (size_t i = 0; i < G_N_ELEMENTS (scripts); i++)
    {
      g_autofree char *path = g_strconcat ("/connection-machine/", scripts[i].name, NULL);

      g_test_add_data_func (path, &scripts[i], test_script);
    }
  for (unsigned seed = 1; seed <= 3; seed++)
    {
      g_autofree char *path = g_strdup_printf ("/connection-machine/random/%u", seed);

      g_test_add_data_func (path, GUINT_TO_POINTER (seed), test_random);
    }
  return g_test_run ();
}
