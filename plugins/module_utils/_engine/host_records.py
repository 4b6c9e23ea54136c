# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Records on the hosts: read from the hosts' answers, kept in memory, and returned as what the hosts must write.

Where controllers are discarded after each job, the hosts that serve a certificate remember its paid calls. Hosts pass
their records to this run, which answers the journal effects of the purchase protocol from them. In the end `writes`
lists which record of which host must change. Nothing is durable before the hosts have written it. So the plan of a run
marks its intents as sent, the hosts write them, and only then the run makes its calls.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import Any, Mapping, Sequence

from .._model import serialisation
from .._model.holds import Moment
from .._model.memory import (
    Done,
    Evidence,
    Intent,
    IntentAnswer,
    JournalFailed,
    Records,
)
from .._model.quorum import Callers, HostList, Member
from .._purchase.shared import HostMemory, SharedMemory, list_that_counts
from .downloads import Downloaded, downloaded_of_text, encode_downloaded

KEY_TO_BE_MADE = "a key that is still to be made"
KINDS = ("intent", "evidence", "hosts", "seen")
DECODED = {"intent": Intent, "evidence": Evidence, "hosts": HostList}


@dataclass
class _Reference:
    """The records of one reference: on the hosts now (`texts`, `read`), and as they must become (`memory`)."""

    texts: dict[str, Mapping[str, str]]
    read: dict[str, HostMemory]
    memory: SharedMemory
    notes_hosts: bool  # whether the hosts should remember the list of hosts
    own_csr: bool  # the user gave the CSR; otherwise the `key_host` makes it
    seen: str | None = None
    trouble: str | None = None  # a record that cannot be read: never "no record"
    key_host: str = (
        ""  # makes the key: the first reachable host, or the one that holds the key of a call to be sent again
    )


class HostRecords:
    """The records of all references whose hosts returned records.

    The methods answer the journal effects of the purchase protocol, like those of `Journal`. Only one thread at a time
    works on a reference.
    """

    in_memory = True  # a write here changes no host, so a plan may write too

    def __init__(self, wishes: Sequence[Mapping[str, Any]], *, run_id: str) -> None:
        self._own = f"{run_id}/sent"
        self._known: dict[str, _Reference] = {}
        for wish in wishes:
            hosts = [host for host in wish.get("hosts") or () if host["answered"] and host.get("records") is not None]
            if any(host.get("listed", True) for host in hosts):
                self._known[wish["client_reference"]] = _read(wish, hosts, self._own)

    def __contains__(self, reference: str) -> bool:
        return reference in self._known

    def read(self, reference: str) -> Records | JournalFailed:
        """The records. A record that exists and cannot be read is JournalFailed, never "no record"."""
        known = self._known[reference]
        return known.memory.records() if known.trouble is None else JournalFailed(known.trouble)

    def callers(self, reference: str, *, now: Moment | None = None) -> Callers | None:
        """The hosts that a call for this reference needs; with ``now`` as if each had noted the list."""
        return self._known[reference].memory.callers(now=now) if reference in self._known else None

    def write_intent(self, intent: Intent, *, replaces: str | None = None) -> IntentAnswer | JournalFailed:
        """Write for all hosts, if the present intent has the token `replaces` (None: if there is none)."""
        present = self.read(intent.reference)
        if isinstance(present, JournalFailed):
            return present
        if (present.intent.token if present.intent else None) != replaces:
            return IntentAnswer(False, present)
        known = self._known[intent.reference]
        known.memory = known.memory.with_intent(replace(intent, on_hosts=True))
        return IntentAnswer(True, Records(intent, present.evidence))

    def would_write(self, intent: Intent, *, replaces: str | None = None) -> IntentAnswer | JournalFailed:
        """The same in a plan: its result says what the hosts must write, and no host is changed yet."""
        return self.write_intent(intent, replaces=replaces)

    def remove_intent(self, reference: str, token: str) -> Done | JournalFailed:
        known = self._known[reference]
        known.memory = known.memory.without_intent(token)
        return Done()

    def promote(self, evidence: Evidence, token: str | None = None) -> Done | JournalFailed:
        known = self._known[evidence.reference]
        known.memory = known.memory.with_evidence(evidence, token)
        return Done()

    def with_lost_reference(self) -> tuple[Evidence, ...]:
        """The purchases of this run's references that the API has not returned with exactly their reference (R5)."""
        found = (known.memory.records().evidence for known in self._known.values())
        return tuple(one for one in found if one is not None and one.reference_kept is False)

    def give_back(self, reference: str) -> None:
        """Remove this run's own intent: the call was not made and will not be."""
        if reference in self._known:
            self.remove_intent(reference, self._own)

    def absent(self, reference: str) -> tuple[str, ...]:
        """The hosts of the list that counts that do not take part."""
        known = self._known.get(reference)
        return () if known is None else tuple(one.name for one in known.memory.absent)

    def holders(self, reference: str) -> frozenset[str]:
        """The hosts that hold this run's own intent."""
        return self._known[reference].memory.holders if reference in self._known else frozenset()

    def note_call(self, reference: str, holders: frozenset[str]) -> None:
        """A call was made while these hosts held its intent. From now on they count under this list."""
        if reference in self._known:
            known = self._known[reference]
            known.memory = known.memory.called(holders)

    def note_lists(self, now: Moment) -> None:
        """Make each host remember the list of hosts that it last saw, unless that list is known to be wrong."""
        for known in self._known.values():
            if known.notes_hosts:
                known.memory = known.memory.noted(now)

    def downloaded(self, reference: str) -> Downloaded | None:
        """What the last download of the order gave."""
        known = self._known[reference]
        return None if known.seen is None else downloaded_of_text(reference, known.seen)

    def note_download(self, reference: str, downloaded: Downloaded) -> None:
        self._known[reference].seen = encode_downloaded(reference, downloaded)

    def writes(self, reference: str) -> list[dict[str, Any]]:
        """What must change on which host, as input of certops.resello.ssl_certificate_prepare; usually nothing."""
        known = self._known.get(reference)
        if known is None or known.trouble is not None:
            return []
        evidence = known.memory.records().evidence
        return [change for host in known.memory.known for change in _changes(known, host, evidence)]


def _read(wish: Mapping[str, Any], hosts: Sequence[Mapping[str, Any]], own: str) -> _Reference:
    reference = wish["client_reference"]
    listed = [host["name"] for host in hosts if host.get("listed", True)]
    holders = {key: host["name"] for host in reversed(hosts) for key in host.get("public_keys") or ()}
    trouble, seen, first = None, None, listed[0]
    texts: dict[str, Mapping[str, str]] = {}
    memories: list[HostMemory] = []
    for host in hosts:
        name = host["name"]
        texts[name] = {kind: host["records"][kind] for kind in KINDS if host["records"].get(kind) is not None}
        try:
            found = {kind: _decoded(reference, texts[name].get(kind), shape) for kind, shape in DECODED.items()}
        except serialisation.RecordError as exc:
            trouble = trouble or _unreadable(reference, name, exc)
            continue
        intent = found["intent"]
        if intent is not None and intent.csr_key in holders:  # a call that is sent again carries the same CSR
            first = holders[intent.csr_key]
        memories.append(
            HostMemory(name, intent, found["evidence"], found["hosts"], listed=bool(host.get("listed", True)))
        )
        seen = seen or texts[name].get("seen")
    return _Reference(
        texts=texts,
        read={one.name: one for one in memories},
        memory=_shared(wish, tuple(memories), own),
        notes_hosts=bool(wish.get("hosts_checked", True)),
        own_csr=bool(wish.get("csr_content") or wish.get("csr_path")),
        seen=seen,
        trouble=trouble,
        key_host=first,
    )


def _shared(wish: Mapping[str, Any], memories: tuple[HostMemory, ...], own: str) -> SharedMemory:
    named = tuple(sorted(host["name"] for host in wish["hosts"] if host.get("listed", True)))
    derived = not wish.get("hosts_named", True)
    hosts = list_that_counts(named, memories, derived=derived)
    reasons: dict[str, Any] = {host["name"]: host.get("absence") or "unreachable" for host in wish["hosts"]}
    there = {one.name for one in memories}
    absent = (
        Member(name, takes_part=False, absence=reasons.get(name, "not_in_play")) for name in hosts if name not in there
    )
    known = tuple(replace(one, listed=one.name in hosts) for one in memories)
    return SharedMemory(wish["client_reference"], hosts, own, known, tuple(absent), derived)


def _unreadable(reference: str, host: str, error: Exception) -> str:
    return (
        f"a record on {host} cannot be read ({error}); check the files {serialisation.key_of(reference)}.* in the "
        "folder .records there, and remove one only if you know from the provider's control panel that nothing is "
        "under way"
    )


def _decoded(reference: str, text: str | None, kind: type[Any]) -> Any:
    if text is None:
        return None
    record = serialisation.decode(text)
    if not isinstance(record, kind):
        raise serialisation.RecordError("records of different kinds are mixed up")
    if record.reference != reference:
        raise serialisation.RecordError(f"it belongs to {record.reference!r}")
    return record


def _changes(known: _Reference, host: HostMemory, evidence: Evidence | None) -> list[dict[str, Any]]:
    texts, there = known.texts[host.name], known.read[host.name]
    wanted = {
        "evidence": _text(evidence, there.evidence, texts.get("evidence")),
        "seen": known.seen if host.listed else texts.get("seen"),
        "hosts": _text(host.host_list, there.host_list, texts.get("hosts")),
        "intent": _text(_before_its_key(host.intent), there.intent, texts.get("intent")),
    }
    changes = []
    for kind, content in wanted.items():
        present = texts.get(kind)
        if content == present:
            continue
        change: dict[str, Any] = {"host": host.name, "kind": kind, "content": content}
        change["replaces"] = None if present is None else hashlib.sha256(present.encode()).hexdigest()
        makes_the_csr = kind == "intent" and _has_csr(host.intent) and not known.own_csr and host.name == known.key_host
        change["about_request"] = makes_the_csr and content is not None
        changes.append(change)
    return changes


def _has_csr(intent: Intent | None) -> bool:
    return intent is not None and intent.action != "cancel"


def _before_its_key(intent: Intent | None) -> Intent | None:
    """The intent as it is written before its key is made."""
    return replace(intent, csr_key=None) if intent is not None and intent.csr_key == KEY_TO_BE_MADE else intent


def _text(wanted: serialisation.Record | None, there: serialisation.Record | None, text: str | None) -> str | None:
    """The text of a record: the one on the host if it is equal, whichever version wrote it."""
    if wanted is None:
        return None
    return text if wanted == there else serialisation.encode(wanted)
