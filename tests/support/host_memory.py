# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Hosts that have known an order for long: their memory of the list counts for paid calls."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

from ansible_collections.certops.resello.plugins.module_utils._model.holds import Moment
from ansible_collections.certops.resello.plugins.module_utils._model.quorum import HostList
from ansible_collections.certops.resello.plugins.module_utils._model.serialisation import encode, key_of


def remember_hosts(root: Path, reference: str, hosts: Sequence[str]) -> None:
    """Write into `root` what a host remembers that took part in a call for `reference` under this list."""
    folder = root / ".records"
    folder.mkdir(mode=0o700, exist_ok=True)
    path = folder / f"{key_of(reference)}.hosts"
    path.touch(mode=0o600)
    path.write_text(known_hosts(reference, hosts))


def known_hosts(reference: str, hosts: Sequence[str]) -> str:
    """The same as the text of the record."""
    long_ago = datetime.now(timezone.utc) - timedelta(days=300)
    return encode(HostList(reference, tuple(hosts), Moment(long_ago, long_ago), mature=True))
