/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "ls-fault-chaos.h"

struct _LsFaultChaos {
  LsFaultProxy *proxy;
  LsFaultChaosFunc func;
  gpointer user_data;
  unsigned interval; /* ms */
  bool with_noise;
  unsigned timer;
};

/**
 * ls_fault_chaos_new:
 * @proxy: whose weather it is
 * @func: does what only the program can
 * @user_data: for @func
 *
 * Returns: (transfer full): calm weather
 */
LsFaultChaos *
ls_fault_chaos_new (LsFaultProxy    *proxy,
                    LsFaultChaosFunc func,
                    gpointer         user_data)
{
  LsFaultChaos *chaos = g_new0 (LsFaultChaos, 1);

  chaos->proxy = proxy;
  chaos->func = func;
  chaos->user_data = user_data;
  return chaos;
}

/**
 * ls_fault_chaos_free:
 * @chaos: (transfer full): some weather
 *
 * Ends it.
 */
void
ls_fault_chaos_free (LsFaultChaos *chaos)
{
  ls_fault_chaos_stop (chaos);
  g_free (chaos);
}

static LsFaultLane *
any_lane (LsFaultChaos *chaos)
{
  return &chaos->proxy->lanes[g_rand_int_range (chaos->proxy->dice, 0, LS_FAULT_N_WAYS)];
}

static void
set_both_lanes (LsFaultChaos *chaos,
                LsFaultLane   lane)
{
  for (unsigned i = 0; i < LS_FAULT_N_WAYS; i++)
    {
      lane.n_bytes = chaos->proxy->lanes[i].n_bytes;
      chaos->proxy->lanes[i] = lane;
    }
}

/* Rough weather, one kind of it. */
static LsFaultAct
choose (LsFaultChaos *chaos)
{
  GRand *dice = chaos->proxy->dice;

  switch (g_rand_int_range (dice, 0, chaos->with_noise ? 16 : 8))
    {
    case 0:
      return LS_FAULT_ACT_CUT;
    case 1:
      return LS_FAULT_ACT_REFUSE;
    case 2: /* one way is dead */
      any_lane (chaos)->hold = true;
      break;
    case 3:
      set_both_lanes (chaos, (LsFaultLane) { .hold = true });
      break;
    case 4: /* the middle of something does not arrive */
      any_lane (chaos)->truncate_at = (uint64_t) g_rand_int_range (dice, 1, 4000);
      break;
    case 5:
      set_both_lanes (chaos, (LsFaultLane) { .rate = (uint64_t) g_rand_int_range (dice, 2000, 50000) });
      break;
    case 6:
    case 7:
      set_both_lanes (chaos, (LsFaultLane) { .delay = 1000 * g_rand_int_range (dice, 1, 150),
                                             .jitter = 1000 * g_rand_int_range (dice, 1, 150) });
      break;
    default:
      any_lane (chaos)->noise = (uint64_t) g_rand_int_range (dice, 10, 2000);
      break;
    }
  return LS_FAULT_ACT_UPDATE;
}

static gboolean
turn_cb (gpointer data)
{
  LsFaultChaos *chaos = data;
  GRand *dice = chaos->proxy->dice;

  set_both_lanes (chaos, (LsFaultLane) { 0 });
  chaos->func (LS_FAULT_ACT_ACCEPT, chaos->user_data);
  /* Every other time the sun shines, so that something gets done. */
  if (g_rand_boolean (dice))
    chaos->func (choose (chaos), chaos->user_data);
  chaos->timer = g_timeout_add (
      (unsigned) g_rand_int_range (dice, 1, 2 * (int) chaos->interval), turn_cb, chaos);
  return G_SOURCE_REMOVE;
}

/**
 * ls_fault_chaos_start:
 * @chaos: some weather
 * @interval: mean time between changes, ms
 * @with_noise: whether bits turn, too
 *
 * Begins. What comes and when is decided by the proxy's dice; what it meets is not.
 */
void
ls_fault_chaos_start (LsFaultChaos *chaos,
                      unsigned      interval,
                      bool          with_noise)
{
  ls_fault_chaos_stop (chaos);
  chaos->interval = interval;
  chaos->with_noise = with_noise;
  chaos->timer = g_timeout_add (interval, turn_cb, chaos);
}

/**
 * ls_fault_chaos_stop:
 * @chaos: some weather
 *
 * No more changes; what is stays.
 */
void
ls_fault_chaos_stop (LsFaultChaos *chaos)
{
  if (chaos->timer != 0)
    g_source_remove (chaos->timer);
  chaos->timer = 0;
}
