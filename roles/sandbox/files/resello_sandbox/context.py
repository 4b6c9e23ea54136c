# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the parts of one running server share."""

from __future__ import annotations

import asyncio
import dataclasses
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from resello_sandbox.ca import Authority
from resello_sandbox.clock import Clock
from resello_sandbox.faults import Faults
from resello_sandbox.options import Credentials, Options
from resello_sandbox.settings import Settings
from resello_sandbox.store import Store


class Context:
    """Store, clock, CA, credentials and the current settings of one server."""

    def __init__(self, options: Options) -> None:
        self.store = Store(options.data_dir / "sandbox.sqlite")
        self.clock = Clock(offset=float(self.store.fact("clock_offset") or 0.0))
        self.authority = Authority(options.data_dir / "ca")
        self.credentials = self._load_credentials(options.credentials)
        self.data_dir: Path = options.data_dir
        self._given = options.settings
        self.settings = Settings().changed(self.store.fact("settings") or {}).changed(self._given)
        self.faults = Faults()
        self._wake = asyncio.Event()
        self._urgent: set[int] = set()

    def change_settings(self, changes: Mapping[str, Any]) -> None:
        """Change settings now and across restarts. Raises SettingError for an invalid change."""
        self.settings = self.settings.changed(changes)
        self.store.remember("settings", self.settings.as_dict())
        self.wake()

    def set_clock_offset(self, offset: float) -> None:
        """Shift the server's clock."""
        self.clock.offset = offset
        self.store.remember("clock_offset", offset)
        self.wake()

    def reset(self) -> None:
        """Forget the account, the faults, the clock's offset and all changed settings."""
        self.store.forget_account()
        self.faults.clear()
        self.set_clock_offset(0.0)
        self.settings = Settings().changed(self._given)
        self.store.remember("settings", self.settings.as_dict())

    def wake(self, *, check: int | None = None) -> None:
        """Wake the worker; ``check`` is a job whose names must be checked now."""
        if check is not None:
            self._urgent.add(check)
        self._wake.set()

    async def wait(self, seconds: float | None) -> None:
        """Sleep until woken, ``seconds`` at most."""
        try:
            await asyncio.wait_for(self._wake.wait(), seconds)
        except (TimeoutError, asyncio.TimeoutError):
            return
        finally:
            self._wake.clear()

    def take_urgent(self) -> set[int]:
        """The jobs to check now; each is returned once."""
        urgent, self._urgent = self._urgent, set()
        return urgent

    def _load_credentials(self, given: Mapping[str, str]) -> Credentials:
        kept = self.store.fact("credentials") or {}
        prefixes = {"username": "reseller-", "realm": "reseller-", "client_id": "client-"}
        values = {
            f.name: given.get(f.name) or kept.get(f.name) or prefixes.get(f.name, "") + secrets.token_hex(12)
            for f in dataclasses.fields(Credentials)
        }
        self.store.remember("credentials", values)
        return Credentials(**values)
