/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

void ls_log_install (GLogLevelFlags most);

G_END_DECLS
