/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache-types.h"
#include "client/ls-event.h"
#include "client/ls-scope-choice.h"
#include "core/ls-backoff.h"
#include "core/ls-message.h"

G_BEGIN_DECLS

/**
 * LS_SYNC_ACK_PAUSE:
 *
 * The least time between two acks of a shop, in µs.
 */
#define LS_SYNC_ACK_PAUSE (100 * 1000)

/**
 * LsSyncActionType:
 * @LS_SYNC_SEND: send @message
 * @LS_SYNC_READY: the session stands; @message is the `welcome`
 * @LS_SYNC_FAIL: end the session because of @error, and leave the server alone for @n µs
 * @LS_SYNC_PAUSE: stop reading
 * @LS_SYNC_RESUME: read on
 * @LS_SYNC_REPORT: publish @event
 * @LS_SYNC_VERIFIED: digests of @shop agreed at version @n
 * @LS_SYNC_PROGRESS: the answer to a request for a sync: @n is its id, @error why it failed
 * @LS_SYNC_SHOPS: the list of shops is another
 * @LS_SYNC_SET_CLIENT: keep @text as client id
 * @LS_SYNC_NAME_SHOP: keep @text as name and @role of @shop
 * @LS_SYNC_REMOVE_SHOP: forget @shop, unless edits wait in it
 * @LS_SYNC_SET_VIEW: take @role's view for @shop; ls_sync_machine_view_set() answers with
 *   @generation
 * @LS_SYNC_SET_SCOPE: hold @choice of @shop; ls_sync_machine_scoped() answers
 * @LS_SYNC_SET_SYNCED: note that @shop is up to date
 * @LS_SYNC_APPLY_DELTA: apply @message; ls_sync_machine_applied() answers with @generation
 * @LS_SYNC_APPLY_RESULT: apply @message; ls_sync_machine_decided() answers
 * @LS_SYNC_COMPARE: compare the digests of @message; ls_sync_machine_compared() answers, for buckets
 *   ls_sync_machine_bucketed() and for rows ls_sync_machine_listed(), with @generation
 * @LS_SYNC_HEAL_ROWS: put the rows of @message; ls_sync_machine_healed() answers with @generation
 * @LS_SYNC_RECOUNT: compute the sums of @collections, which is one, from the rows;
 *   ls_sync_machine_recounted() answers with @generation
 * @LS_SYNC_NUMBER: number @n edits of @shop; ls_sync_machine_numbered() answers
 * @LS_SYNC_RENUMBER: count the edits of @shop from 1 again, for a new client id if @n is 1;
 *   ls_sync_machine_renumbered() answers
 * @LS_SYNC_LOSE: edits of @shop that were applied after version @n are lost
 * @LS_SYNC_RELOAD: read the position of @shop again; ls_sync_machine_reloaded() answers
 * @LS_SYNC_FETCH: fetch a snapshot of @collections of @shop, as far as they are in @scope, of
 *   version @n or later;
 *   ls_sync_machine_fetched() answers
 * @LS_SYNC_CANCEL_FETCH: give that up
 *
 * What the shell has to do. Those from %LS_SYNC_SET_CLIENT to %LS_SYNC_RELOAD are for the cache and
 * are begun there one after the other, in this order; their answers come in the same order, but for
 * those of rows and recounts, which take their time beside the others.
 */
typedef enum {
  LS_SYNC_SEND,
  LS_SYNC_READY,
  LS_SYNC_FAIL,
  LS_SYNC_PAUSE,
  LS_SYNC_RESUME,
  LS_SYNC_REPORT,
  LS_SYNC_VERIFIED,
  LS_SYNC_PROGRESS,
  LS_SYNC_SHOPS,
  LS_SYNC_SET_CLIENT,
  LS_SYNC_NAME_SHOP,
  LS_SYNC_REMOVE_SHOP,
  LS_SYNC_SET_VIEW,
  LS_SYNC_SET_SCOPE,
  LS_SYNC_SET_SYNCED,
  LS_SYNC_APPLY_DELTA,
  LS_SYNC_APPLY_RESULT,
  LS_SYNC_COMPARE,
  LS_SYNC_HEAL_ROWS,
  LS_SYNC_RECOUNT,
  LS_SYNC_NUMBER,
  LS_SYNC_RENUMBER,
  LS_SYNC_LOSE,
  LS_SYNC_RELOAD,
  LS_SYNC_FETCH,
  LS_SYNC_CANCEL_FETCH,
} LsSyncActionType;

/**
 * LsSyncAction:
 * @type: what to do
 * @shop: (nullable): for which shop
 * @text: (nullable): see the types
 * @role: see the types
 * @message: (nullable): see the types
 * @event: (nullable): see the types
 * @error: (nullable): see the types
 * @n: see the types
 * @collections: a mask of collections, see the types
 * @generation: to be given back with the answer
 * @scope: see the types
 * @choice: see the types
 *
 * One thing to do.
 */
typedef struct {
  LsSyncActionType type;
  char *shop;
  char *text;
  LsRole role;
  LsMessage *message;
  LsEvent *event;
  GError *error;
  int64_t n;
  uint32_t collections;
  unsigned generation;
  LsScope scope;
  LsScopeChoice choice;
} LsSyncAction;

/**
 * LsSyncShop:
 * @shop: its id
 * @name: (nullable): its name, as kept
 * @position: the cache's position, with an empty epoch before the first sync
 * @view: hash of the view of its rows
 * @highest_n: the highest n given to an edit
 * @sent: (element-type LsEdit): the edits that have an n and no result, by n
 *
 * What the cache knows of a shop when the machine starts.
 */
typedef struct {
  char *shop;
  char *name;
  LsPosition position;
  uint64_t view;
  int64_t highest_n;
  GPtrArray *sent;
} LsSyncShop;

/**
 * LsSyncMachine:
 *
 * The client's side of the protocol: messages, the cache's answers and time in, actions out. It
 * reads no clock, waits for nothing, and touches neither network nor disk: the shell does, and is
 * told what by ls_sync_machine_next(). The rules are those of docs/protocol.md; the comments name
 * their numbers.
 *
 * |[
 *   session   CLOSED -> (opened) -> GREETING -> (welcome) -> READY
 *   a shop    IDLE -> (view set) -> SUBSCRIBED -> (resync) -> FETCHING -> (fetched) -> SUBSCRIBED
 *             any  -> (cache failed, or going in circles) -> WAITING -> IDLE
 * ]|
 */
typedef struct _LsSyncMachine LsSyncMachine;

LsSyncMachine *ls_sync_machine_new          (LsRandomFunc   draw,
                                             gpointer       user_data);
void           ls_sync_machine_free         (LsSyncMachine *self);
void           ls_sync_action_free          (LsSyncAction  *action);
LsSyncAction  *ls_sync_machine_next         (LsSyncMachine *self);
int64_t        ls_sync_machine_get_deadline (LsSyncMachine *self);
const char    *ls_sync_machine_get_client   (LsSyncMachine *self);

/* What happens. @now is monotonic. */
void ls_sync_machine_loaded        (LsSyncMachine *self,
                                    const char    *client,
                                    GPtrArray     *shops,
                                    int64_t        now);
void ls_sync_machine_opened        (LsSyncMachine *self,
                                    int64_t        now);
void ls_sync_machine_closed        (LsSyncMachine *self,
                                    int64_t        now);
void ls_sync_machine_received      (LsSyncMachine *self,
                                    LsMessage     *message,
                                    size_t         length,
                                    int64_t        now);
void ls_sync_machine_tick          (LsSyncMachine *self,
                                    int64_t        now);
void ls_sync_machine_sync_now      (LsSyncMachine *self,
                                    const char    *shop,
                                    int64_t        id,
                                    int64_t        now);
void ls_sync_machine_edits_changed (LsSyncMachine *self,
                                    const char    *shop,
                                    int64_t        now);
void ls_sync_machine_verify        (LsSyncMachine *self,
                                    const char    *shop,
                                    uint32_t       collections,
                                    int64_t        now);
void ls_sync_machine_suspect       (LsSyncMachine *self,
                                    const char    *shop,
                                    const LsCollection *collection,
                                    GArray        *buckets,
                                    int64_t        now);
void ls_sync_machine_refetch       (LsSyncMachine *self,
                                    const char    *shop,
                                    uint32_t       collections,
                                    int64_t        now);
void ls_sync_machine_set_limited   (LsSyncMachine *self,
                                    bool           limited);
void ls_sync_machine_set_shown     (LsSyncMachine *self,
                                    const char    *shop,
                                    uint32_t       collections);

void ls_sync_machine_set_scope     (LsSyncMachine *self,
                                    const char    *shop,
                                    const LsScopeChoice *choice);

/* The cache's answers. @error is why it failed, or NULL. */
void ls_sync_machine_scoped       (LsSyncMachine    *self,
                                   const char       *shop,
                                   const LsScope    *scope,
                                   uint32_t          lacking,
                                   int64_t           now);
void ls_sync_machine_looked_at_scope (LsSyncMachine *self,
                                   const char       *shop,
                                   const LsScope    *scope,
                                   uint32_t          lacking,
                                   int64_t           now);
void ls_sync_machine_view_set     (LsSyncMachine    *self,
                                   const char       *shop,
                                   unsigned          generation,
                                   uint32_t          fetch,
                                   const GError     *error,
                                   int64_t           now);
void ls_sync_machine_applied      (LsSyncMachine    *self,
                                   const char       *shop,
                                   unsigned          generation,
                                   const LsMessage  *delta,
                                   int64_t           took,
                                   const GError     *error,
                                   int64_t           now);
void ls_sync_machine_decided      (LsSyncMachine    *self,
                                   const char       *shop,
                                   const LsMessage  *result,
                                   LsEdit           *edit,
                                   const GError     *error,
                                   int64_t           now);
void ls_sync_machine_compared     (LsSyncMachine    *self,
                                   const char       *shop,
                                   int64_t           version,
                                   uint32_t          compared,
                                   uint32_t          different,
                                   const GError     *error,
                                   int64_t           now);
void ls_sync_machine_bucketed     (LsSyncMachine    *self,
                                   const char       *shop,
                                   unsigned          id,
                                   bool              fits,
                                   GArray           *different,
                                   unsigned          n_buckets,
                                   const GError     *error,
                                   int64_t           now);
void ls_sync_machine_listed       (LsSyncMachine    *self,
                                   const char       *shop,
                                   unsigned          id,
                                   bool              fits,
                                   GPtrArray        *keys,
                                   bool              corrected,
                                   const GError     *error,
                                   int64_t           now);
void ls_sync_machine_healed       (LsSyncMachine    *self,
                                   const char       *shop,
                                   unsigned          id,
                                   bool              fits,
                                   const LsMessage  *rows,
                                   const GError     *error,
                                   int64_t           now);
void ls_sync_machine_recounted    (LsSyncMachine    *self,
                                   const char       *shop,
                                   unsigned          id,
                                   unsigned          corrected,
                                   const GError     *error,
                                   int64_t           now);
void ls_sync_machine_numbered     (LsSyncMachine    *self,
                                   const char       *shop,
                                   GPtrArray        *edits,
                                   const GError     *error,
                                   int64_t           now);
void ls_sync_machine_renumbered   (LsSyncMachine    *self,
                                   const char       *shop,
                                   int64_t           highest_n,
                                   GPtrArray        *edits,
                                   const GError     *error,
                                   int64_t           now);
void ls_sync_machine_reloaded     (LsSyncMachine    *self,
                                   const char       *shop,
                                   const LsPosition *position,
                                   const GError     *error,
                                   int64_t           now);
void ls_sync_machine_cache_failed (LsSyncMachine    *self,
                                   LsSyncActionType  type,
                                   const char       *shop,
                                   const GError     *error);
void ls_sync_machine_fetched      (LsSyncMachine    *self,
                                   const char       *shop,
                                   const LsPosition *position,
                                   const GError     *error,
                                   int64_t           now);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsSyncMachine, ls_sync_machine_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsSyncAction, ls_sync_action_free)

G_END_DECLS
