# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records that lie on the hosts: carried here by the hosts' answers, kept in memory, and told back as what to write.

Where controllers are thrown away after each job, the hosts that serve a certificate remember its paid calls. They hand
their records to this run; it answers the journal effects of the purchase protocol, and in the end `writes` says which
record of which host must change. Nothing is durable before the hosts have written it: so the plan of a run marks its
intents as sent, the hosts write them, and only then the run that orders makes its calls.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any, Mapping, Sequence

from .._lifecycle.dates import plus
from .._purchase import records
from .._purchase.memory import (
    Done,
    Evidence,
    Holds,
    Intent,
    IntentAnswer,
    JournalFailed,
    Records,
)
from .sightings import Sighting, encode_sighting, sighting_of_text

KEY_TO_BE_MADE = "a key that is still to be made"
KINDS = ("intent", "evidence", "seen")


@dataclass
class _Host:
    """The records of one reference on one host: as they are, and the intent as it must be."""

    name: str
    texts: Mapping[str, str]
    intent: Intent | None


@dataclass
class _Reference:
    hosts: list[_Host]
    own_csr: bool  # the CSR is given; otherwise the host named by `first` makes it
    evidence: Evidence | None = None
    evidence_text: str | None = None
    seen: str | None = None
    trouble: str | None = None  # a record that cannot be read: never "no record"
    first: str = ""  # the first host that answered, or the one that holds the key of a call to be sent again


class CarriedRecords:
    """The records that the hosts of a run hold, for all references whose hosts answered with records.

    The methods answer the journal effects of the purchase protocol, like those of `Journal`. Each reference is worked
    on by one thread at a time.
    """

    in_memory = True  # what is written here changes no host, so a plan may write too

    def __init__(self, wishes: Sequence[Mapping[str, Any]], *, run_id: str) -> None:
        self._own = f"{run_id}/sent"
        self._known: dict[str, _Reference] = {}
        for wish in wishes:
            hosts = [host for host in wish.get("hosts") or () if host["answered"] and host.get("records") is not None]
            if hosts:
                self._known[wish["client_reference"]] = _read(wish, hosts)

    def __contains__(self, reference: str) -> bool:
        return reference in self._known

    def read(self, reference: str) -> Records | JournalFailed:
        """A record that is there and cannot be read is JournalFailed, never "no record"."""
        known = self._known[reference]
        if known.trouble is not None:
            return JournalFailed(known.trouble)
        return Records(self._intent(known), known.evidence)

    def write_intent(self, intent: Intent, *, replaces: str | None = None) -> IntentAnswer | JournalFailed:
        """Writes for all hosts, if the intent there has the token `replaces` (None: if there is none)."""
        present = self.read(intent.reference)
        if isinstance(present, JournalFailed):
            return present
        if (present.intent.token if present.intent else None) != replaces:
            return IntentAnswer(False, present)
        for host in self._known[intent.reference].hosts:
            host.intent = replace(intent, carried=True)
        return IntentAnswer(True, Records(intent, present.evidence))

    def would_write(self, intent: Intent, *, replaces: str | None = None) -> IntentAnswer | JournalFailed:
        """A plan writes too: what it wants on the hosts is its result, and no host is touched by that."""
        return self.write_intent(intent, replaces=replaces)

    def remove_intent(self, reference: str, token: str) -> Done | JournalFailed:
        for host in self._known[reference].hosts:
            if host.intent is not None and host.intent.token == token:
                host.intent = None
        return Done()

    def promote(self, evidence: Evidence, token: str | None = None) -> Done | JournalFailed:
        known = self._known[evidence.reference]
        known.evidence, known.evidence_text = evidence, records.encode(evidence)
        if token is not None:
            self.remove_intent(evidence.reference, token)
        return Done()

    def unkept(self) -> tuple[Evidence, ...]:
        """The purchases of this run's references that the API has not given back with exactly their reference (R5)."""
        found = (known.evidence for known in self._known.values())
        return tuple(one for one in found if one is not None and one.reference_kept is False)

    def give_back(self, reference: str) -> None:
        """Takes this run's own intent away: the call was not made and will not be."""
        if reference in self._known:
            self.remove_intent(reference, self._own)

    def sighting(self, reference: str) -> Sighting | None:
        """What the order handed out when it was last downloaded."""
        known = self._known[reference]
        return None if known.seen is None else sighting_of_text(reference, known.seen)

    def note_sighting(self, reference: str, sighting: Sighting) -> None:
        self._known[reference].seen = encode_sighting(reference, sighting)

    def writes(self, reference: str) -> list[dict[str, Any]]:
        """What must change on which host, as certops.resello.ssl_certificate_request takes it; usually nothing."""
        known = self._known.get(reference)
        if known is None or known.trouble is not None:
            return []
        return [change for host in known.hosts for change in _changes(known, host)]

    def _intent(self, known: _Reference) -> Intent | None:
        """The intent that counts: another run's before our own, and ours only if every host has written it."""
        there = [host.intent for host in known.hosts if host.intent is not None]
        foreign = [intent for intent in there if intent.token != self._own]
        if foreign:
            return max(foreign, key=_held_longest)
        return max(there, key=_held_longest) if len(there) == len(known.hosts) else None


def _held_longest(intent: Intent) -> tuple[Any, ...]:
    return (plus(intent.started_local, Holds().of(intent.action)), intent.csr_key or "")


def _read(wish: Mapping[str, Any], hosts: Sequence[Mapping[str, Any]]) -> _Reference:
    reference = wish["client_reference"]
    known = _Reference(hosts=[], own_csr=bool(wish.get("csr_content") or wish.get("csr_path")), first=hosts[0]["name"])
    holders = {key: host["name"] for host in reversed(hosts) for key in host.get("public_keys") or ()}
    for host in hosts:
        texts = {kind: host["records"][kind] for kind in KINDS if host["records"].get(kind) is not None}
        try:
            intent = _decoded(reference, texts.get("intent"), Intent)
            evidence = _decoded(reference, texts.get("evidence"), Evidence)
        except records.RecordError as exc:
            known.trouble = known.trouble or (
                f"a record on {host['name']} cannot be read ({exc}); look at the files "
                f"{records.key_of(reference)}.* in the folder .records there, and remove one only if you know from the "
                "provider's control panel that nothing is under way"
            )
            continue
        known.hosts.append(_Host(host["name"], texts, intent))
        if intent is not None and intent.csr_key in holders:  # a call that is sent again carries the same CSR
            known.first = holders[intent.csr_key]
        if evidence is not None and (known.evidence is None or evidence.recorded > known.evidence.recorded):
            known.evidence, known.evidence_text = evidence, texts["evidence"]
        known.seen = known.seen or texts.get("seen")
    return known


def _decoded(reference: str, text: str | None, kind: type[Any]) -> Any:
    if text is None:
        return None
    record = records.decode(text)
    if not isinstance(record, kind):
        raise records.RecordError("intent and evidence are mixed up")
    if record.reference != reference:
        raise records.RecordError(f"it belongs to {record.reference!r}")
    return record


def _changes(known: _Reference, host: _Host) -> list[dict[str, Any]]:
    wanted = {"evidence": known.evidence_text, "seen": known.seen, "intent": _intent_text(host)}
    changes = []
    for kind, content in wanted.items():
        present = host.texts.get(kind)
        if content == present:
            continue
        change: dict[str, Any] = {"host": host.name, "kind": kind, "content": content}
        change["replaces"] = None if present is None else hashlib.sha256(present.encode()).hexdigest()
        makes_the_csr = kind == "intent" and not known.own_csr and host.name == known.first
        change["about_request"] = makes_the_csr and content is not None
        changes.append(change)
    return changes


def _intent_text(host: _Host) -> str | None:
    """The text on the host if the intent is the one that is there, whatever wrote it."""
    if host.intent is None:
        return None
    present = host.texts.get("intent")
    if present is not None and records.decode(present) == host.intent:
        return present
    made = host.intent.csr_key != KEY_TO_BE_MADE
    return records.encode(host.intent if made else replace(host.intent, csr_key=None))
