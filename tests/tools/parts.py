# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The parts of `make test` and `make test-full`: what runs, where, and what it needs. `run_parts.py` runs them."""

from __future__ import annotations

from dataclasses import dataclass

MAIN = ".venv"
OLDEST = ".venv-2.16"


@dataclass(frozen=True)
class Part:
    """One command, run in a copy of the collection of its own.

    In the command, `{python}` is the part's interpreter, `{root}` the folder that holds `ansible_collections`, `{tree}`
    the collection in it, `{cache}` a folder that outlives the run. A `pytest` part counts its tests, any other counts
    as one. `minutes` only ends what hangs, also where a machine is several times slower. A program in `needs` that is
    missing skips the part, and so does `root` when somebody else runs it. Output that matches `forbidden` fails it
    whatever its exit code is. Its home folder is new in each run, unless `keep_home`.
    """

    name: str
    command: str
    pytest: bool = False
    folder: str = "."
    venv: str = MAIN
    needs: tuple[str, ...] = ()
    root: bool = False
    forbidden: str = ""
    keep_home: bool = False
    slow: bool = False
    minutes: float = 40


def pytest(name: str, paths: str, **options: object) -> Part:
    """Return a part that runs the tests under `paths`; those marked slow are left to `make test-full`."""
    return Part(name=name, command=f"{{python}} -m pytest -q --durations=10 {paths}", pytest=True, **options)  # type: ignore[arg-type]


def molecule(name: str, scenario: str, *, needs: tuple[str, ...] = (), **options: object) -> Part:
    """Return a part that runs one molecule scenario."""
    command = f"{{python}} -m molecule test --scenario-name {scenario}"
    return Part(name=name, command=command, needs=("nginx", "openssl", *needs), **options)  # type: ignore[arg-type]


def campaign(name: str, seconds: int, more: str = "", **options: object) -> Part:
    """Return a part that loses replies, kills runs and lets them race for so long at most."""
    command = f"{{python}} -m ansible_collections.certops.resello.tests.faults.campaign --seconds {seconds} {more}"
    return Part(
        name=name,
        command=command.rstrip(),
        needs=("faketime",),
        minutes=seconds / 60 + 30,
        **options,  # type: ignore[arg-type]
    )


def kills(name: str, times: int, **options: object) -> Part:
    """Return a part that kills the installation at every call that changes something, so often each at least."""
    command = f"{{python}} -m ansible_collections.certops.resello.tests.deploy.kill_campaign --times {times} --coverage"
    return Part(name=name, command=command, needs=("nginx", "openssl", "strace"), **options)  # type: ignore[arg-type]


def mypy(name: str, folder: str, paths: str) -> Part:
    """Return a part that checks the types of `paths` as they are imported from `folder`."""
    command = f"mypy --config-file {{tree}}/pyproject.toml --cache-dir {{cache}}/{name} {paths}"
    return Part(name=name, command=command, folder=folder)


OLDEST_EVERY_DAY = " ".join(
    f"tests/modules/test_{name}.py" for name in ("plays", "order", "orders", "check_mode", "bearer", "download", "dcv")
)

PARTS: tuple[Part, ...] = (
    # The long ones first: two run at a time.
    Part(name="sanity", command="{python} tests/tools/sanity.py", keep_home=True, minutes=90),
    pytest("modules", "-n 2 tests/modules", needs=("openssl",), minutes=150),
    pytest("host", "-n 2 tests/host", needs=("openssl", "strace"), minutes=60),
    pytest("deploy", "-n 2 tests/deploy", needs=("openssl", "nginx", "strace"), minutes=60),
    molecule("molecule-default", "default"),
    molecule("molecule-default-2.16", "default", venv=OLDEST),
    molecule("molecule-deploy", "deploy", needs=("apache2", "haproxy", "postfix"), root=True, minutes=60, slow=True),
    molecule(
        "molecule-deploy_rollback",
        "deploy_rollback",
        needs=("apache2", "haproxy", "postfix", "faketime"),
        root=True,
        minutes=90,
        slow=True,
    ),
    molecule("molecule-renewal", "renewal", needs=("faketime",), minutes=90, slow=True),
    molecule("molecule-ssh", "ssh", needs=("sshd", "ssh", "sudo", "pkill"), root=True, minutes=60, slow=True),
    molecule("molecule-dcv_file", "dcv_file", needs=("haproxy",), minutes=90, slow=True),
    molecule("molecule-dcv_email", "dcv_email", needs=("faketime",), minutes=90, slow=True),
    molecule("molecule-dcv_dns", "dcv_dns", needs=("named", "pdns_server", "dig", "nsupdate"), slow=True),
    pytest("proofs", "tests/proofs", needs=("openssl", "named"), minutes=60, slow=True),
    # The oldest core: what plays and its libraries could break, and the whole.
    pytest("plays-2.16", f"-n 2 {OLDEST_EVERY_DAY}", venv=OLDEST, needs=("openssl",), minutes=60, slow=True),
    pytest("modules-2.16", "-n 2 tests/modules", venv=OLDEST, needs=("openssl",), minutes=150, slow=True),
    pytest("dcv", "-n 2 tests/dcv", needs=("named", "dnssec-signzone")),
    pytest("dcv-2.16", "-n 2 tests/dcv", venv=OLDEST, needs=("named", "dnssec-signzone"), slow=True),
    pytest("dns", "-n 2 tests/dns", needs=("named", "pdns_server", "strace", "faketime"), minutes=60, slow=True),
    pytest(
        "dns-2.16",
        "-n 2 tests/dns",
        venv=OLDEST,
        needs=("named", "pdns_server", "strace", "faketime"),
        minutes=60,
        slow=True,
    ),
    pytest("simulation", "tests/simulation"),
    pytest("search", "tests/search"),
    campaign("faults", 100),
    campaign("faults-fleet", 60, "--two-inventories"),
    campaign("faults-long", 2700, "--until-full", slow=True),
    campaign("faults-fleet-long", 2700, "--two-inventories --until-full", slow=True),
    kills("kills", 2, minutes=90, slow=True),
    kills("kills-long", 20, slow=True, minutes=180),
    pytest("faults-pure", "tests/faults"),
    pytest("sandbox", "-n 2 tests/sandbox", needs=("openssl", "curl", "unzip")),
    pytest("runner", "tests/runner", needs=("openssl",), minutes=60),
    pytest("unit", "tests/unit"),
    Part(name="ruff", command="ruff check --no-cache ."),
    Part(name="format", command="ruff format --check --no-cache ."),
    mypy("mypy", "{root}", "{tree}/plugins"),
    mypy("mypy-sandbox", "roles/sandbox/files", "resello_sandbox"),
    mypy("mypy-tools", "tests/tools", "."),
    Part(name="ansible-lint", command="ansible-lint --offline --profile production --nocolor", forbidden=r"^WARNING\b"),
    Part(name="docs-lint", command="antsibull-docs lint-collection-docs --plugin-docs ."),
    Part(name="changelog", command="antsibull-changelog lint"),
    Part(name="artifact", command="{python} tests/tools/artifact.py", forbidden=r"\bWARNING\b|\bERROR\b"),
    Part(
        name="execution-env",
        command="ansible-builder introspect --write-pip {root}/pip.txt --write-bindep {root}/bindep.txt {root}",
        forbidden=r"(?i)\bwarning\b|\berror\b",
    ),
)
