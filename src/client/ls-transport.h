/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-connection-options.h"
#include "client/ls-endpoint.h"
#include "client/ls-fetch.h"
#include "core/ls-environment.h"

G_BEGIN_DECLS

#define LS_TYPE_TRANSPORT (ls_transport_get_type ())
G_DECLARE_DERIVABLE_TYPE (LsTransport, ls_transport, LS, TRANSPORT, GObject)

/**
 * LsTransportKind:
 * @LS_TRANSPORT_LIVE: the server pushes: a WebSocket
 * @LS_TRANSPORT_LONG_POLL: a request waits for what is new
 * @LS_TRANSPORT_POLL: what is new is asked for now and then
 *
 * How soon what is new can be here.
 */
typedef enum {
  LS_TRANSPORT_LIVE,
  LS_TRANSPORT_LONG_POLL,
  LS_TRANSPORT_POLL,
} LsTransportKind;

/**
 * LsAttention:
 * @LS_ATTENTION_ACTIVE: the admin is at it
 * @LS_ATTENTION_WATCHING: a window has the focus, but nothing is pressed
 * @LS_ATTENTION_AWAY: no window has the focus
 *
 * How much it matters that what is new comes soon.
 */
typedef enum {
  LS_ATTENTION_ACTIVE,
  LS_ATTENTION_WATCHING,
  LS_ATTENTION_AWAY,
} LsAttention;

/**
 * LsTransportSign:
 * @LS_SIGN_ALIVE: the server answered, whether it had something to say or not
 * @LS_SIGN_MISSED: an answer did not come, and is asked for again
 * @LS_SIGN_PACE: ls_transport_get_kind() or ls_transport_get_interval() are others
 *
 * What a transport knows of its peer beside messages.
 */
typedef enum {
  LS_SIGN_ALIVE,
  LS_SIGN_MISSED,
  LS_SIGN_PACE,
} LsTransportSign;

/**
 * LsTransportEvents:
 * @opened: messages can be sent
 * @message: one message came, as text that nobody has looked into
 * @closed: it never opened, or is open no more; the last event until ls_transport_open() is called
 *   again. @retry_after is how long the server asked to be left alone, in µs, 0 when it did not say
 * @sign: (nullable): a sign of the peer; @round_trip is in µs, -1 when the sign tells none
 *
 * What a transport tells its owner, on the queue it was made for. It may be closed, or opened again
 * after @closed, from within.
 */
typedef struct {
  void (*opened)  (LsTransport  *transport,
                   gpointer      user_data);
  void (*message) (LsTransport  *transport,
                   const char   *text,
                   size_t        length,
                   gpointer      user_data);
  void (*closed)  (LsTransport  *transport,
                   const GError *error,
                   int64_t       retry_after,
                   gpointer      user_data);
  void (*sign)    (LsTransport     *transport,
                   LsTransportSign  sign,
                   int64_t          round_trip,
                   gpointer         user_data);
} LsTransportEvents;

/**
 * LsTransportClass:
 * @get_name: its name in statuses and logs
 * @open: begins to connect; answered by opened or closed, later
 * @close: ends without another event; nothing happens when it is not open
 * @send: takes one message
 * @set_max_message: bounds the messages that come, in bytes over all fragments
 * @set_paused: stops and resumes reading; a few messages that are here already may still be told
 * @fetch: one request beside the messages
 * @get_kind: how what is new comes; %LS_TRANSPORT_LIVE by default
 * @get_interval: µs between two polls; 0 by default
 * @set_attention: how much it matters that it comes soon
 * @set_endpoint: the same server under another token, for what is asked from now on
 * @set_options: other times, for what begins from now on
 *
 * A way to talk with a server. A WebSocket is one; long-poll and poll carry the same messages in
 * requests of their own.
 */
struct _LsTransportClass {
  GObjectClass parent_class;

  const char *(*get_name)        (LsTransport       *self);
  void        (*open)            (LsTransport       *self,
                                  LsEndpoint        *endpoint);
  void        (*close)           (LsTransport       *self);
  bool        (*send)            (LsTransport       *self,
                                  const char        *text,
                                  size_t             length);
  void        (*set_max_message) (LsTransport       *self,
                                  size_t             bytes);
  void        (*set_paused)      (LsTransport       *self,
                                  bool               paused);
  LsFetch    *(*fetch)           (LsTransport       *self,
                                  LsEndpoint        *endpoint,
                                  const LsFetchSpec *spec);

  LsTransportKind (*get_kind)      (LsTransport *self);
  int64_t         (*get_interval)  (LsTransport *self);
  void            (*set_attention) (LsTransport *self,
                                    LsAttention  attention);
  void            (*set_endpoint)  (LsTransport *self,
                                    LsEndpoint  *endpoint);
  void            (*set_options)   (LsTransport               *self,
                                    const LsConnectionOptions *options);
};

void        ls_transport_set_events      (LsTransport             *self,
                                          const LsTransportEvents *events,
                                          gpointer                 user_data);
const char *ls_transport_get_name        (LsTransport             *self);
void        ls_transport_open            (LsTransport             *self,
                                          LsEndpoint              *endpoint);
void        ls_transport_close           (LsTransport             *self);
bool        ls_transport_send            (LsTransport             *self,
                                          const char              *text,
                                          size_t                   length);
void        ls_transport_set_max_message (LsTransport             *self,
                                          size_t                   bytes);
void        ls_transport_set_paused      (LsTransport             *self,
                                          bool                     paused);
LsFetch    *ls_transport_fetch           (LsTransport             *self,
                                          LsEndpoint              *endpoint,
                                          const LsFetchSpec       *spec);

LsTransportKind ls_transport_get_kind      (LsTransport *self);
int64_t         ls_transport_get_interval  (LsTransport *self);
void            ls_transport_set_attention (LsTransport *self,
                                            LsAttention  attention);
void            ls_transport_set_endpoint  (LsTransport *self,
                                            LsEndpoint  *endpoint);
void            ls_transport_set_options   (LsTransport               *self,
                                            const LsConnectionOptions *options);

/* For those who implement one. */
void ls_transport_emit_opened  (LsTransport  *self);
void ls_transport_emit_message (LsTransport  *self,
                                const char   *text,
                                size_t        length);
void ls_transport_emit_closed  (LsTransport  *self,
                                const GError *error,
                                int64_t       retry_after);
void ls_transport_emit_sign    (LsTransport     *self,
                                LsTransportSign  sign,
                                int64_t          round_trip);

G_END_DECLS
