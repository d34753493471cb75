/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>

#include <glib.h>

G_BEGIN_DECLS

/**
 * LsTestCondition:
 * @user_data: of the caller
 *
 * Returns: whether what is waited for has come
 */
typedef bool (*LsTestCondition) (gpointer user_data);

/**
 * ls_test_wait:
 * @condition: (scope call): asked after every turn of the main context
 * @user_data: for @condition
 *
 * Runs the main context, with real threads beside it, until @condition holds. After a minute, which
 * no machine needs, the test has failed.
 */
void ls_test_wait (LsTestCondition condition,
                   gpointer        user_data);

G_END_DECLS
