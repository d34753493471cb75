/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "ls-test-dir.h"
#include "ls-test-environment.h"
#include "server/ls-hub.h"
#include "server/ls-session.h"

G_BEGIN_DECLS

/**
 * LsTestHub:
 * @environment: clock and queues that the test moves
 * @storage: in memory, with the shop "s"
 * @committer: the committer
 * @access: the users "owner" and "staff", who are that everywhere
 * @hub: a hub that was started
 *
 * A hub on one thread, whose clients are in the test.
 */
typedef struct {
  LsTestDir *dir;
  LsTestEnvironment *environment;
  LsStorage *storage;
  LsCommitter *committer;
  LsAccess *access;
  LsHub *hub;

  /*< private >*/
  bool is_node;
} LsTestHub;

/**
 * LsTestLink:
 * @hub: where it leads
 * @session: the session, %NULL when it is closed
 * @limit: bytes that may wait before the sink overflows
 * @close_code: what the session closed it with, 0 when it did not
 *
 * A connection to a hub. What the session sends waits in it until the test reads it.
 */
typedef struct {
  LsTestHub *hub;
  LsSession *session;
  size_t limit;
  uint16_t close_code;
  unsigned overflows;

  /*< private >*/
  LsSink *sink;
  GQueue waiting; /* GBytes */
  size_t bytes;
  bool full;
  bool wants_drained;
} LsTestLink;

LsTestHub  *ls_test_hub_new         (uint64_t            seed,
                                     const LsHubOptions *options);
LsTestHub  *ls_test_hub_new_node    (LsTestHub          *other,
                                     LsStorage          *storage,
                                     uint64_t            seed,
                                     const LsHubOptions *options);
void        ls_test_hub_make_shop   (LsStorage          *storage,
                                     const char         *shop);
void        ls_test_hub_free        (LsTestHub          *self);
LsIdentity *ls_test_hub_sign_in     (LsTestHub          *self,
                                     LsRole              role);
void        ls_test_hub_run         (LsTestHub          *self);
LsPosition  ls_test_hub_position    (LsTestHub          *self);

LsTestLink *ls_test_link_new        (LsTestHub          *hub,
                                     LsRole              role);
void        ls_test_link_free       (LsTestLink         *self);
void        ls_test_link_cut        (LsTestLink         *self);
void        ls_test_link_send_text  (LsTestLink         *self,
                                     const char         *text);
void        ls_test_link_send       (LsTestLink         *self,
                                     const LsMessage    *message);
LsMessage  *ls_test_link_read       (LsTestLink         *self);
LsMessage  *ls_test_link_expect     (LsTestLink         *self,
                                     LsMessageType       type);
void        ls_test_link_expect_none (LsTestLink        *self);
LsMessage  *ls_test_link_hello      (LsTestLink         *self,
                                     const char         *client,
                                     int64_t             n);
void        ls_test_link_subscribe  (LsTestLink         *self,
                                     const LsPosition   *position,
                                     LsRole              role);
void        ls_test_link_mutate     (LsTestLink         *self,
                                     int64_t             n,
                                     const char         *mid,
                                     const char         *changes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsTestHub, ls_test_hub_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsTestLink, ls_test_link_free)

G_END_DECLS
