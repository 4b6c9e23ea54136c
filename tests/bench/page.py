# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The page that keeps what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

MISSED = "**missed**"
PAGE = 100
TEN_TIMES = 10
MIDDLE = 1000


@dataclass(frozen=True)
class Growth:
    """Nothing due for ``size`` certificates: seconds of the play with a full and a brief result, of an empty one, and
    of the floor."""

    size: int
    ours: float
    brief: float
    empty: float
    floor: float
    requests: int
    mebibytes: float

    @property
    def over(self) -> float:
        """Seconds more than an empty play."""
        return self.ours - self.empty

    @property
    def pages(self) -> int:
        """Pages of the account's list."""
        return -(-self.size // PAGE)

    @property
    def least(self) -> float:
        """Seconds of the floor and an empty play."""
        return self.floor + self.empty

    def row(self) -> list[str]:
        """As a row of the table."""
        seconds = (self.ours, self.brief, self.empty, self.floor, self.ours / self.least, self.brief / self.least)
        texts = [f"{value:.2f}" for value in seconds]
        return [f"{self.size:,}", *texts, str(self.requests), str(self.pages), f"{self.mebibytes:.0f}"]


@dataclass(frozen=True)
class Ratio:
    """A measured number and the promise about it: at most, or at least, ``promised``."""

    what: str
    measured: float
    promised: float
    at_least: bool = False

    def row(self) -> list[str]:
        """As a row of the table."""
        kept = self.measured >= self.promised if self.at_least else self.measured <= self.promised
        sign = "≥" if self.at_least else "≤"
        return [self.what, f"{self.measured:.2f}", f"{sign} {self.promised:g}", "kept" if kept else MISSED]


def promises(grown: Sequence[Growth]) -> list[Ratio]:
    """What is promised of nights with nothing to do."""
    by_size = {one.size: one for one in grown}
    found = []
    middle, large = by_size.get(MIDDLE), by_size.get(MIDDLE * TEN_TIMES)
    if middle:
        what = "1,000 with nothing due and a brief result, against the floor and an empty play"
        found.append(Ratio(what, middle.brief / middle.least, 2.5))
        found.append(Ratio("requests of 1,000, more than pages", middle.requests - middle.pages, 4))
    if middle and large:
        found.append(Ratio("10,000 against 1,000, without the empty play", large.over / middle.over, 12))
        found.append(Ratio("MiB of the module with 10,000", large.mebibytes, 250))
    return found


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; all columns but the first are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def page(grown: Sequence[Growth], ratios: Sequence[Ratio], tables: Mapping[str, Sequence[Sequence[str]]]) -> str:
    """The whole page. ``tables`` are the rows of the tables others, one, bought, proven, full and role."""
    looked_at = max(one.size for one in grown if one.size <= MIDDLE)
    growth = table(
        ["N", "full", "brief", "empty play", "floor", "full, times", "brief, times", "requests", "pages", "MiB"],
        [one.row() for one in grown],
    )
    return f"""# What a run costs

`make bench` measures on one machine against the sandbox and writes this page. Seconds depend on the machine and on what
else it does. So the variants of one table run in turn, and the ratios count. Each number is the median of several runs;
loops over modules and the purchase are the exceptions named below.

## Promises

{table(["What", "Measured", "Promised", ""], [ratio.row() for ratio in ratios])}

## Nothing is due

One task with `ssl_certificates`, `certificate_path` for each certificate, and a `journal_path` in which an earlier run
remembered them. Seconds of the whole play, with a full result and with `unchanged_items: brief`. The floor is a bare
script: it makes the same requests, parses the same files and does nothing else. The times are against the floor and an
empty play together. MiB is the largest memory of the module's process with a full result.

{growth}

## Other ways

Seconds without the empty play for the same {looked_at:,} certificates. Loops were measured with fewer and multiplied.

{table(["Way", "seconds", "times ours"], tables["others"])}

## One certificate

Seconds without the empty play.

{table(["Task", "seconds"], tables["one"])}

## First purchase

One run: the provider takes 2 seconds for each certificate after the control of its domain is proven.

{table(["Certificates", "seconds", "charges"], tables["bought"])}

## Proven by DNS

One run of the whole role each time: first one certificate, then others. The zone's secondary has each change 20 seconds
after the primary, and the provider asks both. The modules that tasks of the role execute are counted.

{table(["Certificates", "seconds", "on the host", "on the controller"], tables["proven"])}

## A host with everything in place

One task on a host, with certificate and chain of everything that is installed there. Seconds without the empty play.

{table(["Task", "seconds"], tables["full"])}

## The whole role

Nothing is due. The modules that tasks of the role execute are counted: the most on one host, and those on the
controller. The play has gathered the Python facts before.

{table(["Hosts x orders", "seconds", "on a host", "on the controller"], tables["role"])}
"""
