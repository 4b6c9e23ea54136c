# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What the answers to a dynamic update mean, and the remedy for each (RFC 2136, 2.2; RFC 8945, 5.3)."""

from __future__ import annotations

from .types import RECORD, SERVER, ZONE, DnsError

_KEY = "Compare key_name, key_algorithm and secret with the key clause at the server"
_CLOCK = "Set the clocks of the controller and of the server: they may differ by 5 minutes at most"

# By the name of the exception that dnspython raises for the error field of the TSIG record.
_SIGNATURES = {
    "PeerBadKey": ("does not know {key} (BADKEY)", _KEY),
    "PeerBadSignature": ("does not accept the signature of {key} (BADSIG)", _KEY),
    "PeerBadTime": ("says that the time of the signature is wrong (BADTIME)", _CLOCK),
    "PeerBadTruncation": ("does not accept the length of the signature of {key} (BADTRUNC)", _KEY),
    "BadKey": ("answered with another key than {key}", _KEY),
    "BadAlgorithm": ("answered with another algorithm than that of {key}", _KEY),
    "BadSignature": ("signed its answer with another secret than that of {key}", _KEY),
    "BadTime": ("signed its answer at a time that is not now", _CLOCK),
    "UnknownTSIGKey": ("signed its answer with an unknown key", _KEY),
}

# By response code: its scope, what the server says, the remedy.
_CODES = {
    "REFUSED": (
        RECORD,
        "refuses this to {key} (REFUSED) for {about}",
        "Allow that key in update-policy or allow-update of the zone, and in allow-query if that is restricted. Check "
        "that the server is the primary of the zone",
    ),
    "NOTAUTH": (
        ZONE,
        "is not the primary of the zone {zone}, or does not know {key} (NOTAUTH)",
        "Give the primary in 'server', check 'zones' and key_name",
    ),
    "NOTZONE": (RECORD, "says that {about} is not in the zone {zone} (NOTZONE)", "Correct or leave out 'zones'"),
    "NXDOMAIN": (ZONE, "does not know {zone} (NXDOMAIN)", "Check 'zones' and 'server'"),
    "SERVFAIL": (
        ZONE,
        "failed (SERVFAIL) for {about}",
        "Its log says why: mostly the zone is not loaded, or its journal cannot be written because the folder of the "
        "zone file is read-only",
    ),
    "FORMERR": (RECORD, "does not understand the message (FORMERR)", "Is this a name server that accepts updates?"),
    "NOTIMP": (SERVER, "does not accept dynamic updates (NOTIMP)", "Enable them, or use another provider"),
}


def refused_answer(code: str, *, where: str, key: str, zone: str, about: str, scope: str | None = None) -> DnsError:
    """Return the error for a response code, by its name; ``scope`` replaces the usual one."""
    usual, said, remedy = _CODES.get(code, (ZONE, "answered {code} for {about}", "Its log may say more"))
    text = said.format(code=code, key=key, zone=zone, about=about)
    return DnsError(f"{where} {text}. Nothing was changed. {remedy}", scope=scope or usual)


def no_answer(error: BaseException, *, where: str, key: str, changes: bool, timeout: float) -> DnsError:
    """Return the error for an exchange without a usable answer.

    With ``changes`` the message was a change, which may have been made.
    """
    if isinstance(error, DnsError):
        return error
    kind = type(error).__name__
    if kind in _SIGNATURES:
        said, remedy = _SIGNATURES[kind]
        sure = kind.startswith("Peer")
        nothing = " Nothing was changed." if sure else ""
        return DnsError(
            f"{where} {said.format(key=key)}.{nothing} {remedy}", scope=SERVER, maybe_done=changes and not sure
        )
    if kind == "FormError" and "TSIG" in str(error):
        said = f"answered without a signature, as servers do that do not accept {key}"
        return DnsError(f"{where} {said}. {_KEY}", scope=SERVER, maybe_done=changes)
    if isinstance(error, ConnectionRefusedError):
        remedy = "Check 'server', 'port' and 'protocol', and that it is running"
        return DnsError(f"{where} refuses the connection, so nothing was sent. {remedy}", scope=SERVER)
    if kind in ("Timeout", "TimeoutError"):
        said = f"did not answer within {timeout:g} seconds"
        remedy = "Check 'server', 'port' and 'protocol', and firewalls between here and there"
    elif isinstance(error, EOFError):
        said = "closed the connection without an answer"
        remedy = "Its log may say why"
    else:
        said = f"could not be asked: {kind}: {error}"
        remedy = "Check 'server' and 'port'"
    lost = " The change was sent and may have been made." if changes else ""
    return DnsError(f"{where} {said}.{lost} {remedy}", scope=SERVER, maybe_done=changes)
