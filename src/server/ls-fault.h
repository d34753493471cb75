/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/**
 * LS_FAULT_POINT:
 * @point: a name: `before-commit`, `inside`, `after-commit`
 *
 * A place where a test may end the process as kill -9 would. Compiled to nothing unless the build
 * has -Dfault_injection=true, which no build that ships has.
 */
#ifdef LS_FAULT_INJECTION
void ls_fault_arm   (const char *point,
                     unsigned    nth);
void ls_fault_point (const char *point);
#define LS_FAULT_POINT(point) ls_fault_point (point)
#else
#define LS_FAULT_POINT(point) G_STMT_START {} G_STMT_END
#endif

G_END_DECLS
