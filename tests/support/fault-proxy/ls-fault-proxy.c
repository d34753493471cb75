/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A bad network between a client and a server: see README.md. */
/* accept4() */
#define _GNU_SOURCE
#include "config.h"

#include <errno.h>
#include <gio/gio.h>
#include <gio/gunixinputstream.h>
#include <gio/gunixsocketaddress.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/un.h>
#include <unistd.h>

#include "ls-fault-chaos.h"
#include "ls-fault-link.h"

typedef struct {
  LsFaultProxy proxy;
  LsFaultChaos *chaos;
  struct sockaddr_storage own;
  socklen_t own_length;
  int keeper; /* bound, never listening: keeps the port while connections are refused */
  int listener;
  unsigned watch;
  GMainLoop *loop;
  GDataInputStream *input;
} Program;

/* --- Addresses ------------------------------------------------------------------------------- */

static bool
parse_address (const char              *text,
               struct sockaddr_storage *ret_address,
               socklen_t               *ret_length)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocketConnectable) host = NULL;

  if (text == NULL)
    return false;
  if (g_str_has_prefix (text, "unix:"))
    address = g_unix_socket_address_new (text + strlen ("unix:"));
  else
    {
      const char *bare = g_str_has_prefix (text, "http://") ? text + strlen ("http://") : text;

      host = g_network_address_parse (bare, 0, NULL);
      if (host != NULL)
        address = g_inet_socket_address_new_from_string (
            g_network_address_get_hostname (G_NETWORK_ADDRESS (host)),
            g_network_address_get_port (G_NETWORK_ADDRESS (host)));
    }
  *ret_length = address != NULL ? (socklen_t) g_socket_address_get_native_size (address) : 0;
  return address != NULL &&
         g_socket_address_to_native (address, ret_address, sizeof *ret_address, NULL);
}

static void
print_address (Program *program)
{
  g_autoptr (GSocketAddress) address = NULL;

  address = g_socket_address_new_from_native (&program->own, program->own_length);
  if (G_IS_UNIX_SOCKET_ADDRESS (address))
    g_print ("listening unix:%s\n", g_unix_socket_address_get_path (G_UNIX_SOCKET_ADDRESS (address)));
  else
    g_print ("listening 127.0.0.1:%u\n",
             g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));
}

/* --- Listening ------------------------------------------------------------------------------- */

static gboolean
accept_cb (int          fd,
           GIOCondition condition,
           gpointer     data)
{
  Program *program = data;
  int client = accept4 (fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

  if (client >= 0)
    ls_fault_link_new (&program->proxy, client);
  return G_SOURCE_CONTINUE;
}

static int
bound_socket (Program *program)
{
  int fd = socket (program->own.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int yes = 1;

  if (program->own.ss_family != AF_UNIX)
    setsockopt (fd, SOL_SOCKET, SO_REUSEPORT, &yes, sizeof yes);
  if (bind (fd, (const struct sockaddr *) &program->own, program->own_length) != 0)
    {
      g_printerr ("ls-fault-proxy: cannot listen: %s\n", g_strerror (errno));
      exit (1);
    }
  return fd;
}

static void
start_listening (Program *program)
{
  if (program->listener >= 0)
    return;
  program->listener = bound_socket (program);
  if (listen (program->listener, 128) != 0)
    {
      g_printerr ("ls-fault-proxy: cannot listen: %s\n", g_strerror (errno));
      exit (1);
    }
  program->watch = g_unix_fd_add (program->listener, G_IO_IN, accept_cb, program);
}

static void
stop_listening (Program *program)
{
  if (program->listener < 0)
    return;
  g_source_remove (program->watch);
  close (program->listener);
  program->listener = -1;
  if (program->own.ss_family == AF_UNIX)
    unlink (((const struct sockaddr_un *) &program->own)->sun_path);
}

/* The port must be one and the same each time. */
static void
choose_port (Program *program)
{
  if (program->own.ss_family == AF_UNIX)
    return;
  program->keeper = bound_socket (program);
  program->own_length = sizeof program->own;
  getsockname (program->keeper, (struct sockaddr *) &program->own, &program->own_length);
}

/* --- Commands -------------------------------------------------------------------------------- */

static bool
parse_number (const char *text,
              uint64_t   *ret_number)
{
  return text != NULL && g_ascii_string_to_unsigned (text, 10, 0, 1000000000, ret_number, NULL);
}

/* Those that @way names: up, down or both. */
static bool
choose_lanes (Program     *program,
              const char  *way,
              LsFaultLane *ret_lanes[LS_FAULT_N_WAYS])
{
  bool both = g_strcmp0 (way, "both") == 0;

  ret_lanes[0] = both || g_strcmp0 (way, "up") == 0 ? &program->proxy.lanes[LS_FAULT_UP] : NULL;
  ret_lanes[1] = both || g_strcmp0 (way, "down") == 0 ? &program->proxy.lanes[LS_FAULT_DOWN] : NULL;
  return ret_lanes[0] != NULL || ret_lanes[1] != NULL;
}

static bool
set_lane (LsFaultLane *lane,
          const char  *word,
          uint64_t     first,
          uint64_t     second)
{
  if (g_str_equal (word, "hold"))
    lane->hold = true;
  else if (g_str_equal (word, "free"))
    lane->hold = false;
  else if (g_str_equal (word, "delay"))
    {
      lane->delay = (int64_t) first * 1000;
      lane->jitter = (int64_t) second * 1000;
    }
  else if (g_str_equal (word, "throttle"))
    lane->rate = first;
  else if (g_str_equal (word, "noise"))
    lane->noise = first;
  else if (g_str_equal (word, "flip"))
    lane->flip_at = first;
  else if (g_str_equal (word, "truncate"))
    lane->truncate_at = first;
  else
    return false;
  return true;
}

static bool
run_lane_command (Program *program,
                  char   **words)
{
  LsFaultLane *lanes[LS_FAULT_N_WAYS];
  uint64_t first = 0;
  uint64_t second = 0;
  bool known = true;

  if (!choose_lanes (program, words[1], lanes) ||
      (words[2] != NULL && !parse_number (words[2], &first)) ||
      (words[2] != NULL && words[3] != NULL && !parse_number (words[3], &second)))
    return false;
  for (unsigned i = 0; i < LS_FAULT_N_WAYS && known; i++)
    known = lanes[i] == NULL || set_lane (lanes[i], words[0], first, second);
  return known;
}

static void
block_free (gpointer data)
{
  LsFaultBlock *block = data;

  g_free (block->text);
  g_free (block);
}

static bool
run_block (Program *program,
           char   **words)
{
  bool by_upgrade = g_strcmp0 (words[1], "upgrade") == 0;
  const char *how = g_strv_length (words) > 3 ? words[3] : "403";
  LsFaultBlock *block;
  uint64_t status = 0;
  bool hangs = g_str_equal (how, "hang");

  if (g_strv_length (words) < 3 || (!by_upgrade && !g_str_equal (words[1], "path")) ||
      (!hangs && !g_str_equal (how, "reset") && !parse_number (how, &status)))
    return false;
  block = g_new0 (LsFaultBlock, 1);
  block->by_upgrade = by_upgrade;
  block->text = g_strdup (words[2]);
  block->status = hangs ? -1 : (int) status;
  g_ptr_array_add (program->proxy.blocks, block);
  return true;
}

static void
cut (Program *program)
{
  while (program->proxy.links->len > 0)
    ls_fault_link_reset (g_ptr_array_index (program->proxy.links, 0));
}

static void
calm (Program *program)
{
  ls_fault_chaos_stop (program->chaos);
  for (unsigned i = 0; i < LS_FAULT_N_WAYS; i++)
    program->proxy.lanes[i] = (LsFaultLane) { .n_bytes = program->proxy.lanes[i].n_bytes };
  g_ptr_array_set_size (program->proxy.blocks, 0);
  program->proxy.idle = 0;
  start_listening (program);
}

static bool
run_chaos (Program *program,
           char   **words)
{
  unsigned n_words = g_strv_length (words);
  uint64_t seed, interval = 500;

  if (!parse_number (words[1], &seed) || (n_words > 2 && !parse_number (words[2], &interval)))
    return false;
  g_rand_set_seed (program->proxy.dice, (guint32) seed);
  ls_fault_chaos_start (program->chaos, (unsigned) MAX (interval, 10),
                        n_words > 3 && g_str_equal (words[3], "noise"));
  return true;
}

static bool
run_idle (Program *program,
          char   **words)
{
  uint64_t idle;

  if (!parse_number (words[1], &idle))
    return false;
  program->proxy.idle = (unsigned) idle;
  return true;
}

static bool
run_command (Program *program,
             char   **words)
{
  LsFaultProxy *proxy = &program->proxy;
  const char *word = words[0];

  if (word == NULL)
    return false;
  if (g_str_equal (word, "cut"))
    cut (program);
  else if (g_str_equal (word, "refuse"))
    stop_listening (program);
  else if (g_str_equal (word, "accept"))
    start_listening (program);
  else if (g_str_equal (word, "calm"))
    calm (program);
  else if (g_str_equal (word, "unblock"))
    g_ptr_array_set_size (proxy->blocks, 0);
  else if (g_str_equal (word, "block"))
    return run_block (program, words);
  else if (g_str_equal (word, "to"))
    return parse_address (words[1], &proxy->server, &proxy->server_length);
  else if (g_str_equal (word, "idle"))
    return run_idle (program, words);
  else if (g_str_equal (word, "chaos"))
    return run_chaos (program, words);
  else if (g_str_equal (word, "quit"))
    g_main_loop_quit (program->loop);
  else if (!g_str_equal (word, "count"))
    return run_lane_command (program, words);
  return true;
}

static void
answer (Program *program,
        bool     is_done)
{
  LsFaultProxy *proxy = &program->proxy;

  if (is_done)
    g_print ("ok up %" G_GUINT64_FORMAT " down %" G_GUINT64_FORMAT " connections %" G_GUINT64_FORMAT
             " open %u blocked %" G_GUINT64_FORMAT "\n",
             proxy->lanes[LS_FAULT_UP].n_bytes, proxy->lanes[LS_FAULT_DOWN].n_bytes, proxy->n_links,
             proxy->links->len, proxy->n_blocked);
  else
    g_print ("unknown\n");
}

static void
update_links (LsFaultProxy *proxy)
{
  /* One may end, and then the last takes its place. */
  for (unsigned i = proxy->links->len; i > 0; i--)
    if (i <= proxy->links->len)
      ls_fault_link_update (g_ptr_array_index (proxy->links, i - 1));
}

static void
line_cb (GObject      *source,
         GAsyncResult *result,
         gpointer      data)
{
  Program *program = data;
  g_autofree char *line =
      g_data_input_stream_read_line_finish (G_DATA_INPUT_STREAM (source), result, NULL, NULL);
  g_auto (GStrv) words = NULL;

  if (line == NULL)
    {
      g_main_loop_quit (program->loop);
      return;
    }
  words = g_strsplit (g_strstrip (line), " ", -1);
  answer (program, run_command (program, words));
  update_links (&program->proxy);
  g_data_input_stream_read_line_async (program->input, G_PRIORITY_DEFAULT, NULL, line_cb, program);
}

static void
chaos_cb (LsFaultAct act,
          gpointer   data)
{
  Program *program = data;

  if (act == LS_FAULT_ACT_CUT)
    cut (program);
  else if (act == LS_FAULT_ACT_REFUSE)
    stop_listening (program);
  else if (act == LS_FAULT_ACT_ACCEPT)
    start_listening (program);
  update_links (&program->proxy);
}

int
main (int    argc,
      char **argv)
{
  Program program = { .keeper = -1, .listener = -1 };
  g_autoptr (GInputStream) input = g_unix_input_stream_new (STDIN_FILENO, FALSE);

  if (argc != 3 || !parse_address (argv[1], &program.own, &program.own_length) ||
      !parse_address (argv[2], &program.proxy.server, &program.proxy.server_length))
    {
      g_printerr ("usage: ls-fault-proxy LISTEN SERVER\n"
                  "each HOST:PORT (port 0 to listen on a free one) or unix:PATH\n");
      return 2;
    }
  prctl (PR_SET_PDEATHSIG, SIGKILL);
  program.proxy.blocks = g_ptr_array_new_with_free_func (block_free);
  program.proxy.links = g_ptr_array_new ();
  program.proxy.dice = g_rand_new_with_seed (1);
  program.chaos = ls_fault_chaos_new (&program.proxy, chaos_cb, &program);
  program.loop = g_main_loop_new (NULL, FALSE);
  choose_port (&program);
  start_listening (&program);
  print_address (&program);
  program.input = g_data_input_stream_new (input);
  g_data_input_stream_read_line_async (program.input, G_PRIORITY_DEFAULT, NULL, line_cb, &program);
  g_main_loop_run (program.loop);
  cut (&program);
  stop_listening (&program);
  ls_fault_chaos_free (program.chaos);
  g_object_unref (program.input);
  g_rand_free (program.proxy.dice);
  g_ptr_array_unref (program.proxy.blocks);
  g_ptr_array_unref (program.proxy.links);
  g_main_loop_unref (program.loop);
  if (program.keeper >= 0)
    close (program.keeper);
  return 0;
}
