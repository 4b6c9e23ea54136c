# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Which certificate an order handed out at its last download, so that it need not be downloaded again.

The file `<key>.seen` of each reference, beside the records of paid calls, holds the order's row and that certificate.
It only saves downloads: if it is missing or cannot be read, the run makes two more downloads.
"""

from __future__ import annotations

import hashlib
import json
import os
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from .._local_files import read_beginning
from .._model.certificates import CertificateFacts
from .._model.orders import ISSUED, Order
from .._model.serialisation import key_of
from .._x509.pem import blocks

SEEN = ".seen"
LARGEST = 64 * 1024
# Only a row that has not changed for this long is remembered. A server that reads from a replica may hand out the
# previous certificate beside a new row, and a date without a time hides a second change on the same day.
AT_REST = timedelta(days=2)
_DATES = ("not_before", "not_after")
_TEXTS = ("subject", "issuer", "serial", "public_key_sha256", "sha256")


@dataclass(frozen=True)
class Downloaded:
    """The row of an order, and the certificate that was downloaded and verified when the row looked like this."""

    order_id: str
    updated: datetime
    expires: datetime | None
    leaf: CertificateFacts  # without the PEM of the certificate

    def is_current(self, order: Order) -> bool:
        """Whether the order has not changed since, so that it still hands out the same certificate."""

        row = (order.id, order.updated, order.expires)
        return order.bucket == ISSUED and row == (self.order_id, self.updated, self.expires)

    def facts_of(self, pem: str) -> CertificateFacts | None:
        """The facts of this PEM block if it is the same certificate, without parsing it; None otherwise.

        The facts do not include the PEM.
        """

        try:
            der = blocks(pem)[0].der()
        except (IndexError, ValueError):
            return None
        same = hashlib.sha256(der).hexdigest() == self.leaf.sha256
        return self.leaf if same else None


def downloaded_of(order: Order, leaf: CertificateFacts, *, now: datetime) -> Downloaded | None:
    """The verified certificate of an issued order, if its row is unchanged for long enough to be remembered."""

    if order.updated is None or now - order.updated < AT_REST:
        return None
    return Downloaded(order.id, order.updated, order.expires, replace(leaf, pem="", der=b""))


def encode_downloaded(reference: str, downloaded: Downloaded) -> str:
    """One line of JSON, always the same for the same download."""

    return json.dumps(_encoded(reference, downloaded), sort_keys=True) + "\n"


def downloaded_of_text(reference: str, text: str) -> Downloaded | None:
    """The download in this text; None if the text holds none of this reference."""

    try:
        record = json.loads(text)
        return _decoded(record) if record["client_reference"] == reference else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


class Downloads:
    """The remembered downloads in the journal folder. Without a folder nothing is remembered."""

    def __init__(self, folder: str | None) -> None:
        self._folder = None if folder is None else Path(folder)

    def read(self, reference: str) -> Downloaded | None:
        """The remembered download of this reference, or None. The journal refuses a folder that others can write to."""

        if self._folder is None:
            return None
        try:
            text = read_beginning(f"{self._folder}/{key_of(reference)}{SEEN}", LARGEST).decode()
        except (OSError, ValueError):
            return None
        return downloaded_of_text(reference, text)

    def note(self, reference: str, downloaded: Downloaded, *, make_folder: bool) -> None:
        """Remember what an order handed out."""

        if self._folder is None:
            return
        path = self._path(self._folder, reference)
        temporary = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(6).hex()}")
        with suppress(OSError):  # the next run downloads again
            if make_folder:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            try:
                with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
                    stream.write(encode_downloaded(reference, downloaded))
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)

    def _path(self, folder: Path, reference: str) -> Path:
        return folder / (key_of(reference) + SEEN)


def _encoded(reference: str, downloaded: Downloaded) -> dict[str, Any]:
    leaf = downloaded.leaf
    return {
        "client_reference": reference,
        "order_id": downloaded.order_id,
        "updated": downloaded.updated.isoformat(),
        "expires": None if downloaded.expires is None else downloaded.expires.isoformat(),
        "names": list(leaf.names),
        **{name: getattr(leaf, name) for name in _TEXTS},
        **{name: getattr(leaf, name).isoformat() for name in _DATES},
    }


def _decoded(record: dict[str, Any]) -> Downloaded:
    texts: dict[str, Any] = {name: str(record[name]) for name in _TEXTS}
    dates: dict[str, Any] = {name: _moment(record[name]) for name in _DATES}
    leaf = CertificateFacts(
        **texts,
        **dates,
        names=tuple(str(name) for name in record["names"]),
        is_ca=False,  # verify_bundle accepts only certificates of TLS servers
        has_server_auth=True,
        pem="",
    )
    expires = record["expires"]
    return Downloaded(
        order_id=str(record["order_id"]),
        updated=_moment(record["updated"]),
        expires=None if expires is None else _moment(expires),
        leaf=leaf,
    )


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a date without an offset")
    return moment
