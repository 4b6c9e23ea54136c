# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""One file of an issued certificate, verified before anybody may write it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Callable, Iterator

from ._client.api import Api
from ._errors import ApiError, NoFileError, ReselloError, ResponseError
from ._model.orders import ISSUED, Order
from ._text import clean
from ._x509.facts import (
    Bundle,
    CertificateFacts,
    CsrFacts,
    bundle_from,
    load_certificate,
    load_csr,
    read_pkcs7,
    read_zip,
    split_pem,
    verify_bundle,
)

NO_SUCH_FILE = (400, 404, 409, 410, 422)
FORMATS = ("zip", "pkcs7", "crt", "csr", "ca", "fullchain")


@dataclass(frozen=True)
class ProvenFile:
    """``content`` is what the file must contain; ``leaf`` is its certificate (None for a CSR)."""

    content: bytes
    leaf: CertificateFacts | None

    def summary(self) -> dict[str, str]:
        """Subject, serial and end date for a diff; empty for a CSR."""

        return {} if self.leaf is None else leaf_summary(self.leaf)


def leaf_summary(leaf: CertificateFacts) -> dict[str, str]:
    """What identifies a certificate to a reader of a diff."""

    facts = leaf.as_result()
    return {name: facts[name] for name in ("subject", "serial", "not_after")}


def fetch_proven(api: Api, order: Order, file_format: str, *, expected_key: str | None = None) -> ProvenFile:
    """Download one format of an order and verify it.

    ``expected_key`` is the hex SHA-256 of the public key that the file must be for; without it, the key of the order's
    CSR counts. Raises ResponseError if the file is not of this format, belongs to another key or does not chain.
    Raises ApiError or TransportError from the calls.
    """

    if file_format == "csr":
        return _csr(api, order, expected_key)
    if order.bucket != ISSUED:
        raise ResponseError(
            f"Order {order.id} is {order.status!r}: there is no certificate to download yet. Nothing was written. "
            "Follow the order with certops.resello.ssl_certificate and wait: true."
        )
    bundle = fetch_bundle(api, order)
    verify_bundle(bundle, public_key_sha256=expected_key or order_key(api, order), names=None)
    return ProvenFile(_CONTENT[file_format](api, order, bundle), bundle.leaf)


def fetch_bundle(api: Api, order: Order) -> Bundle:
    """Leaf and chain of an issued order, each certificate followed by its issuer."""

    return bundle_from(api.download(order.id, "crt"), api.download(order.id, "ca"))


def says_no(error: ReselloError) -> bool:
    """Whether the API plainly said that there is nothing to download.

    A failure of the server, the network or the credentials says nothing about that.
    """

    return isinstance(error, ApiError) and error.status in NO_SUCH_FILE


def is_not_there_yet(error: ReselloError) -> bool:
    """Whether there may be nothing to download yet: the API says so, or reports success without a file.

    The latter proves nothing: some servers answer so while they create the file.
    """

    return says_no(error) or isinstance(error, NoFileError)


def said_of(error: ReselloError) -> str:
    """What the API said instead of a file, to append to a sentence; empty if it said nothing."""

    said = error.said if isinstance(error, NoFileError) else getattr(error, "detail", "")
    return f" The API says: {clean(said, limit=200)}" if said else ""


def order_key(api: Api, order: Order) -> str:
    """SHA-256 of the public key in the CSR on the order."""

    return order_csr(api, order).public_key_sha256


def order_csr(api: Api, order: Order) -> CsrFacts:
    """The CSR of the order, from the order's row if it is there. Raises ReselloError if there is none."""

    pem = order.csr_pem or api.download(order.id, "csr").decode("ascii", "replace")
    return load_csr(pem, where="the CSR on the order")


def _csr(api: Api, order: Order, expected_key: str | None) -> ProvenFile:
    pem = api.download(order.id, "csr").decode("ascii", "replace")
    try:
        facts = load_csr(pem, where="the CSR on the order")
    except ReselloError as error:
        raise ResponseError(f"download-csr of order {order.id} is not a CSR: {error}. Nothing was written.") from error
    if expected_key is not None and facts.public_key_sha256 != expected_key:
        raise ResponseError(f"The CSR on order {order.id} is for another key than the given one. Nothing was written.")
    return ProvenFile(facts.pem.encode("ascii"), None)


def _crt(_api: Api, _order: Order, bundle: Bundle) -> bytes:
    return bundle.certificate.encode("ascii")


def _fullchain(_api: Api, _order: Order, bundle: Bundle) -> bytes:
    return bundle.fullchain.encode("ascii")


def _ca(_api: Api, _order: Order, bundle: Bundle) -> bytes:
    root = "" if bundle.root is None else bundle.root.pem
    return (bundle.chain + root).encode("ascii")


def _pkcs7(api: Api, order: Order, bundle: Bundle) -> bytes:
    content = api.download(order.id, "pkcs7")
    if bundle.leaf.sha256 not in {certificate.sha256 for certificate in read_pkcs7(content)}:
        raise _foreign(order, "pkcs7")
    return content


def _zip(api: Api, order: Order, bundle: Bundle) -> bytes:
    content = api.download(order.id, "zip")
    if bundle.leaf.sha256 not in _certificates_in_zip(content):
        raise _foreign(order, "zip")
    return content


def _certificates_in_zip(content: bytes) -> set[str]:
    found: set[str] = set()
    for member in read_zip(content).values():
        found |= {facts.sha256 for facts in _readable_certificates(member)}
    return found


def _readable_certificates(content: bytes) -> Iterator[CertificateFacts]:
    """The certificates in a PEM or DER file; unreadable parts are skipped."""

    candidates: list[str | bytes] = [*split_pem(content.decode("latin-1"))]
    for candidate in candidates or [content]:
        with suppress(ReselloError):
            yield load_certificate(candidate)


def _foreign(order: Order, file_format: str) -> ResponseError:
    return ResponseError(
        f"download-{file_format} of order {order.id} does not hold the certificate of this order. Nothing was written."
    )


_CONTENT: dict[str, Callable[[Api, Order, Bundle], bytes]] = {
    "crt": _crt,
    "ca": _ca,
    "fullchain": _fullchain,
    "pkcs7": _pkcs7,
    "zip": _zip,
}


def same_content(file_format: str, present: bytes, wanted: bytes) -> bool:
    """Whether a file needs no change. Zip files are compared by their members: the archive holds the download time."""

    if present == wanted:
        return True
    if file_format != "zip":
        return False
    try:
        return read_zip(present) == read_zip(wanted)
    except ReselloError:
        return False


def present_summary(present: bytes | None) -> dict[str, str]:
    """What a diff says of the present file: its first certificate, or that it holds none."""

    if present is None:
        return {}
    first = next(_readable_certificates(present), None)
    return {"content": f"{len(present)} bytes without a readable certificate"} if first is None else leaf_summary(first)
