#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks whether the tests would notice: changes one line at a time, and sees which changes no test catches.

usage: mutate.py FOLDER [--count N] [--first N] [--seed S] [--jobs N] [--again] [--report]

Draws N changes of one line each from src/core, src/client and src/server: an operator, a constant, a condition, a
statement that is left out. Each is built in a scratch tree below FOLDER and run against the tests of the folders that it
can break, and against a few simulations, until one fails: those first that are named like the changed file, then the quick
ones. A test that fails is run again, and counts if it fails again: what fails by chance has not noticed anything. What was
found is kept in FOLDER/results-SEED.ndjson, so that a run can be interrupted and goes on where it was; several runs may
share a FOLDER. A seed puts all changes into an order of its own, which other work on the sources leaves as it is but for
the lines concerned: --first begins further down, where another machine left off. Ends with the changes that survived;
--again judges only those once more, with the tests of today.

A change that does not compile counts for nothing, and another one is drawn. What only frees memory, logs or names
something is not changed: no test could tell.
"""

import argparse
import collections
import fcntl
import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Tests that a change in a folder of src can break, by folder of tests.
AFFECTED = {
  'core': ('core', 'client', 'server', 'fuzz', 'simulation', 'integration'),
  'client': ('client', 'simulation', 'integration'),
  'server': ('server', 'fuzz', 'simulation', 'integration'),
}
# Programs that integration tests start.
STARTED = ('src/server/lockstepd', 'tests/integration/lockstep-client')
# A few seeds of the simulation in place of its tests, which take longer than they are worth here.
SIMULATE = ('tests/simulation/simulate', '--seeds', '60')
# A test that takes more is left out: seconds of the processor, unchanged.
QUICK = 12
# A changed program that hangs is caught: after so many seconds, and so many times what it took unchanged.
PATIENCE = (60, 10)
# How many tests are built and run at once: few at first, since the nearest catch most.
BATCHES = (3, 9, 1000)

SKIPPED = re.compile(r'^\s*(/?\*|//|#|g_return_|g_assert|g_debug|g_info|g_message|g_warning|case |default:|const |static |'
                     r'LS_FAULT|if \(LS_FAULT|else if \(LS_FAULT|G_DEFINE|LS_ERROR|\{|\}|"|g_prefix_error|g_set_error)')
# Statements without which only memory, a log or a name is other.
UNSEEN = re.compile(r'(_free|_unref|_ref|_clear|_clear_full|_log|set_name|set_source_tag|set_static_name|g_clear_\w+|g_mutex_(un)?lock|'
                    r'g_debug|g_info|g_message|reserve|pin|install_propert\w+|_prefetch|g_thread_\w+) \(')
CALL = re.compile(r'^  +[a-z_]\w*(?:->\w+)? \([^{}]*\);$')
ASSIGNMENT = re.compile(r'^  +(?:\w+(?:->|\.))?\w+(?:->\w+|\.\w+|\[\w+\])* [-+|&]?= [^{}]*;$')
SWAPS = (
  (' == ', ' != '), (' != ', ' == '), (' < ', ' <= '), (' <= ', ' < '), (' > ', ' >= '), (' >= ', ' > '),
  (' && ', ' || '), (' || ', ' && '), (' + ', ' - '), (' - ', ' + '), (' * ', ' + '),
  ('TRUE', 'FALSE'), ('FALSE', 'TRUE'), ('true', 'false'), ('false', 'true'), ('++;', '--;'), ('--;', '++;'),
)
# Room for more than is used does nothing.
ROOM = re.compile(r'\bg_new0? \(')
NUMBER = re.compile(r'(?<![\w.%"])(\d+)(?![\w.xX"])')


def swaps_of(line):
  for old, new in SWAPS:
    pattern = re.escape(old) if not old.isalpha() else rf'\b{old}\b'
    for match in re.finditer(pattern, line):
      yield 'operator' if not old.isalpha() else 'constant', line[:match.start()] + new + line[match.end():]
  for match in NUMBER.finditer('' if ROOM.search(line) else line):
    yield 'constant', line[:match.start()] + str(int(match.group(1)) + 1) + line[match.end():]
  match = re.match(r'^(\s*(?:else )?if) \((.*)\)$', line)
  if match and match.group(2).count('(') == match.group(2).count(')'):
    yield 'condition', f'{match.group(1)} (!({match.group(2)}))'
  if (CALL.match(line) or ASSIGNMENT.match(line)) and not UNSEEN.search(line):
    yield 'statement', re.match(r'^\s*', line).group(0) + ';'


def outside_strings(line, changed):
  """Whether the change leaves the text in quotes alone: words are no logic."""
  return re.findall(r'"(?:[^"\\]|\\.)*"', line) == re.findall(r'"(?:[^"\\]|\\.)*"', changed)


def candidates_of(path):
  """All changes of one file: (path, line number, kind, line, changed line, which of those with such a line it is)."""
  inside = False
  comment = False
  seen = collections.Counter()
  with open(os.path.join(ROOT, path), encoding='utf-8') as file:
    lines = file.read().split('\n')
  for number, line in enumerate(lines, 1):
    if line == '{':
      inside = True
    elif line.startswith('}'):
      inside = False
    stripped = line.strip()
    if stripped.startswith('/*'):
      comment = True
    was_comment = comment
    if '*/' in stripped:
      comment = False
    if not inside or was_comment or SKIPPED.match(line) or '/*' in line:
      continue
    # The last line before a body of one statement must stay one; an empty statement does.
    for kind, changed in swaps_of(line):
      if changed != line and outside_strings(line, changed):
        yield path, number, kind, line, changed, seen[line, changed]
        seen[line, changed] += 1


def draw(seed):
  """All changes, in an order that depends on the seed and on what they are, not on which others there are."""
  found = []
  for folder in AFFECTED:
    for base, folders, names in os.walk(os.path.join(ROOT, 'src', folder)):
      folders.sort()
      for name in sorted(names):
        if name.endswith('.c'):
          found += candidates_of(os.path.relpath(os.path.join(base, name), ROOT))
  return sorted(found, key=lambda change: hashlib.sha256(f'{seed} {identity(change)}'.encode()).digest())


def identity(change):
  """The same wherever its line has moved to."""
  path, _, kind, line, changed, nth = change
  return hashlib.sha256('\0'.join((path, kind, line, changed, str(nth))).encode()).hexdigest()[:16]


Test = collections.namedtuple('Test', 'name folder command environment')


def words_of(name):
  return [word for word in re.split(r'[^a-z0-9]+', name.lower()) if word not in ('', 'ls', 'c')]


def nearest_first(path, baseline):
  """The tests that a change of a file can break, in the order in which they are likely to notice.

  A word counts the more the fewer tests have it in their name."""
  folders = AFFECTED[path.split('/')[1]]
  tests = [pair for pair in baseline if pair[1].folder in folders]
  often = collections.Counter(word for _, test in tests for word in set(words_of(test.name)))
  words = set(words_of(os.path.basename(path)))

  def key(pair):
    seconds, test = pair
    near = sum(1 / often[word] for word in set(words_of(test.name)) & words)
    return -near, folders.index(test.folder), seconds
  return sorted(tests, key=key)


class Tree:
  """A scratch copy of the sources, built, with the tests that are worth running on it."""

  def __init__(self, folder, number):
    self.source = os.path.join(folder, f'tree-{number}')
    self.build = os.path.join(self.source, 'build')
    self.log = os.path.join(folder, f'tree-{number}.log')

  def run(self, command, timeout=None):
    """Whether it went well; None when it did not end in time. What it took of the processor is in self.seconds."""
    with open(self.log, 'ab') as log:
      process = subprocess.Popen(command, cwd=self.source, stdout=log, stderr=log, start_new_session=True)
    killed = threading.Event()

    def kill():
      killed.set()
      os.killpg(process.pid, signal.SIGKILL)
    timer = threading.Timer(timeout, kill) if timeout else None
    if timer:
      timer.start()
    try:
      # Its own, not that of all children: other trees run programs meanwhile.
      _, status, usage = os.wait4(process.pid, 0)
    except BaseException:
      kill()
      raise
    finally:
      if timer:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    self.seconds = usage.ru_utime + usage.ru_stime
    return None if killed.is_set() else status == 0

  def prepare(self):
    names = subprocess.run(['git', '-C', ROOT, 'ls-files', '-z'], check=True, stdout=subprocess.PIPE).stdout
    listed = {name for name in names.decode().split('\0') if name and os.path.isfile(os.path.join(ROOT, name))}
    for name in listed:
      target = os.path.join(self.source, name)
      with open(os.path.join(ROOT, name), 'rb') as file:
        wanted = file.read()
      try:
        with open(target, 'rb') as file:
          same = file.read() == wanted
      except FileNotFoundError:
        same = False
      if not same:
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, 'wb') as file:
          file.write(wanted)
        shutil.copymode(os.path.join(ROOT, name), target)
    if not os.path.exists(os.path.join(self.build, 'build.ninja')):
      assert self.run(['meson', 'setup', 'build', '-Dapp=false']), f'see {self.log}'
    assert self.run(['ninja', '-C', 'build']), f'the unchanged tree does not build: see {self.log}'

  def tests(self):
    """The tests that are programs of their own."""
    listing = subprocess.run(['meson', 'introspect', '--tests', 'build'], cwd=self.source, check=True,
                             stdout=subprocess.PIPE).stdout
    found = [Test('simulate', 'simulation', [os.path.join(self.build, SIMULATE[0]), *SIMULATE[1:]], {})]
    wanted = {folder for folders in AFFECTED.values() for folder in folders} - {'simulation'}
    for test in json.loads(listing):
      match = re.search(r'/tests/(\w+)/[^/]+$', test['cmd'][0])
      if match and match.group(1) in wanted:
        found.append(Test(test['name'], match.group(1), test['cmd'], test['env']))
    return found

  def passes(self, test, timeout):
    home = os.path.join(self.build, 'home')
    os.makedirs(home, exist_ok=True)
    variables = {'PATH': os.environ['PATH'], 'HOME': home, 'XDG_RUNTIME_DIR': home, 'TZ': 'UTC', **test.environment}
    return self.run(['env', '-i', *(f'{key}={value}' for key, value in variables.items()), *test.command], timeout)

  def fingerprint(self, test):
    """Changes with the program, or with those that it starts."""
    names = [test.command[0], *(os.path.join(self.build, name) for name in STARTED if test.folder == 'integration')]
    found = hashlib.sha256()
    for name in names:
      with open(name, 'rb') as file:
        found.update(file.read())
    return found.hexdigest()[:16]

  def baseline(self):
    """The tests that pass and are quick, with their seconds. What was measured of a program is kept."""
    kept = os.path.join(self.source, 'build', 'mutate-baseline.json')
    known = {}
    if os.path.exists(kept):
      with open(kept, encoding='utf-8') as file:
        known = json.load(file)
    chosen = []
    for test in self.tests():
      key = f'{test.name} {self.fingerprint(test)}'
      if key not in known:
        known[key] = self.seconds if self.passes(test, 300) else None
        with open(kept, 'w', encoding='utf-8') as file:
          json.dump(known, file)
      if known[key] is None:
        print(f'# left out, since it fails unchanged: {test.name}', flush=True)
      elif known[key] > QUICK:
        print(f'# left out, since it takes {known[key]:.0f} s: {test.name}', flush=True)
      else:
        chosen.append((known[key], test))
    return chosen

  def notices(self, test, seconds):
    """Whether a test fails on what is changed, twice."""
    timeout = PATIENCE[0] + PATIENCE[1] * seconds
    passed = self.passes(test, timeout)
    return passed is None or not passed and not self.passes(test, timeout)

  def rewrite(self, path, text):
    with open(os.path.join(self.source, path), 'w', encoding='utf-8') as file:
      file.write(text)

  def is_sound(self, test, seconds, path, text, changed_text):
    """Whether a test that started programs, with limits of time, holds without the change: the machine may be busy."""
    programs = [os.path.relpath(test.command[0], self.build), *STARTED]
    self.rewrite(path, text)
    try:
      return self.run(['ninja', '-C', 'build', *programs], 900) and self.passes(test, PATIENCE[0] + PATIENCE[1] * seconds)
    finally:
      self.rewrite(path, changed_text)
      self.run(['ninja', '-C', 'build', *programs], 900)

  def judge(self, change, baseline):
    """What becomes of a change: stillborn, survived, or caught and by what."""
    path, number, _, line, changed, _ = change
    with open(os.path.join(self.source, path), encoding='utf-8') as file:
      text = file.read()
    lines = text.split('\n')
    assert lines[number - 1] == line
    lines[number - 1] = changed
    changed_text = '\n'.join(lines)
    try:
      self.rewrite(path, changed_text)
      tests = nearest_first(path, baseline)
      for size in BATCHES:
        batch, tests = tests[:size], tests[size:]
        programs = {os.path.relpath(test.command[0], self.build) for _, test in batch}
        if any(test.folder == 'integration' for _, test in batch):
          programs.update(STARTED)
        if not self.run(['ninja', '-C', 'build', *sorted(programs)], 900):
          return 'stillborn', None
        for seconds, test in batch:
          if self.notices(test, seconds) and (
              test.folder != 'integration' or self.is_sound(test, seconds, path, text, changed_text)):
            return 'caught', test.name
      return 'survived', None
    finally:
      self.rewrite(path, text)


class Results:
  """What is known of changes, in a file that several runs append to."""

  def __init__(self, folder, seed):
    self.path = os.path.join(folder, f'results-{seed}.ndjson')
    self.claims = os.path.join(folder, f'claims-{seed}')
    os.makedirs(self.claims, exist_ok=True)

  def load(self):
    try:
      with open(self.path, encoding='utf-8') as file:
        return {row['id']: row for row in map(json.loads, file)}
    except FileNotFoundError:
      return {}

  def claim(self, key):
    """Takes a change for this run, unless another run that still lives has it."""
    self.file = open(os.path.join(self.claims, key), 'w', encoding='utf-8')
    try:
      fcntl.flock(self.file, fcntl.LOCK_EX | fcntl.LOCK_NB)
      return self.file
    except OSError:
      return None

  def add(self, row):
    with open(self.path, 'a', encoding='utf-8') as file:
      fcntl.flock(file, fcntl.LOCK_EX)
      file.write(json.dumps(row) + '\n')


def take_tree(folder):
  """The first scratch tree that no other run works in: its number, and the lock to hold."""
  for number in range(64):
    lock = open(os.path.join(folder, f'tree-{number}.lock'), 'w', encoding='utf-8')
    try:
      fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
      return number, lock
    except OSError:
      lock.close()
  sys.exit('too many runs in one folder')


def survivors_of(results, order):
  """The changes of an order that survived, as far as their lines still stand."""
  known = results.load()
  return [change for change in order if known.get(identity(change), {}).get('outcome') == 'survived']


def work(folder, count, first, order, results, again):
  number, lock = take_tree(folder)
  tree = Tree(folder, number)
  tree.prepare()
  baseline = tree.baseline()
  for place, change in enumerate(order, first):
    known = results.load()
    if not again and sum(row['outcome'] != 'stillborn' for row in known.values()) >= count:
      break
    key = identity(change)
    if key in known and not again:
      continue
    claim = results.claim(key)
    if claim is None:
      continue
    began = time.monotonic()
    outcome, by = tree.judge(change, baseline)
    results.add({'id': key, 'file': change[0], 'line': change[1], 'kind': change[2], 'before': change[3],
                 'after': change[4], 'outcome': outcome, 'by': by, 'seconds': round(time.monotonic() - began, 1)})
    claim.close()
    print(f'# {place:4} {outcome:9} {change[0]}:{change[1]} {change[2]}{f" ({by})" if by else ""}', flush=True)
  lock.close()


def report(results, count):
  rows = [row for row in results.load().values() if row['outcome'] != 'stillborn'][:count]
  survivors = [row for row in rows if row['outcome'] == 'survived']
  for row in sorted(survivors, key=lambda row: (row['file'], row['line'])):
    print(f"\n--- {row['file']}:{row['line']} ({row['kind']})\n-{row['before']}\n+{row['after']}")
  print(f'\n{len(rows) - len(survivors)} of {len(rows)} changes caught, {len(survivors)} survived')


def main():
  parser = argparse.ArgumentParser(description='See whether tests catch small changes.')
  parser.add_argument('folder')
  parser.add_argument('--count', type=int, default=100)
  parser.add_argument('--first', type=int, default=1, help='where in the order of the seed to begin, from 1')
  parser.add_argument('--seed', type=int, default=1)
  parser.add_argument('--jobs', type=int, default=1)
  parser.add_argument('--again', action='store_true', help='judge those that survived once more')
  parser.add_argument('--report', action='store_true', help='only tell what is known')
  args = parser.parse_args()
  folder = os.path.abspath(args.folder)
  os.makedirs(folder, exist_ok=True)
  results = Results(folder, args.seed)
  if not args.report:
    order = draw(args.seed)
    print(f'# {len(order)} changes to draw from, from number {args.first}', flush=True)
    order = order[args.first - 1:]
    if args.again:
      order = survivors_of(results, order)
    threads = [threading.Thread(target=work, args=(folder, args.count, args.first, order, results, args.again))
               for _ in range(args.jobs)]
    for thread in threads:
      thread.start()
    for thread in threads:
      thread.join()
  report(results, args.count)


if __name__ == '__main__':
  main()
