/* SPDX-License-Identifier: GPL-3.0-or-later */
#define _GNU_SOURCE /* CPU_SET, pipe2 */
#include "config.h"

#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 60000
#define ACK_EVERY 100000 /* µs */
#define OPCODE_TEXT 1
#define OPCODE_CLOSE 8
#define OPCODE_PING 9
#define OPCODE_PONG 10

void
load_fail (const char *what)
{
  fprintf (stderr, "%s: %s: %s\n", g_get_prgname () != NULL ? g_get_prgname () : "bench", what,
           g_strerror (errno));
  exit (EXIT_FAILURE);
}

void
load_pin (int core)
{
  cpu_set_t set;

  CPU_ZERO (&set);
  CPU_SET (core, &set);
  if (sysconf (_SC_NPROCESSORS_ONLN) > 1)
    sched_setaffinity (0, sizeof set, &set);
}

void
load_raise_limits (void)
{
  struct rlimit files;

  if (getrlimit (RLIMIT_NOFILE, &files) == 0)
    {
      files.rlim_cur = files.rlim_max;
      setrlimit (RLIMIT_NOFILE, &files);
    }
}

/* CPU time of a process, all threads, in ns. */
int64_t
load_cpu_of (pid_t pid)
{
  struct timespec time;
  clockid_t clock;

  if (clock_getcpuclockid (pid, &clock) != 0 || clock_gettime (clock, &time) != 0)
    load_fail ("CPU time of the server");
  return time.tv_sec * INT64_C (1000000000) + time.tv_nsec;
}

/* Resident memory of a process, in bytes. */
int64_t
load_rss_of (pid_t pid)
{
  g_autofree char *path = g_strdup_printf ("/proc/%d/statm", (int) pid);
  g_autofree char *text = NULL;
  const char *space;

  if (!g_file_get_contents (path, &text, NULL, NULL) || (space = strchr (text, ' ')) == NULL)
    load_fail (path);
  return g_ascii_strtoll (space, NULL, 10) * sysconf (_SC_PAGESIZE);
}

static int
compare_doubles (const void *a,
                 const void *b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* Sorts @times, doubles. */
double
load_percentile (GArray *times,
                 double  part)
{
  g_array_sort (times, compare_doubles);
  return g_array_index (times, double, MIN ((unsigned) (part * times->len), times->len - 1));
}

/* A program on core 0 that answers a line with a number, such as tests/bench/limit. */
void
load_start_child (LoadChild  *child,
                  const char *path,
                  const char *argument)
{
  int in[2], out[2];

  child->name = path;
  if (pipe2 (in, O_CLOEXEC) < 0 || pipe2 (out, O_CLOEXEC) < 0 || (child->pid = fork ()) < 0)
    load_fail (path);
  if (child->pid == 0)
    {
      dup2 (in[0], STDIN_FILENO);
      dup2 (out[1], STDOUT_FILENO);
      load_pin (0);
      execl (path, path, argument, NULL);
      load_fail (path);
    }
  close (in[0]);
  close (out[1]);
  child->in = fdopen (in[1], "w");
  child->out = fdopen (out[0], "r");
}

int64_t
load_ask (LoadChild  *child,
          const char *command)
{
  char line[64];

  if (command != NULL)
    {
      fputs (command, child->in);
      fflush (child->in);
    }
  if (fgets (line, sizeof line, child->out) == NULL)
    load_fail (child->name);
  return g_ascii_strtoll (line, NULL, 10);
}

void
load_stop_child (LoadChild *child)
{
  fclose (child->in);
  fclose (child->out);
  waitpid (child->pid, NULL, 0);
}

static void
peer_free (gpointer data)
{
  LoadPeer *peer = data;

  close (peer->fd);
  g_free (peer->client);
  g_free (peer->bytes);
  g_free (peer);
}

void
load_init (Load       *load,
           uint16_t    port,
           const char *token,
           const char *shop)
{
  *load = (Load){ .port = port, .token = token, .shop = shop, .run = g_random_int () };
  load->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  load->peers = g_ptr_array_new_with_free_func (peer_free);
}

void
load_clear (Load *load)
{
  g_ptr_array_unref (load->peers);
  close (load->epoll_fd);
}

void
load_drop_all (Load *load)
{
  g_ptr_array_set_size (load->peers, 0);
  load->n_live = load->n_there = 0;
  load->n_results = 0;
}

/* Small enough to fit any socket. */
static void
write_all (LoadPeer   *peer,
           const void *bytes,
           size_t      length)
{
  if (send (peer->fd, bytes, length, MSG_NOSIGNAL) != (ssize_t) length)
    load_fail ("send");
}

/* Masked with zeros. */
static void
send_frame (LoadPeer   *peer,
            unsigned    opcode,
            const char *payload,
            size_t      length)
{
  uint8_t frame[8 + 4096] = { (uint8_t) (0x80 | opcode) };
  size_t head;

  if (length > 4096)
    load_fail ("frame too long");
  if (length < 126)
    {
      frame[1] = (uint8_t) (0x80 | length);
      head = 6;
    }
  else
    {
      frame[1] = 0x80 | 126;
      frame[2] = (uint8_t) (length >> 8);
      frame[3] = (uint8_t) length;
      head = 8;
    }
  memcpy (frame + head, payload, length);
  write_all (peer, frame, head + length);
}

static void
send_message (LoadPeer  *peer,
              LsMessage *message)
{
  size_t length;
  g_autofree char *text = ls_message_encode (message, &length);

  send_frame (peer, OPCODE_TEXT, text, length);
  ls_message_unref (message);
}

LoadPeer *
load_add (Load             *load,
          const LsPosition *position,
          bool              subscribes)
{
  static const int on = 1;
  struct sockaddr_in address = { .sin_family = AF_INET,
                                 .sin_addr.s_addr = htonl (INADDR_LOOPBACK),
                                 .sin_port = htons (load->port) };
  LoadPeer *peer = g_new0 (LoadPeer, 1);
  struct epoll_event event = { .events = EPOLLIN, .data.ptr = peer };
  g_autofree char *head = g_strdup_printf (
      "GET /v1/sync HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Protocol: " LS_SUBPROTOCOL "\r\nAuthorization: Bearer %s\r\n\r\n",
      load->token);

  peer->load = load;
  peer->subscribes = subscribes;
  if (position != NULL)
    peer->position = *position;
  peer->size = 16384;
  peer->bytes = g_malloc (peer->size);
  peer->fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (peer->fd < 0 || connect (peer->fd, (struct sockaddr *) &address, sizeof address) < 0)
    load_fail ("connect");
  setsockopt (peer->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (epoll_ctl (load->epoll_fd, EPOLL_CTL_ADD, peer->fd, &event) < 0)
    load_fail ("epoll");
  g_ptr_array_add (load->peers, peer);
  write_all (peer, head, strlen (head));
  return peer;
}

static void
say_hello (LoadPeer *peer)
{
  LsMessage *hello = ls_message_new (LS_MESSAGE_HELLO);
  LsShopInfo info = { .shop = g_strdup (peer->load->shop) };

  hello->hello.protocol = LS_PROTOCOL_VERSION;
  hello->hello.app_version = g_strdup ("bench");
  hello->hello.schema_version = LS_SCHEMA_VERSION;
  g_array_append_val (hello->hello.shops, info);
  send_message (peer, hello);
  peer->state = LOAD_HELLO;
}

static void
become_live (LoadPeer *peer)
{
  if (peer->state == LOAD_LIVE)
    return;
  peer->state = LOAD_LIVE;
  peer->load->n_live++;
}

static void
take_welcome (LoadPeer   *peer,
              const char *text,
              size_t      length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (LsMessage) welcome = ls_message_decode (text, length, LS_FROM_SERVER, &error);
  LsMessage *subscribe;

  if (welcome == NULL || welcome->type != LS_MESSAGE_WELCOME || welcome->welcome.shops->len == 0)
    g_error ("not welcome: %.*s", (int) length, text);
  peer->client = g_strdup (welcome->welcome.client);
  if (peer->position.epoch[0] == '\0')
    peer->position = g_array_index (welcome->welcome.shops, LsShopInfo, 0).position;
  peer->acked = peer->position.version;
  if (!peer->subscribes)
    {
      become_live (peer);
      return;
    }
  subscribe = ls_message_new (LS_MESSAGE_SUBSCRIBE);
  subscribe->subscribe.shop = g_strdup (peer->load->shop);
  subscribe->subscribe.position = peer->position;
  subscribe->subscribe.view =
      ls_view_get_total_hash (ls_view_get (LS_ROLE_OWNER, LS_SCHEMA_VERSION));
  send_message (peer, subscribe);
  peer->state = LOAD_CATCH_UP;
}

/* The integer behind @name, near the start of a text that the server writes in a fixed order. */
static int64_t
find_integer (const char *text,
              size_t      length,
              const char *name)
{
  const char *found = memmem (text, MIN (length, 400), name, strlen (name));

  if (found == NULL)
    g_error ("%s is not in %.*s", name, (int) MIN (length, 400), text);
  return g_ascii_strtoll (found + strlen (name), NULL, 10);
}

static bool
is_type (const char *text,
         size_t      length,
         const char *type)
{
  g_autofree char *head = g_strdup_printf ("{\"t\":\"%s\"", type);

  return length > strlen (head) && memcmp (text, head, strlen (head)) == 0;
}

static void
take_delta (LoadPeer   *peer,
            const char *text,
            size_t      length)
{
  Load *load = peer->load;
  int64_t before = peer->position.version;

  peer->position.version = find_integer (text, length, "\"to\":");
  load->frame = length + (length < 126 ? 2 : length < 65536 ? 4 : 10);
  if (before < load->target && peer->position.version >= load->target)
    load->n_there++;
}

static void
take_text (LoadPeer   *peer,
           const char *text,
           size_t      length)
{
  if (peer->state == LOAD_HELLO)
    take_welcome (peer, text, length);
  else if (length > 8 && memcmp (text, "{\"t\":\"de", 8) == 0)
    take_delta (peer, text, length);
  else if (is_type (text, length, "result"))
    {
      if (memmem (text, length, "\"applied\"", 9) == NULL)
        g_error ("%.*s", (int) length, text);
      peer->decided = find_integer (text, length, "\"n\":");
      peer->load->n_results++;
    }
  else if (is_type (text, length, "digest"))
    become_live (peer);
  else if (is_type (text, length, "ping"))
    {
      g_autofree char *pong = g_strdup_printf ("{\"t\":\"pong\",\"id\":%" G_GINT64_FORMAT "}",
                                               find_integer (text, length, "\"id\":"));

      send_frame (peer, OPCODE_TEXT, pong, strlen (pong));
    }
  else if (!is_type (text, length, "welcome"))
    g_error ("unexpected: %.*s", (int) length, text);
}

/* Returns how many bytes of what came are done with. */
static size_t
take_upgrade (LoadPeer *peer)
{
  const uint8_t *end = memmem (peer->bytes, peer->length, "\r\n\r\n", 4);

  if (end == NULL)
    return 0;
  if (peer->length < 13 || memcmp (peer->bytes, "HTTP/1.1 101 ", 13) != 0)
    g_error ("no upgrade: %.*s", (int) peer->length, (const char *) peer->bytes);
  say_hello (peer);
  return (size_t) (end + 4 - peer->bytes);
}

static size_t
take_frame (LoadPeer      *peer,
            const uint8_t *bytes,
            size_t         length)
{
  size_t head = 2;
  uint64_t payload;

  if (length < head)
    return 0;
  payload = bytes[1] & 0x7f;
  if (payload >= 126)
    {
      size_t n = payload == 126 ? 2 : 8;

      head += n;
      if (length < head)
        return 0;
      payload = 0;
      for (size_t i = 0; i < n; i++)
        payload = payload << 8 | bytes[2 + i];
    }
  if (length - head < payload)
    return 0;
  switch (bytes[0] & 0x0f)
    {
    case OPCODE_TEXT:
      take_text (peer, (const char *) bytes + head, payload);
      break;
    case OPCODE_PING:
      send_frame (peer, OPCODE_PONG, (const char *) bytes + head, payload);
      break;
    case OPCODE_CLOSE:
      g_error ("closed: %.*s", (int) payload, (const char *) bytes + head);
    default:
      break;
    }
  return head + payload;
}

static void
read_peer (LoadPeer *peer)
{
  size_t at = 0, done = 0;
  ssize_t got;

  if (peer->length == peer->size)
    {
      peer->size *= 2;
      peer->bytes = g_realloc (peer->bytes, peer->size);
    }
  got = recv (peer->fd, peer->bytes + peer->length, peer->size - peer->length, MSG_DONTWAIT);
  if (got < 0 && errno == EAGAIN)
    return;
  if (got <= 0)
    load_fail ("the server hung up");
  peer->length += (size_t) got;
  do
    {
      done = peer->state == LOAD_UPGRADE
                 ? take_upgrade (peer)
                 : take_frame (peer, peer->bytes + at, peer->length - at);
      at += done;
    }
  while (done > 0 && at < peer->length && peer->state != LOAD_UPGRADE);
  memmove (peer->bytes, peer->bytes + at, peer->length - at);
  peer->length -= at;
}

/* What each subscriber has, at most every 100 ms, as clients do. */
static void
ack (Load *load)
{
  int64_t now = g_get_monotonic_time ();

  if (now - load->acked_at < ACK_EVERY)
    return;
  load->acked_at = now;
  for (unsigned i = 0; i < load->peers->len; i++)
    {
      LoadPeer *peer = g_ptr_array_index (load->peers, i);
      char text[256];

      if (peer->state != LOAD_LIVE ||
          (peer->acked == peer->position.version && peer->acked_n == peer->decided))
        continue;
      peer->acked = peer->position.version;
      peer->acked_n = peer->decided;
      g_snprintf (text, sizeof text,
                  "{\"t\":\"ack\",\"shop\":\"%s\",\"version\":%" G_GINT64_FORMAT
                  ",\"n\":%" G_GINT64_FORMAT ",\"applied\":0}",
                  load->shop, peer->position.version, peer->decided);
      send_frame (peer, OPCODE_TEXT, text, strlen (text));
    }
}

/* Reads what is there, waiting for something. */
void
load_turn (Load *load,
           int   timeout)
{
  struct epoll_event events[256];
  int n = epoll_wait (load->epoll_fd, events, G_N_ELEMENTS (events),
                      timeout < 0 ? PATIENCE_MS : timeout);

  if (n < 0 || (n == 0 && timeout < 0))
    load_fail ("nothing came");
  for (int i = 0; i < n; i++)
    read_peer (events[i].data.ptr);
  ack (load);
}

void
load_wait_live (Load *load)
{
  while (load->n_live < load->peers->len)
    load_turn (load, -1);
}

void
load_edit (LoadPeer *peer,
           unsigned  row)
{
  char text[256];

  peer->n++;
  g_snprintf (text, sizeof text,
              "{\"t\":\"mutate\",\"shop\":\"%s\",\"n\":%" G_GINT64_FORMAT
              ",\"mid\":\"%08x-%s-%" G_GINT64_FORMAT "\",\"changes\":[{\"c\":\"products\","
              "\"k\":\"product-%u\",\"op\":\"add\",\"set\":{\"stock\":1}}]}",
              peer->load->shop, peer->n, peer->load->run, peer->client, peer->n, row);
  send_frame (peer, OPCODE_TEXT, text, strlen (text));
}

/* From now on counts the subscribers that have @version. */
void
load_expect (Load   *load,
             int64_t version)
{
  load->target = version;
  load->n_there = 0;
  for (unsigned i = 0; i < load->peers->len; i++)
    {
      LoadPeer *peer = g_ptr_array_index (load->peers, i);

      if (peer->subscribes && peer->position.version >= version)
        load->n_there++;
    }
}
