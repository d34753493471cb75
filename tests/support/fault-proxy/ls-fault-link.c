/* SPDX-License-Identifier: GPL-3.0-or-later */
/* One connection through the proxy. Each direction is a pipe: bytes are read while there is room,
 * changed, stamped with the time at which they may go on, and written when that has come. */
#include "config.h"

#include "ls-fault-link.h"

#include <errno.h>
#include <glib-unix.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <unistd.h>

#include "ls-http-watch.h"

/* Bytes that wait in a pipe before it stops reading. */
#define MAX_WAITING 65536
#define PIECE 16384

typedef struct {
  GByteArray *bytes;
  size_t written;
  int64_t due; /* monotonic, µs */
} Piece;

typedef struct {
  LsFaultLink *link;
  LsFaultWay way;
  int from, to;
  GQueue pieces;
  size_t n_waiting;
  int64_t last_due;
  bool ended;    /* no more comes */
  bool shut;     /* and none of it is left */
  bool is_full;  /* the socket takes no more now */
  unsigned reader, writer, timer;
} Pipe;

struct _LsFaultLink {
  LsFaultProxy *proxy;
  int client, server;
  Pipe pipes[LS_FAULT_N_WAYS];
  unsigned idle; /* timer */
  LsHttpWatch watch;
  int blocked; /* status to answer with */
  bool is_blocked;
};

static void update (Pipe *pipe);

static void
piece_free (gpointer data)
{
  Piece *piece = data;

  g_byte_array_unref (piece->bytes);
  g_free (piece);
}

static void
remove_source (unsigned *id)
{
  if (*id != 0)
    g_source_remove (*id);
  *id = 0;
}

static void
link_free (LsFaultLink *link)
{
  for (unsigned i = 0; i < LS_FAULT_N_WAYS; i++)
    {
      Pipe *pipe = &link->pipes[i];

      remove_source (&pipe->reader);
      remove_source (&pipe->writer);
      remove_source (&pipe->timer);
      g_queue_clear_full (&pipe->pieces, piece_free);
    }
  remove_source (&link->idle);
  ls_http_watch_clear (&link->watch);
  close (link->client);
  close (link->server);
  g_ptr_array_remove_fast (link->proxy->links, link);
  g_free (link);
}

/**
 * ls_fault_link_reset:
 * @link: (transfer full): a connection
 *
 * Ends it so that both sides see a reset.
 */
void
ls_fault_link_reset (LsFaultLink *link)
{
  const struct linger now = { .l_onoff = 1, .l_linger = 0 };

  setsockopt (link->client, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  setsockopt (link->server, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  link_free (link);
}

static gboolean
idle_cb (gpointer data)
{
  LsFaultLink *link = data;

  link->idle = 0;
  ls_fault_link_reset (link);
  return G_SOURCE_REMOVE;
}

/* Something moved, or the patience is another. */
static void
restart_idle (LsFaultLink *link)
{
  remove_source (&link->idle);
  if (link->proxy->idle > 0)
    link->idle = g_timeout_add (link->proxy->idle, idle_cb, link);
}

/* --- Writing --------------------------------------------------------------------------------- */

static gboolean
timer_cb (gpointer data)
{
  Pipe *pipe = data;

  pipe->timer = 0;
  update (pipe);
  return G_SOURCE_REMOVE;
}

static gboolean
writable_cb (int          fd,
             GIOCondition condition,
             gpointer     data)
{
  Pipe *pipe = data;

  pipe->writer = 0;
  pipe->is_full = false;
  update (pipe);
  return G_SOURCE_REMOVE;
}

/* Returns false when the connection is gone. */
static bool
write_due (Pipe *pipe)
{
  Piece *piece;

  while (!pipe->is_full && (piece = g_queue_peek_head (&pipe->pieces)) != NULL &&
         piece->due <= g_get_monotonic_time ())
    {
      ssize_t n = send (pipe->to, piece->bytes->data + piece->written,
                        piece->bytes->len - piece->written, MSG_NOSIGNAL);

      if (n < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOTCONN))
        pipe->is_full = true;
      else if (n < 0)
        {
          ls_fault_link_reset (pipe->link);
          return false;
        }
      else
        {
          piece->written += (size_t) n;
          pipe->n_waiting -= (size_t) n;
          pipe->link->proxy->lanes[pipe->way].n_bytes += (uint64_t) n;
          restart_idle (pipe->link);
        }
      if (piece->written == piece->bytes->len)
        piece_free (g_queue_pop_head (&pipe->pieces));
    }
  return true;
}

/* Ends the direction when all is written, and the connection with the second one. */
static bool
end_written (Pipe *pipe)
{
  LsFaultLink *link = pipe->link;

  if (!pipe->ended || pipe->shut || !g_queue_is_empty (&pipe->pieces))
    return true;
  shutdown (pipe->to, SHUT_WR);
  pipe->shut = true;
  if (!link->pipes[LS_FAULT_UP].shut || !link->pipes[LS_FAULT_DOWN].shut)
    return true;
  link_free (link);
  return false;
}

/* --- Reading --------------------------------------------------------------------------------- */

static bool
contains (const char *text,
          const char *part)
{
  g_autofree char *low_text = g_ascii_strdown (text, -1);
  g_autofree char *low_part = g_ascii_strdown (part, -1);

  return strstr (low_text, low_part) != NULL;
}

static bool
judge (const char *path,
       const char *upgrade,
       gpointer    data)
{
  LsFaultLink *link = data;

  for (unsigned i = 0; i < link->proxy->blocks->len; i++)
    {
      const LsFaultBlock *block = g_ptr_array_index (link->proxy->blocks, i);
      const char *text = block->by_upgrade ? upgrade : path;

      if (text != NULL && contains (text, block->text))
        {
          link->blocked = block->status;
          return false;
        }
    }
  return true;
}

/* What a filter on the way would answer. */
static void
answer_blocked (LsFaultLink *link)
{
  g_autofree char *answer =
      g_strdup_printf ("HTTP/1.1 %d Blocked\r\nConnection: close\r\nContent-Type: text/html\r\n"
                       "Content-Length: 14\r\n\r\n<p>Blocked</p>",
                       link->blocked);

  link->proxy->n_blocked++;
  if (link->blocked == 0)
    {
      ls_fault_link_reset (link);
      return;
    }
  link->is_blocked = true;
  if (link->blocked > 0 && send (link->client, answer, strlen (answer), MSG_NOSIGNAL) > 0)
    shutdown (link->client, SHUT_WR);
}

static void
turn_bits (Pipe       *pipe,
           GByteArray *bytes)
{
  LsFaultLane *lane = &pipe->link->proxy->lanes[pipe->way];
  GRand *dice = pipe->link->proxy->dice;

  for (unsigned i = 0; i < bytes->len; i++)
    {
      bool turn = lane->flip_at == 1 ||
                  (lane->noise > 0 && g_rand_int_range (dice, 0, 1000000) < (int) lane->noise);

      if (lane->flip_at > 0)
        lane->flip_at--;
      if (turn)
        bytes->data[i] ^= (uint8_t) (1 << g_rand_int_range (dice, 0, 8));
    }
}

static void
push (Pipe       *pipe,
      GByteArray *bytes)
{
  const LsFaultLane *lane = &pipe->link->proxy->lanes[pipe->way];
  int64_t now = g_get_monotonic_time ();
  Piece *piece = g_new0 (Piece, 1);
  int64_t late = lane->delay;

  if (lane->jitter > 0)
    late += (int64_t) (g_rand_double (pipe->link->proxy->dice) * (double) lane->jitter);
  piece->bytes = bytes;
  piece->due = MAX (now + late, pipe->last_due);
  if (lane->rate > 0)
    piece->due += (int64_t) (bytes->len * (uint64_t) G_USEC_PER_SEC / lane->rate);
  pipe->last_due = piece->due;
  pipe->n_waiting += bytes->len;
  g_queue_push_tail (&pipe->pieces, piece);
}

/* Returns whether the connection is to be reset once @length bytes are written. */
static bool
cut_short (Pipe    *pipe,
           ssize_t *length)
{
  LsFaultLane *lane = &pipe->link->proxy->lanes[pipe->way];

  if (lane->truncate_at == 0)
    return false;
  if (lane->truncate_at > (uint64_t) *length)
    {
      lane->truncate_at -= (uint64_t) *length;
      return false;
    }
  *length = (ssize_t) lane->truncate_at;
  lane->truncate_at = 0;
  return true;
}

/* Returns false when the connection is gone. */
static bool
take (Pipe    *pipe,
      uint8_t *data,
      ssize_t  length)
{
  LsFaultLink *link = pipe->link;
  GByteArray *bytes = g_byte_array_new ();
  bool is_cut = cut_short (pipe, &length);
  bool passes = true;

  if (link->is_blocked)
    ;
  else if (pipe->way == LS_FAULT_DOWN)
    g_byte_array_append (bytes, data, (unsigned) length);
  else
    passes = ls_http_watch_feed (&link->watch, data, (size_t) length, bytes, judge, link);
  turn_bits (pipe, bytes);
  if (bytes->len > 0)
    push (pipe, bytes);
  else
    g_byte_array_unref (bytes);
  if (is_cut)
    {
      if (write_due (pipe))
        ls_fault_link_reset (link);
      return false;
    }
  if (!passes)
    {
      bool stays = link->blocked != 0;

      answer_blocked (link);
      return stays;
    }
  return true;
}

static gboolean
readable_cb (int          fd,
             GIOCondition condition,
             gpointer     data)
{
  Pipe *pipe = data;
  uint64_t rate = pipe->link->proxy->lanes[pipe->way].rate;
  uint8_t buffer[PIECE];
  /* A slow line gives small pieces. */
  size_t most = rate > 0 ? CLAMP (rate / 20, 1, PIECE) : PIECE;
  ssize_t n = recv (fd, buffer, most, 0);

  pipe->reader = 0;
  if (n > 0 && !take (pipe, buffer, n))
    return G_SOURCE_REMOVE;
  if (n == 0)
    pipe->ended = true;
  if (n < 0 && errno != EAGAIN && errno != EINTR)
    ls_fault_link_reset (pipe->link);
  else
    update (pipe);
  return G_SOURCE_REMOVE;
}

/* --- Both ------------------------------------------------------------------------------------ */

/* Does what can be done now, and waits for what will be possible. */
static void
update (Pipe *pipe)
{
  bool hold = pipe->link->proxy->lanes[pipe->way].hold;
  const Piece *first;

  remove_source (&pipe->timer);
  if (!hold && (!write_due (pipe) || !end_written (pipe)))
    return;
  first = g_queue_peek_head (&pipe->pieces);
  if (!hold && first != NULL && pipe->is_full && pipe->writer == 0)
    pipe->writer = g_unix_fd_add (pipe->to, G_IO_OUT, writable_cb, pipe);
  else if (!hold && first != NULL && !pipe->is_full)
    pipe->timer = g_timeout_add (
        (unsigned) (MAX (first->due - g_get_monotonic_time (), 0) / 1000 + 1), timer_cb, pipe);
  if (hold || pipe->ended || pipe->n_waiting >= MAX_WAITING)
    remove_source (&pipe->reader);
  else if (pipe->reader == 0)
    pipe->reader = g_unix_fd_add (pipe->from, G_IO_IN, readable_cb, pipe);
}

/**
 * ls_fault_link_update:
 * @link: a connection
 *
 * Lets it act on what has been changed for all. It may be gone afterwards.
 */
void
ls_fault_link_update (LsFaultLink *link)
{
  GPtrArray *links = link->proxy->links;

  restart_idle (link);
  update (&link->pipes[LS_FAULT_UP]);
  if (g_ptr_array_find (links, link, NULL))
    update (&link->pipes[LS_FAULT_DOWN]);
}

/**
 * ls_fault_link_new:
 * @proxy: what it belongs to
 * @client: (transfer full): a socket, non-blocking
 *
 * Connects a client to the server. A server that is not there shows as a reset.
 */
void
ls_fault_link_new (LsFaultProxy *proxy,
                   int           client)
{
  int server = socket (proxy->server.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  LsFaultLink *link = g_new0 (LsFaultLink, 1);
  const int yes = 1;

  g_assert_cmpint (server, >=, 0);
  link->proxy = proxy;
  link->client = client;
  link->server = server;
  ls_http_watch_init (&link->watch);
  for (unsigned i = 0; i < LS_FAULT_N_WAYS; i++)
    {
      Pipe *pipe = &link->pipes[i];

      pipe->link = link;
      pipe->way = (LsFaultWay) i;
      pipe->from = i == LS_FAULT_UP ? client : server;
      pipe->to = i == LS_FAULT_UP ? server : client;
      g_queue_init (&pipe->pieces);
      /* Says no to all that is not TCP, which does not matter. */
      setsockopt (pipe->from, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    }
  g_ptr_array_add (proxy->links, link);
  proxy->n_links++;
  if (connect (server, (const struct sockaddr *) &proxy->server, proxy->server_length) != 0 &&
      errno != EINPROGRESS)
    ls_fault_link_reset (link);
  else
    ls_fault_link_update (link);
}
