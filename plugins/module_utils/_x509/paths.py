# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The path from a leaf to a root, if a CA delivers several and one of them may be expired (RFC 5280 6.1, RFC 4158).

A provider may still deliver an expired cross-signed root beside the self-signed root. A server that sends the expired
one breaks clients that trust the valid one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from typing import Iterator, Sequence

from .._errors import ResponseError
from .._model.certificates import Bundle, CertificateFacts
from .._text import clean
from .parse import is_issued_by

MOST_PATHS = 500  # limits a hostile bundle; a CA's bundle has two or three paths


@dataclass(frozen=True)
class _Path:
    """``dead``: it ends below certificates that have all expired."""

    intermediates: tuple[CertificateFacts, ...]
    root: CertificateFacts | None = None
    dead: bool = False


class _Issuers:
    """The issuers of each delivered certificate. Each signature is checked once."""

    def __init__(self, delivered: Sequence[CertificateFacts]) -> None:
        self._delivered = list({one.sha256: one for one in delivered if one.is_ca}.values())
        self._known: dict[str, list[CertificateFacts]] = {}

    def of(self, certificate: CertificateFacts) -> list[CertificateFacts]:
        if certificate.sha256 not in self._known:
            found = [one for one in self._delivered if is_issued_by(certificate, one)]
            # A root may appear twice: self-signed, and cross-signed by an older one that more clients trust.
            found.sort(key=lambda one: (one.is_self_issued, -one.not_after.timestamp()))
            self._known[certificate.sha256] = found
        return self._known[certificate.sha256]


def best_path(leaf: CertificateFacts, delivered: Sequence[CertificateFacts], now: datetime) -> Bundle:
    """The leaf with its intermediates, each issued by the next and valid at ``now``, and the root if it was delivered.

    Raises ResponseError if none of ``delivered`` issued the leaf, or if the one that did has expired.
    """
    issuers = _Issuers(delivered)
    direct = issuers.of(leaf)
    if not direct:
        raise ResponseError(
            f"the chain does not fit: no given certificate issued the one for {about(leaf)} (issuer: {leaf.issuer})"
        )
    if all(one.not_after <= now for one in direct):
        raise ResponseError(
            f"the chain does not fit: the CA certificate that issued the one for {about(leaf)} ({direct[0].subject}) "
            f"expired on {direct[0].not_after:%Y-%m-%d}"
        )
    ways = list(islice(_up_to_the_living(_paths((leaf,), issuers, now)), MOST_PATHS))
    best = next((way for way in ways if not way.dead), ways[0])
    return Bundle(leaf=leaf, intermediates=best.intermediates, root=best.root)


def _up_to_the_living(ways: Iterator[_Path]) -> Iterator[_Path]:
    """The paths up to the first one without an expired end."""
    for way in ways:
        yield way
        if not way.dead:
            return


def _paths(way: tuple[CertificateFacts, ...], issuers: _Issuers, now: datetime) -> Iterator[_Path]:
    """Every path upwards, the preferred first."""
    used = {one.sha256 for one in way}
    found = [one for one in issuers.of(way[-1]) if one.sha256 not in used]
    valid = [one for one in found if one.not_after > now]
    for one in valid:
        if one.is_self_issued:
            yield _Path(way[1:], one)
        else:
            yield from _paths((*way, one), issuers, now)
    if not valid:
        yield _Path(way[1:], dead=bool(found))


def about(leaf: CertificateFacts) -> str:
    """The names that a certificate is for, in messages."""
    return clean(", ".join(leaf.names) or leaf.subject or "nobody", limit=200)
