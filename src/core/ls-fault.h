/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>

/*
 * Faults that a test may plant, to see that it finds them. They are in a build with
 * -Dfault_injection=true and in the libraries of the simulation, and nowhere else: everywhere else
 * LS_FAULT() is false before the compiler looks.
 */
#ifdef LS_FAULT_INJECTION

/**
 * LS_FAULTS:
 * @X: called with the name of each fault and what it breaks
 *
 * All of them, with the rule of docs/protocol.md that each breaks.
 */
#define LS_FAULTS(X) \
  X (GAP_IGNORED, "1: a client applies a delta that begins beyond its position") \
  X (HALF_DELTA, "1: a client applies the first half of a delta") \
  X (SQUASH_LOSES_FIELDS, "1: of several changes of a row only the last is sent") \
  X (HELD_FORGOTTEN, "2: of the versions that could wait only the last is sent") \
  X (SHOWN_IN_PARTS, "2: windows show a part of a transaction") \
  X (VERSION_UNBOUNDED, "3: a version may be of any size") \
  X (LOG_LACKS_CHANGE, "4: a row changes and the log does not say so") \
  X (OVERFLOW_FORGOTTEN, "5: a slow client goes on where it overflowed") \
  X (JOIN_WITHOUT_DELTA, "5: a client that is behind joins the live stream") \
  X (OTHERS_NOT_TOLD, "5: what another node commits does not reach who is connected to this one") \
  X (LOOKS_WHEN_NOTIFIED, "5: a node that no notification reaches does not look at the log") \
  X (ENCODED_FOR_ALL, "6: a version is encoded once for all views") \
  X (NUMBER_NOT_DURABLE, "7: an edit is sent before its n is on disk") \
  X (ROOM_FORGOTTEN, "7: what found no room among 64 waits for the next edit") \
  X (CHANGED_AFTER_SENT, "7: an edit is merged into one that has its n") \
  X (DEDUPE_SKIPPED, "8: an edit that comes twice is applied twice") \
  X (N_GAP_ACCEPTED, "8: an edit is taken before the one before it") \
  X (DECISIONS_REMEMBERED, "8: a node knows only the edits again that it decided itself") \
  X (COUNTS_REMEMBERED, "8: a node trusts the n that it saw last, whatever came through others") \
  X (FORK_IGNORED, "9: two caches go on under one client id") \
  X (EPOCH_IGNORED, "9: a client stays where another history goes on") \
  X (CHECK_NOT_COMPARED, "9: a server that went back and on is not noticed") \
  X (BACKUP_UNNOTICED, "9: a node goes on as if no backup had been put back under it") \
  X (RESULTS_FORGOTTEN, "10: results go before they were acknowledged") \
  X (ACK_BEFORE_COMMIT, "11: results are told before the commit") \
  X (COMMIT_NOT_SYNCED, "11: a commit is told before it is on disk") \
  X (RESULT_BEFORE_DELTA, "11: a result overtakes the delta of its version") \
  X (ROLLED_BACK_ROWS_KEPT, "11: rows of a transaction that was undone are used by the next") \
  X (OTHERS_TAKEN_FOR_OWN, "11: a commit whose end is unknown is taken for done when the shop moved on") \
  X (OVERLAY_LOST, "12: a delta hides what waits on its rows") \
  X (OVERLAY_TWICE, "12: an edit shows on rows that have it") \
  X (OPTIMISTIC_IS_CONFIRMED, "12: what waits gets into confirmed rows") \
  X (WAS_IGNORED, "13: the last writer wins") \
  X (OTHERS_ROWS_KEPT, "13: rows that another node has written since are taken as they were") \
  X (ADD_IS_SET, "13: a summand replaces the sum") \
  X (SET_MAKES_ROWS, "13: a field of a row that went is set") \
  X (VOID_FORGOTTEN, "14: an edit that was taken back is sent") \
  X (EDIT_NOT_DURABLE, "14: an edit is accepted before it is on disk") \
  X (NOT_SENT_AGAIN, "14: what was sent before a reconnect is not sent again") \
  X (DIGEST_NOT_FOLLOWED, "15: a client's digest does not follow rows under edits") \
  X (SERVER_DIGEST_STALE, "15: the server's digest does not follow deleted rows") \
  X (OTHERS_NOT_DIGESTED, "15: a node's digests do not follow what another one commits") \
  X (BUCKETS_BY_LENGTH, "16: a row's bucket is not that of its key's hash") \
  X (COMPARED_ANYWHERE, "17: digests are compared at unequal positions") \
  X (SNAPSHOT_NOT_PROVEN, "18: rows of a snapshot are taken without their sums") \
  X (ROT_OVERLOOKED, "18: a client does not look for rows that rot") \
  X (SERVER_NOT_SCRUBBED, "18: the server does not look for rows that rot") \
  X (HEALED_AT_ONCE, "19: a bucket that does not stay healed is healed again and again") \
  X (RIGHTS_NOT_NOTICED, "20: rights that change do not reach who is connected") \
  X (SNAPSHOT_SHOWS_ALL, "20: a snapshot has fields that its reader may not see") \
  X (SCOPE_FETCHED_AT_ONCE, "scope: more is fetched before the stream is known to bring it") \
  X (SCOPE_NOT_TOLD, "scope: a client that holds another part does not say so") \
  X (SCOPE_FORGOTTEN, "scope: what an admin chose is not kept") \
  X (SCOPE_ENDED_MONTH_HELD, "scope: a month that has ended is held for ever") \
  X (SCOPE_ROWS_LEFT, "scope: rows that are not held any more stay") \
  X (SCOPE_LEFT_COUNTED, "scope: rows that are not held any more count in digests") \
  X (SCOPE_EDITED_LET_GO, "scope: a row goes while an edit of it waits") \
  X (SCOPE_PATCH_LEFT_OUT, "scope: a change that does not tell its month is not sent") \
  X (SCOPE_DELTA_OF_ALL, "scope: deltas have rows of months that are not held") \
  X (SCOPE_SNAPSHOT_OF_ALL, "scope: snapshots have rows of months that are not held") \
  X (SCOPE_DIGEST_OF_ALL, "scope: digests are of months that are not held") \
  X (ANSWERED_ANEW, "requests, 3: one that comes again gets another answer")

#define LS_FAULT_ENTRY(name, words) LS_FAULT_##name,
typedef enum {
  LS_FAULT_NONE,
  LS_FAULTS (LS_FAULT_ENTRY)
  LS_N_FAULTS,
} LsFault;
#undef LS_FAULT_ENTRY

void        ls_fault_plant    (LsFault fault);
LsFault     ls_fault_get      (void);
const char *ls_fault_get_name (LsFault fault);
const char *ls_fault_get_rule (LsFault fault);

/**
 * LS_FAULT:
 * @name: of a fault, without its prefix
 *
 * Whether this fault is planted.
 */
#define LS_FAULT(name) (ls_fault_get () == LS_FAULT_##name)

#else

#define LS_FAULT(name) false

#endif
