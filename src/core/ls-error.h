/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "core/ls-types.h"

G_BEGIN_DECLS

/**
 * LS_ERROR:
 *
 * The one error domain of Lockstep. Codes are #LsErrorCode.
 */
#define LS_ERROR (ls_error_quark ())

/**
 * LsErrorCode:
 * @LS_ERROR_NETWORK: no route, refused, reset; the peer was not reached or went away
 * @LS_ERROR_WEBSOCKET: the upgrade or a frame failed; another transport may do
 * @LS_ERROR_TIMEOUT: no answer within the time allowed
 * @LS_ERROR_AUTH: not signed in, or no longer
 * @LS_ERROR_FORBIDDEN: signed in, but without the right
 * @LS_ERROR_VALIDATION: a value is malformed or breaks a rule of the shop
 * @LS_ERROR_CONFLICT: somebody else changed the same value first
 * @LS_ERROR_INCONSISTENCY: two routes to one number disagree
 * @LS_ERROR_RATE_LIMIT: too much in too short a time
 * @LS_ERROR_PROTOCOL: a message that the protocol does not allow
 * @LS_ERROR_STORAGE: disk full, unreadable, or otherwise failing
 * @LS_ERROR_TOO_OLD: this program is too old for its peer
 *
 * Classes of failure. ls_error_info() tells how each is treated.
 */
typedef enum {
  LS_ERROR_NETWORK,
  LS_ERROR_WEBSOCKET,
  LS_ERROR_TIMEOUT,
  LS_ERROR_AUTH,
  LS_ERROR_FORBIDDEN,
  LS_ERROR_VALIDATION,
  LS_ERROR_CONFLICT,
  LS_ERROR_INCONSISTENCY,
  LS_ERROR_RATE_LIMIT,
  LS_ERROR_PROTOCOL,
  LS_ERROR_STORAGE,
  LS_ERROR_TOO_OLD,
} LsErrorCode;

#define LS_N_ERRORS (LS_ERROR_TOO_OLD + 1)

/**
 * LsErrorActions:
 * @LS_ERROR_ACTION_NONE: nothing to press
 * @LS_ERROR_ACTION_RETRY: the same again
 * @LS_ERROR_ACTION_REFRESH: fetch anew
 * @LS_ERROR_ACTION_SIGN_IN: sign in
 * @LS_ERROR_ACTION_REPORT: report the issue
 * @LS_ERROR_ACTION_CONTACT: ask whoever runs the server
 * @LS_ERROR_ACTION_WORK_OFFLINE: go on with what is here, and not be bothered
 *
 * What an admin can do about an error.
 */
typedef enum {
  LS_ERROR_ACTION_NONE = 0,
  LS_ERROR_ACTION_RETRY = 1 << 0,
  LS_ERROR_ACTION_REFRESH = 1 << 1,
  LS_ERROR_ACTION_SIGN_IN = 1 << 2,
  LS_ERROR_ACTION_REPORT = 1 << 3,
  LS_ERROR_ACTION_CONTACT = 1 << 4,
  LS_ERROR_ACTION_WORK_OFFLINE = 1 << 5,
} LsErrorActions;

/**
 * LsErrorInfo:
 * @name: the stable name on the wire and in logs, such as "rate-limit"
 * @temporary: whether the same may succeed later without anybody changing anything
 * @words: what the admin reads: an untranslated message id, translated by the app
 * @actions: what he can press
 * @log_level: at which level the program logs it, once
 *
 * One row of the error table.
 */
typedef struct {
  const char *name;
  bool temporary;
  const char *words;
  LsErrorActions actions;
  GLogLevelFlags log_level;
} LsErrorInfo;

GQuark             ls_error_quark     (void);
const LsErrorInfo *ls_error_info      (LsErrorCode   code);
bool               ls_error_from_name (const char   *name,
                                       LsErrorCode  *ret_code);
bool               ls_error_is_temporary (const GError *error);
LsErrorCode        ls_error_code_of   (const GError *error);
const char *const *ls_error_get_reason  (const GError *error);
void               ls_error_take_reason (GError       *error,
                                         char        **reason);

G_END_DECLS
