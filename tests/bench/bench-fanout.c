/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* sched_setaffinity, pipe2 */
#define G_LOG_DOMAIN "bench-fanout"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "server/wire/ls-wire.h"

/* What a delivered frame costs the server in CPU time: the wire layer against the bare limit, in
 * turns within one run, servers on one core and the load on another. Prints a JSON line for each
 * number of clients and each batch.
 *
 * A round sends to all clients and waits until all have read; a block is some rounds of one
 * server. */

#define FRAME 260
#define BLOCKS 7
#define DELIVERIES 20000 /* of a block, at least */
#define PATIENCE_MS 30000

/* --serve: the wire behind the same commands as tests/bench/limit. */

typedef struct {
  LsWire  *wire;
  int      listener;
  GArray  *handles;
  uint8_t  payload[FRAME];
} Serve;

static void
fail (const char *what)
{
  fprintf (stderr, "bench-fanout: %s: %s\n", what, g_strerror (errno));
  exit (EXIT_FAILURE);
}

static int
listen_anywhere (void)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;
  int fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

  if (fd < 0 || bind (fd, (struct sockaddr *) &address, length) < 0 || listen (fd, 4096) < 0 ||
      getsockname (fd, (struct sockaddr *) &address, &length) < 0)
    fail ("listen");
  printf ("%u\n", ntohs (address.sin_port));
  fflush (stdout);
  return fd;
}

static void
serve_accept (Serve *self)
{
  LsWireHandle handle;
  int fd = accept (self->listener, NULL, NULL);

  if (fd < 0)
    fail ("accept");
  handle = ls_wire_accept (self->wire, fd, NULL, 0, NULL);
  if (handle != LS_WIRE_HANDLE_NONE)
    g_array_append_val (self->handles, handle);
}

/* Encoded anew each time, as a hub does for a group of commits. */
static void
serve_send (Serve   *self,
            unsigned batch)
{
  LsBlobPart parts[64];
  g_autoptr (LsBlob) blob = NULL;

  batch = CLAMP (batch, 1, G_N_ELEMENTS (parts));
  for (unsigned i = 0; i < batch; i++)
    parts[i] = (LsBlobPart){ self->payload, FRAME - 4 };
  blob = ls_blob_new_frames (LS_FRAME_TEXT, parts, batch);
  ls_wire_send (self->wire, &g_array_index (self->handles, LsWireHandle, 0), self->handles->len,
                blob);
}

static gboolean
serve_command (Serve *self)
{
  struct timespec now;
  char line[64];
  ssize_t n = read (STDIN_FILENO, line, sizeof line - 1);

  if (n <= 0)
    return FALSE;
  line[n] = 0;
  if (line[0] == 's')
    {
      serve_send (self, (unsigned) strtoul (line + 1, NULL, 10));
      return TRUE;
    }

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  if (line[0] == 'n')
    printf ("%u\n", self->handles->len);
  else
    printf ("%lld\n", (long long) now.tv_sec * 1000000 + now.tv_nsec / 1000);
  fflush (stdout);
  return TRUE;
}

static int
serve (void)
{
  static const LsWireCallbacks callbacks = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) handles = g_array_new (FALSE, FALSE, sizeof (LsWireHandle));
  Serve self = { .handles = handles };
  LsWireOptions options;
  struct pollfd fds[2];
  gboolean running = TRUE;

  ls_wire_options_init (&options);
  options.max_sessions = 100000;
  self.wire = ls_wire_new (&options, &callbacks, &error);
  if (self.wire == NULL)
    {
      fprintf (stderr, "bench-fanout: %s\n", error->message);
      return EXIT_FAILURE;
    }
  memset (self.payload, 'x', sizeof self.payload);
  self.listener = listen_anywhere ();
  fds[0] = (struct pollfd){ .fd = STDIN_FILENO, .events = POLLIN };
  fds[1] = (struct pollfd){ .fd = self.listener, .events = POLLIN };
  while (running)
    {
      if (poll (fds, G_N_ELEMENTS (fds), -1) < 0)
        fail ("poll");
      if (fds[1].revents != 0)
        serve_accept (&self);
      if (fds[0].revents != 0)
        running = serve_command (&self);
    }
  ls_wire_free (self.wire);
  return EXIT_SUCCESS;
}

/* The load. */

typedef struct {
  const char *name;
  pid_t       pid;
  FILE       *in;  /* its input */
  FILE       *out; /* its output */
  int         epoll_fd;
  int        *clients;
  unsigned    n_clients;
} Server;

static void
pin (int core)
{
  cpu_set_t set;

  CPU_ZERO (&set);
  CPU_SET (core, &set);
  if (sysconf (_SC_NPROCESSORS_ONLN) > 1)
    sched_setaffinity (0, sizeof set, &set);
}

static long long
ask (Server     *self,
     const char *command)
{
  char line[64];

  if (command != NULL)
    {
      fputs (command, self->in);
      fflush (self->in);
    }
  if (fgets (line, sizeof line, self->out) == NULL)
    fail (self->name);
  return strtoll (line, NULL, 10);
}

static void
start_server (Server      *self,
              const char  *path,
              const char  *argument)
{
  int in[2], out[2];

  if (pipe2 (in, O_CLOEXEC) < 0 || pipe2 (out, O_CLOEXEC) < 0)
    fail ("pipe");
  self->pid = fork ();
  if (self->pid < 0)
    fail ("fork");
  if (self->pid == 0)
    {
      dup2 (in[0], STDIN_FILENO);
      dup2 (out[1], STDOUT_FILENO);
      pin (0);
      execl (path, path, argument, NULL);
      fail (path);
    }
  close (in[0]);
  close (out[1]);
  self->in = fdopen (in[1], "w");
  self->out = fdopen (out[0], "r");
}

static void
connect_clients (Server  *self,
                 unsigned n)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };

  address.sin_port = htons ((uint16_t) ask (self, NULL));
  self->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  self->clients = g_new (int, n);
  self->n_clients = n;
  for (unsigned i = 0; i < n; i++)
    {
      struct epoll_event event = { .events = EPOLLIN };

      self->clients[i] = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (self->clients[i] < 0 ||
          connect (self->clients[i], (struct sockaddr *) &address, sizeof address) < 0)
        fail ("connect");
      event.data.fd = self->clients[i];
      if (epoll_ctl (self->epoll_fd, EPOLL_CTL_ADD, self->clients[i], &event) < 0)
        fail ("epoll");
    }
  while (ask (self, "n\n") < n)
    sched_yield ();
}

static void
stop_server (Server *self)
{
  fclose (self->in);
  fclose (self->out);
  for (unsigned i = 0; i < self->n_clients; i++)
    close (self->clients[i]);
  g_free (self->clients);
  close (self->epoll_fd);
  waitpid (self->pid, NULL, 0);
}

static void
run_round (Server  *self,
           unsigned batch)
{
  static char sink[FRAME * 64];
  struct epoll_event events[256];
  size_t left = (size_t) self->n_clients * batch * FRAME;

  fprintf (self->in, "s %u\n", batch);
  fflush (self->in);
  while (left > 0)
    {
      int n = epoll_wait (self->epoll_fd, events, G_N_ELEMENTS (events), PATIENCE_MS);

      if (n <= 0)
        fail ("nothing to read");
      for (int i = 0; i < n; i++)
        {
          ssize_t got = recv (events[i].data.fd, sink, sizeof sink, MSG_DONTWAIT);

          if (got <= 0)
            fail ("read");
          left -= (size_t) got;
        }
    }
}

/* CPU µs of the server for each frame delivered in a block. */
static double
run_block (Server  *self,
           unsigned batch,
           unsigned rounds)
{
  long long before, after;

  run_round (self, batch);
  before = ask (self, "c\n");
  for (unsigned i = 0; i < rounds; i++)
    run_round (self, batch);
  after = ask (self, "c\n");
  return (double) (after - before) / ((double) rounds * batch * self->n_clients);
}

static int
compare_doubles (const void *a,
                 const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return x < y ? -1 : x > y;
}

static void
sort (double *values)
{
  qsort (values, BLOCKS, sizeof *values, compare_doubles);
}

static void
measure (const char *limit_path,
         const char *self_path,
         unsigned    clients)
{
  static const unsigned batches[] = { 1, 8 };
  Server limit = { .name = "limit" };
  Server wire = { .name = "ls-wire" };

  start_server (&limit, limit_path, G_STRINGIFY (FRAME));
  start_server (&wire, self_path, "--serve");
  connect_clients (&limit, clients);
  connect_clients (&wire, clients);

  for (size_t b = 0; b < G_N_ELEMENTS (batches); b++)
    {
      unsigned batch = batches[b];
      unsigned rounds = MAX (DELIVERIES / (clients * batch), 10);
      double of_limit[BLOCKS], of_wire[BLOCKS], ratios[BLOCKS];

      for (unsigned i = 0; i < BLOCKS; i++)
        {
          of_limit[i] = run_block (&limit, batch, rounds);
          of_wire[i] = run_block (&wire, batch, rounds);
          ratios[i] = of_wire[i] / of_limit[i];
        }
      sort (of_limit);
      sort (of_wire);
      sort (ratios);
      printf ("{\"bench\":\"fanout\",\"clients\":%u,\"batch\":%u,\"frame_bytes\":%d,\"blocks\":%d,"
              "\"limit_us\":%.3f,\"wire_us\":%.3f,\"ratio\":%.3f,"
              "\"ratio_min\":%.3f,\"ratio_max\":%.3f}\n",
              clients, batch, FRAME, BLOCKS, of_limit[BLOCKS / 2], of_wire[BLOCKS / 2],
              ratios[BLOCKS / 2], ratios[0], ratios[BLOCKS - 1]);
      fflush (stdout);
    }

  stop_server (&limit);
  stop_server (&wire);
}

static void
raise_file_limit (void)
{
  struct rlimit files;

  if (getrlimit (RLIMIT_NOFILE, &files) == 0)
    {
      files.rlim_cur = files.rlim_max;
      setrlimit (RLIMIT_NOFILE, &files);
    }
}

int
main (int    argc,
      char **argv)
{
  g_autofree char *self_path = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *folder = self_path != NULL ? g_path_get_dirname (self_path) : g_strdup (".");
  g_autofree char *limit_path = g_build_filename (folder, "limit", NULL);

  if (argc == 2 && g_str_equal (argv[1], "--serve"))
    return serve ();
  if (argc > 1 && strtoul (argv[1], NULL, 10) == 0)
    {
      fprintf (stderr, "Usage: bench-fanout [CLIENTS..]; 100 and 1000 without\n");
      return EXIT_FAILURE;
    }

  /* The servers inherit it. */
  raise_file_limit ();
  signal (SIGPIPE, SIG_IGN);
  pin (1);
  if (argc == 1)
    {
      measure (limit_path, self_path, 100);
      measure (limit_path, self_path, 1000);
    }
  for (int i = 1; i < argc; i++)
    measure (limit_path, self_path, (unsigned) CLAMP (strtoul (argv[i], NULL, 10), 1, 50000));
  return EXIT_SUCCESS;
}
