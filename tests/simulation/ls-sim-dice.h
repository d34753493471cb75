/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <stdbool.h>
#include <stdint.h>

G_BEGIN_DECLS

/**
 * LsSimDice:
 * @state: where the sequence stands
 *
 * A sequence of numbers that a seed determines: SplitMix64. Each thing that rolls has dice of its
 * own, so that one rolling more often does not change what the others see.
 */
typedef struct {
  uint64_t state;
} LsSimDice;

static inline uint64_t
ls_sim_dice_roll (LsSimDice *dice)
{
  uint64_t z = dice->state += UINT64_C (0x9e3779b97f4a7c15);

  z = (z ^ (z >> 30)) * UINT64_C (0xbf58476d1ce4e5b9);
  z = (z ^ (z >> 27)) * UINT64_C (0x94d049bb133111eb);
  return z ^ (z >> 31);
}

static inline LsSimDice
ls_sim_dice (uint64_t seed,
             uint64_t stream)
{
  LsSimDice dice = { seed };

  dice.state = ls_sim_dice_roll (&dice) + stream * UINT64_C (0xd1342543de82ef95);
  ls_sim_dice_roll (&dice);
  return dice;
}

/* From 0 to @n - 1. */
static inline unsigned
ls_sim_dice_below (LsSimDice *dice,
                   unsigned   n)
{
  return (unsigned) ((ls_sim_dice_roll (dice) >> 32) * n >> 32);
}

/* Whether something that happens @times of @of times happens. */
static inline bool
ls_sim_dice_hits (LsSimDice *dice,
                  unsigned   times,
                  unsigned   of)
{
  return ls_sim_dice_below (dice, of) < times;
}

/* From @min to @max, small ones as often as large ones: each magnitude alike. */
static inline int64_t
ls_sim_dice_spread (LsSimDice *dice,
                    int64_t    min,
                    int64_t    max)
{
  int64_t top = min;

  while (top < max && ls_sim_dice_hits (dice, 2, 3))
    top = MIN (top * 2 + 1, max);
  return min + (int64_t) (ls_sim_dice_roll (dice) % (uint64_t) (top - min + 1));
}

G_END_DECLS
