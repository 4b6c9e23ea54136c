# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Adopt a certificate and key that were put in place by hand: they become a version, for a rollback.

The files of that version are the old ones, byte for byte. So a service finds the same pair at every moment: first in
the old files, then through ``current``, to which the paths are linked one after the other. Only then is the new
certificate put into use, like any other.
"""

from __future__ import annotations

import re
import stat
from typing import TYPE_CHECKING, Mapping, Sequence

from ..errors import HostError, VerificationError
from ..tls import x509
from ..tls.bundle import Bundle, is_placeholder
from . import links, store

if TYPE_CHECKING:
    from ..files import Access, Folder
    from .links import Found

_CERTIFICATE = re.compile("-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\\s*", re.DOTALL)
_KEY = re.compile("-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----\\s*", re.DOTALL)
_BY_HAND = "Move the files away if they are not needed, or name the paths of the whole pair in links."


def check(found: Sequence[Found], *, allowed: bool, access: Access) -> None:
    """Raise HostError unless the files may be adopted: the option allows it, and their readers keep access."""
    if found and not allowed:
        paths = ", ".join(item.place.path for item in found)
        raise HostError(
            problem=f"There is something at {paths} that this module did not put there. Nothing was changed.",
            remedy="Set adopt_files: true to keep it as an old version and put links in its place, or move it away.",
        )
    for item in found:
        if item.place.kind in {"privkey", "combined"}:
            _check_readers(item, access)


def adopt(folder: Folder | None, found: Sequence[Found], *, access: Access, check_mode: bool) -> str | None:
    """Make the old pair the version in use and return its name; None if the version in use is the same already.

    In check mode the pair is only read. Raises HostError if the files are not a pair, or another certificate is in use.
    """
    in_use = store.current_version(folder)
    leaf = store.read_leaf(folder, in_use) if in_use else None
    if folder and in_use and leaf and not is_placeholder(leaf):
        _must_be_the_same(folder, in_use, found)
        return None
    files = _files(found)
    bundle = _bundle(files)
    if check_mode or folder is None:
        return bundle.version
    name = store.import_version(folder, bundle.version, _whole(bundle, files), access=access)
    store.switch(folder, name)
    return name


def _check_readers(item: Found, access: Access) -> None:
    owner, group = item.status.st_uid, item.status.st_gid
    if owner not in {0, access.owner}:
        raise HostError(
            problem=f"{item.place.path} belongs to user {owner}, who could not read the key any more. "
            "Nothing was changed.",
            remedy="Set owner (or group) so that the service can read its key.",
        )
    if item.status.st_mode & stat.S_IRGRP and group not in {0, access.group} and access.owner in {None, 0}:
        raise HostError(
            problem=f"{item.place.path} is readable by group {group}, which could not read the key any more. "
            "Nothing was changed.",
            remedy="Set group so that the service can read its key.",
        )


def _must_be_the_same(folder: Folder, in_use: str, found: Sequence[Found]) -> None:
    other = [item.place.path for item in found if links.read_file(folder, in_use, item.place.file) != item.content]
    if other:
        raise HostError(
            problem=f"{folder.path}/{store.CURRENT} is in use with another certificate than {', '.join(other)}: links "
            "put there one after the other would not match for a moment. Nothing was changed.",
            remedy="Give this certificate a name of its own for these paths, or move the files away.",
        )


def _files(found: Sequence[Found]) -> dict[str, bytes]:
    """Return the old files by their names in a version. Raises HostError if two of one kind differ."""
    files: dict[str, bytes] = {}
    for item in found:
        if item.place.kind == "pkcs12":
            raise HostError(
                problem=f"{item.place.path} is a keystore, which cannot be adopted. Nothing was changed.",
                remedy="Move it away; the new one is made from the certificate.",
            )
        if files.setdefault(item.place.file, item.content) != item.content:
            raise HostError(
                problem=f"{item.place.path} differs from another file of its kind. Nothing was changed.",
                remedy=_BY_HAND,
            )
    return files


def _bundle(files: Mapping[str, bytes]) -> Bundle:
    """Return the certificates of the old files. Raises VerificationError unless they form one pair with the key."""
    texts = {name: content.decode("utf-8", errors="replace") for name, content in files.items()}
    parts = {
        name: x509.certificates("".join(_CERTIFICATE.findall(text)), where=f"The old file for {name}")
        for name, text in texts.items()
        if name != store.KEY
    }
    leaves = {parts[name][0] for name in (store.COMBINED, store.FULLCHAIN, store.CERT) if parts.get(name)}
    if len(leaves) != 1 or not any(_KEY.search(texts.get(name, "")) for name in (store.KEY, store.COMBINED)):
        raise VerificationError(
            problem="The present files are not one certificate with its private key. Nothing was changed.",
            remedy=_BY_HAND,
        )
    if len(parts.get(store.CERT, ())) > 1:
        raise VerificationError(
            problem="The old file for cert.pem holds several certificates. Nothing was changed.",
            remedy="Name that path as fullchain.",
        )
    following = next((parts[name][1:] for name in (store.FULLCHAIN, store.COMBINED) if parts.get(name)), None)
    return Bundle(leaf=leaves.pop(), chain=tuple(parts.get(store.CHAIN, ()) if following is None else following))


def _whole(bundle: Bundle, files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of the version: the old ones, and missing ones made from them."""
    key = files.get(store.KEY) or "".join(_KEY.findall(files[store.COMBINED].decode("utf-8"))).encode("utf-8")
    derived = {
        store.KEY: key,
        store.CERT: bundle.cert_pem.encode("ascii"),
        store.CHAIN: bundle.chain_pem.encode("ascii"),
        store.FULLCHAIN: bundle.fullchain_pem.encode("ascii"),
        store.COMBINED: key.rstrip() + b"\n" + bundle.fullchain_pem.encode("ascii"),
    }
    return {**derived, **files}
