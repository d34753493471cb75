# SPDX-License-Identifier: GPL-3.0-or-later
"""A data folder, the commands on it, and TAP, for the scripts beside."""

import contextlib
import ctypes
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback

PR_SET_PDEATHSIG = 1
# Seconds, for what hangs; more under a sanitizer.
PATIENCE = 60 * float(os.environ.get('LOCKSTEP_TEST_PATIENCE', '1'))

_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
  _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Tap:
  """Steps that are counted; a script ends at the first that fails."""

  def __init__(self):
    self.count = 0

  @contextlib.contextmanager
  def step(self, name):
    self.count += 1
    try:
      yield
    except Exception:  # pylint: disable=broad-except
      for line in traceback.format_exc().splitlines():
        print('#', line)
      print(f'not ok {self.count} - {name}')
      self.end(1)
    print(f'ok {self.count} - {name}', flush=True)

  def skip(self, name, why):
    self.count += 1
    print(f'ok {self.count} - {name} # SKIP {why}', flush=True)

  def skip_all(self, why):
    print(f'1..0 # SKIP {why}')
    sys.exit(0)

  def end(self, status=0):
    print(f'1..{self.count}', flush=True)
    sys.exit(status)


class Folder:
  """A data folder, removed in the end."""

  def __init__(self, lockstepd):
    self.lockstepd = lockstepd
    self.root = tempfile.mkdtemp(prefix='lockstep-test-')
    self.data = os.path.join(self.root, 'data')
    self.running = []

  def __enter__(self):
    return self

  def __exit__(self, *_):
    for process in self.running:
      if process.poll() is None:
        process.kill()
        process.wait()
    shutil.rmtree(self.root)

  def path(self, name):
    return os.path.join(self.root, name)

  def line(self, command, *words):
    return [self.lockstepd, command, '--data', self.data, *words]

  def run(self, command, *words):
    """Standard output of a command that must work."""
    done = subprocess.run(self.line(command, *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding='utf-8',
                          timeout=PATIENCE, check=False)
    assert done.returncode == 0, (command, words, done.stdout, done.stderr)
    return done.stdout

  def fail(self, command, *words):
    """Standard error of a command that must not."""
    done = subprocess.run(self.line(command, *words), stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding='utf-8',
                          timeout=PATIENCE, check=False)
    assert done.returncode == 1, (command, words, done.returncode, done.stdout, done.stderr)
    return done.stderr

  def start(self, command, *words):
    # preexec_fn is safe here: nothing in this program runs threads.
    process = subprocess.Popen(self.line(command, *words), preexec_fn=_die_with_parent, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL)
    self.running.append(process)
    return process

  def serve(self, *options):
    """Runs a server. Returns its process and where it listens."""
    address = os.path.join(self.data, 'address')
    if os.path.exists(address):
      os.unlink(address)
    process = self.start('serve', *options)
    end = time.monotonic() + PATIENCE
    while not os.path.exists(address):
      assert process.poll() is None and time.monotonic() < end, 'the server does not come up'
      time.sleep(0.02)
    with open(address, encoding='utf-8') as file:
      return process, file.readline().strip()

  def version(self, shop):
    for line in self.run('shop', 'list').splitlines():
      words = line.split('\t')
      if words[0] == shop:
        return int(words[2].split(' ')[1])
    raise AssertionError(f'there is no shop {shop}')

  def rows(self, shop):
    """All rows as {collection: {key: fields}}."""
    found = {}
    current = None
    # Not splitlines(): texts may have line separators of Unicode in them.
    for line in self.run('export', '--shop', shop).rstrip('\n').split('\n'):
      value = json.loads(line)
      if value.get('t') == 'rows':
        current = found.setdefault(value['c'], {})
      elif 'k' in value:
        current[value['k']] = value['d']
    return found

  def check(self):
    assert 'all is right' in self.run('check')


def wait_until(condition, what):
  end = time.monotonic() + PATIENCE
  while not condition():
    assert time.monotonic() < end, what
    time.sleep(0.05)
