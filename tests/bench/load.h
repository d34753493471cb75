/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdio.h>
#include <sys/types.h>

#include "core/ls-message.h"

/* Light clients of a real server, and children that are measured: for the programs of this folder.
 * What goes wrong ends the program. One thread. */

typedef enum {
  LOAD_UPGRADE, /* waits for the answer to its upgrade */
  LOAD_HELLO,   /* waits for welcome */
  LOAD_CATCH_UP, /* has subscribed, nothing came yet */
  LOAD_LIVE,
} LoadState;

typedef struct _Load Load;

typedef struct {
  Load *load;
  int fd;
  LoadState state;
  bool subscribes;
  LsPosition position; /* where it stands; an empty epoch: wherever the server is */
  char *client;
  int64_t n;       /* of its last edit */
  int64_t decided; /* n of the last result */
  int64_t acked;   /* what the server was told last */
  int64_t acked_n;
  uint8_t *bytes;
  size_t length;
  size_t size;
} LoadPeer;

struct _Load {
  uint16_t port;
  const char *token;
  const char *shop;
  int epoll_fd;
  GPtrArray *peers;
  unsigned n_live;
  int64_t n_results;
  int64_t target;    /* a version that is waited for */
  unsigned n_there;  /* subscribers that have it */
  size_t frame;      /* bytes of the last delta's frame */
  int64_t acked_at;
  unsigned run; /* makes ids of edits differ from run to run */
};

typedef struct {
  const char *name;
  pid_t pid;
  FILE *in;
  FILE *out;
} LoadChild;

void       load_fail         (const char       *what);
void       load_pin          (int               core);
void       load_raise_limits (void);
int64_t    load_cpu_of       (pid_t             pid);
int64_t    load_rss_of       (pid_t             pid);
double     load_percentile   (GArray           *times,
                              double            part);

void       load_start_child  (LoadChild        *child,
                              const char       *path,
                              const char       *argument);
int64_t    load_ask          (LoadChild        *child,
                              const char       *command);
void       load_stop_child   (LoadChild        *child);

void       load_init         (Load             *load,
                              uint16_t          port,
                              const char       *token,
                              const char       *shop);
void       load_clear        (Load             *load);
LoadPeer  *load_add          (Load             *load,
                              const LsPosition *position,
                              bool              subscribes);
void       load_drop_all     (Load             *load);
void       load_turn         (Load             *load,
                              int               timeout);
void       load_wait_live    (Load             *load);
void       load_edit         (LoadPeer         *peer,
                              unsigned          row);
void       load_expect       (Load             *load,
                              int64_t           version);
