# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Situations in which an installation is killed: what a host has, what it is to get, and how that begins and ends.

No two are the same, but all are drawn from one random generator: the same seed makes the same ones.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from ansible_collections.certops.resello.tests.support.machine import Machine, chosen_pending
from ansible_collections.certops.resello.tests.support.services import Nginx, Site
from ansible_collections.certops.resello.tests.support.throwaway_ca import Period, ThrowawayCa, now

NAMES = ("one", "two", "three")
HALF = ("privkey.pem", "cert.pem", "chain.pem", "fullchain.pem", "combined.pem")
DEBRIS = ("version", "link", "journal")
PASSPHRASE = "of no importance"  # noqa: S105 - of a keystore that lives for a moment
_HALF_VERSION = ".staging-0123456789abcdef"
_HALF_LINK = ".new-0123456789abcdef"
Entry = dict[str, Any]


@dataclass(frozen=True)
class Traits:
    """What makes situations differ.

    ``services``: one that all certificates share, one for each, or one for all and a further one for the last.
    ``before``: how many versions each certificate had; 0 is a placeholder. ``debris``: what an older run left.
    ``beside``: a copy and a link at other paths, from the beginning or wanted now. ``first_stays``: the first
    certificate is not replaced. ``tested``: the runs themselves ask nginx to test its configuration, too.
    """

    names: tuple[str, ...]
    services: str = "shared"
    before: int = 1
    keep: int = 3
    access: tuple[tuple[str, str], ...] = ()
    access_changes: bool = False
    same_key: bool = False
    first_stays: bool = False
    keystore: bool = False
    beside: str = "never"
    debris: tuple[str, ...] = ()
    tested: bool = True

    @classmethod
    def usual(cls) -> Traits:
        """Return those of the first situation: two certificates of one service, each with one version."""
        return cls(names=NAMES[:2])

    @classmethod
    def draw(cls, chance: random.Random) -> Traits:
        """Return any."""
        groups: list[tuple[tuple[str, str], ...]] = [(), (("mode", "0400"),)]
        if os.geteuid() == 0:
            groups += [(("group", "nogroup"),)] * 2
        names = NAMES[: chance.choice((1, 1, 2, 2, 3))]
        return cls(
            names=names,
            services=chance.choice(("shared", "shared", "own", "both")),
            before=chance.choice((0, 1, 1, 2, 3)),
            keep=chance.choice((1, 2, 3)),
            access=chance.choice(groups),
            access_changes=chance.random() < 0.3,
            same_key=chance.random() < 0.2,
            first_stays=len(names) > 1 and chance.random() < 0.3,
            keystore=chance.random() < 0.25,
            beside=chance.choice(("never", "before", "now")),
            debris=tuple(kind for kind in DEBRIS if chance.random() < 0.25),
            tested=chance.random() < 0.25,
        )

    @classmethod
    def rich(cls, chance: random.Random) -> Traits:
        """Return those with which a run has most to do."""
        return cls(
            names=NAMES,
            services=chance.choice(("own", "both")),
            before=chance.choice((0, 3)),
            keep=1,
            access=(("group", "nogroup"),) if os.geteuid() == 0 else (),
            access_changes=True,
            first_stays=chance.random() < 0.5,
            keystore=True,
            beside=chance.choice(("before", "now")),
            debris=DEBRIS,
            tested=False,
        )


@dataclass
class Service:
    """An nginx with the sites of some certificates; its reload notes what it would have loaded."""

    name: str
    server: Nginx
    names: tuple[str, ...]
    root: Path
    tested: bool

    @property
    def taken(self) -> Path:
        """Where it notes that, beside the root folder."""
        return self.root.parent / "taken" / self.name

    def links(self) -> str:
        """Return what it would load now, a line for each certificate."""
        return "\n".join(str((self.root / name / "current").readlink()) for name in self.names)

    def entry(self, *, refused: str = "", step: str = "") -> Entry:
        """Return the entry for the option `services`; one step fails with the leaf that has this fingerprint.

        A reload that fails has loaded what is there all the same.
        """
        places = " ".join(f"{self.root}/{name}/current" for name in self.names)
        commands = {
            "validate_command": " ".join(self.server.validate_command) if self.tested else "true",
            "reload_command": f"readlink {places} > {self.taken}",
        }
        if step:
            commands[step] += f" || exit; case $(readlink {places}) in *-{refused[:12]}-*) exit 9;; esac"
        return {"name": self.name, **{key: ["sh", "-c", text] for key, text in commands.items()}}


@dataclass(frozen=True)
class Wish:
    """What a run is given, which leaf (PEM) must be in use in the end, and whose failure is right."""

    options: dict[str, Any]
    expected: dict[str, str]
    to_fail: frozenset[str] = frozenset()


@dataclass
class Situation:
    """One host with its certificates of three generations: those in use, the new ones, and newer ones still."""

    folder: Path
    traits: Traits
    chance: random.Random
    machine: Machine
    services: list[Service] = field(default_factory=list)
    requests: dict[str, str] = field(default_factory=dict)
    old: dict[str, str] = field(default_factory=dict)

    @classmethod
    def make(cls, folder: Path, traits: Traits, chance: random.Random, run: Callable[..., dict[str, Any]]) -> Situation:
        """Build it in an empty folder; ``run`` runs a module."""
        folder.chmod(0o711)
        for name in ("taken", "beside", "servers", "temporary"):
            (folder / name).mkdir()
        made = cls(folder, traits, chance, Machine(folder=folder, ca=ThrowawayCa.make(), run=run))
        made._make_services()
        made._make_versions()
        made.leave_debris()
        return made

    @property
    def states(self) -> tuple[Path, ...]:
        """The folders that runs change."""
        return (self.machine.root, self.folder / "taken", self.folder / "beside")

    @property
    def temporary(self) -> Path:
        """The folder for temporary files of runs."""
        return self.folder / "temporary"

    def keep_state(self, name: str) -> Path:
        """Copy the folders that runs change."""
        place = self.folder / f"start-{name}"
        for state in self.states:
            copy_folder(state, place / state.name)
        return place

    def set_back(self, place: Path) -> None:
        """Make the folders that runs change what they were."""
        for state in self.states:
            shutil.rmtree(state)
            copy_folder(place / state.name, state)

    def order(self, age: int, *, same_key: bool = False) -> dict[str, str]:
        """Return new certificates of that age in days, by name."""
        period = Period(begin=now() - timedelta(days=age))
        if not same_key:
            self._make_keys()
        return {name: self.machine.ca.sign_request(self.requests[name], period=period) for name in self.traits.names}

    def wish(self, leaves: dict[str, str], services: Sequence[Entry], **how: Any) -> Wish:
        """Return what a run is given that is to put these leaves into use."""
        options = {
            "root": str(self.machine.root),
            "certificates": [self._entry(name, leaf) for name, leaf in leaves.items()],
            "services": list(services),
            "keep_versions": self.traits.keep,
            "pkcs12_passphrase": PASSPHRASE,
            **dict(self.traits.access),
        }
        return Wish(options, how.pop("expected", leaves), **how)

    def new_leaves(self) -> dict[str, str]:
        """Return the certificates that replace those in use."""
        leaves = self.order(0, same_key=self.traits.same_key)
        return {**leaves, self.traits.names[0]: self.old[self.traits.names[0]]} if self._first_stays else leaves

    def copy_of(self, name: str) -> Path:
        """Return the path of the copy of a certificate."""
        return self.folder / "beside" / f"{name}-copy.pem"

    def leave_debris(self) -> None:
        """Leave what a run leaves that was killed while it wrote a version, a link or the journal."""
        last = self.machine.root / self.traits.names[-1]
        for kind in self.traits.debris:
            if kind == "version":
                self._leave_half_version(last)
            elif kind == "link" and not (last / _HALF_LINK).is_symlink():
                (last / _HALF_LINK).symlink_to("versions/none")
            elif kind == "journal":
                journal = self.machine.root / ".journal"
                journal.mkdir(mode=0o700, exist_ok=True)
                (journal / f"{self.services[0].name}.json").write_text('{"format": 1, "wan')

    def _leave_half_version(self, certificate: Path) -> None:
        half = certificate / "versions" / _HALF_VERSION
        half.mkdir(mode=0o700, exist_ok=True)
        for name in HALF[: self.chance.randrange(1, len(HALF) + 1)]:
            (half / name).touch(0o600)
            shutil.copyfile(certificate / "current" / name, half / name)

    @property
    def _first_stays(self) -> bool:
        return self.traits.first_stays and bool(self.traits.before)

    def _make_services(self) -> None:
        names = self.traits.names
        parts = {
            "shared": {"web": names},
            "own": {f"web-{name}": (name,) for name in names},
            "both": {"web": names, "mail": names[-1:]},
        }[self.traits.services]
        for service, used in parts.items():
            sites = [Site(f"{name}.example.com", self.machine.root / name / "current") for name in used]
            server = Nginx(self.folder / "servers" / service, sites)
            server.configure()
            self.services.append(Service(service, server, used, self.machine.root, self.traits.tested))

    def _make_keys(self) -> None:
        wanted = [
            {**self._key(name), "create_pending": True, "fresh_pending": bool(self.requests)}
            for name in self.traits.names
        ]
        for item in must_do(self.machine.prepare(*wanted))["certificates"]:
            self.requests[item["name"]] = chosen_pending(item)["csr"]

    def _key(self, name: str) -> Entry:
        return {"name": name, "names": [f"{name}.example.com"], "key_type": "ECDSA"}

    def _make_versions(self) -> None:
        names = self.traits.names
        self._make_keys()
        if not self.traits.before:
            must_do(self.machine.prepare(*({**self._key(name), "placeholder": True} for name in names)))
            self.old = {name: (self.machine.root / name / "current" / "cert.pem").read_text() for name in names}
            for service in self.services:
                service.taken.write_text(service.links())
            return
        for age in range(self.traits.before, 0, -1):
            self.old = self.order(age, same_key=age == self.traits.before)
            wish = self.wish(self.old, [service.entry() for service in self.services])
            options = {**wish.options, "keep_versions": 9}
            if self.traits.access_changes:
                options = {key: value for key, value in options.items() if key not in dict(self.traits.access)}
            if self.traits.beside == "now":
                for entry in options["certificates"]:
                    del entry["links"], entry["copies"]
            must_do(self.machine.run("ssl_certificate_install", options))

    def _entry(self, name: str, leaf: str) -> Entry:
        entry: Entry = {
            "name": name,
            "names": [f"{name}.example.com"],
            "certificate": leaf,
            "chain": self.machine.ca.intermediate.pem,
            "services": [service.name for service in self.services if name in service.names],
        }
        if self.traits.keystore:
            entry["pkcs12"] = {}
        if self.traits.beside != "never":
            entry["copies"] = [{"path": str(self.copy_of(name))}]
            entry["links"] = [{"path": f"{self.folder}/beside/{name}-link.pem", "file": "fullchain"}]
        return entry


def copy_folder(source: Path, target: Path) -> None:
    """Copy a folder with links, modes and owners."""
    target.mkdir(parents=True)
    for entry in os.scandir(source):
        place = target / entry.name
        if entry.is_dir(follow_symlinks=False):
            copy_folder(Path(entry.path), place)
        else:
            shutil.copy2(entry.path, place, follow_symlinks=False)
            _own(entry.stat(follow_symlinks=False), place)
    shutil.copystat(source, target)
    _own(source.stat(), target)


def _own(status: os.stat_result, place: Path) -> None:
    if (status.st_uid, status.st_gid) != (os.geteuid(), os.getegid()):
        os.chown(place, status.st_uid, status.st_gid, follow_symlinks=False)


def must_do(result: dict[str, Any]) -> dict[str, Any]:
    """Return the result of a run that has to succeed."""
    assert result["rc"] == 0, result
    return result
