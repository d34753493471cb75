/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LsOptionId:
 *
 * Everything about lockstepd that can be set; the table in ls-config.c says how.
 */
typedef enum {
  LS_OPTION_CONFIG,
  LS_OPTION_DATA,
  LS_OPTION_LISTEN,
  LS_OPTION_EPOLL_THREADS,
  LS_OPTION_READERS,
  LS_OPTION_MAX_CONNECTIONS,
  LS_OPTION_MAX_REQUESTS,
  LS_OPTION_REQUEST_TIMEOUT,
  LS_OPTION_HEARTBEAT,
  LS_OPTION_PONG_TIMEOUT,
  LS_OPTION_HELLO_TIMEOUT,
  LS_OPTION_DIGEST_INTERVAL,
  LS_OPTION_BACKGROUND_WAIT,
  LS_OPTION_DRAIN_TIMEOUT,
  LS_OPTION_MAX_POLLS,
  LS_OPTION_MAX_POLL_SESSIONS,
  LS_OPTION_ACCOUNT_POLLS,
  LS_OPTION_POLL_WAIT,
  LS_OPTION_POLL_PACE,
  LS_OPTION_POLL_EXPIRY,
  LS_OPTION_KEEP_ALIVE,
  LS_OPTION_MAX_UNSENT,
  LS_OPTION_RING,
  LS_OPTION_EDIT_RATE,
  LS_OPTION_EDIT_BURST,
  LS_OPTION_ADDRESS_RATE,
  LS_OPTION_ACCOUNT_RATE,
  LS_OPTION_TOKEN_LIFETIME,
  LS_OPTION_KEEP_VERSIONS,
  LS_OPTION_KEEP_AGE,
  LS_OPTION_KEEP_ACTIVITY,
  LS_OPTION_SCRUB_INTERVAL,
  LS_OPTION_BEHIND_PROXY,
  LS_OPTION_SIMULATE,
  LS_OPTION_LOG_LEVEL,
} LsOptionId;

#define LS_N_OPTIONS (LS_OPTION_LOG_LEVEL + 1)

/**
 * LsConfig:
 *
 * The options of one run: from the command line, else from the environment, else from the
 * configuration file, else the default. Filled once at start, then only read: any thread may.
 */
typedef struct _LsConfig LsConfig;

LsConfig          *ls_config_new          (void);
void               ls_config_free         (LsConfig          *config);
GOptionGroup      *ls_config_get_group    (LsConfig          *config,
                                           const LsOptionId  *ids,
                                           size_t             n_ids);
bool               ls_config_set          (LsConfig          *config,
                                           LsOptionId         id,
                                           const char        *text,
                                           GError           **error);
bool               ls_config_load         (LsConfig          *config,
                                           const char *const *environment,
                                           GError           **error);
const char        *ls_config_get_text     (const LsConfig    *config,
                                           LsOptionId         id);
const char *const *ls_config_get_list     (const LsConfig    *config,
                                           LsOptionId         id);
int64_t            ls_config_get_number   (const LsConfig    *config,
                                           LsOptionId         id);
const char        *ls_config_get_source   (const LsConfig    *config,
                                           LsOptionId         id);
char              *ls_config_describe     (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (LsConfig, ls_config_free)

G_END_DECLS
