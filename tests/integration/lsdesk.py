# SPDX-License-Identifier: GPL-3.0-or-later
"""A lockstep-client in a process of its own, for scripts. lockstep-client.c says what it understands."""

import ctypes
import json
import os
import signal
import subprocess
import threading
import time

# Seconds, for what hangs; more under a sanitizer.
PATIENCE = 120 * float(os.environ.get('LOCKSTEP_TEST_PATIENCE', '1'))
PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent():
  _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


class Desk:
  """What it said is in: edits {mid: line}, made {mid: number}, events [line], status, version, verified."""

  def __init__(self, program, address, token, folder, shop):
    self.line = [program, '--server', address, '--token', token, '--dir', folder, '--shop', shop]
    self.folder = folder
    self.process = None
    self.edits = {}
    self.made = {}
    self.events = []
    self.last = []
    self.condition = threading.Condition()

  def start(self, *options, environment=None, prefix=(), limits=None):
    def prepare():
      _die_with_parent()
      if limits:
        limits()

    # preexec_fn: the threads of this program hold no locks that the child needs.
    self.process = subprocess.Popen([*prefix, *self.line, *options], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                    preexec_fn=prepare, env=dict(os.environ, **(environment or {})))
    self.number = 0
    self.answers = {}
    self.status = {}
    self.version = 0
    self.verified = -1
    self.row = self.sums = self.checked = None
    threading.Thread(target=self._read, args=(self.process,), daemon=True).start()

  def _read(self, process):
    for text in process.stdout:
      line = json.loads(text)
      with self.condition:
        if process is self.process:
          self._take(line)
          self.condition.notify_all()
    with self.condition:
      self.condition.notify_all()

  def _take(self, line):
    kind = line['t']
    self.last = [*self.last[-19:], line]
    if kind in ('done', 'failed'):
      self.answers[line['number']] = line
    elif kind == 'made':
      self.made[line['mid']] = line['number']
    elif kind == 'edit':
      self.edits[line['mid']] = line
    elif kind == 'position':
      self.version = line['version']
    elif kind == 'status':
      self.status = line
      self.verified = line.get('verified', -1)
    elif kind == 'event':
      self.events.append(line)
    elif kind == 'row':
      self.row = line
    elif kind == 'digest':
      self.sums = line
    elif kind == 'check':
      self.checked = line

  def tell(self, command):
    """Gives a command without waiting. Returns its number."""
    self.number += 1
    self.process.stdin.write(command.encode() + b'\n')
    self.process.stdin.flush()
    return self.number

  def wait(self, condition, what):
    """Until it has said what makes the condition true."""
    end = time.monotonic() + PATIENCE
    with self.condition:
      while not condition():
        left = end - time.monotonic()
        assert left > 0 and self.process.poll() is None, (self.folder, what, self.process.poll(), self.last)
        self.condition.wait(min(left, 1))

  def answer(self, number):
    self.wait(lambda: number in self.answers, f'an answer to command {number}')
    return self.answers[number]

  def do(self, command):
    """Gives a command that must be done."""
    answer = self.answer(self.tell(command))
    assert answer['t'] == 'done', (self.folder, command, answer)

  def get(self, collection, key):
    """The fields of a row as shown."""
    self.do(f'get {collection} {key}')
    return self.row['fields']

  def digest(self):
    """Count and hash of each collection."""
    self.do('digest')
    return self.sums['sums']

  def has(self, collection, key):
    """Whether a row is shown."""
    answer = self.answer(self.tell(f'get {collection} {key}'))
    assert answer['t'] == 'done' or answer['code'] == 'conflict', answer
    return answer['t'] == 'done'

  def heard(self, event):
    return any(line['event'] == event for line in self.events)

  def kill(self):
    self.process.kill()
    self.process.wait()

  def quit(self):
    self.tell('quit')
    assert self.process.wait(PATIENCE) == 0
