# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The five download formats."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7

from resello_sandbox.clock import as_datetime

FORMATS = ("zip", "pkcs7", "crt", "csr", "ca")


@dataclass(frozen=True)
class Material:
    """What a download is made of: PEM texts, and ``issued`` (epoch seconds) as the date of the zip's members."""

    name: str
    leaf: str
    intermediate: str
    root: str
    issued: float

    @property
    def ca(self) -> str:
        """Intermediate and root, in this order."""
        return self.intermediate + self.root


def bundle(form: str, material: Material) -> bytes:
    """The bytes of one of FORMATS (csr is not made here: it is what the customer sent)."""
    if form == "crt":
        return material.leaf.encode()
    if form == "ca":
        return material.ca.encode()
    return _zip(material) if form == "zip" else _pkcs7(material)


def _pkcs7(material: Material) -> bytes:
    texts = (material.leaf, material.intermediate, material.root)
    certificates = [x509.load_pem_x509_certificate(text.encode()) for text in texts]
    return pkcs7.serialize_certificates(certificates, Encoding.PEM)


def _zip(material: Material) -> bytes:
    stem = material.name.replace("*", "STAR").replace(".", "_")
    date = as_datetime(material.issued).timetuple()[:6]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix, text in ((".crt", material.leaf), (".ca-bundle", material.ca)):
            archive.writestr(zipfile.ZipInfo(stem + suffix, date_time=date), text)
    return buffer.getvalue()
