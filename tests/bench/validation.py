# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""First purchases proven by DNS, with a secondary that is late: many at once against one."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.certops.resello.tests.bench.account import Account
from ansible_collections.certops.resello.tests.bench.measure import Measured
from ansible_collections.certops.resello.tests.bench.page import Ratio
from ansible_collections.certops.resello.tests.support.dns_tree import DnsTree, Zone
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess

ZONE = "shop.example"
LAG = 20.0
MANY = 20
HOST = "web1"
Player = Callable[[Path], tuple[Measured, Mapping[str, int]]]


@contextmanager
def late_secondary() -> Iterator[tuple[DnsTree, Account]]:
    """A zone with such a secondary, and an account whose provider asks both servers."""
    names = "".join(f"site{number} A 127.0.0.1\n" for number in range(1 + MANY))
    zone = Zone(ZONE, names, servers=("primary", "secondary"), updates=True, lag=LAG)
    with DnsTree([zone], network="127.59.0") as tree, tempfile.TemporaryDirectory(prefix="resello-bench-") as folder:
        servers = [f"{tree.address(role)}:{tree.port}" for role in ("primary", "secondary")]
        with SandboxProcess(nameserver=servers) as sandbox:
            sandbox.settings(caa="ignore")  # the two servers do not know the zones above
            yield tree, Account(sandbox, Path(folder))


def measured(tree: DnsTree, account: Account, play: Player) -> tuple[list[list[str]], list[Ratio]]:
    """Buy one, then many others. The rows of the table and the promises about them."""
    one, few = play(_variables(tree, account, range(1)))
    many, modules = play(_variables(tree, account, range(1, 1 + MANY)))
    charges = account.sandbox.control("GET", "ledger")["charges"]
    rows = [
        [str(count), f"{taken.seconds:.1f}", str(started[HOST]), str(started["localhost"])]
        for count, taken, started in ((1, one, few), (MANY, many, modules))
    ]
    return rows, [
        Ratio(f"{MANY} certificates proven by DNS against one", many.seconds / one.seconds, 1.5),
        Ratio(f"modules on the controller, {MANY} against one", modules["localhost"] / few["localhost"], 1),
        Ratio(f"modules on the host, {MANY} against one", modules[HOST] / few[HOST], 1),
        Ratio("charges of both", charges, 1 + MANY),
    ]


def _variables(tree: DnsTree, account: Account, numbers: range) -> Path:
    variables = {
        **account.credentials,
        "root": str(account.folder / "host"),
        "orders": [{"name": f"site{number}", "names": [f"site{number}.{ZONE}"]} for number in numbers],
        "resolver": f"{tree.resolver}:{tree.port}",
        "dns_port": tree.port,
        "primary": tree.address("primary"),
        "key_name": tree.key_name,
        "key_secret": tree.key_secret,
    }
    path = account.folder / f"validation-{len(numbers)}.json"
    path.write_text(json.dumps(variables), encoding="utf-8")
    return path
