# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The kill campaign itself: what it takes for a call that changes something, and that it sees what is broken."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ansible_collections.certops.resello.tests.deploy.boundaries import Boundary, read_trace
from ansible_collections.certops.resello.tests.deploy.kill_checks import after_next_run, at_once
from ansible_collections.certops.resello.tests.deploy.runs import INSTALL
from ansible_collections.certops.resello.tests.deploy.situations import Situation, Traits, Wish
from ansible_collections.certops.resello.tests.support.run_module import run_module
from ansible_collections.certops.resello.tests.support.services import Nginx

pytestmark = pytest.mark.skipif(bool(Nginx.missing()), reason=Nginx.missing())

TRACE = """\
openat(AT_FDCWD</>, "/h/root/one", O_RDONLY|O_CLOEXEC) = 3</h/root/one>
openat(3</h/root>, ".lock", O_RDWR|O_CREAT|O_NOFOLLOW|O_CLOEXEC, 0600) = 4</h/root/.lock>
mkdirat(5</h/root/two/versions>, ".staging-0123456789abcdef", 0700) = 0
write(6</h/root/two/versions/.staging-0123456789abcdef/cert.pem>, "-----BEGIN \\"x\\" 12"..., 800) = 800
symlinkat("versions/20261125T210922Z-01cf76d44ba4-fd9ced3b", 7</h/root/one>, ".new-6b23c0d5f35d1b11") = 0
renameat(7</h/root/one>, ".new-6b23c0d5f35d1b11", 7</h/root/one>, "current") = 0
unlinkat(8</h/root/.journal>, ".new-6b23c0d5f35d1b11", 0) = -1 ENOENT (No such file or directory)
write(2</runs/run-abcdefgh/errors>, "a warning", 9) = 9
write(1</runs/run-abcdefgh/output>, "{\\"changed\\": true}", 17) = 17
+++ exited with 0 +++
"""


def test_a_trace_tells_the_calls_that_change_something(tmp_path: Path) -> None:
    (tmp_path / "trace").write_text(TRACE)
    assert read_trace(tmp_path / "trace", Path("/h"), ours=Path("/runs")) == [
        Boundary("openat", 2, "openat root/.lock"),
        Boundary("mkdirat", 1, "mkdirat root/<name>/versions/<staging>"),
        Boundary("write", 1, "write root/<name>/versions/<staging>/cert.pem"),
        Boundary("symlinkat", 1, "symlinkat root/<name>/<new>"),
        Boundary("renameat", 1, "renameat root/<name>/<new> to root/<name>/current"),
        Boundary("unlinkat", 1, "unlinkat root/.journal/<new>"),
        Boundary("write", 3, "write the result"),
    ]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Situation:
    folder = tmp_path_factory.mktemp("host")
    chance = random.Random(1)  # noqa: S311 - tests, not secrets
    situation = Situation.make(folder, Traits(names=("one",), beside="before"), chance, run_module)
    situation.keep_state("whole")
    return situation


@pytest.fixture
def situation(whole: Situation) -> Iterator[Situation]:
    yield whole
    whole.set_back(whole.folder / "start-whole")


def in_use(situation: Situation, name: str) -> Path:
    return situation.machine.root / "one" / "current" / name


def mix(situation: Situation) -> None:
    used = in_use(situation, "privkey.pem")
    waiting = (situation.machine.root / "one" / "pending").glob("*/privkey.pem")  # in no order; one is that in use
    shutil.copyfile(next(path for path in waiting if path.read_bytes() != used.read_bytes()), used)


def mix_in_one_file(situation: Situation) -> None:
    combined = in_use(situation, "combined.pem")
    combined.write_text(combined.read_text().replace("PRIVATE", "PUBLIC"))


def damage_copy(situation: Situation) -> None:
    situation.copy_of("one").write_text("")


def open_key(situation: Situation) -> None:
    in_use(situation, "privkey.pem").chmod(0o640)


def break_config(situation: Situation) -> None:
    in_use(situation, "fullchain.pem").unlink()


def take_away(situation: Situation) -> None:
    in_use(situation, "").unlink()


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (take_away, "no pair of one"),
        (mix, "pair of one"),
        (mix_in_one_file, "combined file of one"),
        (damage_copy, "copy of one"),
        (open_key, "has mode 640"),
        (break_config, "config test of web"),
    ],
)
def test_what_is_broken_after_a_kill_is_seen(
    situation: Situation, harm: Callable[[Situation], None], words: str
) -> None:
    if harm is mix:
        situation.order(0)
    assert at_once(situation) == []
    harm(situation)
    assert any(words in problem for problem in at_once(situation))


def wish(situation: Situation) -> Wish:
    return situation.wish(situation.old, [service.entry() for service in situation.services])


def leave(situation: Situation) -> None:
    (situation.folder / "beside" / ".new-0123456789abcdef").touch()


def forget_reload(situation: Situation) -> None:
    situation.services[0].taken.write_text("versions/another")


def make_copy_stale(situation: Situation) -> None:
    with situation.copy_of("one").open("a") as copy:
        copy.write("\n")


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        (leave, "left behind: ['beside/.new-0123456789abcdef']"),
        (forget_reload, "web has loaded versions/another"),
        (make_copy_stale, "copy of one is not what is in use"),
    ],
)
def test_what_the_next_run_did_not_end_is_seen(
    situation: Situation, harm: Callable[[Situation], None], words: str
) -> None:
    wanted = wish(situation)
    result = run_module(INSTALL, wanted.options)
    assert after_next_run(situation, wanted, result) == []
    harm(situation)
    assert words in after_next_run(situation, wanted, result)


def test_another_outcome_than_the_right_one_is_seen(situation: Situation) -> None:
    wanted = situation.wish(situation.order(0), [])
    result = run_module(INSTALL, wish(situation).options)
    problems = after_next_run(situation, wanted, result)
    assert any(problem.startswith("wrong leaves in use") for problem in problems)
    failing = Wish(wanted.options, situation.old, frozenset({"one"}))
    assert "failed are set()" in after_next_run(situation, failing, result)
