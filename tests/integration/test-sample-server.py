#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""The sample shops on a server: exported and imported again they are the same; traffic comes and goes.

usage: test-sample-server.py LOCKSTEPD
"""

import json
import os
import resource
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import lsshop


def picture(rows):
  """What people and sources have set, and the figures, but nothing about when it was written."""
  rows = {collection: rows[collection] for collection in rows if collection not in ('activity', 'shops')}
  for row in rows['stats'].values():
    row.pop('calculated_at')
  return rows


def fill_disk():
  """In a child: no file may be longer than this, as on a disk that is full."""
  signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
  resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))


def ask(address, token, shop, body):
  """What a server answers who asks for traffic: the status, and the body."""
  request = urllib.request.Request(f'{address}/v1/shops/{shop}/simulate', json.dumps(body).encode(),
                                   {'Authorization': f'Bearer {token}', 'Content-Type': 'application/json'})
  try:
    with urllib.request.urlopen(request, timeout=lsshop.PATIENCE) as answer:
      return answer.status, json.load(answer)
  except urllib.error.HTTPError as error:
    return error.code, json.load(error)


def main():
  tap = lsshop.Tap()
  with lsshop.Folder(sys.argv[1]) as folder:
    with tap.step('two sample shops are made'):
      folder.run('init', '--sample', '--seed', '3')
      lines = folder.run('shop', 'list').splitlines()
      assert len(lines) == 2 and all(line.endswith('\tsample') for line in lines), lines
      folder.check()
      assert not [name for name in os.listdir(folder.root) if name.startswith('data.')]

    with tap.step('one exported, a file a collection, is the same in another shop'):
      there = folder.path('export')
      folder.run('export', '--shop', 'nachtwerk', '--to', there)
      folder.run('shop', 'add', 'copy', '--currency', 'EUR', '--time-zone', 'Europe/Berlin')
      folder.run('import', '--shop', 'copy', *(os.path.join(there, name) for name in sorted(os.listdir(there))))
      first, second = picture(folder.rows('nachtwerk')), picture(folder.rows('copy'))
      for collection in first:
        assert first[collection] == second[collection], collection
      assert len(first['orders']) > 500
      folder.check()

    with tap.step('an export that fails leaves the files of before'):
      before = {name: open(os.path.join(there, name), 'rb').read() for name in os.listdir(there)}
      done = subprocess.run(folder.line('export', '--shop', 'nachtwerk', '--to', there), preexec_fn=fill_disk,
                            stderr=subprocess.PIPE, encoding='utf-8', timeout=lsshop.PATIENCE, check=False)
      assert done.returncode == 1 and done.stderr, done
      assert before == {name: open(os.path.join(there, name), 'rb').read() for name in os.listdir(there)}

    with tap.step('and so is one exported as a whole'):
      stream = folder.path('rows.ndjson')
      with open(stream, 'w', encoding='utf-8') as file:
        file.write(folder.run('export', '--shop', 'low-tide'))
      folder.run('shop', 'add', 'other', '--currency', 'USD', '--time-zone', 'America/Los_Angeles')
      folder.run('import', '--shop', 'other', stream)
      assert picture(folder.rows('low-tide')) == picture(folder.rows('other'))
      version = folder.version('other')
      folder.run('import', '--shop', 'other', stream)
      assert folder.version('other') == version

    with tap.step('a server is told to make traffic, and says no for a shop that is no sample'):
      server, address = folder.serve('--listen', '127.0.0.1:0')
      assert 'not made as a sample' in folder.fail('simulate', '--shop', 'copy')
      assert 'stop the server first' in folder.fail('import', '--shop', 'copy', stream)
      before = {shop: folder.version(shop) for shop in ('nachtwerk', 'low-tide')}
      traffic = folder.start('simulate', '--rate', '200000')
      for shop, version in before.items():
        lsshop.wait_until(lambda s=shop, v=version: folder.version(s) > v + 20, f'traffic in {shop}')

    with tap.step('it ends with the one who asked for it'):
      traffic.send_signal(signal.SIGTERM)
      assert traffic.wait(lsshop.PATIENCE) == 0
      after = {shop: folder.version(shop) for shop in before}
      folder.run('simulate', '--shop', 'nachtwerk', '--rate', '200000', '--duration', '1')
      assert folder.version('low-tide') == after['low-tide']
      assert folder.version('nachtwerk') > after['nachtwerk']

    with tap.step('with a token it is asked for by address, without one not'):
      token = folder.run('token', '--user', 'admin').strip()
      folder.run('simulate', '--server', address, '--token', token, '--shop', 'low-tide', '--rate', '200000',
                 '--duration', '1')
      assert folder.version('low-tide') > after['low-tide']
      assert '401' in folder.fail('simulate', '--server', address, '--token', 'x' * 64)

    with tap.step('a rate of nothing ends it, one out of bounds is refused'):
      assert ask(address, token, 'low-tide', {'rate': 0}) == (200, {'lease': 0})
      for rate, why in ((-1, 'rate: below zero'), (10**9, 'rate: at most ')):
        status, said = ask(address, token, 'low-tide', {'rate': rate})
        assert status == 400 and why in said['message'], (status, said)

    with tap.step('a server makes it by itself, behind a socket too'):
      server.terminate()
      assert server.wait(lsshop.PATIENCE) == 0
      before = folder.version('low-tide')
      server, address = folder.serve('--listen', 'unix:' + folder.path('socket'), '--simulate', '200000')
      lsshop.wait_until(lambda: folder.version('low-tide') > before + 20, 'traffic')
      folder.run('simulate', '--rate', '200000', '--duration', '1')
      server.terminate()
      assert server.wait(lsshop.PATIENCE) == 0

    with tap.step('it forgets what was done long ago, and says so'):
      kinds = lambda: {row['kind'] for row in folder.rows('low-tide')['activity'].values()}
      assert 'import' in kinds() and 'retention' not in kinds()
      server, address = folder.serve('--listen', '127.0.0.1:0', '--keep-activity', '1s')
      lsshop.wait_until(lambda: 'retention' in kinds() and 'import' not in kinds(), 'old activity to go')
      server.terminate()
      assert server.wait(lsshop.PATIENCE) == 0

    with tap.step('all figures are what follows from the rows'):
      folder.check()
  tap.end()


if __name__ == '__main__':
  main()
