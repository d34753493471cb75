#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Searches by libFuzzer for input that breaks something.

usage: search.py BUILD [TARGET...] [--seconds N] [--minimize]

New input that reaches new branches is kept in BUILD/fuzz/TARGET, what breaks something in BUILD/fuzz/found.
--minimize adds what those inputs reach beyond the corpus in the repository to it, as few files as that takes.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
# One input may take so long, seconds, and the whole so much memory, MiB.
SLOW = 10
MEMORY = 2048
MAX_LENGTH = {'cache': 640, 'frame': 16384}
DEFAULT_LENGTH = 4096

ENVIRONMENT = {
  'ASAN_OPTIONS': 'detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1:intercept_tls_get_addr=0',
  'UBSAN_OPTIONS': 'print_stacktrace=1:halt_on_error=1',
  'LSAN_OPTIONS': f'suppressions={os.path.join(HERE, "..", "support", "lsan.supp")}:print_suppressions=0',
  'G_DEBUG': 'fatal-warnings',
  'LC_ALL': 'C.UTF-8',
  'TZ': 'UTC',
}


def all_targets():
  return sorted(name[len('fuzz-'):-2] for name in os.listdir(HERE)
                if name.startswith('fuzz-') and name.endswith('.c') and
                os.path.isdir(os.path.join(HERE, 'corpus', name[len('fuzz-'):-2])))


class Search:
  """One target."""

  def __init__(self, build, target):
    self.target = target
    self.program = os.path.join(build, 'tests', 'fuzz', f'fuzz-{target}-search')
    self.corpus = os.path.join(HERE, 'corpus', target)
    self.own = os.path.join(build, 'fuzz', target)
    self.found = os.path.join(build, 'fuzz', 'found')
    os.makedirs(self.own, exist_ok=True)
    os.makedirs(self.found, exist_ok=True)

  def call(self, *words):
    done = subprocess.run([self.program, f'-timeout={SLOW}', f'-rss_limit_mb={MEMORY}',
                           f'-artifact_prefix={self.found}/{self.target}-', *words],
                          env=dict(os.environ, **ENVIRONMENT), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          encoding='utf-8', errors='replace', check=False)
    return done.returncode, done.stdout

  def run(self, seconds):
    """Returns whether nothing broke."""
    length = MAX_LENGTH.get(self.target, DEFAULT_LENGTH)
    words = [f'-max_total_time={seconds}', f'-max_len={length}', '-print_final_stats=1', self.own, self.corpus]
    dictionary = os.path.join(HERE, f'{self.target}.dict')
    if os.path.exists(dictionary):
      words.append(f'-dict={dictionary}')
    status, output = self.call(*words)
    runs = re.search(r'stat::number_of_executed_units:\s*(\d+)', output)
    covered = re.findall(r' cov: (\d+)', output)
    print(f'{self.target:22} {"good" if status == 0 else "BROKEN":8}{runs.group(1) if runs else "?":>12} runs '
          f'{covered[-1] if covered else "?":>7} branches', flush=True)
    if status != 0:
      print(output[-8000:], flush=True)
    return status == 0

  def minimize(self):
    """Files of our own that the corpus lacks go into it."""
    fresh = os.path.join(self.own + '-merged')
    shutil.rmtree(fresh, ignore_errors=True)
    shutil.copytree(self.corpus, fresh)
    before = set(os.listdir(fresh))
    self.call('-merge=1', fresh, self.own)
    for name in set(os.listdir(fresh)) - before:
      shutil.copy(os.path.join(fresh, name), os.path.join(self.corpus, f'found-{name[:12]}'))
    shutil.rmtree(fresh)


def main():
  parser = argparse.ArgumentParser(prog='./dev fuzz')
  parser.add_argument('build')
  parser.add_argument('target', nargs='*')
  parser.add_argument('--seconds', type=int, default=60)
  parser.add_argument('--minimize', action='store_true')
  arguments = parser.parse_intermixed_args()
  targets = arguments.target or all_targets()
  unknown = set(targets) - set(all_targets())
  if unknown:
    parser.error(f'there is no {", ".join(sorted(unknown))}; there are {", ".join(all_targets())}')
  made = subprocess.run(['ninja', '-C', arguments.build, *(f'tests/fuzz/fuzz-{target}-search' for target in targets)],
                        check=False)
  if made.returncode != 0:
    sys.exit(made.returncode)
  broken = 0
  for target in targets:
    search = Search(arguments.build, target)
    broken += not search.run(arguments.seconds)
    if arguments.minimize:
      search.minimize()
  sys.exit(1 if broken else 0)


if __name__ == '__main__':
  main()
