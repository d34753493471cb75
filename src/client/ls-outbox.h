/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache-types.h"
#include "core/ls-backoff.h"

G_BEGIN_DECLS

/* The server is asked what became of edits that have no result so long after they went; each time
 * without one the wait doubles, up to the second. It decides within milliseconds, so that what takes
 * longer is as a rule the line or a queue: asking costs less than sending again. */
#define LS_OUTBOX_PATIENCE (5 * INT64_C (1000000))
#define LS_OUTBOX_MAX_PATIENCE (60 * INT64_C (1000000))

/**
 * LsOutboxStep:
 * @LS_OUTBOX_NOTHING: nothing to do before something happens, or ls_outbox_get_deadline()
 * @LS_OUTBOX_NUMBER: have the cache give queued edits their n; ls_outbox_numbered() answers
 * @LS_OUTBOX_SEND: send an edit
 * @LS_OUTBOX_VOID: send a `void` of an n under which the cache knows no edit
 * @LS_OUTBOX_ASK: ask the server how far it has them; ls_outbox_told() answers, or nothing
 *
 * What an outbox wants done.
 */
typedef enum {
  LS_OUTBOX_NOTHING,
  LS_OUTBOX_NUMBER,
  LS_OUTBOX_SEND,
  LS_OUTBOX_VOID,
  LS_OUTBOX_ASK,
} LsOutboxStep;

/**
 * LsOutboxWork:
 * @max: of %LS_OUTBOX_NUMBER: how many edits
 * @n: of %LS_OUTBOX_VOID: which n
 * @edit: (transfer none): of %LS_OUTBOX_SEND: which edit
 *
 * The particulars of a step.
 */
typedef struct {
  unsigned max;
  int64_t n;
  LsEdit *edit;
} LsOutboxWork;

/**
 * LsOutbox:
 *
 * The order in which edits of one shop go to the server. The edits themselves are the cache's; this
 * knows which of them have an n and no result, up to where they were sent in the session, and when
 * to wait.
 *
 * Invariants: an edit is sent only after its n is on disk; edits go in the order of n, each n at
 * most once a session unless the server asks to go back or does not have it; no more than the
 * server's window are undecided; a temporary failure holds all of them, so that the order holds.
 *
 * |[
 *   what happens        what follows
 *   connection breaks   the undecided go again, same n and mid, at the next welcome
 *   expected n          from that n on again; a third time in a row for the same n: after a wait
 *   temporary failure   from that n on again, after a wait
 *   n unknown here      `void`, so that the server can go on counting
 *   no result for long  the server is asked; what it does not have, or does not tell, goes again
 *   fork, new epoch     held until the cache has counted again from 1
 * ]|
 */
typedef struct _LsOutbox LsOutbox;

LsOutbox    *ls_outbox_new           (LsRandomFunc  draw,
                                      gpointer      user_data);
void         ls_outbox_free          (LsOutbox     *self);
void         ls_outbox_begin         (LsOutbox     *self);
void         ls_outbox_end           (LsOutbox     *self);
void         ls_outbox_count_again   (LsOutbox     *self);
void         ls_outbox_changed       (LsOutbox     *self);
void         ls_outbox_numbered      (LsOutbox     *self,
                                      GPtrArray    *edits,
                                      int64_t       now);
void         ls_outbox_decided       (LsOutbox     *self,
                                      const char   *mid,
                                      bool          in_turn,
                                      int64_t       now);
void         ls_outbox_refused       (LsOutbox     *self,
                                      int64_t       expected_n,
                                      bool          temporary,
                                      int64_t       retry_after,
                                      int64_t       now);
void         ls_outbox_doubt         (LsOutbox     *self,
                                      int64_t       now);
void         ls_outbox_told          (LsOutbox     *self,
                                      int64_t       taken_n);
void         ls_outbox_set_highest_n (LsOutbox     *self,
                                      int64_t       n);
void         ls_outbox_set_window    (LsOutbox     *self,
                                      int64_t       window);
int64_t      ls_outbox_get_highest_n (LsOutbox     *self);
int64_t      ls_outbox_get_known_n   (LsOutbox     *self);
unsigned     ls_outbox_get_n_sent    (LsOutbox     *self);
bool         ls_outbox_is_held       (LsOutbox     *self,
                                      int64_t       now);
int64_t      ls_outbox_get_deadline  (LsOutbox     *self);
LsOutboxStep ls_outbox_next          (LsOutbox     *self,
                                      int64_t       now,
                                      LsOutboxWork *ret_work);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsOutbox, ls_outbox_free)

G_END_DECLS
