#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""In French nothing that has a translation shows in English: pages, details, menus, dialogs, banners, errors."""

import gettext
import os
import re
import subprocess
import sys

import lsdesk
import lsui
from lsdesk import edit_cell, wait_cell

LOCKSTEP, LOCKSTEPD, LOCALE_DIR = sys.argv[1:4]


def english_words():
  """What the catalogue translates into something else, without the underlines of mnemonics."""
  with open(os.path.join(LOCALE_DIR, 'fr', 'LC_MESSAGES', 'lockstep.mo'), 'rb') as file:
    catalogue = gettext.GNUTranslations(file)._catalog
  words = {}
  for english, french in catalogue.items():
    if isinstance(english, tuple):
      english = english[0]
    english = english.rpartition('\4')[2].replace('_', '')
    if english and '%' not in english and english != french.replace('_', ''):
      words[english] = french
  # The same word in French for something else.
  for french in list(words.values()):
    words.pop(french.replace('_', ''), None)
  return words


def check(program, words):
  bad = set()
  for thing in program.find_all():
    for text in (thing.name, thing.text, thing.description):
      if text in words:
        bad.add(f'{thing.role} {text!r} ({words[text]})')
  assert not bad, sorted(bad)


def french_locale(folder):
  """A French locale made for the test: newer C libraries know no language but English in C.UTF-8."""
  path = os.path.join(folder, 'locales')
  os.makedirs(path)
  made = subprocess.run(['localedef', '--no-archive', '-i', 'fr_FR', '-f', 'UTF-8', os.path.join(path, 'fr_FR.UTF-8')],
                        stderr=subprocess.PIPE, text=True, check=False)
  assert os.path.exists(os.path.join(path, 'fr_FR.UTF-8')), made.stderr
  return {'LOCPATH': path, 'LC_ALL': 'fr_FR.UTF-8', 'LANGUAGE': 'fr', 'LOCKSTEP_LOCALE_DIR': LOCALE_DIR}


def main(ui):
  words = english_words()
  assert 'Orders' in words and 'Sign in' in words
  server = lsdesk.Server(ui, LOCKSTEPD)
  app = ui.start([LOCKSTEP, '--server', server.url, '--token-file', server.token_file(), '--page', 'products'],
                 environment=french_locale(ui.folder))
  window = app.window(re.compile('Produits – Tape Machine')).place(0, 0)
  window.find(name='Connexion : En direct')

  with ui.step('products and their details'):
    wait_cell(window, 'Produits', 'Low Tide', '24,99\N{NO-BREAK SPACE}€')
    check(app, words)
    wait_cell(window, 'Produits', 'Low Tide', 'Low Tide').double_click()
    window.find('button', 'Fermer les détails')
    check(app, words)
    window.keys('Escape')

  with ui.step('what is no amount is said in French, in the cell'):
    price = '24,99\N{NO-BREAK SPACE}€'
    edit_cell(window, 'Produits', 'Low Tide', price, 'beaucoup')
    entry = window.find('tree table', 'Produits').find('text')
    lsui.wait_for(lambda: entry.description == '« beaucoup » n’est pas un montant en EUR.', 'why it is no amount')
    window.keys('Escape')

  with ui.step('what the server refuses is said in French'):
    edit_cell(window, 'Produits', 'Low Tide', price, '-5')
    window.find('label', text='Low Tide : Prix : valeur rétablie. Prix : pas de valeur en dessous de zéro.')
    wait_cell(window, 'Produits', 'Low Tide', price)
    check(app, words)

  with ui.step('orders, an order, the overview'):
    ui.action(lsdesk.APPLICATION_ID, 'open-record', lsui.GLib.Variant('(sss)', (lsdesk.SHOP, 'orders', '1002')))
    window.find('label', text='Commande 1002')
    check(app, words)
    ui.action(lsdesk.APPLICATION_ID, 'show-page', lsui.GLib.Variant('s', 'overview'), window=1)
    window.find('label', text='Dernières commandes')
    check(app, words)

  with ui.step('the connection, offline'):
    ui.action(lsdesk.APPLICATION_ID, 'work-offline')
    window.find(name='Connexion : Hors ligne').point()
    window.find('button', re.compile('Modifications'))
    check(app, words)
    window.keys('Escape')

  with ui.step('the first page'):
    ui.action(lsdesk.APPLICATION_ID, 'sign-out')
    welcome = app.window('Lockstep')
    welcome.find('label', text='Bienvenue dans Lockstep')
    check(app, words)


lsui.run(main)
