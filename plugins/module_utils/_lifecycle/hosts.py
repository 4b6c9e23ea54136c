# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the hosts of a certificate report: who holds a key, who serves which certificate."""

from __future__ import annotations

from datetime import datetime

from .._model.certificates import CertificateFacts
from .types import HostFacts


def all_spoke(hosts: tuple[HostFacts, ...]) -> bool:
    """Say whether there are hosts and every one of them was reachable and reported the keys it holds."""
    return bool(hosts) and all(host.answered and host.public_keys is not None for host in hosts)


def holds(hosts: tuple[HostFacts, ...], public_key_sha256: str) -> bool | None:
    """Say whether any host holds the key; None if no host reported it, but not all hosts reported."""
    if any(host.answered and public_key_sha256 in (host.public_keys or ()) for host in hosts):
        return True
    return False if all_spoke(hosts) else None


def silent(hosts: tuple[HostFacts, ...]) -> tuple[str, ...]:
    """Return the names of the hosts that did not report."""
    return tuple(host.name for host in hosts if not host.answered)


def behind(hosts: tuple[HostFacts, ...], certificate: CertificateFacts) -> tuple[str, ...]:
    """Return the names of the reachable hosts that serve nothing, or a certificate that began no later than this.

    One that began at the same moment counts as older: the API hands out the valid one, and CAs date back to midnight.
    """
    return tuple(host.name for host in hosts if host.answered and _older(host.deployed, certificate))


def ahead(hosts: tuple[HostFacts, ...], certificate: CertificateFacts) -> tuple[str, ...]:
    """Return the names of the hosts that serve a certificate that began later than the one at the API."""
    return tuple(
        host.name
        for host in hosts
        if host.answered
        and host.deployed is not None
        and host.deployed.serial != certificate.serial
        and host.deployed.not_before > certificate.not_before
    )


def deployed(hosts: tuple[HostFacts, ...]) -> tuple[CertificateFacts, ...]:
    """Return the certificates that hosts serve at present."""
    return tuple(host.deployed for host in hosts if host.answered and host.deployed is not None)


def alive(certificates: tuple[CertificateFacts, ...], now: datetime) -> bool:
    """Say whether any of these certificates has not expired."""
    return any(certificate.not_after > now for certificate in certificates)


def _older(served: CertificateFacts | None, certificate: CertificateFacts) -> bool:
    if served is None:
        return True
    return served.serial != certificate.serial and served.not_before <= certificate.not_before
