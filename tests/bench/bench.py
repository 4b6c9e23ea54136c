# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""`make bench`: what a night with nothing to do costs, and a first purchase, in ratios of one run.

Absolute seconds depend on the machine and its load. So every number is compared with others that were measured in turn
with it. Options: `--rounds 3`, `--sizes 100 1000 10000`, `--page docs/bench.md` (else the tables are only printed).
"""

from __future__ import annotations

import argparse
import functools
import json
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from ansible_collections.certops.resello.tests.bench.account import Account
from ansible_collections.certops.resello.tests.bench.hosts import full_host, orders_for
from ansible_collections.certops.resello.tests.bench.measure import Measured, medians, run
from ansible_collections.certops.resello.tests.bench.page import MISSED, Growth, Ratio, page, promises
from ansible_collections.certops.resello.tests.bench.validation import HOST, late_secondary, measured
from ansible_collections.certops.resello.tests.support.run_module import python_path
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess

HERE = Path(__file__).resolve().parent
LOOPED = 20  # what loops over modules is measured with so few, and scaled
BOUGHT = 100
INSTALLED = 100  # certificates of the full host
HOSTS = ("web1", "web2", "web3")  # what the whole role looks after
ORDERS = 20  # for each of them
ISSUANCE = 2.0
MIDDLE = 1000


class Bench:
    """The measurements on one account."""

    def __init__(self, account: Account, rounds: int) -> None:
        self._account = account
        self._rounds = rounds
        home = account.folder / "ansible"
        self._environment = {
            "ANSIBLE_HOME": str(home),
            "ANSIBLE_REMOTE_TEMP": str(home / "remote"),
            "ANSIBLE_COLLECTIONS_PATH": python_path(),
            "ANSIBLE_LOCALHOST_WARNING": "false",
            "ANSIBLE_INVENTORY_UNPARSED_WARNING": "false",
            "ANSIBLE_DEPRECATION_WARNINGS": "false",
            "LC_ALL": "C.UTF-8",
        }

    def play(
        self,
        name: str,
        variables: Path,
        *,
        hosts: Sequence[str] = ("localhost",),
        environment: Mapping[str, str] | None = None,
    ) -> Callable[[], Measured]:
        """A playbook, to be run with these variables."""
        program = str(Path(sys.executable).with_name("ansible-playbook"))
        command = [
            program,
            "-i",
            ",".join([*hosts, ""]),
            "-c",
            "local",
            str(HERE / "plays" / f"{name}.yml"),
            "-e",
            f"@{variables}",
        ]
        command += ["-e", f"ansible_python_interpreter={sys.executable}"]
        return functools.partial(run, command, {**self._environment, **(environment or {})})

    def floor(self, variables: Path) -> Callable[[], Measured]:
        """The bare script."""
        info = self._account.sandbox.info
        login = [info["api_url"], info["api_username"], info["api_key"]]
        return functools.partial(run, [sys.executable, str(HERE / "floor.py"), *login, str(variables)], {})

    def growth(self, size: int) -> Growth:
        """Nothing due for this many certificates."""
        self._account.fill(size)
        variables = self._account.variables
        plays = {"empty": "empty", "ours": "ours", "brief": "ours_brief"}
        timed = {name: self.play(play, variables) for name, play in plays.items()}
        taken = medians(self._rounds, {**timed, "floor": self.floor(variables)})
        return Growth(
            size,
            **{name: one.seconds for name, one in taken.items()},
            requests=self._account.requests_of(self._account.items),
            mebibytes=self._account.module(self._account.items).mebibytes,
        )

    def alternatives(self) -> tuple[list[list[str]], list[Ratio]]:
        """What 1,000 with nothing due cost in other ways; loops are measured with few and scaled."""
        many = self._account.variables
        few = self._few(LOOPED)
        taken = medians(
            self._rounds,
            {
                "empty": self.play("empty", few),
                "all": self.play("empty", many),
                "ours": self.play("ours", many),
                "list": self.play("uri_list", many),
                "loop": self.play("uri_loop", few),
                "single": self.play("ours_loop", few),
            },
        )
        count = len(self._account.items)
        net = {name: taken[name].seconds - taken["all"].seconds for name in ("ours", "list")}
        for name in ("loop", "single"):
            net[name] = (taken[name].seconds - taken["empty"].seconds) * count / LOOPED
        names = {
            "ours": "`ssl_certificates`",
            "list": "(b) one list by `uri`, and the filter `x509_certificate_info`",
            "single": "(c) a loop of `ssl_certificate`, scaled",
            "loop": "(a) a loop of `uri` and `x509_certificate_info`, scaled",
        }
        rows = [[title, f"{net[name]:.2f}", f"{net[name] / net['ours']:.1f}"] for name, title in names.items()]
        return rows, [Ratio("(a) against ours", net["loop"] / net["ours"], 100, at_least=True)]

    def single(self) -> tuple[list[list[str]], list[Ratio]]:
        """One certificate with nothing due against one request."""
        one = self._few(1)
        plays = {"empty": "empty", "ours": "ours_loop", "uri": "uri_one"}
        taken = medians(self._rounds, {name: self.play(play, one) for name, play in plays.items()})
        net = {name: taken[name].seconds - taken["empty"].seconds for name in ("ours", "uri")}
        rows = [["`ssl_certificate`", f"{net['ours']:.2f}"], ["`ansible.builtin.uri`", f"{net['uri']:.2f}"]]
        return rows, [Ratio("one certificate against one `uri`", net["ours"] / net["uri"], 2)]

    def purchase(self) -> tuple[list[list[str]], list[Ratio]]:
        """A first purchase, waited for."""
        self._account.sandbox.settings(issue_delay=ISSUANCE)
        variables = self._account.folder / "purchase.json"
        given = {**self._account.credentials, "certificates": self._account.new_items(BOUGHT)}
        variables.write_text(json.dumps({**given, "journal": str(self._account.folder / "bought")}), encoding="utf-8")
        before = self._account.sandbox.control("GET", "ledger")["charges"]
        with self._account.approvals():
            taken = self.play("purchase", variables)()
        charged = self._account.sandbox.control("GET", "ledger")["charges"] - before
        rows = [[str(BOUGHT), f"{taken.seconds:.1f}", str(charged)]]
        return rows, [
            Ratio(f"seconds of {BOUGHT} purchases with {ISSUANCE:.0f} s issuance", taken.seconds, 15),
            Ratio(f"charges of {BOUGHT} purchases", charged, BOUGHT),
        ]

    def full_host(self) -> tuple[list[list[str]], list[Ratio]]:
        """A host whose certificates are all in place, against the least that a module can do."""
        variables = full_host(self._account.folder, INSTALLED)
        taken = medians(self._rounds, {name: self.play(name, variables) for name in ("empty", "install", "ping")})
        net = {name: taken[name].seconds - taken["empty"].seconds for name in ("install", "ping")}
        titles = {"install": f"`ssl_certificate_install`, {INSTALLED} certificates", "ping": "`ansible.builtin.ping`"}
        rows = [[title, f"{net[name]:.2f}"] for name, title in titles.items()]
        return rows, [Ratio(f"{INSTALLED} certificates in place against one `ping`", net["install"] / net["ping"], 2)]

    def role(self) -> tuple[list[list[str]], list[Ratio]]:
        """The whole role: a run that buys and installs, then one with nothing due, whose modules are counted."""
        play = self.counted("role", orders_for(self._account, HOSTS, ORDERS), HOSTS)
        with self._account.approvals():
            play()
        taken, modules = play()
        most = max(modules[host] for host in HOSTS)
        rows = [[f"{len(HOSTS)} x {ORDERS}", f"{taken.seconds:.1f}", str(most), str(modules["localhost"])]]
        return rows, [
            Ratio("modules of the role on a host", most, 2),
            Ratio("modules of the role on the controller", modules["localhost"], 2),
        ]

    def counted(
        self, name: str, variables: Path, hosts: Sequence[str]
    ) -> Callable[[], tuple[Measured, Mapping[str, int]]]:
        """A playbook whose modules are counted, by the host that executes them."""
        counts = self._account.folder / "modules.json"
        environment = {
            "ANSIBLE_CALLBACK_PLUGINS": str(HERE / "callback_plugins"),
            "ANSIBLE_CALLBACKS_ENABLED": "count_modules",
            "COUNT_MODULES_FILE": str(counts),
        }
        play = self.play(name, variables, hosts=hosts, environment=environment)
        return lambda: (play(), json.loads(counts.read_text(encoding="utf-8")))

    def _few(self, count: int) -> Path:
        path = self._account.folder / f"few-{count}.json"
        given = json.loads(self._account.variables.read_text(encoding="utf-8"))
        path.write_text(json.dumps({**given, "certificates": given["certificates"][:count]}), encoding="utf-8")
        return path


@contextmanager
def account() -> Iterator[Account]:
    """An account of its own, at a sandbox of its own."""
    with tempfile.TemporaryDirectory(prefix="resello-bench-") as folder, SandboxProcess() as sandbox:
        yield Account(sandbox, Path(folder))


def main() -> int:
    """Measure, print, keep; the exit code says whether every promise was kept."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, MIDDLE, 10 * MIDDLE])
    parser.add_argument("--page", type=Path)
    options = parser.parse_args()
    with account() as buyer:
        bought, promised = Bench(buyer, options.rounds).purchase()
    with account() as operator:
        full, light = Bench(operator, options.rounds).full_host()
        role, counted = Bench(operator, options.rounds).role()
    with late_secondary() as (tree, customer):
        counting = Bench(customer, options.rounds).counted
        proven, together = measured(tree, customer, lambda path: counting("validation", path, [HOST])())
    with account() as owner:
        bench = Bench(owner, options.rounds)
        grown = [bench.growth(size) for size in options.sizes if size <= MIDDLE]
        others, faster = bench.alternatives()
        one, quick = bench.single()
        grown += [bench.growth(size) for size in options.sizes if size > MIDDLE]
    ratios = [*promises(grown), *faster, *quick, *promised, *light, *counted, *together]
    tables = {"others": others, "one": one, "bought": bought, "proven": proven, "full": full, "role": role}
    text = page(grown, ratios, tables)
    sys.stdout.write(text)
    if options.page:
        options.page.write_text(text, encoding="utf-8")
    return 1 if MISSED in text else 0


if __name__ == "__main__":
    sys.exit(main())
