/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

G_BEGIN_DECLS

/**
 * LsSignInBody:
 * @user: who
 * @password: shows that
 * @device: where
 *
 * What `POST /v1/sign-in` carries. A struct of zeros is empty.
 */
typedef struct {
  char *user;
  char *password;
  char *device;
} LsSignInBody;

/**
 * LsSimulateBody:
 * @rate: events an hour
 * @seed: of the dice
 *
 * What `POST /v1/shops/SHOP/simulate` carries.
 */
typedef struct {
  int64_t rate;
  int64_t seed;
} LsSimulateBody;

bool ls_sign_in_body_read  (const char     *text,
                            size_t          length,
                            LsSignInBody   *body,
                            GError        **error);
void ls_sign_in_body_clear (LsSignInBody   *body);
bool ls_simulate_body_read (const char     *text,
                            size_t          length,
                            LsSimulateBody *body,
                            GError        **error);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (LsSignInBody, ls_sign_in_body_clear)

G_END_DECLS
