/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-message.h"
#include "ls-fake-transport.h"

G_BEGIN_DECLS

/**
 * LsModelServer:
 * @rows: (element-type utf8 LsRecord): the products of the one shop, by key
 * @version: its newest version
 * @horizon: clients before it get a snapshot
 * @n_applied: edits that took effect
 * @edits: (element-type utf8 int): how often each mid took effect
 * @squash: whether catch-up comes as one delta with `done`
 * @n_temporary: so many edits to come are refused for now
 * @n_lost: so many results to come are followed by the end of the connection instead
 * @n_verifies: questions that were answered
 * @n_healed: rows that were asked for
 *
 * The server's side of the protocol, as short as it can be: one shop of products, every version and
 * decision kept for ever, in memory. Clients reach it by fake transports. It is a model to hold the
 * client against; its own rules are docs/protocol.md's.
 */
typedef struct {
  LsEnvironment *environment;
  GHashTable *rows;
  GPtrArray *log;
  GHashTable *clients;
  GPtrArray *sessions;
  char epoch[LS_EPOCH_BYTES];
  int64_t version;
  int64_t horizon;
  unsigned n_applied;
  GHashTable *edits;
  unsigned last_client;
  bool squash;
  unsigned n_temporary;
  unsigned n_lost;
  unsigned n_verifies;
  unsigned n_healed;
} LsModelServer;

LsModelServer *ls_model_server_new       (LsEnvironment   *environment);
void           ls_model_server_free      (LsModelServer   *self);
void           ls_model_server_connect   (LsModelServer   *self,
                                          LsFakeTransport *transport);
bool           ls_model_server_serve     (LsModelServer   *self);
void           ls_model_server_edit      (LsModelServer   *self,
                                          LsChange        *change);
void           ls_model_server_digest    (LsModelServer   *self);
void           ls_model_server_new_epoch (LsModelServer   *self);
void           ls_model_server_restore   (LsModelServer   *self,
                                          int64_t          version);
LsDigestSum    ls_model_server_sum       (LsModelServer   *self);
uint64_t       ls_model_server_check     (int64_t          version);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsModelServer, ls_model_server_free)

G_END_DECLS
