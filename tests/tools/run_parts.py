# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Run the parts of the test suite, two at a time, each in a copy of the collection, and close with one line of totals.

    run_parts.py [--slow] [--jobs N] [PART ...]

A part that fails does not stop the others; the exit code is 1 if any failed. Logs stay in .work/logs.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from xml.etree import ElementTree

from parts import PARTS, Part
from worktree import ROOT, copy_to

WORK = ROOT / ".work"
RUN = WORK / f"run-{os.getpid()}"  # two runs in one checkout do not meet
SHOWN_LINES = 400
RUNNING: set[int] = set()  # process groups to end when the user interrupts
KEPT = ("RESELLO_TEST_PYTHON38", "RESELLO_TEST_PYTHON_NEWEST")  # interpreters that hosts may have
FOREIGN = ("ANSIBLE_", "MOLECULE_", "RESELLO_", "SANDBOX_", "PYTEST_", "PYTHON", "FORCE_COLOR", "PY_COLORS")


@dataclass(frozen=True)
class Result:
    """What came of a part: counts, reasons for what was skipped, and the log to show if something failed."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    reasons: tuple[str, ...] = ()
    seconds: float = 0.0
    log: Path | None = None


def environment_of(part: Part, tree_root: Path) -> dict[str, str]:
    """Return a clean environment: the part's virtual environment first, a home of its own, no settings of the user's.

    Only pip keeps its configuration and its cache, so that a part can install what it needs as the user would.
    """
    kept = {name: value for name, value in os.environ.items() if name in KEPT or not name.startswith(FOREIGN)}
    real_home = Path.home()
    home = (WORK if part.keep_home else RUN) / "home" / part.name
    home.mkdir(parents=True, exist_ok=True)
    path = [str(ROOT / part.venv / "bin"), os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"]
    return {
        **kept,
        "PATH": os.pathsep.join(path),
        "HOME": str(home),
        "XDG_CONFIG_HOME": os.environ.get("XDG_CONFIG_HOME", str(real_home / ".config")),
        "XDG_CACHE_HOME": os.environ.get("XDG_CACHE_HOME", str(real_home / ".cache")),
        "RESELLO_TEST_HOME": "1",
        "PYTHONPATH": str(tree_root),
        "ANSIBLE_COLLECTIONS_PATH": str(tree_root),
        "ANSIBLE_NOCOLOR": "1",
        "NO_COLOR": "1",
        "COLUMNS": "160",
        "LC_ALL": "C.UTF-8",
        "SCENARIO_ADDRESS": loopback_address(part),
    }


def loopback_address(part: Part) -> str:
    """Return an address of this machine that is this part's alone in this run."""
    return f"127.{64 + os.getpid() // 256 % 128}.{os.getpid() % 256}.{PARTS.index(part) + 1}"


def missing_reason(part: Part, environment: dict[str, str]) -> str:
    """Return why the part cannot run here, or an empty string."""
    if not (ROOT / part.venv / "bin" / "python").exists():
        return f"no {part.venv}: its ansible-core needs a Python between 3.10 and 3.12"
    if part.root and os.geteuid() != 0:
        return "needs root"
    missing = [program for program in part.needs if not shutil.which(program, path=environment["PATH"])]
    return f"needs {', '.join(missing)}, which is not installed" if missing else ""


def run_command(part: Part, words: list[str], folder: Path, environment: dict[str, str], log: Path) -> str:
    """Run the command into its log, with all it started ended afterwards; return why it failed, or an empty string."""
    with log.open("w", encoding="utf-8") as output:
        try:
            process = subprocess.Popen(
                words,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            return f"cannot start: {error}"
        RUNNING.add(process.pid)
        try:
            code = process.wait(timeout=part.minutes * 60)
        except subprocess.TimeoutExpired:
            return f"not finished after {part.minutes:g} minutes"
        finally:
            end_group(process.pid)
            process.wait()
            RUNNING.discard(process.pid)
    if code:
        return f"exit code {code}"
    text = log.read_text(encoding="utf-8", errors="replace")
    found = re.search(part.forbidden, text, re.MULTILINE) if part.forbidden else None
    return f"its output has {found.group(0)!r}" if found else ""


def end_group(group: int) -> None:
    """Kill what is left of a process group."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


def count_tests(report: Path) -> Result:
    """Return the counts of a JUnit report, with the distinct reasons of skipped tests."""
    passed = failed = skipped = 0
    reasons: list[str] = []
    for case in ElementTree.parse(report).iter("testcase"):  # noqa: S314 - written by our own pytest a moment ago
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif skip is not None:
            skipped += 1
            reasons.append(skip.get("message", ""))
        else:
            passed += 1
    return Result(passed, failed, skipped, tuple(dict.fromkeys(reasons)))


def run_part(part: Part, *, slow: bool) -> Result:
    """Run one part from a fresh copy of the collection."""
    started = time.monotonic()
    root = RUN / part.name
    tree = copy_to(root)
    environment = environment_of(part, root)
    reason = missing_reason(part, environment)
    if reason:
        return Result(skipped=1, reasons=(reason,))
    fill = {
        "python": str(ROOT / part.venv / "bin" / "python"),
        "root": root,
        "tree": tree,
        "cache": WORK / "cache",
    }
    words = shlex.split(part.command.format(**fill))
    report = WORK / "logs" / f"{part.name}.xml"
    report.unlink(missing_ok=True)
    if part.pytest:
        words += [f"--junit-xml={report}", *([] if slow else ["-m", "not slow"])]
    log = WORK / "logs" / f"{part.name}.log"
    problem = run_command(part, words, tree / part.folder.format(**fill), environment, log)
    counts = count_tests(report) if report.exists() else Result(passed=0 if problem else 1)
    failed = max(counts.failed, 1) if problem else counts.failed
    reasons = (*counts.reasons, problem) if problem else counts.reasons
    return replace(counts, failed=failed, reasons=reasons, seconds=time.monotonic() - started, log=log)


def show(part: Part, result: Result) -> None:
    """Print one line for the part, why things were skipped, and its output if it failed."""
    word = "FAILED" if result.failed else "ok" if result.passed else "skipped"
    counts = f"{result.passed} passed, {result.failed} failed, {result.skipped} skipped"
    print(f"{word:8}{part.name:16}{result.seconds:7.1f} s   {counts}", flush=True)
    for reason in filter(None, result.reasons):
        print(f"        {part.name}: {reason}", flush=True)
    if result.failed and result.log:
        lines = result.log.read_text(encoding="utf-8", errors="replace").splitlines()
        print("\n".join(f"    | {line}" for line in lines[-SHOWN_LINES:]), flush=True)


def run_all(parts: list[Part], *, jobs: int, slow: bool) -> list[Result]:
    """Run the parts in their order, `jobs` at a time, and print each one as soon as it is done."""
    results: list[Result] = []
    with ThreadPoolExecutor(max_workers=jobs) as pool:
        running = {pool.submit(run_part, part, slow=slow): part for part in parts}
        try:
            for future in as_completed(running):
                results.append(future.result())
                show(running[future], results[-1])
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for group in tuple(RUNNING):
                end_group(group)
            raise
    return results


def main() -> int:
    """Return 0 when nothing failed and something ran."""
    parser = argparse.ArgumentParser(description="Run the parts of the test suite.")
    parser.add_argument("--slow", action="store_true", help="run the slow parts and the tests marked slow as well")
    parser.add_argument("--jobs", type=int, default=2, help="how many parts run at a time")
    parser.add_argument("names", nargs="*", metavar="PART", help=f"of: {' '.join(part.name for part in PARTS)}")
    options = parser.parse_args()
    unknown = set(options.names) - {part.name for part in PARTS}
    if unknown:
        parser.error(f"no such part: {', '.join(sorted(unknown))}")
    chosen = [
        part for part in PARTS if (part.name in options.names if options.names else options.slow or not part.slow)
    ]
    (WORK / "logs").mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    try:
        results = run_all(chosen, jobs=options.jobs, slow=options.slow)
    finally:
        shutil.rmtree(RUN, ignore_errors=True)
    passed, failed, skipped = (sum(getattr(one, key) for one in results) for key in ("passed", "failed", "skipped"))
    print(f"\n{len(results)} parts in {time.monotonic() - started:.0f} s; their logs are in .work/logs")
    print(f"total: {passed} passed, {failed} failed, {skipped} skipped", flush=True)
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
