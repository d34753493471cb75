# SPDX-License-Identifier: GPL-3.0-or-later
"""A lockstepd with a small shop of its own, and the app on it, for UI tests."""

import json
import os
import pathlib
import re
import sqlite3
import subprocess
import tempfile
import time
import urllib.request

import lsui

APPLICATION_ID = 'io.github.lockstep.Lockstep'
SHOP = 'tape'

PRODUCTS = [
  ('night-drive', 'Night Drive', 'beat', 2999, None),
  ('low-tide', 'Low Tide', 'beat', 2499, None),
  ('dust-kit', 'Dust Drum Kit', 'pack', 1900, None),
  ('tape-loops', 'Tape Loops', 'pack', 2400, None),
  ('logo-shirt', 'Logo Shirt', 'physical', 2200, 40),
  ('cassette', 'Cassette', 'physical', 900, 3),
]

# What each customer buys today: product, quantity.
ORDERS = [
  ('1001', 'Ana Duarte', 'paid', [('night-drive', 1), ('dust-kit', 2)]),
  ('1002', 'Björn Ek', 'processing', [('logo-shirt', 1)]),
  ('1003', 'Chidi Obi', 'pending', [('tape-loops', 1)]),
  ('1004', 'Ana Duarte', 'completed', [('low-tide', 1)]),
]


def rows():
  """The shop's rows by collection, and what its figures of today must be: revenue in cents, counted orders, units."""
  prices = {key: price for key, _, _, price, _ in PRODUCTS}
  names = {key: name for key, name, _, _, _ in PRODUCTS}
  now = int(time.time() * 1_000_000)
  found = {'products': [], 'orders': [], 'order_items': []}
  revenue = counted = units = 0
  for key, name, kind, price, stock in PRODUCTS:
    row = {'name': name, 'sku': key.upper(), 'status': 'active', 'kind': kind, 'category': 'Music', 'price': price}
    if stock is not None:
      row |= {'stock': stock, 'low_stock_at': 5}
    found['products'].append((key, row))
  for number, customer, status, items in ORDERS:
    found['orders'].append((number, {'number': number, 'customer_name': customer, 'status': status, 'currency': 'EUR',
                                     'placed_at': now - 1_000_000, 'country': 'DE', 'source': 'web'}))
    for position, (product, quantity) in enumerate(items):
      found['order_items'].append((f'{number}-{position}', {
        'order': number, 'product': product, 'name': names[product], 'quantity': quantity,
        'unit_price': prices[product]}))
      if status != 'pending':
        revenue += prices[product] * quantity
        units += quantity
    counted += status != 'pending'
  return found, (revenue, counted, units)


class Server:
  """A lockstepd of its own, on loopback; it can be killed and started again on the same port."""

  def __init__(self, ui, lockstepd, *options):
    self.options = options
    self.ui = ui
    self.lockstepd = lockstepd
    self.folder = pathlib.Path(tempfile.mkdtemp(prefix='desk-', dir=os.environ.get('HOME')))
    self.data = self.folder / 'server'
    self.listen = '127.0.0.1:0'
    self.program = None
    self.run('init')
    self.run('shop', 'add', SHOP, '--name', 'Tape Machine', '--currency', 'EUR', '--time-zone', 'UTC')
    found, self.figures = rows()
    files = []
    for collection, lines in found.items():
      path = self.folder / f'{collection}.ndjson'
      path.write_text(''.join(json.dumps({'k': key, 'd': row}) + '\n' for key, row in lines))
      files.append(str(path))
    self.run('import', '--shop', SHOP, *files)
    self.start()

  def run(self, command, *arguments):
    """Runs a subcommand and returns what it prints."""
    done = subprocess.run([self.lockstepd, command, '--data', str(self.data), *arguments], text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0, f'lockstepd {command}: {done.stderr}'
    return done.stdout.strip()

  def start(self):
    address = self.data / 'address'
    address.unlink(missing_ok=True)
    self.program = self.ui.start([self.lockstepd, 'serve', '--data', str(self.data), '--listen', self.listen,
                                  *self.options], name='lockstepd')
    self.url = lsui.wait_for(lambda: self.program.checked() and address.exists() and address.read_text().strip(),
                             'the server listens')
    self.listen = self.url.split('://', 1)[1].rstrip('/')

  def metric(self, name):
    """A figure of /metrics."""
    token = pathlib.Path(self.token_file()).read_text()
    request = urllib.request.Request(f'{self.url.rstrip("/")}/metrics', headers={'Authorization': f'Bearer {token}'})
    with urllib.request.urlopen(request, timeout=10) as answer:
      lines = answer.read().decode().splitlines()
    return next(float(line.split()[-1]) for line in lines if line.split(' ')[0] == name)

  def kill(self):
    self.program.kill()
    self.program.wait()

  def add_user(self, name, role='admin'):
    self.run('user', 'add', name, '--role', role, '--no-password')

  def token_file(self, user='admin'):
    """A file with a new token for a user."""
    path = self.folder / f'token-{user}'
    path.touch(0o600)
    path.write_text(self.run('token', '--user', user))
    return str(path)


class Colleague:
  """Somebody else at work, with an account and a cache of his own and no screen."""

  def __init__(self, server, lockstep_client, user='colleague'):
    self.server = server
    self.program = lockstep_client
    self.folder = server.folder / user
    self.folder.mkdir()
    server.add_user(user)
    self.token = pathlib.Path(server.token_file(user)).read_text().strip()

  def do(self, *commands):
    """Carries out commands of the client without a screen, until the server has it all."""
    text = '\n'.join(['wait-live', 'wait-idle', *commands, 'wait-idle', 'quit', ''])
    done = subprocess.run([self.program, '--server', self.server.url, '--token', self.token, '--dir', str(self.folder),
                           '--shop', SHOP], input=text, text=True, stdout=subprocess.PIPE, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    failed = [answer for answer in answers if answer['t'] == 'failed']
    assert done.returncode == 0 and not failed, f'the colleague: {failed}'


def open_app(ui, lockstep, server, *arguments, user='admin', desk=None):
  return ui.start([lockstep, '--server', server.url, '--token-file', server.token_file(user), *arguments], desk=desk)


def go_to(window, page):
  """Chooses a page in the sidebar."""
  window.find('list', 'Pages').find('list item', re.compile(f'^{page}')).point()


def table_rows(window, table):
  """What the rows of a table show: a list of texts each, by what stands in the first cell."""
  found = window.find('tree table', table).find('list').find_all('row')
  return {texts[0]: texts for texts in ([label.text for label in row.find_all('label')] for row in found) if texts}


def cell(window, table, row, text):
  """The label of a row of a table that shows a text."""
  for found in window.find('tree table', table).find('list').find_all('row'):
    labels = found.find_all('label')
    if labels and labels[0].text == row:
      for label in labels:
        if label.text == text:
          return label
  return None


def wait_cell(window, table, row, text):
  return lsui.wait_for(lambda: cell(window, table, row, text), f'{row} shows {text}')


def edit_cell(window, table, row, old, new):
  """Edits a cell in place: double click, text, Enter."""
  wait_cell(window, table, row, old).double_click()
  entry = window.find('tree table', table).find('text')
  entry.type(new)
  window.keys('Return')


def euros(cents):
  return f'€{cents // 100:,}.{cents % 100:02d}'


def price_of(server, key):
  """A product's price by a route that shares nothing with the app: SQL on the server's file."""
  with sqlite3.connect(f'file:{server.data / "lockstep.db"}?mode=ro', uri=True) as database:
    tables = [name for name, in database.execute("SELECT name FROM sqlite_master WHERE type='table'")]
    table = next(name for name in tables if name.endswith('products'))
    return database.execute(f'SELECT price FROM "{table}" WHERE key = ?', (key,)).fetchone()[0]
