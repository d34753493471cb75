#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client that holds some months of a shop, against one that holds all of it and the server's own words.

usage: test-scope.py LOCKSTEPD LOCKSTEP_CLIENT
"""

import contextlib
import datetime
import json
import random
import sys
import time

import lsdesk
import lsshop

MONTHS = 40
NOW = datetime.datetime.now(datetime.timezone.utc)
PARTS = ('orders', 'order_items', 'payments', 'refunds')


def bucket(day):
  """The bucket of a day: the months since January 1970 plus 1."""
  date = datetime.date(1970, 1, 1) + datetime.timedelta(days=day)
  return (date.year - 1970) * 12 + date.month


def placed(months_ago):
  """The fifteenth of a month, in µs."""
  month = NOW.year * 12 + NOW.month - 1 - months_ago
  date = datetime.datetime(month // 12, month % 12 + 1, 15 if months_ago else NOW.day, tzinfo=datetime.timezone.utc)
  return int(date.timestamp()) * 1_000_000


def order(key, months_ago):
  return {'number': key, 'customer': 'zoe', 'customer_name': 'Zoé', 'status': 'paid', 'currency': 'EUR',
          'placed_at': placed(months_ago)}


def write_rows(folder):
  """Two orders a month, each with an item and a payment, every second with a refund."""
  rows = {'customers': [('zoe', {'name': 'Zoé'})], 'products': [('kit', {'name': 'Kit', 'status': 'active'})],
          'orders': [], 'order_items': [], 'payments': [], 'refunds': []}
  for age in range(MONTHS):
    for n in range(2):
      key = f'o{age}-{n}'
      rows['orders'].append((key, order(key, age)))
      rows['order_items'].append((f'i{key}', {'order': key, 'product': 'kit', 'name': 'Kit', 'quantity': 2,
                                              'unit_price': 1000}))
      rows['payments'].append((f'p{key}', {'order': key, 'method': 'card', 'status': 'captured', 'amount': 2000,
                                           'currency': 'EUR', 'at': placed(age)}))
    rows['refunds'].append((f'r{age}', {'order': f'o{age}-0', 'item': f'io{age}-0', 'quantity': 1, 'net': 1000,
                                        'at': placed(age)}))
  paths = []
  for collection, lines in rows.items():
    paths.append(folder.path(f'{collection}.ndjson'))
    with open(paths[-1], 'w', encoding='utf-8') as file:
      file.writelines(json.dumps({'k': key, 'd': fields}) + '\n' for key, fields in lines)
  return paths


def counts(folder, months):
  """How many rows a client has to hold, by the server's export."""
  rows = folder.rows('music')
  first = bucket((NOW - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)).days) - months
  return {name: sum(months == 0 or bucket(fields['day']) >= first for fields in rows.get(name, {}).values())
          for name in PARTS}


def held(desk):
  return {name: int(desk.digest()[name].split(':')[0]) for name in PARTS}


def verified(desk):
  """All digests equal the server's, at the newest position, over what is held."""
  desk.do('wait-idle')
  desk.digest()
  desk.wait(lambda: desk.verified >= desk.sums['version'], 'digests are equal')


def same(ada, ben, names):
  return [ada.digest()[name] for name in names] == [ben.digest()[name] for name in names]


def moved(desk, key, months_ago):
  """Makes an order again, in another month."""
  change = [{'c': 'orders', 'k': key, 'op': 'del'}, {'c': 'orders', 'k': key, 'op': 'put', 'set': order(key, months_ago)}]
  desk.do('change ' + json.dumps(change))
  desk.do('wait-idle')


def main():
  tap = lsshop.Tap()
  dice = random.Random(20)
  with lsshop.Folder(sys.argv[1]) as folder, contextlib.ExitStack() as stack:
    folder.run('init')
    folder.run('shop', 'add', 'music', '--currency', 'EUR', '--time-zone', 'UTC')
    folder.run('import', '--shop', 'music', *write_rows(folder))
    _, address = folder.serve('--listen', '127.0.0.1:0', '--edit-rate=0', '--digest-interval=1s')
    token = folder.run('token', '--user', 'admin').strip()
    ada, ben = (lsdesk.Desk(sys.argv[2], address, token, folder.path(name), 'music') for name in ('ada', 'ben'))
    for desk in (ada, ben):
      desk.start()
      stack.callback(lambda it: it.kill(), desk)
      desk.do('wait-live')
      desk.do('wait-idle')

    with tap.step('less is held at once, and digests are equal over it'):
      ben.do('scope 12')
      ben.do('wait-scope')
      assert held(ben) == counts(folder, 12), (held(ben), counts(folder, 12))
      assert held(ben)['orders'] == 26 and held(ada)['orders'] == 2 * MONTHS, held(ben)
      verified(ben)
      verified(ada)
      lsshop.wait_until(lambda: not ben.has('orders', 'o30-0') and not ben.has('order_items', 'io30-0'), 'old rows go')
      assert ben.has('orders', 'o12-0') and ada.has('orders', 'o30-0')
      assert same(ada, ben, ['daily_sales', 'products', 'customers']), 'what is made of all orders is whole'

    with tap.step('the numbers of what is held agree'):
      ben.do('check')
      assert ben.checked['findings'] == 0 and ben.checked['rules'] > 4, ben.checked
      skipped = ben.checked['skipped']
      ada.do('check')
      assert ada.checked['findings'] == 0 and ada.checked['skipped'] < skipped, ada.checked

    with tap.step('old orders pass it by, new ones come'):
      ada.do('edit orders o30-1 note Old')
      ada.do('change ' + json.dumps([{'c': 'orders', 'k': 'new', 'op': 'put', 'set': order('new', 0)},
                                     {'c': 'orders', 'k': 'old', 'op': 'put', 'set': order('old', 20)}]))
      ada.do('wait-idle')
      verified(ben)
      assert ben.has('orders', 'new') and not ben.has('orders', 'old') and not ben.has('orders', 'o30-1')

    with tap.step('an order that goes over the border comes in whole, or goes, without a new connection'):
      sessions = sum(line['event'] == 'session' for line in ben.events)
      moved(ada, 'o25-0', 1)
      verified(ben)
      assert ben.has('orders', 'o25-0') and ben.has('order_items', 'io25-0') and ben.has('refunds', 'r25')
      moved(ada, 'o2-1', 30)
      verified(ben)
      assert not ben.has('orders', 'o2-1') and not ben.has('payments', 'po2-1')
      assert held(ben) == counts(folder, 12), (held(ben), counts(folder, 12))
      assert sessions == sum(line['event'] == 'session' for line in ben.events)

    with tap.step('more comes while others work, and is complete'):
      ben.do('scope 24')
      for n in range(30):
        ada.do(f'edit orders o{n}-0 note N{n}')
      ben.do('wait-scope')
      ada.do('wait-idle')
      verified(ben)
      assert held(ben) == counts(folder, 24), (held(ben), counts(folder, 24))
      assert ben.get('orders', 'o20-0')['note'] == 'N20'

    with tap.step('killed in the middle of any of it, it goes on'):
      for months in (0, 3, 24, 1, 0, 12):
        ben.tell(f'scope {months}')
        time.sleep(dice.uniform(0, 0.15))
        ben.kill()
        ben.start()
        ben.do('wait-live')
        ben.do(f'scope {months}')
        ben.do('wait-scope')
        verified(ben)
        assert held(ben) == counts(folder, months), (months, held(ben), counts(folder, months))

    with tap.step('chosen offline it is kept, and edits of what goes are sent'):
      ben.do('offline')
      ben.do('edit orders o8-0 note Offline')
      ben.do('scope 3 activity favorites')
      ben.do('wait-scope')
      ben.kill()
      ben.start()
      ben.do('wait-live')
      ben.do('wait-scope')
      ben.do('wait-idle')
      ada.do('wait-idle')
      verified(ben)
      assert held(ben) == counts(folder, 3)
      assert 'activity' not in ben.sums['since'] and int(ben.sums['sums']['activity'].split(':')[0]) == 0
      assert folder.rows('music')['orders']['o8-0']['note'] == 'Offline'
      lsshop.wait_until(lambda: not ben.has('orders', 'o8-0'), 'the row goes after its edit')

    with tap.step('what was off comes back'):
      ben.do('scope 0')
      ben.do('wait-scope')
      verified(ben)
      verified(ada)
      assert same(ada, ben, ada.digest().keys()), 'both hold all'
  tap.end()


main()
