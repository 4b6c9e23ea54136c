# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Intents and evidence on real disks, with real processes and kills."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import stat
import subprocess
import sys
import threading
import time
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.plugins.module_utils._engine.journal import (
    Journal,
    JournalError,
    LockBusyError,
    default_lock_folder,
    local_lock,
)
from ansible_collections.certops.resello.plugins.module_utils._model import serialisation
from ansible_collections.certops.resello.plugins.module_utils._purchase.types import (
    Done,
    Evidence,
    Intent,
    IntentAnswer,
    JournalFailed,
    Marks,
    Records,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, rule

NOW = datetime(2027, 3, 1, 12, 0, tzinfo=timezone.utc)
INTENT = Intent("create", "shop", "run-1", "prepared", "ab" * 32, NOW, NOW)
EVIDENCE = Evidence("shop", "order-1", NOW)

texts = st.text(max_size=20)
moments = st.datetimes(timezones=st.just(timezone.utc))
before_states = st.builds(
    Marks, texts, st.none() | moments, st.none() | texts.filter(bool), st.none() | texts.filter(bool)
)
intents = st.builds(
    Intent,
    st.sampled_from(["create", "renew", "reissue"]),
    texts,
    texts,
    st.sampled_from(["prepared", "sent"]),
    st.none() | texts,
    moments,
    st.none() | moments,
    st.none() | texts,
    st.none() | texts,
    st.none() | before_states,
    st.lists(texts, max_size=3).map(tuple),
)
several = st.lists(moments, max_size=3).map(tuple)
evidences = st.builds(
    Evidence,
    reference=texts,
    order_id=texts,
    recorded=moments,
    plan_id=st.none() | texts,
    csr_key=st.none() | texts,
    serial=st.none() | texts,
    updated=st.none() | moments,
    paid_until=st.none() | moments,
    bought=st.none() | moments,
    last_action=texts,
    last_reissue_for_age=st.none() | st.booleans(),
    last_reissue_not_after_before=st.none() | moments,
    ended=st.none() | moments,
    creates=several,
    renewals=several,
    reissues=several,
)


# --- the format ---------------------------------------------------------------------------------------------------


@given(intents | evidences)
def test_decode_is_the_inverse_of_encode(record: Intent | Evidence) -> None:
    text = serialisation.encode(record)
    assert text.isascii()
    assert text.endswith("\n")
    assert serialisation.decode(text) == record


@given(st.text() | st.recursive(st.none() | st.booleans() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_anything_else_is_an_error_and_nothing_but_that(text: str) -> None:
    with pytest.raises(serialisation.RecordError):
        serialisation.decode(text)


@given(intents | evidences, st.data())
def test_a_cut_record_is_an_error(record: Intent | Evidence, data: st.DataObject) -> None:
    text = serialisation.encode(record)
    with pytest.raises(serialisation.RecordError):
        serialisation.decode(text[: data.draw(st.integers(0, len(text) - 2))])


def changed(record: Intent | Evidence, **values: Any) -> str:
    data = json.loads(serialisation.encode(record))
    data["record"].update(values)
    return json.dumps(data)


@pytest.mark.parametrize(
    "text",
    [
        changed(INTENT, phase="done"),
        changed(INTENT, action="delete"),
        changed(INTENT, started=5),
        changed(INTENT, started="yesterday"),
        changed(INTENT, surprise="x"),
        changed(INTENT, before=[]),
        changed(INTENT, known_ids="x"),
        changed(EVIDENCE, last_reissue_for_age="yes"),
        changed(EVIDENCE, order_id=None),
        serialisation.encode(INTENT).replace('"version": 1', '"version": 2'),
        "[" * 100_000,
    ],
)
def test_wrong_records(text: str) -> None:
    with pytest.raises(serialisation.RecordError):
        serialisation.decode(text)


# --- the folder ---------------------------------------------------------------------------------------------------


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name != ".lock")


def test_files_are_named_by_the_hash_and_private(tmp_path: Path) -> None:
    folder = tmp_path / "journal"
    journal = Journal(folder)
    assert journal.write_intent(INTENT) == IntentAnswer(True, Records(INTENT))
    assert journal.promote(EVIDENCE) == Done()
    key = serialisation.key_of("shop")
    assert names(folder) == [f"{key}.evidence", f"{key}.intent"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in folder.iterdir())


def test_one_intent_at_a_time(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    other = replace(INTENT, run_id="run-2")
    sent = replace(INTENT, phase="sent")
    assert journal.write_intent(INTENT) == IntentAnswer(True, Records(INTENT))
    assert journal.write_intent(other) == IntentAnswer(False, Records(INTENT))
    assert journal.write_intent(sent, replaces=INTENT.token) == IntentAnswer(True, Records(sent))
    assert journal.write_intent(other, replaces=INTENT.token) == IntentAnswer(False, Records(sent))
    assert journal.remove_intent("shop", INTENT.token) == Done()
    assert journal.read("shop") == Records(sent)
    assert journal.promote(EVIDENCE, sent.token) == Done()
    assert journal.read("shop") == Records(None, EVIDENCE)
    assert journal.write_intent(sent, replaces=INTENT.token) == IntentAnswer(False, Records(None, EVIDENCE))


def test_check_mode_reads_only(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    journal = Journal(folder)
    assert journal.would_write(INTENT) == IntentAnswer(True, Records(INTENT))
    assert not folder.exists()
    sent = replace(INTENT, phase="sent", run_id="run-0")
    journal.write_intent(sent)
    assert journal.would_write(INTENT) == IntentAnswer(False, Records(sent))
    assert journal.would_write(INTENT, replaces=sent.token) == IntentAnswer(True, Records(INTENT))
    assert journal.read("shop") == Records(sent)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"x" * 70_000, serialisation.encode(EVIDENCE).encode()])
def test_a_damaged_record_forbids_and_names_the_file(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "j"
    journal = Journal(folder)
    journal.write_intent(INTENT)
    path = folder / (serialisation.key_of("shop") + ".intent")
    path.write_bytes(content)
    for answer in (journal.read("shop"), journal.write_intent(INTENT), journal.would_write(INTENT)):
        assert isinstance(answer, JournalFailed)
        assert path.stem in answer.reason
    assert path.read_bytes() == content


def test_a_record_of_another_reference_forbids(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    tmp_path.chmod(0o700)
    journal.write_intent(INTENT)
    (tmp_path / (serialisation.key_of("shop") + ".intent")).rename(
        tmp_path / (serialisation.key_of("mail") + ".intent")
    )
    assert isinstance(journal.read("mail"), JournalFailed)


def test_of_many_records_each_is_read_for_itself(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    journal = Journal(folder)
    wanted = ["shop", "mail", "wiki", "files", "none"]
    assert journal.read_all(wanted) == dict.fromkeys(wanted, Records())
    assert not folder.exists()
    journal.write_intent(INTENT)
    mail = replace(EVIDENCE, reference="mail")
    journal.promote(mail)
    (folder / f"{serialisation.key_of('wiki')}.intent").write_text("{")
    (folder / f"{serialisation.key_of('files')}.evidence").mkdir()
    found = journal.read_all(wanted)
    assert (found["shop"], found["mail"], found["none"]) == (Records(INTENT), Records(None, mail), Records())
    for reference in ("wiki", "files"):
        answer = found[reference]
        assert isinstance(answer, JournalFailed)
        assert serialisation.key_of(reference) in answer.reason
    folder.chmod(0o777)
    assert all(isinstance(answer, JournalFailed) for answer in journal.read_all(wanted).values())


@pytest.mark.parametrize("mode", [0o777, 0o770])
def test_a_folder_that_others_can_write_is_refused(tmp_path: Path, mode: int) -> None:
    tmp_path.chmod(mode)
    answer = Journal(tmp_path).write_intent(INTENT)
    assert isinstance(answer, JournalFailed)
    assert "can be written by others" in answer.reason


def test_links_are_not_followed(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    journal = Journal(folder)
    journal.promote(EVIDENCE)
    (tmp_path / "elsewhere").write_text(serialisation.encode(INTENT))
    (folder / (serialisation.key_of("shop") + ".intent")).symlink_to(tmp_path / "elsewhere")
    assert isinstance(journal.read("shop"), JournalFailed)


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert isinstance(Journal(tmp_path / "file" / "j").write_intent(INTENT), JournalFailed)


def test_a_folder_that_cannot_be_looked_for(tmp_path: Path) -> None:
    answer = Journal(tmp_path / ("x" * 300) / "j").read_all(["shop", "mail"])
    assert set(answer) == {"shop", "mail"}
    assert all(isinstance(one, JournalFailed) and "too long" in one.reason for one in answer.values())
    assert isinstance(Journal(tmp_path / ("x" * 300) / "j").with_lost_reference(), JournalFailed)


class JournalMachine(RuleBasedStateMachine):
    """Any order of calls on a folder does what the same calls on two dictionaries do."""

    runs = Bundle("runs")

    def __init__(self) -> None:
        super().__init__()
        import tempfile  # noqa: PLC0415  # a fixture cannot be used in a state machine

        self._temporary = tempfile.TemporaryDirectory()
        self.journal = Journal(Path(self._temporary.name) / "j")
        self.intents: dict[str, Intent] = {}
        self.evidence: dict[str, Evidence] = {}

    def teardown(self) -> None:
        self._temporary.cleanup()

    @rule(
        reference=st.sampled_from(["shop", "mail"]),
        run=st.sampled_from(["a", "b"]),
        phase=st.sampled_from(["prepared", "sent"]),
        replaces=st.none() | st.sampled_from(["a/prepared", "a/sent", "b/prepared", "b/sent"]),
    )
    def write(self, reference: str, run: str, phase: str, replaces: str | None) -> None:
        intent = replace(INTENT, reference=reference, run_id=run, phase=phase)
        there = self.intents.get(reference)
        expected = (there.token if there else None) == replaces
        if expected:
            self.intents[reference] = intent
        answer = self.journal.write_intent(intent, replaces=replaces)
        assert answer == IntentAnswer(expected, Records(self.intents.get(reference), self.evidence.get(reference)))

    @rule(reference=st.sampled_from(["shop", "mail"]), token=st.none() | st.sampled_from(["a/sent", "b/prepared"]))
    def promote(self, reference: str, token: str | None) -> None:
        self.evidence[reference] = replace(EVIDENCE, reference=reference)
        self._drop(reference, token)
        assert self.journal.promote(self.evidence[reference], token) == Done()

    @rule(reference=st.sampled_from(["shop", "mail"]), token=st.sampled_from(["a/sent", "b/prepared"]))
    def remove(self, reference: str, token: str) -> None:
        self._drop(reference, token)
        assert self.journal.remove_intent(reference, token) == Done()

    def _drop(self, reference: str, token: str | None) -> None:
        there = self.intents.get(reference)
        if there is not None and there.token == token:
            del self.intents[reference]

    @invariant()
    def same(self) -> None:
        expected = {name: Records(self.intents.get(name), self.evidence.get(name)) for name in ("shop", "mail")}
        assert {name: self.journal.read(name) for name in expected} == expected
        assert self.journal.read_all(list(expected)) == expected


TestJournalMachine = JournalMachine.TestCase
TestJournalMachine.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)


# --- processes and kills ------------------------------------------------------------------------------------------


def _race(folder: str, name: str, barrier: Any, wins: Any) -> None:
    journal = Journal(folder)
    for number in range(20):
        barrier.wait()
        intent = replace(INTENT, reference=f"shop-{number}", run_id=name)
        answer = journal.write_intent(intent)
        if isinstance(answer, IntentAnswer) and answer.written:
            wins.put(number)


def test_of_many_processes_exactly_one_gets_the_intent(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    barrier, wins = context.Barrier(4), context.Queue()
    runs = [context.Process(target=_race, args=(str(tmp_path / "j"), f"p{n}", barrier, wins)) for n in range(4)]
    for run in runs:
        run.start()
    won = sorted(wins.get(timeout=30) for _number in range(20))
    for run in runs:
        run.join(30)
    assert won == list(range(20))
    assert wins.empty()


def test_of_many_threads_exactly_one_gets_the_intent(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    answers: list[IntentAnswer | JournalFailed] = []
    runs = [
        threading.Thread(target=lambda n=n: answers.append(journal.write_intent(replace(INTENT, run_id=str(n)))))
        for n in range(8)
    ]
    for run in runs:
        run.start()
    for run in runs:
        run.join()
    assert sum(isinstance(answer, IntentAnswer) and answer.written for answer in answers) == 1


CHURN = """
import sys
from dataclasses import replace
from datetime import datetime, timezone
from ansible_collections.certops.resello.plugins.module_utils._engine.journal import Journal
from ansible_collections.certops.resello.plugins.module_utils._purchase.types import Evidence, Intent
now = datetime(2027, 3, 1, tzinfo=timezone.utc)
journal = Journal(sys.argv[1])
print("ready", flush=True)
number = 0
while True:
    number += 1
    intent = Intent("create", "shop", str(number), "prepared", "k" * 64, now)
    there = journal.read("shop").intent
    journal.write_intent(intent, replaces=there.token if there else None)
    journal.write_intent(replace(intent, phase="sent"), replaces=intent.token)
    journal.promote(Evidence("shop", str(number), now), f"{number}/sent")
"""


def test_killed_at_any_moment_every_record_is_whole(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "j")
    seen = set()
    for number in range(12):
        command = [sys.executable, "-c", CHURN, str(tmp_path / "j")]
        with subprocess.Popen(command, stdout=subprocess.PIPE, env=dict(os.environ)) as run:
            assert run.stdout is not None
            run.stdout.readline()
            time.sleep(0.003 * number)
            run.send_signal(signal.SIGKILL)
        found = journal.read("shop")
        assert isinstance(found, Records)
        seen.add((found.intent.phase if found.intent else None, found.evidence is not None))
    assert seen


# --- the lock -----------------------------------------------------------------------------------------------------


def test_lock_excludes_the_same_account_and_reference_only(tmp_path: Path) -> None:
    with local_lock("url user", "shop", folder=tmp_path / "locks"):
        again = local_lock("url user", "shop", folder=tmp_path / "locks", timeout=0.1)
        with pytest.raises(LockBusyError, match="no money was spent"), again:
            pytest.fail("locked twice")
        with local_lock("url user", "mail", folder=tmp_path / "locks"):
            pass
        with local_lock("url other", "shop", folder=tmp_path / "locks"):
            pass
    with local_lock("url user", "shop", folder=tmp_path / "locks"):
        pass


HOLD = """
import sys, time
from ansible_collections.certops.resello.plugins.module_utils._engine.journal import local_lock
with local_lock("a", "shop", folder=sys.argv[1]):
    print("ready", flush=True)
    time.sleep(60)
"""


def test_lock_goes_with_a_killed_process(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "l")], stdout=subprocess.PIPE) as run:
        assert run.stdout is not None
        run.stdout.readline()
        with pytest.raises(LockBusyError), local_lock("a", "shop", folder=tmp_path / "l"):
            pytest.fail("locked twice")
        run.kill()
    with local_lock("a", "shop", folder=tmp_path / "l"):
        pass


def test_lock_folder_of_others_is_refused(tmp_path: Path) -> None:
    tmp_path.chmod(0o777)
    with pytest.raises(JournalError), local_lock("a", "shop", folder=tmp_path):
        pytest.fail("locked")


def test_default_lock_folder_is_of_this_user(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    assert default_lock_folder() == tmp_path / "certops-resello"
    monkeypatch.delenv("XDG_RUNTIME_DIR")
    assert str(os.geteuid()) in default_lock_folder().name


def test_hold_of_a_lock_is_waited_for(tmp_path: Path) -> None:
    started = time.monotonic()
    lock = local_lock("a", "shop", folder=tmp_path / "l")
    lock.__enter__()
    threading.Timer(0.2, lambda: lock.__exit__(None, None, None)).start()
    with local_lock("a", "shop", folder=tmp_path / "l", timeout=10):
        assert timedelta(seconds=time.monotonic() - started) >= timedelta(seconds=0.15)
