# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kill the installation at every system call that changes something, and see what the next run makes of it.

    python -m ansible_collections.certops.resello.tests.deploy.kill_campaign --times 20

Each round draws a host (`situations.py`) and goes through the phases: switch, recovery of a run that was killed
anywhere, two ways back. Of each phase an undisturbed run is traced. Then strace ends one run after the other with
SIGKILL at the entry of its first, second ... last call. After each kill certificate and key behind one opened `current`
match, the config test of a real nginx passes and nobody else can read a key; the next, undisturbed run comes to its end
and is what the service was last given; a run after that changes nothing (`kill_checks.py`).

Rounds go on until every call of every phase was hit so often, each time on another host as far as that goes.
`--seconds` ends a slice, `--book` keeps its counts for the next one. Phases can go side by side, each with a book of
its own, and with TMPDIR in memory (/dev/shm) a campaign takes a tenth of the time. A violation names its round:
`--seed`, the same `--times` and `--round` repeat it.
"""

from __future__ import annotations

import argparse
import itertools
import json
import math
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.certops.resello.tests.deploy.boundaries import Boundary
from ansible_collections.certops.resello.tests.deploy.kill_checks import after_next_run, at_once
from ansible_collections.certops.resello.tests.deploy.phases import Phase, phases_of
from ansible_collections.certops.resello.tests.deploy.runs import INSTALL, PREPARE, Runs
from ansible_collections.certops.resello.tests.deploy.situations import Situation, Traits
from ansible_collections.certops.resello.tests.support.warm_modules import WarmModules

AGAIN = 0.25  # how many kills are followed by a second undisturbed run
MORE_ROUNDS = 5  # are enough for a call that only few hosts make, if they come to it
MOST_ROUNDS = 8  # for each of the times; what only a killed run leaves is rarely there


@dataclass
class Book:
    """How often each call of each phase was hit, over all slices of a campaign."""

    rounds: int = 0
    missed: int = 0
    kills: dict[str, Counter[str]] = field(default_factory=dict)
    violations: list[str] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path | None) -> Book:
        if path is None or not path.exists():
            return cls()
        data = json.loads(path.read_text())
        data["kills"] = {phase: Counter(counts) for phase, counts in data["kills"].items()}
        return cls(**data)

    def write(self, path: Path | None) -> None:
        if path is not None:
            path.write_text(json.dumps(vars(self), indent=1))

    def know(self, phase: str, boundaries: list[Boundary]) -> None:
        """Note that there are these calls, hit or not."""
        self.kills.setdefault(phase, Counter()).update({boundary.place: 0 for boundary in boundaries})

    def choose(self, phase: str, boundaries: list[Boundary], times: int, chance: random.Random) -> list[Boundary]:
        """Return those to hit in this round, so that the hits of each call are spread over the rounds that are left.

        When none are left, calls that only few hosts make are hit several times in a round.
        """
        alike: dict[str, list[Boundary]] = {}
        for boundary in boundaries:
            alike.setdefault(boundary.place, []).append(boundary)
        rounds_left = max(1, times - self.rounds)
        chosen = []
        for place, found in alike.items():
            missing = max(0, times - self.kills[phase][place])
            if self.rounds < times:
                chosen += chance.sample(found, min(len(found), math.ceil(missing / rounds_left)))
            else:
                chosen += chance.choices(found, k=min(missing, math.ceil(times / MORE_ROUNDS)))
        return chosen

    def count(self, phase: str, boundary: Boundary, *, hit: bool) -> None:
        """Note that a run was killed there, or came to its end before."""
        self.kills[phase][boundary.place] += hit
        self.missed += not hit

    def short_of(self, times: int) -> int:
        """Return how many calls were hit less often."""
        return sum(count < times for counts in self.kills.values() for count in counts.values())

    def least(self) -> int:
        return min((count for counts in self.kills.values() for count in counts.values()), default=0)

    def total(self) -> int:
        return sum(sum(counts.values()) for counts in self.kills.values())

    def report(self) -> list[str]:
        lines = [
            f"{phase:22} {len(counts):4} calls, each hit {min(counts.values())} to {max(counts.values())} times, "
            f"{sum(counts.values()):6} kills"
            for phase, counts in self.kills.items()
        ]
        return [
            *lines,
            f"{self.rounds} rounds, {self.total()} kills, {self.missed} missed, {len(self.violations)} violations, "
            f"least hits {self.least()}",
        ]

    def coverage(self) -> list[str]:
        return [
            f"{phase:22} {count:5} {place}"
            for phase, counts in self.kills.items()
            for place, count in sorted(counts.items())
        ]


class Campaign:
    """Rounds in one folder."""

    def __init__(self, folder: Path, runs: Runs, book: Book, options: argparse.Namespace) -> None:
        self.folder = folder
        self.runs = runs
        self.book = book
        self.options = options
        self.picks = random.Random()  # noqa: S311 - which of like calls; not what situations are drawn from
        self.deadline = time.monotonic() + options.seconds if options.seconds else float("inf")

    @property
    def over(self) -> bool:
        return time.monotonic() >= self.deadline

    def done(self) -> bool:
        """Whether all that is wanted was done, or time is over."""
        times, rounds = self.options.times, self.book.rounds
        if self.options.round is not None:
            return rounds > 0
        return self.over or (rounds >= times and (not self.book.short_of(times) or rounds >= MOST_ROUNDS * times))

    def traits(self, number: int, chance: random.Random) -> Traits:
        """Return those of a round: first the usual ones, then any, in the end those that make the rare calls."""
        if number == 0:
            return Traits.usual()
        return Traits.draw(chance) if number < self.options.times else Traits.rich(chance)

    def go_through_round(self, number: int) -> None:
        """Draw a situation and kill at each call of its phases."""
        chance = random.Random(f"{self.options.seed}-{number}")  # noqa: S311 - tests, not secrets
        place = self.folder / f"round-{number}"
        place.mkdir()
        traits = self.traits(number, chance)
        tell(f"round {number}: {traits}")
        situation = Situation.make(place, traits, chance, self.runs.run)
        for phase in phases_of(situation, chance, self.runs):
            if phase.name.startswith(self.options.phase):
                self.go_through(situation, phase)
        shutil.rmtree(place)
        self.book.rounds += 1

    def go_through(self, situation: Situation, phase: Phase) -> None:
        """Kill at the calls of one phase, at those that were not yet hit often enough."""
        situation.set_back(phase.start)
        boundaries = self.runs.boundaries(phase.wish.options)
        self.book.know(phase.name, boundaries)
        if self.options.round is None:
            boundaries = self.book.choose(phase.name, boundaries, self.options.times, self.picks)
        for boundary in boundaries:
            if not self.over:
                self.attempt(situation, phase, boundary)

    def attempt(self, situation: Situation, phase: Phase, boundary: Boundary) -> None:
        """Kill one run, look, run again, look; perhaps once more."""
        options = phase.wish.options
        place = f"{situation.folder.name}, {phase.name}, before call {boundary.number} of {boundary.place}"
        situation.set_back(phase.start)
        hit = self.runs.killed_at(boundary, options)
        self.book.count(phase.name, boundary, hit=hit)
        if not hit:
            tell(f"{place}: the run was over before")
        problems = at_once(situation)
        problems += after_next_run(situation, phase.wish, self.runs.run(INSTALL, options))
        again = self.picks.random() < AGAIN and not phase.wish.to_fail
        if again and self.runs.run(INSTALL, options)["changed"]:
            problems.append("a further run changes something")
        found = [f"{place}: {problem}" for problem in problems]
        self.book.violations += found
        tell(*found)


def tell(*lines: str) -> None:
    """Write lines at once, so that a log shows how far a long campaign is."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Kill the installation at every call that changes something.")
    parser.add_argument("--times", type=int, default=1, help="how often each call is hit at least")
    parser.add_argument("--seconds", type=float, default=0, help="stop after that time")
    parser.add_argument("--seed", type=int, default=None, help="what situations are drawn from")
    parser.add_argument("--round", type=int, default=None, help="only this round, at every call of it")
    parser.add_argument("--book", type=Path, default=None, help="file with the counts of earlier slices")
    parser.add_argument("--phase", default="", help="only phases whose name begins so")
    parser.add_argument("--coverage", action="store_true", help="tell how often each call was hit")
    options = parser.parse_args()
    options.seed = random.SystemRandom().randrange(10**6) if options.seed is None else options.seed
    return options


def main() -> int:
    """Return 0 if nothing was violated, and no run was over before it could be killed."""
    options = read_options()
    book = Book.read(options.book)
    tell(f"seed {options.seed}")
    folder = Path(tempfile.mkdtemp(prefix="resello-kill-"))
    folder.chmod(0o711)
    try:
        with WarmModules([PREPARE, INSTALL]) as warm:
            campaign = Campaign(folder, Runs(folder, warm), book, options)
            numbers = itertools.count(book.rounds if options.round is None else options.round)
            while not campaign.done():
                campaign.go_through_round(next(numbers))
                book.write(options.book)
                tell(book.report()[-1])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tell(*(book.coverage() if options.coverage else ()), *book.report(), *book.violations[:20])
    tell(f"{book.short_of(options.times)} calls were hit less than {options.times} times")
    return 1 if book.violations or book.missed or not book.total() else 0


if __name__ == "__main__":
    sys.exit(main())
