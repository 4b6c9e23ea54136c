# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Ports for servers that tests start a moment later, or that nobody is to listen on."""

from __future__ import annotations

import contextlib
import random
import socket

_FIRST, _END = 20_000, 32_000  # the system takes ports for clients, and for who asks for any, from 32768 on
_CHANCE = random.SystemRandom()  # so that processes that run side by side do not try the same ones


def any_port() -> int:
    """Return a port that the system gives to nobody by itself. It may be in use."""
    return _CHANCE.randrange(_FIRST, _END)


def free_port(address: str = "127.0.0.1") -> int:
    """Return a port of this address that nobody listens on now."""
    while True:
        port = any_port()
        with socket.socket() as listening, contextlib.suppress(OSError):
            listening.bind((address, port))
            return port
