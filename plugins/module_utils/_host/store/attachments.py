# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What follows a certificate besides its version: a keystore in it, and paths elsewhere."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Mapping, Sequence

from ..errors import HostError
from ..openssl import find_openssl
from . import adopt, links, pkcs12

if TYPE_CHECKING:
    from ..files import Access, Folder
    from ..host import Host
    from .links import Place
    from .pkcs12 import Keystore


@dataclass
class Attachments:
    """Of one certificate. ``settled``: the paths that were put in order; ``adopted``: the version made of old files."""

    places: tuple[Place, ...] = ()
    keystore: Keystore | None = None
    adopt: bool = False
    settled: list[str] = field(default_factory=list)
    adopted: str | None = None

    def sweep(self, *, host: Host, access: Access) -> None:
        """Remove what an interrupted run left unfinished beside the paths. A service may read all files there."""
        for place in self.places:
            with contextlib.suppress(HostError, OSError), place.opened(host.label, access) as parent:
                parent.remove_unfinished(place.name)

    def settle(self, folder: Folder | None, name: str, in_use: str | None, *, host: Host, access: Access) -> str | None:
        """Make all paths follow ``current``, adopting old files; return the version then in use.

        ``folder`` is the certificate's and ``name`` its name. Check mode only determines what would be done. Raises
        HostError, OSError.
        """
        targets = {place.path: links.link_target(host, name, place) for place in self.places}
        found = [
            links.find_foreign(place, folder, targets[place.path], access=access, label=host.label)
            for place in self.places
        ]
        foreign = [item for item in found if item]
        adopt.check(foreign, allowed=self.adopt, access=access)
        if foreign:
            self.adopted = adopt.adopt(folder, foreign, access=access, check_mode=host.check_mode)
        if self.adopted and not host.check_mode:
            in_use = self.adopted
        for place in self.places:
            target = targets[place.path]
            if not links.in_order(place, folder, in_use, target, access=access, label=host.label):
                self.settled.append(place.path)
                if folder and not host.check_mode:
                    links.put(place, folder, in_use, target, access=access, label=host.label)
        return in_use

    def follow(self, folder: Folder, version: str | None, *, host: Host, access: Access) -> None:
        """Update the copies after ``current`` was switched to ``version``. Raises HostError, OSError."""
        for place in self.places:
            if place.copied:
                links.put(place, folder, version, "", access=access, label=host.label)


def read_attachments(entry: Mapping[str, Any], *, host: Host, passphrase: str | None, option: str) -> Attachments:
    """Return what the options of one certificate ask for. Raises HostError for unusable values."""
    wanted = entry.get("pkcs12")
    keystore = pkcs12.read_keystore(
        wanted,
        name=entry["name"],
        passphrase=passphrase,
        program=find_openssl() if wanted is not None else "",
        option=f"{option}.pkcs12",
    )
    return Attachments(
        places=links.read_places(entry, host_root=host.root, option=option),
        keystore=keystore,
        adopt=bool(entry.get("adopt_files")),
    )


def refuse_shared(attachments: Sequence[Attachments]) -> None:
    """Raise InputError for a path that would follow two files."""
    links.refuse_shared([place for one in attachments for place in one.places])
