# SPDX-License-Identifier: GPL-3.0-or-later
"""ls-fault-proxy from a script: see README.md."""

import os
import subprocess


class Proxy:
  """A bad network in front of a server. Use it in a with statement."""

  def __init__(self, program, server, listen='127.0.0.1:0'):
    self.process = subprocess.Popen([program, listen, server.replace('http://', '')], stdin=subprocess.PIPE,
                                    stdout=subprocess.PIPE, encoding='utf-8')
    self.address = self.process.stdout.readline().split()[1]

  def __enter__(self):
    return self

  def __exit__(self, *_):
    self.process.stdin.close()
    self.process.wait()
    self.process.stdout.close()

  @property
  def url(self):
    return f'http://{self.address}'

  def tell(self, command):
    """Gives a command that must be known. Returns the counters as {name: number}."""
    self.process.stdin.write(command + '\n')
    self.process.stdin.flush()
    words = self.process.stdout.readline().split()
    assert words and words[0] == 'ok', (command, words)
    return {words[i]: int(words[i + 1]) for i in range(1, len(words), 2)}


def find(build):
  """The program in a build folder."""
  return os.path.join(build, 'tests', 'support', 'fault-proxy', 'ls-fault-proxy')
