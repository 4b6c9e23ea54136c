# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From downloaded files to a verified chain: leaf, intermediates in order, no root."""

from __future__ import annotations

import io
import lzma
import struct
import zipfile
import zlib
from datetime import datetime, timezone
from typing import Any, Collection, Iterable, Sequence

from .._errors import ResponseError
from .._model.certificates import Bundle, CertificateFacts
from .._text import clean
from . import pem as _pem
from .parse import load_certificate, load_certificates
from .paths import about, best_path

MOST_CERTIFICATES = 20
MOST_MEMBERS = 20
LARGEST_INFLATED = 1024 * 1024
_BAD_ZIP = (
    zipfile.BadZipFile,
    zlib.error,
    lzma.LZMAError,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    ValueError,
    KeyError,
    IndexError,
)


def order_chain(
    leaf: CertificateFacts, extras: Iterable[CertificateFacts], *, now: datetime | None = None
) -> list[CertificateFacts]:
    """Leaf and intermediates, each issued by the next, without the root; unrelated extras are left out.

    Raises ResponseError if none of ``extras`` issued the leaf, or if the one that did has expired.
    """
    bundle = best_path(leaf, list(extras), now or datetime.now(timezone.utc))
    return [bundle.leaf, *bundle.intermediates]


def bundle_from(crt: str | bytes, ca: str | bytes = b"", *, public_key_sha256: str | None = None) -> Bundle:
    """Combine the downloads: ``crt`` holds the leaf and perhaps its chain, ``ca`` the CA's certificates.

    PEM in any order and line ending, or DER. ``public_key_sha256`` selects the leaf if there are several. Raises
    ResponseError if something does not parse, there is no leaf, or the chain does not fit.
    """
    found = load_certificates(crt)
    extras = found + (load_certificates(ca) if ca.strip() else [])
    if len(extras) > MOST_CERTIFICATES:
        raise ResponseError(f"there are {len(extras)} certificates in one download, more than {MOST_CERTIFICATES}")
    leaves = [one for one in found if not one.is_ca]
    if not leaves:
        raise ResponseError(f"it is the certificate of a CA ({found[0].subject}), not of a server")
    leaf = next((one for one in leaves if one.public_key_sha256 == public_key_sha256), leaves[0])
    return best_path(leaf, extras, datetime.now(timezone.utc))


def verify_bundle(bundle: Bundle, *, public_key_sha256: str | None, names: Collection[str] | None) -> None:
    """Refuse what must not be installed. None means: do not check this.

    Raises ResponseError for a CA's certificate, one without serverAuth, one for another key, one that lacks a name.
    """
    leaf = bundle.leaf
    if leaf.is_ca:
        raise ResponseError(f"it is the certificate of a CA ({leaf.subject}), not of a server")
    if not leaf.has_server_auth:
        raise ResponseError(f"the certificate for {about(leaf)} is not meant for TLS servers (no serverAuth)")
    if public_key_sha256 is not None and leaf.public_key_sha256 != public_key_sha256.lower():
        raise ResponseError(f"the certificate for {about(leaf)} is for another key than the one expected")
    missing = [name for name in names or () if name.lower() not in leaf.names]
    if missing:
        raise ResponseError(f"the certificate lacks {', '.join(missing)}; it is for {about(leaf)}")


def read_zip(data: bytes) -> dict[str, bytes]:
    """Members of a zip by base name, which is never used as a path. At most 20, 1 MiB inflated in all.

    Raises ResponseError.
    """
    members: dict[str, bytes] = {}
    left = LARGEST_INFLATED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = [info for info in archive.infolist() if not info.is_dir()]
            if len(files) > MOST_MEMBERS:
                raise ResponseError(f"the zip has {len(files)} members, more than {MOST_MEMBERS}")
            for info in files:
                with archive.open(info) as member:
                    content = member.read(left + 1)  # the size in the directory can lie
                left -= len(content)
                if left < 0:
                    raise ResponseError(f"the zip inflates to more than {LARGEST_INFLATED} bytes")
                members[_base_name(info.filename, members)] = content
    except _BAD_ZIP as error:
        raise ResponseError(
            f"it is not a readable zip ({clean(str(error), limit=100) or type(error).__name__})"
        ) from None
    return members


def _base_name(path: str, taken: Collection[str]) -> str:
    name = clean(path.replace("\\", "/").rpartition("/")[2], limit=100) or "unnamed"
    return name if name not in taken else f"{name} ({len(taken) + 1})"


def read_pkcs7(data: str | bytes) -> list[CertificateFacts]:
    """The certificates of a PKCS#7 bundle, PEM or DER. Raises ResponseError."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - optional at import time
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7  # noqa: PLC0415

    text = _pem.as_text(data)
    found = [block for block in _pem.blocks(text) if block.label in ("PKCS7", "CMS", "PKCS #7 SIGNED DATA")]
    try:
        der = found[0].der() if found else text.encode("latin-1")
        certificates: Sequence[Any] = pkcs7.load_der_pkcs7_certificates(der)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ResponseError(f"it does not parse as PKCS#7 ({clean(str(error), limit=100)})") from None
    if not 0 < len(certificates) <= MOST_CERTIFICATES:
        raise ResponseError(f"the PKCS#7 bundle holds {len(certificates)} certificates")
    return [load_certificate(one.public_bytes(Encoding.DER)) for one in certificates]
