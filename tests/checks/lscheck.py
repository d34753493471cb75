# SPDX-License-Identifier: GPL-3.0-or-later
"""What the checks share: which files there are, C text without comments, and the report.

A check is a program that takes the source root, prints TAP and exits 1 when something is wrong. Findings are
comments of the form path:line: text. Advice is printed the same way but never fails.
"""

import os
import re
import subprocess
import sys

SKIPPED_FOLDERS = re.compile(r'^(\.git|build|build-.*|_build|\.flatpak-builder|__pycache__)$')


class Tree:
  """The source tree: its files by path relative to the root, tracked or about to be."""

  def __init__(self, root):
    self.root = os.path.abspath(root)
    self.paths = sorted(self._list())

  def _list(self):
    if os.path.exists(os.path.join(self.root, '.git')):
      command = ['git', '-C', self.root, 'ls-files', '-z', '--cached', '--others', '--exclude-standard']
      try:
        listing = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        names = listing.stdout.decode('utf-8').split('\0')
        return {name for name in names if name and os.path.isfile(os.path.join(self.root, name))}
      except (OSError, subprocess.CalledProcessError):
        pass
    found = set()
    for folder, folders, names in os.walk(self.root):
      folders[:] = [name for name in folders if not SKIPPED_FOLDERS.match(name)]
      for name in names:
        # In a worktree .git is a file.
        if name != '.git':
          found.add(os.path.relpath(os.path.join(folder, name), self.root))
    return found

  def find(self, *prefixes, ext=()):
    """The paths below any of the prefixes (all without one) that end in any of ext (all without one)."""
    return [path for path in self.paths
            if (not prefixes or path.startswith(prefixes)) and (not ext or path.endswith(tuple(ext)))]

  def read(self, path):
    with open(os.path.join(self.root, path), encoding='utf-8', errors='replace') as file:
      return file.read()

  def is_text(self, path):
    with open(os.path.join(self.root, path), 'rb') as file:
      return b'\0' not in file.read(8192)

  def first_line(self, path):
    return self.read(path).split('\n', 1)[0]

  def scripts(self, name):
    """The files that are programs for the interpreter called name, by extension or by their first line."""
    ext = {'sh': '.sh', 'python3': '.py'}[name]
    shebang = re.compile(r'^#!.*\b' + name + r'\b')
    return [path for path in self.paths
            if path.endswith(ext) or ('.' not in os.path.basename(path) and self.is_text(path)
                                      and shebang.match(self.first_line(path)))]


TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def c_code(text, strings=False):
  """C without its comments (and, unless strings, without what is quoted), every line where it was."""

  def blank(match):
    token = match.group(0)
    if token[0] == '/':
      return re.sub(r'[^\n]', ' ', token)
    return token if strings else token[0] + ' ' * (len(token) - 2) + token[-1]

  return TOKEN.sub(blank, text)


def grep(text, pattern):
  """(line number, match) for each match of a compiled pattern."""
  for match in pattern.finditer(text):
    yield text.count('\n', 0, match.start()) + 1, match


class Report:
  """TAP, one point per rule."""

  def __init__(self, name):
    self.name = name
    self.points = 0
    self.failed = 0

  def _point(self, verdict, rule):
    self.points += 1
    print(f'{verdict} {self.points} - {rule}')

  def rule(self, rule, findings):
    """findings: 'path:line: text' strings; none means the rule holds."""
    for finding in findings:
      print(f'# {finding}')
    if findings:
      self.failed += 1
    self._point('not ok' if findings else 'ok', rule)

  def advice(self, rule, findings, most=20):
    """Says what could be better, and passes."""
    for finding in findings[:most]:
      print(f'# advice: {finding}')
    if len(findings) > most:
      print(f'# advice: and {len(findings) - most} more')
    self._point('ok', rule)

  def skip(self, rule, why):
    self.points += 1
    print(f'ok {self.points} - {rule} # SKIP {why}')

  def end(self):
    print(f'1..{self.points}')
    sys.exit(1 if self.failed else 0)


def tree_from_arguments():
  here = os.path.dirname(os.path.abspath(__file__))
  return Tree(sys.argv[1] if len(sys.argv) > 1 else os.path.join(here, '..', '..'))
