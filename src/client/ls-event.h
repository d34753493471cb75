/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

/* The types of events, each a detail of the bus's signal. */
#define LS_EVENT_CONNECTION "connection"         /* the state of the connection is another */
#define LS_EVENT_SESSION "session"               /* a session with the server stands */
#define LS_EVENT_SUBSCRIBED "subscribed"         /* a shop's stream was asked for */
#define LS_EVENT_DELTA "delta"                   /* versions were applied */
#define LS_EVENT_SNAPSHOT "snapshot"             /* rows of a snapshot came, or it ended */
#define LS_EVENT_FETCHED "fetched"               /* rows of a snapshot took their place */
#define LS_EVENT_RESYNC "resync"                 /* the server wants rows fetched anew */
#define LS_EVENT_SYNCED "synced"                 /* a shop has all that there is */
#define LS_EVENT_ACTION "action"                 /* the admin did something */
#define LS_EVENT_EDIT_QUEUED "edit-queued"       /* an edit was made */
#define LS_EVENT_EDIT_SENT "edit-sent"           /* it is on its way */
#define LS_EVENT_EDIT_CONTAINED "edit-contained" /* its effect came with a delta */
#define LS_EVENT_EDIT_APPLIED "edit-applied"     /* it is on the server's disk */
#define LS_EVENT_EDIT_FAILED "edit-failed"       /* it was rolled back, with the reason */
#define LS_EVENT_EDIT_DISCARDED "edit-discarded" /* it was taken back */
#define LS_EVENT_OUTBOX_HELD "outbox-held"       /* edits wait for a temporary failure to pass */
#define LS_EVENT_SHOWN "shown"                   /* queries and rows show it */
#define LS_EVENT_PAINTED "painted"               /* and a window has drawn them */
#define LS_EVENT_VERIFIED "verified"             /* digests agreed */
#define LS_EVENT_FINDING "finding"               /* something does not add up */
#define LS_EVENT_HEALED "healed"                 /* and was mended */
#define LS_EVENT_LOOP_GUARD "loop-guard"         /* something went round in circles and waits */
#define LS_EVENT_FORKED "forked"                 /* the cache was copied or restored */
#define LS_EVENT_NOTICE "notice"                 /* the server tells the admin something */
#define LS_EVENT_ERROR "error"                   /* something failed */

/**
 * LsEvent:
 * @id: counts the events of a bus, 1, 2, 3; 0 before it is published
 * @at: when it was published, µs since the epoch
 * @type: its type, static
 * @shop: (nullable): the shop concerned
 * @collection: (nullable): the collection concerned
 * @key: (nullable): the row concerned
 * @correlation: (nullable): what all events of one cause share, from the admin's click to the last
 *   widget that shows it; of an edit its mid
 * @version: the version concerned, 0 for none
 * @count: how many things it is about, 0 for one that is not about a number of things; of a notice until
 *   when it holds, µs since the epoch
 * @message: (nullable): words for the debug window, not translated
 * @code: (nullable): name of an #LsErrorCode; of a notice its kind
 * @once: (nullable): events of the same type with the same text here within a second are one
 * @repeats: how many more were that one
 *
 * Something that happened. Filled by its maker, immutable once published but for @repeats, which is
 * the bus's. Reference-counted.
 */
typedef struct {
  gatomicrefcount ref_count;
  int64_t id;
  int64_t at;
  const char *type;
  char *shop;
  const LsCollection *collection;
  char *key;
  char *correlation;
  int64_t version;
  int64_t count;
  char *message;
  char *code;
  char *once;
  unsigned repeats;
  unsigned depth; /* how many events deep in each other it was published; the bus's */
} LsEvent;

#define LS_TYPE_EVENT (ls_event_get_type ())
GType    ls_event_get_type (void);
LsEvent *ls_event_new      (const char *type,
                            const char *shop);
LsEvent *ls_event_ref      (LsEvent    *event);
void     ls_event_unref    (LsEvent    *event);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsEvent, ls_event_unref)

G_END_DECLS
