/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-transport.h"
#include "core/ls-message.h"

G_BEGIN_DECLS

/**
 * LsFakeMode:
 * @LS_FAKE_ACCEPT: an open succeeds
 * @LS_FAKE_REFUSE: it is closed with an error
 * @LS_FAKE_SILENT: nothing happens
 *
 * What the far end does when it is called.
 */
typedef enum {
  LS_FAKE_ACCEPT,
  LS_FAKE_REFUSE,
  LS_FAKE_SILENT,
} LsFakeMode;

#define LS_TYPE_FAKE_TRANSPORT (ls_fake_transport_get_type ())
G_DECLARE_FINAL_TYPE (LsFakeTransport, ls_fake_transport, LS, FAKE_TRANSPORT, LsTransport)

LsFakeTransport *ls_fake_transport_new           (LsEnvironment   *environment,
                                                  LsQueue         *queue);
void             ls_fake_transport_set_mode      (LsFakeTransport *self,
                                                  LsFakeMode       mode,
                                                  LsErrorCode      code);
unsigned         ls_fake_transport_get_n_opens   (LsFakeTransport *self);
bool             ls_fake_transport_is_open       (LsFakeTransport *self);
bool             ls_fake_transport_is_paused     (LsFakeTransport *self);
LsAttention      ls_fake_transport_get_attention (LsFakeTransport *self);
const char      *ls_fake_transport_get_token     (LsFakeTransport *self);
bool             ls_fake_transport_has_sent      (LsFakeTransport *self);
LsMessage       *ls_fake_transport_pop           (LsFakeTransport *self);
LsMessage       *ls_fake_transport_expect        (LsFakeTransport *self,
                                                  LsMessageType    type);
void             ls_fake_transport_push          (LsFakeTransport *self,
                                                  LsMessage       *message);
void             ls_fake_transport_push_text     (LsFakeTransport *self,
                                                  const char      *text);
void             ls_fake_transport_drop          (LsFakeTransport *self,
                                                  LsErrorCode      code);
void             ls_fake_transport_set_answer    (LsFakeTransport *self,
                                                  unsigned         status,
                                                  const char      *body,
                                                  size_t           piece,
                                                  LsErrorCode      failure);
void             ls_fake_transport_set_before    (LsFakeTransport *self,
                                                  const char      *before);
unsigned         ls_fake_transport_get_n_fetches (LsFakeTransport *self);
const char      *ls_fake_transport_get_fetch     (LsFakeTransport *self);
const char      *ls_fake_transport_get_body      (LsFakeTransport *self);

G_END_DECLS
