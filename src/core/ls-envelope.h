/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LS_MAX_ENVELOPE_REQUEST:
 *
 * Bytes of a request's body: one message of the longest kind and what goes around it.
 */
#define LS_MAX_ENVELOPE_REQUEST (641 * 1024)

/**
 * LS_MAX_ENVELOPE_ANSWER:
 *
 * Bytes of an answer's body: messages are added to it while it has less than half a MiB, and each
 * has at most one.
 */
#define LS_MAX_ENVELOPE_ANSWER (1537 * 1024)

/**
 * LS_MAX_ENVELOPE_MESSAGES:
 *
 * Messages of one request.
 */
#define LS_MAX_ENVELOPE_MESSAGES 256

/**
 * LS_ENVELOPE_WINDOW:
 *
 * Requests whose answers the client may not have acknowledged yet, the newest included: one that
 * waits, and one that brings what can't.
 */
#define LS_ENVELOPE_WINDOW 2

/**
 * LsEnvelopeKind:
 * @LS_ENVELOPE_REQUEST: from a client
 * @LS_ENVELOPE_ANSWER: from a server
 */
typedef enum {
  LS_ENVELOPE_REQUEST,
  LS_ENVELOPE_ANSWER,
} LsEnvelopeKind;

/**
 * LsTextSlice:
 * @text: where it begins; not nul-terminated
 * @length: its bytes
 *
 * A part of a text that somebody else owns.
 */
typedef struct {
  const char *text;
  size_t length;
} LsTextSlice;

/**
 * LsEnvelope:
 * @session: (nullable): the session; %NULL in a request that begins one
 * @seq: number of the request, 1 for the one that begins a session
 * @ack: of a request: the answers up to this one have arrived
 * @wait: of a request: µs that the answer may take when there is nothing to say
 * @close_code: of an answer: why the session ended, as a WebSocket has it; 0 when it goes on
 * @reason: (nullable): of an answer that ends the session: why, in words
 * @messages: (element-type LsTextSlice): the messages, as text that has passed the guard
 *
 * What `POST /v1/exchange` carries, both ways. docs/protocol.md says how the numbers go.
 */
typedef struct {
  char *session;
  int64_t seq;
  int64_t ack;
  int64_t wait;
  unsigned close_code;
  char *reason;
  GArray *messages;
} LsEnvelope;

LsEnvelope *ls_envelope_new         (void);
void        ls_envelope_free        (LsEnvelope       *envelope);
void        ls_envelope_add         (LsEnvelope       *envelope,
                                     const char       *text,
                                     size_t            length);
char       *ls_envelope_encode      (const LsEnvelope *envelope,
                                     LsEnvelopeKind    kind,
                                     size_t           *ret_length);
LsEnvelope *ls_envelope_decode      (const char       *text,
                                     size_t            length,
                                     LsEnvelopeKind    kind,
                                     GError          **error);
uint64_t    ls_envelope_hash        (const LsEnvelope *envelope);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsEnvelope, ls_envelope_free)

G_END_DECLS
