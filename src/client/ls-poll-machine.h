/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-connection-options.h"
#include "client/ls-transport.h"
#include "core/ls-backoff.h"

G_BEGIN_DECLS

/**
 * LsPollActionType:
 * @LS_POLL_SEND: send the request @bytes in @slot; ls_poll_machine_answered() or
 *   ls_poll_machine_failed() tells how that went
 * @LS_POLL_CANCEL: give up the request in @slot; nothing is told of it
 * @LS_POLL_OPENED: tell the owner that messages can be sent
 * @LS_POLL_MESSAGE: tell the owner of the message @bytes
 * @LS_POLL_CLOSED: tell the owner that it is over, because of @error; @n is for how long the server
 *   wants to be left alone, µs
 * @LS_POLL_ALIVE: tell the owner that the server answered, after @n µs, -1 when it was to wait
 * @LS_POLL_MISSED: tell the owner that an answer did not come and is asked for again
 * @LS_POLL_PACE: tell the owner that polls come at another pace
 *
 * What the shell has to do.
 */
typedef enum {
  LS_POLL_SEND,
  LS_POLL_CANCEL,
  LS_POLL_OPENED,
  LS_POLL_MESSAGE,
  LS_POLL_CLOSED,
  LS_POLL_ALIVE,
  LS_POLL_MISSED,
  LS_POLL_PACE,
} LsPollActionType;

/**
 * LsPollAction:
 * @type: what to do
 * @slot: which of the requests, under %LS_ENVELOPE_WINDOW
 * @bytes: (nullable): see the types
 * @error: (nullable): see the types
 * @n: see the types
 *
 * One thing to do.
 */
typedef struct {
  LsPollActionType type;
  unsigned slot;
  GBytes *bytes;
  GError *error;
  int64_t n;
} LsPollAction;

/**
 * LsPollMachine:
 *
 * A session in requests, seen from the client: what the owner sends, answers and time in, actions
 * out. It numbers requests, sends one again whose answer did not come, and tells messages in their
 * order, once. It knows two ways to ask: long-poll, where the server may let a request wait, and
 * interval poll, where it may not; which of them is decided by what the way to the server lets
 * through, and stays decided when the session is another. docs/protocol.md has the rules.
 *
 * |[
 *                two waits were cut, their requests went through without
 *     LONG POLL ---------------------------------------------------------> INTERVAL POLL
 *        ^                                                                      |
 *        '------------------------- a request waited to its end ----------------'
 * ]|
 */
typedef struct _LsPollMachine LsPollMachine;

LsPollMachine *ls_poll_machine_new          (const LsConnectionOptions *options,
                                             LsRandomFunc               draw,
                                             gpointer                   user_data);
void           ls_poll_machine_free         (LsPollMachine             *self);
void           ls_poll_action_free          (LsPollAction              *action);
LsPollAction  *ls_poll_machine_next         (LsPollMachine             *self,
                                             int64_t                    now);
int64_t        ls_poll_machine_get_deadline (LsPollMachine             *self);
int64_t        ls_poll_machine_get_interval (LsPollMachine             *self);

/* What happens. @now is monotonic. */
void           ls_poll_machine_open          (LsPollMachine *self,
                                              int64_t        now);
void           ls_poll_machine_close         (LsPollMachine *self);
bool           ls_poll_machine_send          (LsPollMachine *self,
                                              const char    *text,
                                              size_t         length);
void           ls_poll_machine_answered      (LsPollMachine *self,
                                              unsigned       slot,
                                              GBytes        *body,
                                              int64_t        now);
void           ls_poll_machine_failed        (LsPollMachine *self,
                                              unsigned       slot,
                                              unsigned       status,
                                              const GError  *error,
                                              int64_t        retry_after,
                                              int64_t        now);
void           ls_poll_machine_set_paused    (LsPollMachine *self,
                                              bool           paused);
void           ls_poll_machine_set_attention (LsPollMachine *self,
                                              LsAttention    attention,
                                              int64_t        now);
void           ls_poll_machine_set_options   (LsPollMachine             *self,
                                              const LsConnectionOptions *options,
                                              int64_t                    now);
void           ls_poll_machine_tick          (LsPollMachine *self,
                                              int64_t        now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsPollMachine, ls_poll_machine_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsPollAction, ls_poll_action_free)

G_END_DECLS
