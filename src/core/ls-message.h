/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-change.h"
#include "core/ls-error.h"
#include "core/ls-position.h"
#include "core/ls-scope.h"
#include "core/ls-types.h"
#include "core/ls-view.h"

G_BEGIN_DECLS

/**
 * LS_PROTOCOL_VERSION:
 *
 * The version of the wire that this program speaks.
 */
#define LS_PROTOCOL_VERSION 1

/**
 * LS_SUBPROTOCOL:
 *
 * The WebSocket sub-protocol.
 */
#define LS_SUBPROTOCOL "lockstep.v1"

#define LS_MAX_CLIENT_MESSAGE (640 * 1024)
#define LS_MAX_SERVER_MESSAGE (1024 * 1024)
#define LS_MAX_CHANGES 500
#define LS_MAX_VERSION_BYTES (256 * 1024)
#define LS_MAX_SHOPS 256
#define LS_MUTATION_WINDOW 64

/**
 * LsMessageType:
 *
 * Types of messages, see docs/protocol.md.
 */
typedef enum {
  LS_MESSAGE_HELLO,
  LS_MESSAGE_WELCOME,
  LS_MESSAGE_FORKED,
  LS_MESSAGE_SUBSCRIBE,
  LS_MESSAGE_DELTA,
  LS_MESSAGE_ACK,
  LS_MESSAGE_MUTATE,
  LS_MESSAGE_RESULT,
  LS_MESSAGE_DIGEST,
  LS_MESSAGE_VERIFY,
  LS_MESSAGE_ROWS,
  LS_MESSAGE_RESYNC,
  LS_MESSAGE_VIEW,
  LS_MESSAGE_PING,
  LS_MESSAGE_PONG,
  LS_MESSAGE_AUTH,
  LS_MESSAGE_ERROR,
  LS_MESSAGE_NOTICE,
} LsMessageType;

/**
 * LsMessageSide:
 * @LS_FROM_CLIENT: sent by a client
 * @LS_FROM_SERVER: sent by a server
 *
 * Who sent a message: each type belongs to one side or both.
 */
typedef enum {
  LS_FROM_CLIENT = 1 << 0,
  LS_FROM_SERVER = 1 << 1,
} LsMessageSide;

/**
 * LsPriority:
 *
 * How soon versions of a collection are wanted; it never decides what (PROTOCOL rule 2).
 */
typedef enum {
  LS_PRIORITY_LOW,
  LS_PRIORITY_MEDIUM,
  LS_PRIORITY_HIGH,
  LS_PRIORITY_CRITICAL,
} LsPriority;

/**
 * LsResultStatus:
 * @LS_RESULT_APPLIED: done, and on disk
 * @LS_RESULT_CONFLICT: somebody else changed a value first
 * @LS_RESULT_REJECTED: malformed, forbidden, or against a rule of the shop
 * @LS_RESULT_DECIDED: decided long ago, how is not known any more
 *
 * How a mutation ended.
 */
typedef enum {
  LS_RESULT_APPLIED,
  LS_RESULT_CONFLICT,
  LS_RESULT_REJECTED,
  LS_RESULT_DECIDED,
} LsResultStatus;

/**
 * LsResyncReason:
 * @LS_RESYNC_TOO_OLD: the client is before the horizon of the log
 * @LS_RESYNC_EPOCH: another history
 * @LS_RESYNC_VIEW: other fields than the client's rows have
 * @LS_RESYNC_BULK: far behind a job
 *
 * Why collections must be fetched anew.
 */
typedef enum {
  LS_RESYNC_TOO_OLD,
  LS_RESYNC_EPOCH,
  LS_RESYNC_VIEW,
  LS_RESYNC_BULK,
} LsResyncReason;

/**
 * LsShopInfo:
 * @shop: its id
 * @name: (nullable): its name; only from the server
 * @role: the user's role there; only from the server
 * @position: the server's position; only from the server
 * @n: from a client the highest n it assigned, from a server the last n it decided for this client,
 *   in a pong the last n that it took in this session
 * @base: the version at which the epoch began: up to there its history is that of the epochs before;
 *   0 when nothing of them is left; only from the server
 *
 * What both ends say of each shop when they meet.
 */
typedef struct {
  char *shop;
  char *name;
  LsRole role;
  LsPosition position;
  int64_t n;
  int64_t base;
} LsShopInfo;

/**
 * LsSubscription:
 * @collection: which
 * @priority: how soon
 * @since: the first bucket wanted, 0 for all, %LS_SCOPE_NOTHING for none: `off`
 *
 * What a client wants of a collection. One that it does not name it wants whole.
 */
typedef struct {
  const LsCollection *collection;
  LsPriority priority;
  int64_t since;
} LsSubscription;

/**
 * LsDeltaItem:
 * @version: the version that made the change
 * @change: (transfer full): the change, PUT, SET or DEL
 * @mid: (nullable): the mutation that made it
 *
 * One change of a delta.
 */
typedef struct {
  int64_t version;
  LsChange *change;
  char *mid;
} LsDeltaItem;

/**
 * LsDigestItem:
 * @collection: which
 * @bucket: number of the bucket, or -1 for the whole collection
 * @key: (nullable): key of a row, when rows are listed
 * @count: rows; 1 for a row
 * @hash: what they add up to
 * @since: of a whole collection the first bucket in it, 0 for all
 *
 * One sum of a digest message.
 */
typedef struct {
  const LsCollection *collection;
  int64_t bucket;
  char *key;
  int64_t count;
  uint64_t hash;
  int64_t since;
} LsDigestItem;

typedef struct {
  int64_t protocol;
  char *client;
  char *app_version;
  int64_t schema_version;
  GArray *shops; /* LsShopInfo */
} LsHello;

typedef struct {
  char *session;
  char *client;
  char *user;
  GArray *shops; /* LsShopInfo */
  int64_t max_client_message;
  int64_t max_server_message;
  int64_t window;
  int64_t heartbeat; /* µs */
  int64_t server_time; /* µs since the epoch */
} LsWelcome;

typedef struct {
  char *client;
} LsForked;

typedef struct {
  char *shop;
  LsPosition position;
  uint64_t view;
  bool keep; /* the stream goes on where it is, only the priorities are others */
  GArray *collections; /* LsSubscription */
} LsSubscribe;

typedef struct {
  char *shop;
  int64_t from;
  int64_t to;
  uint64_t check;
  int64_t done; /* last n contained, or -1: the items carry mids */
  GArray *items; /* LsDeltaItem */
} LsDelta;

typedef struct {
  char *shop;
  int64_t version;
  int64_t n;
  int64_t applied; /* µs the client took */
} LsAck;

typedef struct {
  char *shop;
  int64_t n;
  char *mid;
  bool is_void;
  GPtrArray *changes; /* LsChange; NULL when @body_error is set */
  GError *body_error; /* why the changes can't be read: the server rejects with it */
} LsMutate;

typedef struct {
  char *shop;
  int64_t n;
  char *mid;
  LsResultStatus status;
  int64_t version;
  char *code; /* name of an LsErrorCode, when not applied */
  char *message;
  char *path;
  char **reason; /* why exactly, see ls-reason.h; NULL when there is no name for it */
  GPtrArray *rows; /* LsChange PUT: the rows as they are now, on a conflict */
} LsResult;

/* With @collection it is the answer to a `verify` and complete: all buckets of the collection that
 * are not empty or, with @bucket, all rows of the bucket. */
typedef struct {
  char *shop;
  int64_t version;
  uint64_t check;
  uint64_t view;
  const LsCollection *collection; /* NULL: sums of whole collections */
  int64_t bucket;                 /* or -1 */
  GArray *items;                  /* LsDigestItem */
} LsDigestMessage;

typedef struct {
  char *shop;
  const LsCollection *collection; /* NULL: the sums of all collections are wanted */
  int64_t bucket;                 /* or -1: the buckets are wanted */
  GPtrArray *keys;                /* char *: these rows of the bucket; empty: keys and hashes */
} LsVerify;

/* Rows of one bucket as they are at @version, for a client whose rows are not. */
typedef struct {
  char *shop;
  int64_t version;
  uint64_t check;
  uint64_t view;
  const LsCollection *collection;
  int64_t bucket;
  GPtrArray *changes; /* LsChange: PUT, or DEL for a row that is not there */
} LsRowsMessage;

typedef struct {
  char *shop;
  LsResyncReason reason;
  GArray *collections; /* LsSubscription; empty for all */
} LsResync;

typedef struct {
  char *shop;
  char *window;
  char *group;
  char *page;
  char *state; /* page size, filter, sort, selection, anchor, as the app's own text */
  char *editing;
  char *user; /* from the server: whose it is */
} LsViewMessage;

typedef struct {
  int64_t id;
  GArray *shops; /* LsShopInfo: shop and position.version sent to this session; from the server */
} LsPing;

typedef struct {
  char *token;
} LsAuth;

typedef struct {
  LsErrorCode code;
  char *message;
  char *path;
  bool temporary;
  int64_t retry_after; /* µs, 0 when not said */
  char *shop; /* the shop concerned, when it is about one */
  int64_t expected_n; /* of a mutation that was not taken: the n that must come next; else 0 */
} LsErrorMessage;

/* What a notice is about. */
#define LS_NOTICE_ALERT "alert"               /* to be read once */
#define LS_NOTICE_MAINTENANCE "maintenance"   /* the server is, or will be, down on purpose */
#define LS_NOTICE_RATE_LIMITED "rate-limited" /* edits are taken more slowly for a while */
#define LS_NOTICE_SIGN_OUT "sign-out"         /* the session ends, the token is worth nothing any more */

typedef struct {
  char *kind;
  char *message;
  int64_t until; /* µs since the epoch, 0 when not said */
} LsNotice;

/**
 * LsMessage:
 * @type: which member holds
 *
 * One decoded message. Filled by its maker, immutable once shared.
 */
struct _LsMessage {
  gatomicrefcount ref_count;
  LsMessageType type;
  union {
    LsHello hello;
    LsWelcome welcome;
    LsForked forked;
    LsSubscribe subscribe;
    LsDelta delta;
    LsAck ack;
    LsMutate mutate;
    LsResult result;
    LsDigestMessage digest;
    LsVerify verify;
    LsRowsMessage rows;
    LsResync resync;
    LsViewMessage view;
    LsPing ping;
    LsAuth auth;
    LsErrorMessage error;
    LsNotice notice;
  };
};

#define LS_TYPE_MESSAGE (ls_message_get_type ())

GType        ls_message_get_type      (void);
LsMessage   *ls_message_new           (LsMessageType    type);
LsMessage   *ls_message_ref           (LsMessage       *message);
void         ls_message_unref         (LsMessage       *message);
const char  *ls_message_type_to_name  (LsMessageType    type);
LsMessage   *ls_message_decode        (const char      *text,
                                       size_t           length,
                                       LsMessageSide    from,
                                       GError         **error);
char        *ls_message_encode        (const LsMessage *message,
                                       size_t          *ret_length);
bool         ls_message_scan_ack      (const char      *text,
                                       size_t           length,
                                       char            *ret_shop,
                                       size_t           shop_size,
                                       LsAck           *ret_ack);

void         ls_subscribe_get_scope   (const LsSubscribe *subscribe,
                                       LsScope         *ret_scope);
LsMessage   *ls_message_new_error     (const GError    *error,
                                       const char      *path,
                                       int64_t          retry_after);
void         ls_delta_add             (LsMessage       *delta,
                                       int64_t          version,
                                       LsChange        *change,
                                       const char      *mid);

void         ls_changes_encode        (LsJsonWriter    *writer,
                                       GPtrArray       *changes);
char        *ls_changes_to_json       (GPtrArray       *changes);
GPtrArray   *ls_changes_from_json     (const char      *json,
                                       GError         **error);
void         ls_change_encode_item    (LsJsonWriter    *writer,
                                       const LsChange  *change,
                                       int64_t          version,
                                       const char      *mid,
                                       uint64_t         fields);
void         ls_record_encode         (LsJsonWriter    *writer,
                                       const LsRecord  *record,
                                       uint64_t         fields);
LsRecord    *ls_record_decode         (const LsCollection *collection,
                                       const char      *json,
                                       size_t           length,
                                       GError         **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsMessage, ls_message_unref)

G_END_DECLS
