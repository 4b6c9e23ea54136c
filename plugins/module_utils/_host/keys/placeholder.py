# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""A self-signed certificate for services whose configuration names the files before the first certificate is issued.

Its own content distinguishes it from a real certificate, so that no note beside it can get lost. It is signed by its
own key, and its common name is PLACEHOLDER_NAME, which no CA would certify.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from .. import openssl
from ..errors import CommandError
from ..names import KEY_FILE
from ..store import store
from ..tls import x509
from ..tls.bundle import PLACEHOLDER_NAME, Bundle, is_placeholder

if TYPE_CHECKING:
    from datetime import datetime

    from ..files import Access, Folder
    from ..store.store import Version

_DAYS = 90
_RENEWED = timedelta(days=30)
_KIND = openssl.KeyKind(kind="ECDSA", bits=256)


class PlaceholderBundle(Bundle):
    """A self-signed certificate as a set. It is its own issuer, so that chain.pem is not an empty file.

    Services that read chain.pem refuse to start with an empty one.
    """

    @property
    def chain_pem(self) -> str:
        """The certificate itself."""
        return self.leaf.pem

    @property
    def fullchain_pem(self) -> str:
        """The certificate, once."""
        return self.leaf.pem


def is_due(in_use: Version | None, *, linked: str | None, now: datetime) -> bool:
    """Say whether a placeholder must be made: nothing is in use, or a placeholder that ends soon.

    ``linked`` is the version that the link ``current`` names, ``in_use`` that version if it can be read. A damaged
    version is left to the next installation.
    """
    if in_use is None:
        return linked is None
    return is_placeholder(in_use.leaf) and in_use.leaf.not_after - now < _RENEWED


def make_placeholder(program: str, folder: Folder, names: tuple[str, ...], *, access: Access) -> str:
    """Make a placeholder for ``names``, put it into use and return its version. Raises CommandError, OSError."""
    staging = folder.make_staging()
    temporary = staging.path.rpartition("/")[2]
    try:
        with staging:
            openssl.make_key(program, staging, _KIND)
            spec = openssl.SelfSigned(common_name=PLACEHOLDER_NAME, days=_DAYS, names=names)
            openssl.make_self_signed(program, staging, spec, key=KEY_FILE, name=store.CERT)
            key = staging.read(KEY_FILE) or b""
            text = (staging.read(store.CERT) or b"").decode("ascii", errors="replace")
    finally:
        folder.remove(temporary)
    leaves = x509.certificates(text, where="the placeholder made by openssl")
    if len(leaves) != 1 or not is_placeholder(leaves[0]):
        raise CommandError(problem=f"openssl made no usable placeholder in {folder.path}.")
    version = store.stage(folder, PlaceholderBundle(leaf=leaves[0], chain=()), key, access=access)
    store.switch(folder, version)
    return version
