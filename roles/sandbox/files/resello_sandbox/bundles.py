# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The five download formats, in the encodings that the settings ask for."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from resello_sandbox.clock import as_datetime
from resello_sandbox.dialects import Dialect

FORMATS = ("zip", "pkcs7", "crt", "csr", "ca")


@dataclass(frozen=True)
class Material:
    """The content of a download: PEM texts, and ``issued`` (epoch seconds) as the date of the zip's members."""

    name: str
    leaf: str
    intermediate: str
    root: str
    crossed: str  # the same root, signed by one that has expired, and that one
    issued: float


def bundle(form: str, material: Material, dialect: Dialect) -> bytes:
    """Return one of FORMATS as bytes (csr is not made here: it is the customer's own)."""
    if form == "crt":
        return _crt(material, dialect)
    if form == "ca":
        return pem_bytes(_ca(material, dialect), dialect)
    return _zip(material, dialect) if form == "zip" else _pkcs7(material, dialect)


def pem_bytes(text: str, dialect: Dialect) -> bytes:
    """PEM as it is, or with other line ends."""
    return text.encode() if dialect.pem_lines == "lf" else "".join(f"{line}\r\n" for line in text.splitlines()).encode()


def _ca(material: Material, dialect: Dialect) -> str:
    if dialect.ca_download == "expired-cross":
        return material.intermediate + material.crossed + material.root
    both = (material.intermediate, material.root)
    return "".join(reversed(both) if dialect.ca_download == "reversed" else both)


def _crt(material: Material, dialect: Dialect) -> bytes:
    if dialect.crt_download == "der":
        return _load(material.leaf).public_bytes(Encoding.DER)
    chain = material.intermediate if dialect.crt_download == "chain" else ""
    return pem_bytes(material.leaf + chain, dialect)


def _load(text: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(text.encode())


def _pkcs7(material: Material, dialect: Dialect) -> bytes:
    certificates = [_load(text) for text in (material.leaf, material.intermediate, material.root)]
    encoding = Encoding.DER if dialect.pkcs7_download == "der" else Encoding.PEM
    return pkcs7.serialize_certificates(certificates, encoding)


def _zip(material: Material, dialect: Dialect) -> bytes:
    stem = material.name.replace("*", "STAR").replace(".", "_")
    date = as_datetime(material.issued).timetuple()[:6]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix, content in (
            (".crt", _crt(material, dialect)),
            (".ca-bundle", pem_bytes(_ca(material, dialect), dialect)),
        ):
            archive.writestr(zipfile.ZipInfo(stem + suffix, date_time=date), content)
    return buffer.getvalue()
