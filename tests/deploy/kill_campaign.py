# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Kill the installation at every system call that changes something, and see what the next run makes of it.

    python -m ansible_collections.certops.resello.tests.deploy.kill_campaign --times 20

For each phase (switch, recovery, two ways back) an undisturbed run is traced first. Then strace ends one run after the
other with SIGKILL at the entry of its first, second ... last call of each kind. After each kill (a) certificate and key
behind one opened `current` match, (b) the config test of a real nginx passes, (c) the next, undisturbed run comes to
its end, what it reports is what the service was last given, and a run after that changes nothing.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from ansible_collections.certops.resello.plugins.module_utils._host.files import Access
from ansible_collections.certops.resello.plugins.module_utils._host.install import Outcome, Wanted, run
from ansible_collections.certops.resello.plugins.modules.ssl_certificate_install import Host
from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.services import Nginx, Site
from ansible_collections.certops.resello.tests.support.throwaway_ca import ThrowawayCa

CHANGING = (
    "openat,mkdir,mkdirat,write,fsync,fdatasync,fchmod,fchown,rename,renameat,renameat2,symlink,symlinkat,link,linkat,"
    "unlink,unlinkat,rmdir,ftruncate,utimensat"
)
CALL = re.compile(r"^(\w+)\((.*)")
SERVICE = "nginx"


@dataclass(frozen=True)
class Boundary:
    """The `number`th call of one kind; the run is ended when it is about to make it."""

    call: str
    number: int


@dataclass
class Phase:
    """One situation: the tree it starts from, what the run is given, and what must be in use in the end."""

    name: str
    start: Path
    entries: list[dict[str, Any]]
    service: dict[str, Any]
    expected: dict[str, str]
    to_fail: frozenset[str] = frozenset()
    boundaries: list[Boundary] = field(default_factory=list)
    kills: Counter[Boundary] = field(default_factory=Counter)
    missed: int = 0
    violations: list[str] = field(default_factory=list)


class Campaign:
    """A machine whose root folder is set back to where a phase starts before each run."""

    def __init__(self, folder: Path) -> None:
        folder.chmod(0o711)
        self.folder = folder
        self.machine = Machine(folder=folder, ca=ThrowawayCa.make())
        self.names = ("one", "two")
        sites = [Site(f"{name}.example.com", self.machine.root / name / "current") for name in self.names]
        self.server = Nginx(folder / "server", sites)
        self.server.configure()
        self.taken = folder / "taken"
        tempfile.tempdir = str(folder / "temporary")
        Path(tempfile.tempdir).mkdir()

    # The service: nginx judges the files, and what it would have loaded is noted by each reload.

    def links(self) -> str:
        return " ".join(f"versions/{self.machine.current(name)}" for name in self.names)

    def service(self, *, refused: str = "", step: str = "") -> dict[str, Any]:
        """Return a service that refuses one version at its config test or at its reload."""
        test = " ".join(self.server.validate_command)
        places = " ".join(f"{self.machine.root}/{name}/current" for name in self.names)
        note = f"readlink {places} | xargs > {self.taken}"
        refuse = f"if [ \"$(readlink {self.machine.root}/two/current)\" = 'versions/{refused}' ]; then exit 9; fi; "
        commands = {"validate_command": test, "reload_command": note}
        if step:
            commands[step] = refuse + commands[step]
        return {"name": SERVICE, **{key: ["sh", "-c", text] for key, text in commands.items()}}

    def outcome(self, phase: Phase) -> Outcome:
        host = Host(root=str(self.machine.root), now=datetime.now(timezone.utc))
        return run(host, Wanted(phase.entries, [phase.service], Access(), keep_versions=3))

    # Where phases start.

    def prepare(self) -> list[Phase]:
        old = [{**self.machine.ordered(name), "services": [SERVICE]} for name in self.names]
        new = [{**self.machine.ordered(name, fresh_pending=True), "services": [SERVICE]} for name in self.names]
        versions = {entry["name"]: self.version(entry) for entry in new}
        self.must_end_well(Phase("first", self.folder, old, self.service(), {}))
        before = {name: str(self.machine.current(name)) for name in self.names}
        plain = self.keep("plain")
        half = {**before, "one": versions["one"]}
        phases = [Phase("switch", plain, new, self.service(), versions)]
        for step, name in (("validate_command", "way back, config test"), ("reload_command", "way back, reload")):
            refusing = self.service(refused=versions["two"], step=step)
            phases.append(Phase(name, plain, new, refusing, half, to_fail=frozenset({"two"})))
        dying = {**self.service(), "reload_command": ["sh", "-c", "kill -9 $PPID"]}
        self.child(Phase("dying", plain, new, dying, {}), None)
        phases.insert(1, Phase("recovery", self.keep("interrupted"), new, self.service(), versions))
        return phases

    def version(self, entry: dict[str, Any]) -> str:
        predicted = self.machine.install({**entry, "services": []}, check=True)
        return str(predicted["certificates"][0]["version"])

    def must_end_well(self, phase: Phase) -> None:
        outcome = self.outcome(phase)
        assert not outcome.failed, outcome.failed

    def keep(self, name: str) -> Path:
        place = self.folder / f"start-{name}"
        place.mkdir(exist_ok=True)
        for part in ("root", "taken"):
            subprocess.run(["cp", "-a", str(self.folder / part), str(place)], check=True)
        return place

    def set_back(self, phase: Phase) -> None:
        shutil.rmtree(self.machine.root)
        subprocess.run(
            ["cp", "-a", str(phase.start / "root"), str(phase.start / "taken"), str(self.folder)], check=True
        )

    # One run in a process of its own, that stops itself until strace is there.

    def child(self, phase: Phase, inject: Boundary | None, *, trace: Path | None = None) -> int:
        """Run the phase and return how its process ended, as os.waitpid tells it."""
        pid = os.fork()
        if pid == 0:
            os.kill(os.getpid(), signal.SIGSTOP)
            try:
                self.outcome(phase)
            finally:
                os._exit(0)
        os.waitpid(pid, os.WUNTRACED)
        strace = self.attach(pid, inject, trace)
        os.kill(pid, signal.SIGCONT)
        _pid, status = os.waitpid(pid, 0)
        if strace:
            strace.communicate(timeout=60)
        return status

    def attach(self, pid: int, inject: Boundary | None, trace: Path | None) -> subprocess.Popen[str] | None:
        if inject is None and trace is None:
            return None
        command = ["strace", "-o", str(trace or os.devnull), "-s", "300", "-p", str(pid)]
        if inject:
            command += ["-e", f"trace={inject.call}", "-e", f"inject={inject.call}:signal=KILL:when={inject.number}"]
        else:
            command += ["-e", f"trace={CHANGING}"]
        strace = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        assert strace.stderr
        line = strace.stderr.readline()
        assert "attached" in line, line
        return strace

    def find_boundaries(self, phase: Phase) -> None:
        self.set_back(phase)
        trace = self.folder / "trace"
        self.child(phase, None, trace=trace)
        seen: Counter[str] = Counter()
        for line in trace.read_text().splitlines():
            match = CALL.match(line)
            if match is None:
                continue
            seen[match[1]] += 1
            if match[1] != "openat" or "O_CREAT" in match[2]:
                phase.boundaries.append(Boundary(match[1], seen[match[1]]))

    # What must hold.

    def attempt(self, phase: Phase, boundary: Boundary) -> None:
        self.set_back(phase)
        status = self.child(phase, boundary)
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
            phase.kills[boundary] += 1
        else:
            phase.missed += 1
        problems = [*self.pairs_that_do_not_match(), *self.config_test(), *self.after_the_next_run(phase)]
        phase.violations += [f"{phase.name}, before {boundary.call} {boundary.number}: {text}" for text in problems]

    def pairs_that_do_not_match(self) -> list[str]:
        problems = []
        for name in self.names:
            handle = os.open(self.machine.root / name / "current", os.O_RDONLY | os.O_DIRECTORY)
            try:
                context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                place = f"/proc/self/fd/{handle}"
                context.load_cert_chain(f"{place}/fullchain.pem", f"{place}/privkey.pem")
                context.load_cert_chain(f"{place}/combined.pem")
            except (OSError, ssl.SSLError) as error:
                problems.append(f"(a) pair of {name}: {error}")
            finally:
                os.close(handle)
        return problems

    def config_test(self) -> list[str]:
        completed = subprocess.run(self.server.validate_command, capture_output=True, text=True, check=False)
        return [] if completed.returncode == 0 else [f"(b) config test: {completed.stderr.strip()}"]

    def after_the_next_run(self, phase: Phase) -> list[str]:
        outcome = self.outcome(phase)
        told = {item["name"]: item["version"] for item in outcome.certificates}
        failed = {item["name"] for item in outcome.certificates if item["error"]}
        service = outcome.services[0]
        checks: dict[str, bool] = {
            f"in use is {self.links()}": self.links() == " ".join(f"versions/{phase.expected[n]}" for n in self.names),
            f"told is {told}": told == phase.expected,
            f"failed are {failed}": failed == phase.to_fail,
            f"taken is {self.taken.read_text().strip()}": self.taken.read_text().strip() == self.links(),
            f"service: {service}": not service["error"] and not service["reload_needed"],
            f"left behind: {self.leftovers()}": not self.leftovers(),
        }
        again = self.outcome(phase)
        checks["a further run changes something"] = not again.changed or bool(failed)
        return [f"(c) {text}" for text, good in checks.items() if not good]

    def leftovers(self) -> list[str]:
        return [str(path) for path in self.machine.root.rglob(".*") if path.name.startswith((".staging-", ".new-"))]


def tell(*lines: str) -> None:
    """Write lines at once, so that a log shows how far a long campaign is."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


def report(phase: Phase, seconds: float) -> str:
    hits = [phase.kills[boundary] for boundary in phase.boundaries]
    kinds = Counter(boundary.call for boundary in phase.boundaries)
    return (
        f"{phase.name:22} {len(hits):4} boundaries x {min(hits, default=0)} = {sum(hits):5} kills, "
        f"{phase.missed} missed, {len(phase.violations)} violations, {seconds:.0f} s "
        f"({', '.join(f'{count} {name}' for name, count in sorted(kinds.items()))})"
    )


def main() -> int:
    """Return 0 if every boundary was hit and nothing was violated."""
    parser = argparse.ArgumentParser(description="Kill the installation at every call that changes something.")
    parser.add_argument("--times", type=int, default=1, help="how often each boundary is hit")
    parser.add_argument("--phase", default="", help="only phases whose name begins so")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="resello-kill-"))
    try:
        campaign = Campaign(folder)
        phases = [phase for phase in campaign.prepare() if phase.name.startswith(options.phase)]
        for phase in phases:
            begin = time.monotonic()
            campaign.find_boundaries(phase)
            for _number in range(options.times):
                for boundary in phase.boundaries:
                    campaign.attempt(phase, boundary)
            tell(report(phase, time.monotonic() - begin), *phase.violations[:20])
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    kills = sum(sum(phase.kills.values()) for phase in phases)
    violations = sum(len(phase.violations) for phase in phases)
    missed = sum(phase.missed for phase in phases)
    tell(f"{kills} kills, {missed} missed, {violations} violations")
    return 1 if violations or missed or not kills else 0


if __name__ == "__main__":
    sys.exit(main())
