/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-environment.h"
#include "server/ls-access.h"
#include "server/ls-config.h"
#include "server/ls-data-dir.h"
#include "server/ls-exchange.h"
#include "server/ls-http.h"
#include "server/ls-hub.h"
#include "server/ls-scrubber.h"
#include "server/ls-snapshot.h"
#include "server/sample/ls-simulator.h"
#include "server/wire/ls-wire.h"

G_BEGIN_DECLS

/**
 * LsServer:
 * @environment: clock, randomness, queues
 * @config: the options
 * @lock: the data folder is ours
 * @access: users
 * @storage: shops
 * @committer: the one door to their logs
 * @wire: live connections
 * @hub: what they get
 * @exchanges: sessions that poll; %NULL at the end
 * @snapshots: what those fetch who begin
 * @scrubber: proves what is stored
 * @simulator: traffic of sample shops
 * @http: the front
 * @maintenance: timer of what is done now and then
 * @sign_ins: passwords that wait to be checked
 * @started: when, monotonic µs
 * @draining: the end has begun
 *
 * Everything that `lockstepd serve` is made of, put together in one place and handed down:
 * nothing below knows it but the API.
 */
typedef struct {
  LsEnvironment *environment;
  LsConfig *config;
  LsDataLock *lock;
  LsAccess *access;
  LsStorage *storage;
  LsCommitter *committer;
  LsWire *wire;
  LsHub *hub;
  LsExchanges *exchanges;
  LsSnapshots *snapshots;
  LsScrubber *scrubber;
  LsSimulator *simulator;
  LsHttp *http;
  uint64_t maintenance;
  unsigned sign_ins;
  int64_t started;
  bool draining;
} LsServer;

LsServer *ls_server_new   (LsConfig *config,
                           GError  **error);
void      ls_server_free  (LsServer *server);
bool      ls_server_start (LsServer *server,
                           GError  **error);
void      ls_server_stop  (LsServer *server);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsServer, ls_server_free)

G_END_DECLS
