#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""An import that is killed, at any moment of it, ends as one that was not, and nothing doubles.

usage: test-import-killed.py LOCKSTEPD
"""

import json
import sys
import time

import lsshop

N = 600
# Parts of the time that it takes; what is written is written in the last third.
MOMENTS = [0.1, 0.4, 0.66, 0.72, 0.76, 0.8, 0.84, 0.88, 0.92, 0.97]


def write_files(folder):
  """Orders that are as scattered as can be, so that they are many versions."""
  def write(collection, items):
    path = folder.path(collection + '.ndjson')
    with open(path, 'w', encoding='utf-8') as file:
      for key, fields in items:
        file.write(json.dumps({'k': key, 'd': fields}) + '\n')
    return path

  yield write('order_items', ((f'i{i}', {'order': f'o{i * 11 % N}', 'product': f'p{i * 13 % N}', 'name': 'Beat',
                                         'quantity': 1 + i % 3, 'unit_price': 100 + i}) for i in range(2 * N)))
  yield write('orders', ((f'o{i}', {'number': str(i), 'status': 'paid', 'currency': 'EUR', 'customer': f'c{i * 7 % N}',
                                    'placed_at': 1700000000000000 + i * 90000000000}) for i in range(N)))
  yield write('customers', ((f'c{i}', {'name': f'Käufer {i}'}) for i in range(N)))
  yield write('products', ((f'p{i}', {'name': f'Beat {i}', 'status': 'active', 'stock': i}) for i in range(N)))


def picture(folder):
  """Everything but when it happened."""
  rows = folder.rows('music')
  del rows['activity']
  for row in rows['stats'].values():
    row.pop('calculated_at')
  return rows


def add_shop(folder):
  folder.run('init')
  folder.run('shop', 'add', 'music', '--time-zone', 'Europe/Berlin')


def main():
  tap = lsshop.Tap()
  with lsshop.Folder(sys.argv[1]) as whole:
    with tap.step('an import that nobody interrupts'):
      files = list(write_files(whole))
      add_shop(whole)
      begun = time.monotonic()
      whole.run('import', '--shop', 'music', *files)
      duration = time.monotonic() - begun
      expected = picture(whole)
      version = whole.version('music')
      assert len(expected['orders']) == N

    in_the_middle = 0
    for number, moment in enumerate(MOMENTS):
      with tap.step(f'killed after {moment:.0%} of its time'), lsshop.Folder(sys.argv[1]) as folder:
        add_shop(folder)
        process = folder.start('import', '--shop', 'music', *files)
        time.sleep(duration * moment)
        process.kill()
        process.wait()
        left = folder.version('music')
        in_the_middle += 1 < left < version
        # What was not made a job yet has to be asked for again; what was is finished by any way.
        if number % 2 == 0:
          folder.run('import', '--resume')
          assert folder.version('music') in (1, version), (left, folder.version('music'))
        else:
          server, _ = folder.serve('--listen', '127.0.0.1:0')
          if left > 1:
            lsshop.wait_until(lambda f=folder: f.version('music') == version, 'the job is finished by the server')
          server.terminate()
          # It may have been ended in the middle of a job that it had just taken up.
          assert server.wait(lsshop.PATIENCE) == 0
        folder.run('import', '--shop', 'music', *files)
        assert folder.version('music') == version
        assert picture(folder) == expected
        folder.check()
    print(f'# {in_the_middle} of them in the middle of writing')
  tap.end()


if __name__ == '__main__':
  main()
