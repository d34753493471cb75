#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""What machines and people do to a server and its clients.

usage: test-hardship.py LOCKSTEPD LOCKSTEP_CLIENT
"""

import contextlib
import glob
import os
import resource
import shutil
import socket
import sqlite3
import subprocess
import sys

import lsdesk
import lsshop

FEW_FILES = 96
# Of a disk that is full soon: room for a data folder, a cache, and not much more.
SMALL_DISK = 12 << 20
OPTIONS = ('--address-rate=0', '--account-rate=0', '--edit-rate=0', '--digest-interval=1s', '--drain-timeout=1s',
           '--log-level=warning')


class Shop(lsshop.Folder):
  """A server with one product, and who edits it."""

  def __init__(self, lockstepd, client):
    super().__init__(lockstepd)
    self.client = client
    self.desks = []

  def __exit__(self, *args):
    for desk in self.desks:
      if desk.process.poll() is None:
        desk.kill()
    super().__exit__(*args)

  def begin(self):
    self.run('init')
    self.run('shop', 'add', 'music')
    self.up()

  def up(self, **more):
    """The server on the address that it had."""
    listen = self.address.replace('http://', '') if hasattr(self, 'address') else '127.0.0.1:0'
    before = dict(os.environ)
    # Here things go wrong that the server has to warn of.
    os.environ.update(more, G_DEBUG='gc-friendly')
    self.server, self.address = self.serve('--listen', listen, *OPTIONS)
    os.environ.clear()
    os.environ.update(before)

  def down(self):
    self.server.terminate()
    assert self.server.wait() == 0

  def desk(self, name, folder=None, start=True):
    token = self.run('token', '--user', 'admin').strip()
    desk = lsdesk.Desk(self.client, self.address, token, folder or self.path(name), 'music')
    self.desks.append(desk)
    if start:
      desk.start()
      desk.do('wait-live')
      desk.do('wait-idle')
    return desk

  def query(self, sql, *arguments):
    with contextlib.closing(sqlite3.connect(f'file:{self.data}/lockstep.db?mode=ro', uri=True)) as connection:
      return connection.execute(sql, arguments).fetchone()[0]

  def stock(self):
    return self.query("SELECT stock FROM products WHERE key = 'drums'")

  def times(self, desk):
    """How often each edit that a desk made stands in the log."""
    return [self.query('SELECT count(*) FROM log_versions WHERE mid = ?', mid) for mid in desk.made]

  def settle(self, *desks):
    """All is here and there, and digests have shown it."""
    for _ in range(2):
      for desk in desks:
        desk.do('wait-idle')
    sums = [desk.digest() for desk in desks]
    assert all(each == sums[0] for each in sums), sums
    for desk in desks:
      desk.wait(lambda desk=desk: desk.verified >= desk.version, 'equal digests')

  def put(self, desk):
    desk.do('put products drums name=Drums status=active price=1990 stock=10')
    desk.do('wait-idle')


def add(desk, number):
  for _ in range(number):
    desk.do('add products drums stock 1')


@contextlib.contextmanager
def few_files(number):
  soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
  resource.setrlimit(resource.RLIMIT_NOFILE, (number, hard))
  try:
    yield
  finally:
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def check_descriptors(tap, arguments):
  with tap.step('without descriptors the server goes on serving those it has, and recovers'), Shop(*arguments) as shop:
    shop.begin()
    shop.down()
    with few_files(FEW_FILES):
      shop.up()
    desk = shop.desk('ada')
    shop.put(desk)
    host, port = shop.address.replace('http://', '').split(':')
    crowd = [socket.create_connection((host, int(port))) for _ in range(3 * FEW_FILES)]
    add(desk, 20)
    desk.do('wait-idle')
    assert shop.stock() == 30 and shop.server.poll() is None
    for peer in crowd:
      peer.close()
    other = shop.desk('ben')
    add(other, 1)
    shop.settle(desk, other)
    shop.down()
    shop.check()


def check_old_copy(tap, arguments):
  with tap.step('an old copy of the data put back under clients is noticed, and no edit is done twice'), \
       Shop(*arguments) as shop:
    shop.begin()
    ada, ben = shop.desk('ada'), shop.desk('ben')
    shop.put(ada)
    add(ben, 3)
    shop.settle(ada, ben)
    shop.down()
    shutil.copytree(shop.data, shop.path('copy'))
    shop.up()
    for desk in (ada, ben):
      desk.do('wait-live')
    add(ada, 4)
    add(ben, 5)
    shop.settle(ada, ben)
    assert shop.stock() == 22
    ada.do('offline')
    add(ada, 2)
    shop.down()
    shutil.rmtree(shop.data)
    shutil.copytree(shop.path('copy'), shop.data)
    shop.up()
    ben.do('wait-live')
    # As many versions as were lost, and others: the numbers alone tell nothing.
    add(ben, 12)
    ben.do('wait-idle')
    ada.do('online')
    shop.settle(ada, ben)
    stock = shop.stock()
    assert ada.get('products', 'drums')['stock'] == stock and ben.get('products', 'drums')['stock'] == stock
    counts = shop.times(ada) + shop.times(ben)
    assert max(counts) == 1, counts
    assert stock == 10 + sum(counts) - 1, (stock, counts)
    # What was made since the copy came back is there.
    assert all(shop.times(ada)[-2:]) and all(shop.times(ben)[-12:]), (shop.times(ada), shop.times(ben))
    shop.down()
    shop.check()


def check_restore(tap, arguments):
  with tap.step('so is a backup that was restored'), Shop(*arguments) as shop:
    shop.begin()
    ada, ben = shop.desk('ada'), shop.desk('ben')
    shop.put(ada)
    shop.run('backup', shop.path('backup'))
    add(ada, 3)
    add(ben, 3)
    shop.settle(ada, ben)
    shop.down()
    shop.run('restore', shop.path('backup'))
    shop.up()
    for desk in (ada, ben):
      desk.do('wait-live')
    add(ada, 2)
    shop.settle(ada, ben)
    counts = shop.times(ada) + shop.times(ben)
    assert max(counts) == 1 and shop.stock() == 10 + sum(counts) - 1, (counts, shop.stock())
    shop.down()
    shop.check()


def check_copied_cache(tap, arguments):
  with tap.step('two clients from one copied cache become two'), Shop(*arguments) as shop:
    shop.begin()
    ada = shop.desk('ada')
    shop.put(ada)
    ada.do('offline')
    add(ada, 3)
    ada.quit()
    shutil.copytree(ada.folder, shop.path('copied'))
    ada.start()
    copy = shop.desk('copied', start=False)
    copy.start()
    for desk in (ada, copy):
      desk.do('wait-live')
      desk.do('wait-idle')
    # The three edits are in both caches, with the same ids: they count once.
    assert shop.stock() == 13, shop.stock()
    for desk in (ada, copy):
      add(desk, 5)
    shop.settle(ada, copy)
    assert shop.stock() == 23, shop.stock()
    assert shop.times(ada) == [1] * len(ada.made) and shop.times(copy) == [1] * len(copy.made)
    shop.down()
    shop.check()


def other_clock(library, offset):
  """The environment of a program whose clock is wrong."""
  # What a sanitizer needs to be loaded first for is not what libfaketime takes over.
  options = ':'.join(filter(None, [os.environ.get('ASAN_OPTIONS'), 'verify_asan_link_order=0']))
  return {'LD_PRELOAD': library, 'FAKETIME': offset, 'DONT_FAKE_MONOTONIC': '1', 'FAKETIME_DONT_FAKE_MONOTONIC': '1',
          'ASAN_OPTIONS': options}


def check_clock(tap, arguments):
  name = 'a clock that is set back and forward changes no order'
  library = (glob.glob('/usr/lib/*/faketime/libfaketimeMT.so.1') or [None])[0]
  if library is None:
    tap.skip(name, 'libfaketime is not installed')
    return
  with tap.step(name), Shop(*arguments) as shop:
    shop.begin()
    desk = shop.desk('ada')
    shop.put(desk)
    for offset in ('-3d', '+5d', '-40d', '+0'):
      shop.down()
      shop.up(**other_clock(library, offset))
      desk.do('wait-live')
      add(desk, 3)
      shop.settle(desk)
    assert shop.stock() == 22
    assert not shop.query('SELECT count(*) FROM log_versions a JOIN log_versions b ON a.shop = b.shop'
                          ' AND b.version = a.version + 1 WHERE b.at < a.at')
    # The client's clock as well.
    desk.quit()
    for offset in ('-400d', '+400d'):
      desk.start(environment=other_clock(library, offset))
      desk.do('wait-live')
      add(desk, 2)
      shop.settle(desk)
      desk.quit()
    assert shop.stock() == 26
    shop.down()
    shop.check()


@contextlib.contextmanager
def small_disk(folder):
  """A disk of its own. None where nothing may be mounted."""
  os.mkdir(folder)
  done = subprocess.run(['mount', '-t', 'tmpfs', '-o', f'size={SMALL_DISK}', 'none', folder], check=False,
                        stderr=subprocess.DEVNULL)
  try:
    yield folder if done.returncode == 0 else None
  finally:
    if done.returncode == 0:
      subprocess.run(['umount', '-l', folder], check=True)


def fill(folder):
  with open(os.path.join(folder, 'filler'), 'wb', buffering=0) as file:
    with contextlib.suppress(OSError):
      while True:
        file.write(bytes(65536))
    with contextlib.suppress(OSError):
      while True:
        file.write(b'\0')


def check_full_server(tap, arguments):
  name = 'a server whose disk is full, later read-only, loses nothing and goes on when it can'
  with Shop(*arguments) as shop, small_disk(shop.path('disk')) as disk:
    if disk is None:
      tap.skip(name, 'nothing may be mounted here')
      return
    shop.data = os.path.join(disk, 'data')
    with tap.step(name):
      shop.begin()
      desk = shop.desk('ada')
      shop.put(desk)
      fill(disk)
      add(desk, 40)
      assert shop.stock() < 50
      os.unlink(os.path.join(disk, 'filler'))
      if shop.server.poll() is not None:
        shop.up()
      desk.do('offline')
      desk.do('online')
      shop.settle(desk)
      assert shop.stock() == 50 and shop.times(desk) == [1] * 41
      shop.down()
      subprocess.run(['mount', '-o', 'remount,ro', disk], check=True)
      words = shop.fail('serve', '--listen', '127.0.0.1:0')
      assert 'ead-only' in words or 'readonly' in words, words
      add(desk, 3)
      subprocess.run(['mount', '-o', 'remount,rw', disk], check=True)
      shop.up()
      desk.do('offline')
      desk.do('online')
      shop.settle(desk)
      assert shop.stock() == 53
      desk.kill()
      shop.down()
      shop.check()


def check_full_client(tap, arguments):
  name = 'a client whose disk is full says no to an edit, and goes on when it can'
  with Shop(*arguments) as shop, small_disk(shop.path('disk')) as disk:
    if disk is None:
      tap.skip(name, 'nothing may be mounted here')
      return
    with tap.step(name):
      shop.begin()
      desk, other = shop.desk('ada', os.path.join(disk, 'ada')), shop.desk('ben')
      shop.put(desk)
      fill(disk)
      # A refusal takes a while: each edit is tried three times before it is told.
      taken = refused = 0
      while refused < 3:
        if desk.answer(desk.tell('add products drums stock 1'))['t'] == 'done':
          taken += 1
        else:
          refused += 1
        assert taken < 400
      add(other, 5)
      os.unlink(os.path.join(disk, 'filler'))
      desk.do('offline')
      desk.do('online')
      shop.settle(desk, other)
      # Each that was taken counts, each that was refused does not.
      assert shop.stock() == 15 + taken, (shop.stock(), taken)
      desk.quit()
      subprocess.run(['mount', '-o', 'remount,ro', disk], check=True)
      desk.start()
      assert desk.process.wait(lsdesk.PATIENCE) == 1
      subprocess.run(['mount', '-o', 'remount,rw', disk], check=True)
      desk.start()
      shop.settle(desk, other)
      desk.kill()
      shop.down()
      shop.check()


def main():
  tap = lsshop.Tap()
  arguments = sys.argv[1:3]
  for check in (check_descriptors, check_old_copy, check_restore, check_copied_cache, check_clock, check_full_server,
                check_full_client):
    if len(sys.argv) < 4 or sys.argv[3] in check.__name__:
      check(tap, arguments)
  tap.end()


if __name__ == '__main__':
  main()
