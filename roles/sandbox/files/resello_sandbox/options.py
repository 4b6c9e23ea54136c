# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The start options of one server, from the command line and the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Credentials:
    """What clients must send. Stored in the data folder, so that a restart without options keeps them."""

    username: str
    api_key: str
    client_id: str
    client_secret: str
    realm: str
    control_token: str


@dataclass(frozen=True)
class Options:
    """``credentials`` and ``settings`` hold only what was given explicitly."""

    data_dir: Path
    listen: str = "127.0.0.1"
    port: int = 0
    tls: bool = False
    detach: bool = False
    ready_file: Path | None = None
    pid_file: Path | None = None
    credentials: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
