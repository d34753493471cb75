/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "client/ls-cache.h"
#include "ls-sim-oracle.h"

G_BEGIN_DECLS

/**
 * LsSimViews:
 *
 * What the windows of a client would hold: the store over its cache, and a live query of a few
 * collections, whose rows are all held.
 */
typedef struct _LsSimViews LsSimViews;

LsSimViews *ls_sim_views_new         (LsEnvironment *environment,
                                      LsCache       *cache,
                                      LsSimOracle   *oracle,
                                      unsigned       client,
                                      bool           orders);
void        ls_sim_views_begin       (LsSimViews    *self);
void        ls_sim_views_free        (LsSimViews    *self);
void        ls_sim_views_take_commit (LsSimViews    *self,
                                      LsCacheCommit *commit);
char       *ls_sim_views_find_behind (LsSimViews    *self);

G_END_DECLS
