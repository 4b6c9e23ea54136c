# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a run of the role knows: what hosts and the API have answered so far. Each stage of the worksheet adds to it.

It stays in a registered variable between the stages, as one text, so that nothing evaluates it.
"""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import asdict, dataclass, field
from typing import Any

from .observed import Published

Result = dict[str, Any]


@dataclass
class HostEntry:
    """One reachable host of the play: what it serves, what it holds, what went wrong there."""

    host: str
    items: list[dict[str, Any]]
    observed: list[dict[str, Any]]
    strays: list[dict[str, Any]] = field(default_factory=list)
    tests: dict[str, bool | None] = field(default_factory=dict)
    """Whether the configuration test of each service passed."""
    webroot_problem: str = ""
    not_installable: dict[str, str] = field(default_factory=dict)
    """Why a certificate that is to be bought could not be installed here."""
    installations: list[dict[str, Any]] = field(default_factory=list)
    not_installed: list[str] = field(default_factory=list)
    """Certificates that could not be installed in a wave so far."""
    waves: dict[str, int] = field(default_factory=dict)
    """In which wave this host installs which certificate."""
    without_private_key: list[dict[str, Any]] = field(default_factory=list)
    """What cannot be installed here, because no key of it is here."""
    coming: list[str] = field(default_factory=list)
    """Certificates whose keys a real run would have brought here by now."""
    files_kept: list[str] = field(default_factory=list)
    """Validation files that could not be removed."""
    stopped_by_failure: dict[str, str] = field(default_factory=dict)
    """Why a certificate is not installed in this run, because it failed elsewhere."""
    hook_errors: dict[str, str] = field(default_factory=dict)
    """Why the user's tasks did not deploy a certificate."""
    hooked: list[str] = field(default_factory=list)
    """Certificates that they deployed."""
    record_error: str = ""
    deploy_errors: list[str] = field(default_factory=list)
    dcv_errors: list[str] = field(default_factory=list)

    @property
    def references(self) -> set[str]:
        return {item["client_reference"] for item in self.items}

    @property
    def refused_references(self) -> set[str]:
        return {stray["client_reference"] for stray in self.strays if stray["kind"] == "wrong"}

    def drop(self, reference: str) -> None:
        """Forget what this host says of an order."""

        self.items = [item for item in self.items if item["client_reference"] != reference]
        self.strays = [stray for stray in self.strays if stray["client_reference"] != reference]


@dataclass
class Book:
    """``entry`` is the entry point of the role, ``planning`` whether the run is in check mode."""

    run: str
    entry: str
    planning: bool
    number: int = 0
    """Of the sheet that is being made; a host's answer names the sheet that it was made for."""
    hosts: list[HostEntry] = field(default_factory=list)
    orders: list[Result] = field(default_factory=list)
    """Results of certops.resello.ssl_certificates, as they are now."""
    plan_run: str = ""
    """The name that the plan gave the run; an order is placed under it."""
    ordered: list[Result] = field(default_factory=list)
    """Results of the call that ordered."""
    refused: list[Result] = field(default_factory=list)
    """Results of what was due and must not be ordered."""
    to_record: list[Result] = field(default_factory=list)
    """Results whose records hosts have not written down yet."""
    elsewhere: list[Result] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    api_error: str = ""
    dcv_errors: list[str] = field(default_factory=list)
    asking: dict[str, Any] = field(default_factory=dict)
    proofs: dict[str, list[Any]] = field(default_factory=dict)
    dns_new: list[dict[str, Any]] = field(default_factory=list)
    removing: dict[str, list[Any]] = field(default_factory=dict)
    dns_kept: list[dict[str, Any]] = field(default_factory=list)
    waves: list[int] = field(default_factory=list)
    """The waves of installation that are still to come."""
    asked: list[str] = field(default_factory=list)
    """What the last sheet asked for on the controller: orders, dns, preflight, mail, in_place."""
    called: str = ""
    """What its call of certops.resello.ssl_certificates was to do: order, plan or follow."""

    @property
    def ordering(self) -> bool:
        """Whether this run orders what is due, or only installs what was issued."""

        return self.entry != "deploy"

    @property
    def would_order(self) -> bool:
        """Whether it stands for a run that orders: a plan installs what that run would get."""

        return self.planning and self.ordering

    def __post_init__(self) -> None:
        self._published: Published | None = None

    @property
    def published(self) -> Published:
        """What the hosts answered, in the form that `orders.union` and its neighbours take, without refused orders."""

        if self._published is None:
            refused = {result["client_reference"] for result in self.refused}
            self._published = Published(
                {
                    "host": entry.host,
                    "items": [item for item in entry.items if item["client_reference"] not in refused],
                    "observed": entry.observed,
                    "strays": entry.strays,
                    "tests": entry.tests,
                    "webroot_problem": entry.webroot_problem,
                }
                for entry in self.hosts
            )
        return self._published

    def answered(self) -> None:
        """Hosts have answered since: what they published is put together anew."""

        self._published = None

    def results(self) -> list[Result]:
        """One result for each order: why it was not ordered, else what is known of it now."""

        refused = {result["client_reference"]: result for result in self.refused}
        for result in self.ordered:
            if result.get("error"):
                refused.setdefault(result["client_reference"], result)
        return [*refused.values(), *(one for one in self.orders if one["client_reference"] not in refused)]

    def results_of(self, entry: HostEntry) -> list[Result]:
        references = entry.references
        return [result for result in self.results() if result["client_reference"] in references]

    def refuse(self, refusals: list[Result]) -> None:
        """Nothing is asked of hosts for these orders any more; the report has them."""

        references = {result["client_reference"] for result in refusals}
        self.refused += refusals
        self.answered()
        self.orders = [*refusals, *(one for one in self.orders if one["client_reference"] not in references)]

    def waiting(self) -> list[Result]:
        """An order that failed is followed too: the call that does says so."""

        return [result for result in self.orders if result.get("state") in ("waiting", "failed")]

    def due(self) -> list[Result]:
        return [result for result in self.orders if not result.get("error") and result.get("changed")]

    def text(self) -> str:
        """The whole book as text, see `read`."""

        return base64.b64encode(zlib.compress(json.dumps(asdict(self)).encode())).decode()


def read(text: str) -> Book:
    """The book that `Book.text` wrote."""

    data = json.loads(zlib.decompress(base64.b64decode(text)))
    return Book(**{**data, "hosts": [HostEntry(**entry) for entry in data["hosts"]]})
