#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Many clients on one server, an hour's traffic in minutes, and what it costs.

usage: soak.py LOCKSTEPD LOCKSTEP_CLIENT [--clients N] [--minutes N] [--seed N] [--rate EVENTS]

A sample shop gets the events of an hour while the clients edit, come and go; the server is ended, killed and started
again in between. In the end all digests are equal, no edit is lost or doubled, and a table tells what was used.
"""

import argparse
import os
import random
import sqlite3
import sys
import time
import urllib.request

import lsdesk
import lsshop

SHOP = 'low-tide'
# Of one client, an hour.
EDITS = 20
RESTARTS = 3


def usage(pid):
  """Resident memory in KiB and open descriptors of a process."""
  with open(f'/proc/{pid}/status', encoding='utf-8') as file:
    memory = next(int(line.split()[1]) for line in file if line.startswith('VmRSS'))
  return memory, len(os.listdir(f'/proc/{pid}/fd'))


def metrics(address, token):
  """The server's own counters."""
  request = urllib.request.Request(f'{address}/metrics', headers={'Authorization': f'Bearer {token}'})
  with urllib.request.urlopen(request, timeout=30) as answer:
    lines = answer.read().decode().splitlines()
  return {line.rsplit(' ', 1)[0]: float(line.rsplit(' ', 1)[1]) for line in lines if line and line[0] != '#'}


class Soak:
  """One run."""

  def __init__(self, arguments, folder):
    self.arguments = arguments
    self.folder = folder
    self.dice = random.Random(arguments.seed)
    self.desks = []
    self.samples = []
    self.sent = self.received = 0.0
    self.options = ('--listen', '127.0.0.1:0', '--address-rate=0', '--account-rate=0', '--digest-interval=5s',
                    '--drain-timeout=2s', '--log-level=warning')

  def prepare(self):
    self.folder.run('init', '--sample', '--seed', str(self.arguments.seed))
    self.server, self.address = self.folder.serve(*self.options)
    self.token = self.folder.run('token', '--user', 'admin').strip()
    for i in range(self.arguments.clients):
      desk = lsdesk.Desk(self.arguments.client, self.address, self.token, self.folder.path(f'desk-{i}'), SHOP)
      desk.start()
      self.desks.append(desk)
    for desk in self.desks:
      desk.do('wait-live')
      desk.do('wait-idle')
    with sqlite3.connect(os.path.join(self.folder.data, 'lockstep.db')) as sql:
      self.keys = [row[0] for row in sql.execute('SELECT key FROM products WHERE shop = ? ORDER BY key', (SHOP,))]
    self.first_version = self.folder.version(SHOP)

  def restart(self, kill):
    """Where it was: the clients know no other address."""
    self.count_bytes()
    if kill:
      self.server.kill()
    else:
      self.server.terminate()
    self.server.wait()
    self.server, address = self.folder.serve(*self.options[2:], '--listen', self.address.replace('http://', ''))
    assert address == self.address
    self.traffic.terminate()
    self.traffic.wait()
    self.start_traffic()

  def count_bytes(self):
    """Adds what the server that runs has counted: it forgets when it ends."""
    for name, value in metrics(self.address, self.token).items():
      if name.endswith('sent_bytes_total'):
        self.sent += value
      elif name.endswith('received_bytes_total'):
        self.received += value

  def start_traffic(self):
    seconds = self.arguments.minutes * 60
    self.traffic = self.folder.start('simulate', '--shop', SHOP, '--seed', str(self.arguments.seed), '--rate',
                                     str(min(int(self.arguments.rate * 3600 / seconds), 36000)))

  def sample(self):
    memory, files = usage(self.server.pid)
    clients = [usage(desk.process.pid) for desk in self.desks]
    self.samples.append((time.monotonic(), memory, files, max(c[0] for c in clients), max(c[1] for c in clients)))

  def run(self):
    seconds = self.arguments.minutes * 60
    start = time.monotonic()
    self.start_traffic()
    restarts = [start + seconds * (i + 1) / (RESTARTS + 1) for i in range(RESTARTS)]
    n_edits = max(int(EDITS * self.arguments.clients), 1)
    for i in range(n_edits):
      due = start + seconds * i / n_edits
      while time.monotonic() < due:
        time.sleep(min(due - time.monotonic(), 0.2))
      if restarts and time.monotonic() >= restarts[0]:
        restarts.pop(0)
        self.restart(len(restarts) % 2 == 0)
      desk = self.dice.choice(self.desks)
      if self.dice.random() < 0.05:
        desk.kill()
        desk.start()
      desk.tell(f'add products {self.dice.choice(self.keys)} stock 1')
      if i % max(n_edits // 20, 1) == 0:
        self.sample()
    self.seconds = time.monotonic() - start
    self.traffic.terminate()
    self.traffic.wait()

  def finish(self):
    """All that must be true then."""
    for desk in self.desks:
      desk.do('offline')
      desk.do('online')
    for _ in range(2):
      for desk in self.desks:
        desk.do('wait-idle')
    self.sample()
    sums = [desk.digest() for desk in self.desks]
    assert all(each == sums[0] for each in sums), 'digests differ'
    self.count_bytes()
    for desk in self.desks:
      desk.wait(lambda desk=desk: desk.verified >= desk.version, 'digests that are equal to the server\'s')
      assert not desk.heard('forked')
    with sqlite3.connect(os.path.join(self.folder.data, 'lockstep.db')) as sql:
      counts = dict(sql.execute('SELECT mid, count(*) FROM log_versions WHERE shop = ? AND mid IS NOT NULL GROUP BY mid', (SHOP,)))
    for desk in self.desks:
      for mid in desk.made:
        assert counts.get(mid) == 1, (mid, desk.edits.get(mid), counts.get(mid))
    assert all(count == 1 for count in counts.values())
    for desk in self.desks:
      desk.quit()
    self.server.terminate()
    assert self.server.wait() == 0
    self.folder.check()
    self.n_made = sum(len(desk.made) for desk in self.desks)
    self.versions = self.folder.version(SHOP) - self.first_version

  def table(self):
    first, last = self.samples[0], self.samples[-1]
    yield f'{self.arguments.clients} clients, {self.seconds / 60:.1f} minutes, seed {self.arguments.seed}, {RESTARTS} restarts of the server'
    yield f'{"":24}{"first":>10}{"most":>10}{"last":>10}'
    for column, name in ((1, 'server, MiB'), (2, 'server, descriptors'), (3, 'largest client, MiB'), (4, 'client, descriptors')):
      scale = 1024 if 'MiB' in name else 1
      most = max(sample[column] for sample in self.samples)
      yield f'{name:24}{first[column] / scale:10.1f}{most / scale:10.1f}{last[column] / scale:10.1f}'
    yield f'edits made               {self.n_made}, each once in the log'
    yield f'versions of the shop     {self.versions}'
    yield f'to a client, an hour     {self.sent / self.arguments.clients / 1e3:.0f} kB by WebSocket and polls, without snapshots'
    yield f'from it                  {self.received / self.arguments.clients / 1e3:.0f} kB'


def main():
  parser = argparse.ArgumentParser(prog='./dev soak')
  parser.add_argument('lockstepd')
  parser.add_argument('client')
  parser.add_argument('--clients', type=int, default=100)
  parser.add_argument('--minutes', type=float, default=5)
  parser.add_argument('--seed', type=int, default=1)
  parser.add_argument('--rate', type=int, default=120, help='events of the shop in an hour')
  arguments = parser.parse_args()
  tap = lsshop.Tap()
  with lsshop.Folder(arguments.lockstepd) as folder:
    soak = Soak(arguments, folder)
    with tap.step('all connect'):
      soak.prepare()
    with tap.step('an hour goes by'):
      soak.run()
    with tap.step('nothing is lost or doubled, and all have the same'):
      soak.finish()
    for line in soak.table():
      print('#', line)
  tap.end()


if __name__ == '__main__':
  main()
