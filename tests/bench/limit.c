/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* accept4 */
#include "config.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* The limit: what it costs a bare epoll server to write the same encoded bytes to many sockets, and
 * to do nothing else. Others are measured against it.
 *
 * Usage: limit FRAME-BYTES. Listens on the loopback and prints the port. Then, a line each on the
 * standard input:
 *
 *   n    print how many are connected
 *   s B  send B frames to each, in one write
 *   c    print the CPU time so far, in µs
 *
 * Ends with its input. tests/bench/bench-fanout --serve speaks the same. */

#define MAX_CLIENTS 65536
#define MAX_BATCH 64

typedef struct {
  int      listener;
  size_t   frame;
  uint8_t *bytes; /* MAX_BATCH frames */
  int      clients[MAX_CLIENTS];
  size_t   n_clients;
} Limit;

static void
die (const char *what)
{
  perror (what);
  exit (EXIT_FAILURE);
}

static void
start_listening (Limit *self)
{
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl (INADDR_LOOPBACK) };
  socklen_t length = sizeof address;

  self->listener = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (self->listener < 0 || bind (self->listener, (struct sockaddr *) &address, length) < 0 ||
      listen (self->listener, 4096) < 0 ||
      getsockname (self->listener, (struct sockaddr *) &address, &length) < 0)
    die ("listen");
  printf ("%u\n", ntohs (address.sin_port));
  fflush (stdout);
}

static void
accept_one (Limit *self)
{
  static const int on = 1;
  int fd = accept4 (self->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

  if (fd < 0)
    die ("accept");
  if (self->n_clients == MAX_CLIENTS)
    {
      close (fd);
      return;
    }
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  self->clients[self->n_clients++] = fd;
}

/* The far ends read everything before they ask again, so that no socket is ever full. */
static void
send_to_all (Limit   *self,
             unsigned batch)
{
  size_t length = batch * self->frame;

  for (size_t i = 0; i < self->n_clients; i++)
    if (send (self->clients[i], self->bytes, length, MSG_NOSIGNAL) != (ssize_t) length)
      die ("send");
}

static void
print_cpu (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  printf ("%lld\n", (long long) now.tv_sec * 1000000 + now.tv_nsec / 1000);
  fflush (stdout);
}

static bool
run_command (Limit *self)
{
  char line[64];
  ssize_t n = read (STDIN_FILENO, line, sizeof line - 1);
  unsigned batch;

  if (n <= 0)
    return false;
  line[n] = 0;
  switch (line[0])
    {
    case 'n':
      printf ("%zu\n", self->n_clients);
      fflush (stdout);
      break;
    case 's':
      batch = (unsigned) strtoul (line + 1, NULL, 10);
      if (batch >= 1 && batch <= MAX_BATCH)
        send_to_all (self, batch);
      break;
    case 'c':
      print_cpu ();
      break;
    default:
      break;
    }
  return true;
}

/* Frames without a mask, as a server sends them. */
static void
encode (Limit *self)
{
  self->bytes = calloc (MAX_BATCH, self->frame);
  if (self->bytes == NULL)
    die ("memory");
  for (unsigned i = 0; i < MAX_BATCH; i++)
    {
      uint8_t *frame = self->bytes + i * self->frame;
      size_t payload = self->frame - 4;

      frame[0] = 0x81;
      frame[1] = 126;
      frame[2] = (uint8_t) (payload >> 8);
      frame[3] = (uint8_t) payload;
      memset (frame + 4, 'x', payload);
    }
}

int
main (int    argc,
      char **argv)
{
  static Limit self;
  struct epoll_event event = { .events = EPOLLIN };
  int epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  bool running = true;

  self.frame = argc > 1 ? strtoul (argv[1], NULL, 10) : 260;
  if (self.frame < 130 || self.frame > 65539)
    {
      fprintf (stderr, "limit: a frame has 130 to 65539 bytes\n");
      return EXIT_FAILURE;
    }
  encode (&self);
  start_listening (&self);

  event.data.fd = self.listener;
  if (epoll_fd < 0 || epoll_ctl (epoll_fd, EPOLL_CTL_ADD, self.listener, &event) < 0)
    die ("epoll");
  event.data.fd = STDIN_FILENO;
  if (epoll_ctl (epoll_fd, EPOLL_CTL_ADD, STDIN_FILENO, &event) < 0)
    die ("epoll");

  while (running)
    {
      int n = epoll_wait (epoll_fd, &event, 1, -1);

      if (n == 1 && event.data.fd == self.listener)
        accept_one (&self);
      else if (n == 1)
        running = run_command (&self);
    }
  free (self.bytes);
  return EXIT_SUCCESS;
}
