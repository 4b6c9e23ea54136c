# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The settings of a run on this host, and how an error of one certificate stays with it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any, Iterator

from .errors import HostError, os_problem
from .paths import Label, check_absolute, no_label

LOCK_TIMEOUT = 120.0
MARKER = ".certops-resello"
"""A file in the root folder. If it is missing, the root is new, or not the one that was used before."""


@dataclass(frozen=True)
class Host:
    """The settings: the root, check mode or not, and how new files are labelled."""

    root: str
    now: datetime
    check_mode: bool = False
    label: Label = no_label
    lock_timeout: float = LOCK_TIMEOUT


def host_of(module: Any) -> Host:
    """Return the host from the options of a module. Raises InputError for an unusable root."""
    return Host(
        root=check_absolute(module.params["root"], option="root"),
        now=datetime.now(timezone.utc),
        check_mode=module.check_mode,
        label=lambda path: module.set_default_selinux_context(path, False),
    )


@contextlib.contextmanager
def own_trouble(item: Any, *, doing: str) -> Iterator[None]:
    """Keep the errors of one item with that item: they are stored in its ``error``."""
    try:
        yield
    except HostError as error:
        item.error = str(error)
    except OSError as error:
        item.error = str(os_problem(doing=doing, error=error))


def private_texts(options: Any) -> set[str]:
    """Return the texts in (nested) options that hold a private key by mistake: results repeat options."""
    if isinstance(options, str):
        return {options} if "PRIVATE KEY-----" in options else set()
    parts = options.values() if isinstance(options, dict) else options if isinstance(options, list) else ()
    return {text for part in parts for text in private_texts(part)}
