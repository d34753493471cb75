/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include "core/ls-fault.h"

#ifdef LS_FAULT_INJECTION

static LsFault planted;

#define LS_FAULT_ENTRY(name, words) { #name, words },
static const struct {
  const char *name;
  const char *rule;
} faults[] = {
  { "NONE", "none" },
  LS_FAULTS (LS_FAULT_ENTRY)
};
#undef LS_FAULT_ENTRY

/**
 * ls_fault_plant:
 * @fault: what is wrong from now on, in this process
 *
 * Plants a fault. Comes before other threads.
 */
void
ls_fault_plant (LsFault fault)
{
  planted = fault;
}

/**
 * ls_fault_get:
 *
 * Returns: the fault that is planted
 */
LsFault
ls_fault_get (void)
{
  return planted;
}

/**
 * ls_fault_get_name:
 * @fault: a fault
 *
 * Returns: (transfer none): its name
 */
const char *
ls_fault_get_name (LsFault fault)
{
  return faults[fault].name;
}

/**
 * ls_fault_get_rule:
 * @fault: a fault
 *
 * Returns: (transfer none): the rule of docs/protocol.md that it breaks, and how
 */
const char *
ls_fault_get_rule (LsFault fault)
{
  return faults[fault].rule;
}

#endif
