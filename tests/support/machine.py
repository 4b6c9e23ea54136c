# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A managed host in a temporary folder: the host modules are run on it as processes, services are shell commands."""

from __future__ import annotations

import stat
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ansible_collections.certops.resello.tests.support.throwaway_ca import Period, ThrowawayCa
from ansible_collections.certops.resello.tests.support.warm_modules import run_on_host


@dataclass
class Machine:
    """One managed host: its root folder, and the host modules run on it as processes of their own."""

    folder: Path
    ca: ThrowawayCa
    options: dict[str, Any] = field(default_factory=dict)
    run: Callable[..., dict[str, Any]] = run_on_host

    @property
    def root(self) -> Path:
        return self.folder / "root"

    def look(self, *certificates: dict[str, Any], **how: Any) -> dict[str, Any]:
        """Run ssl_certificate_host_info; no result ever holds a private key."""
        options = {"root": str(self.root), "certificates": list(certificates)}
        result = self.run("ssl_certificate_host_info", options, **how)
        assert_no_key(result)
        return result

    def prepare(self, *certificates: dict[str, Any], **how: Any) -> dict[str, Any]:
        """Run ssl_certificate_prepare; no result ever holds a private key."""
        options = {"root": str(self.root), "certificates": list(certificates)}
        result = self.run("ssl_certificate_prepare", options, **how)
        assert_no_key(result)
        return result

    def install(self, *certificates: dict[str, Any], services: Any = (), **how: Any) -> dict[str, Any]:
        """Run ssl_certificate_install with this machine's further options."""
        options = {"root": str(self.root), "certificates": list(certificates), "services": list(services)}
        result = self.run("ssl_certificate_install", {**options, **self.options}, **how)
        assert_no_key(result)
        return result

    def ordered(self, name: str = "shop", *names: str, period: Period | None = None, **more: Any) -> dict[str, Any]:
        """Make a key on the host, let the authority sign its request, and return the entry to install."""
        wanted = list(names) or [f"{name}.example.com"]
        entry = {"name": name, "names": wanted, "key_type": "ECDSA", "create_pending": True, **more}
        item = self.prepare(entry)["certificates"][0]
        leaf = self.ca.sign_request(chosen_pending(item)["csr"], period=period)
        return {"name": name, "certificate": leaf, "chain": self.ca.intermediate.pem, "names": wanted}

    def ordered_many(self, *names: str) -> list[dict[str, Any]]:
        """Do the same for several certificates in one run, each for the name below example.com."""
        wanted = [
            {"name": name, "names": [f"{name}.example.com"], "key_type": "ECDSA", "create_pending": True}
            for name in names
        ]
        items = self.prepare(*wanted)["certificates"]
        chosen = {item["name"]: chosen_pending(item)["csr"] for item in items}
        return [
            {"name": name, "certificate": self.ca.sign_request(csr), "chain": self.ca.intermediate.pem}
            for name, csr in chosen.items()
        ]

    def service(self, name: str = "web", **commands: Any) -> dict[str, Any]:
        """Return a service that notes each config test and each reload."""
        log = self.folder / f"{name}.log"
        return {
            "name": name,
            "validate_command": ["sh", "-c", f"echo test >> {log}"],
            "reload_command": ["sh", "-c", f"echo reload >> {log}"],
            **commands,
        }

    def log(self, name: str = "web") -> list[str]:
        """Return and forget what a service noted."""
        path = self.folder / f"{name}.log"
        lines = path.read_text().split() if path.exists() else []
        path.unlink(missing_ok=True)
        return lines

    def current(self, name: str = "shop") -> str | None:
        """Return the version in use."""
        link = self.root / name / "current"
        return link.readlink().name if link.is_symlink() else None

    def picture(self) -> dict[str, tuple[Any, ...]]:
        """Return every path below the folder with what must not change by itself: type, mode, owner, content."""
        seen: dict[str, tuple[Any, ...]] = {}
        for path in sorted(self.folder.rglob("*")):
            status = path.lstat()
            is_file = stat.S_ISREG(status.st_mode)
            content = path.read_bytes() if is_file else path.readlink() if path.is_symlink() else None
            seen[str(path.relative_to(self.folder))] = (status.st_mode, status.st_uid, status.st_gid, content)
        return seen


def chosen_pending(item: dict[str, Any]) -> dict[str, Any]:
    """Return the waiting key to order with. The list is no help: within one second it is in the order of digests."""
    return next(pending for pending in item["pending"] if pending["id"] == item["pending_id"])


def assert_no_key(result: dict[str, Any]) -> None:
    assert "PRIVATE KEY" not in str(result)
