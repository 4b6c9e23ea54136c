# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What a host does in one step of the role: the parts of its sheet, each one module or a few.

Every part is one function: it takes the options of the sheet, calls modules, and returns what the worksheet takes over.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Callable, Mapping, Protocol, Sequence

from .deployment import TEST_OPTIONS, service_options
from .observed import asked_about, asked_to_look_at, renewed
from .placed import read as read_placed
from .role_variables import RoleVariables, in_words_of_the_role

Answer = dict[str, Any]
FOLDER = ".well-known/pki-validation"
OLD_PYTHON = (
    "modules run here with a Python that is older than 3.8, which is needed. Install a newer Python there and set "
    "ansible_python_interpreter for this host. Nothing was changed. The interpreter said: {said}"
)


class Modules(Protocol):
    """Runs modules on the host of the task, with its become and in its check mode."""

    def run_module(self, module: str, options: Mapping[str, Any], *, check: bool = False) -> Answer:
        """Run one module, in check mode also where the task is not."""

    def copy(self, options: Mapping[str, Any]) -> Answer:
        """Run ansible.builtin.copy with text."""


@dataclass(frozen=True)
class Step:
    """The step of one host. ``variables`` are those of the role, without the prefix ssl_certificate_."""

    modules: Modules
    variables: RoleVariables
    host: str
    planning: bool

    def of(self, *names: str) -> dict[str, Any]:
        """The variables that are set, by the names of the options that they are for."""

        return {name: self.variables[name] for name in names if self.variables.get(name) not in (None, "")}

    @property
    def access(self) -> dict[str, Any]:
        """Owner, group and mode of keys."""

        found = self.of("key_owner", "key_group", "key_mode")
        return {name.partition("_")[2]: value for name, value in found.items()}

    @property
    def folder(self) -> str:
        return f"{self.variables['webroot']}/{FOLDER}"

    def prepare(self, certificates: Sequence[Mapping[str, Any]], **more: Any) -> Answer:
        options = {**self.of("root"), "certificates": list(certificates), **more}
        return self.modules.run_module("certops.resello.ssl_certificate_prepare", options)

    def host_info(self, **options: Any) -> Answer:
        return self.modules.run_module("certops.resello.ssl_certificate_host_info", {**self.of("root"), **options})


def observe(step: Step, items: Sequence[Mapping[str, Any]]) -> Answer:
    """What the host holds; with placeholders made for what wants one and has no certificate."""

    seen = step.host_info(**_served_by(step, items), read_other_records=True)
    if "certificates" not in seen:
        return failure(seen)
    observed = [*seen["certificates"], *seen["other_records"]]
    bare = {one["name"] for one in seen["certificates"] if not one.get("error") and one.get("current") is None}
    without = [
        {key: item[key] for key in ("name", "names", "placeholder") if key in item}
        for item in items
        if item.get("placeholder") and item["name"] in bare
    ]
    if not without:
        return {"observed": observed}
    made = step.prepare(without, **step.access)
    if "certificates" not in made:
        return failure(made)
    return {"observed": renewed(observed, made["certificates"]), **_change(made)}


def _served_by(step: Step, items: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What to look at: also what services show, unless it is not wanted. No command of theirs is run."""

    names = list(dict.fromkeys(name for item in items for name in item.get("services") or ()))
    if not names or not step.variables.get("check_served"):
        return {"certificates": asked_about(items)}
    services = service_options(names, step.variables["services"], only=("name", "preset", "endpoints"))
    untested = [{**one, "validate_command": []} for one in services]
    return {"certificates": asked_to_look_at(items), "services": untested, "check_served": True}


def failure(answer: Mapping[str, Any]) -> Answer:
    """A module that could say nothing at all. The host takes no further part."""

    said = str(answer.get("msg") or "")
    whole = f"{said} {answer.get('module_stderr') or ''} {answer.get('exception') or ''}"
    if "future feature annotations is not defined" in whole:
        said = OLD_PYTHON.format(said="SyntaxError: future feature annotations is not defined")
    return {
        **{key: value for key, value in answer.items() if key != "invocation"},
        "failed": True,
        "msg": in_words_of_the_role(said),
    }


def webroot(step: Step, _wanted: bool) -> Answer:
    """Whether validation files can be placed. A directory that is not there is served by nobody, so none is made here.

    In check mode an earlier task of the play may be about to make it.
    """

    root = str(step.variables["webroot"])
    there: list[tuple[str, Mapping[str, Any]]] = []
    said = ""
    for path in (root, str(PurePosixPath(step.folder).parent), step.folder):
        answer = step.modules.run_module(
            "ansible.builtin.stat",
            {"path": path, "follow": True, "get_attributes": False, "get_checksum": False, "get_mime": False},
        )
        stat = answer.get("stat") or {}
        if not stat.get("exists"):
            said = str(answer.get("msg") or "")
            break
        there.append((path, stat))
    problem = _webroot_problem(root, there, said, planning=step.planning)
    if problem:
        text = f"ssl_certificate_webroot: {problem}"
        return {"webroot_problem": text, "dcv_errors": [f"{step.host}: {text}"]}
    if not there:
        note = f"{root} does not exist yet; if it is not made before, a real run orders nothing by FILE"
        return {"notes": [f"{step.host}: ssl_certificate_webroot: {note}"]}
    return {}


def _webroot_problem(root: str, there: Sequence[tuple[str, Mapping[str, Any]]], said: str, *, planning: bool) -> str:
    if not there:
        return "" if planning else f"{root} {said or 'does not exist'}"
    for path, stat in there:
        if not stat.get("isdir"):
            return f"{path} is not a directory"
    path, stat = there[-1]
    return "" if stat.get("writeable") else f"{path} cannot be written"


def request(step: Step, certificates: Sequence[Mapping[str, Any]]) -> Answer:
    """Make keys and CSRs, and write down what is about to be ordered. The memory of paid calls is no change."""

    made = step.prepare(certificates, **step.access)
    if "certificates" not in made:
        return failure(made)
    new = any(one.get("created") or one.get("would_create") for one in made["certificates"])
    received = any("receive" in one for one in certificates)
    return {"observed": made["certificates"], **_change(made), "changed": new or received}


def places(step: Step, certificates: Sequence[Mapping[str, Any]]) -> Answer:
    """Whether what is about to be ordered could be installed where it is to go. Nothing is changed."""

    options = {**step.of("root", "pkcs12_passphrase"), **step.access, "certificates": list(certificates)}
    seen = step.modules.run_module("certops.resello.ssl_certificate_install", options, check=True)
    if "certificates" not in seen:
        return failure(seen)
    return {"not_installable": {one["name"]: str(one["error"]) for one in seen["certificates"] if one.get("error")}}


def tests(step: Step, names: Sequence[str]) -> Answer:
    """Test the configuration of services that are to load a certificate."""

    variables = step.variables
    services = service_options(names, variables["services"], only=TEST_OPTIONS)
    seen = step.host_info(services=services)
    return {"tests": {one["name"]: one["test_passed"] for one in seen.get("services") or ()}}


def seal(step: Step, certificates: Sequence[Mapping[str, Any]]) -> Answer:
    made = step.prepare(certificates)
    return {"observed": made["certificates"], **_change(made)} if "certificates" in made else failure(made)


def unseal(step: Step, certificates: Sequence[Mapping[str, Any]]) -> Answer:
    """Asking for the key counted as the change already; check mode cannot come further."""

    made = step.prepare(certificates)
    return {"observed": made["certificates"]} if "certificates" in made else failure(made)


def read(step: Step, wanted: Mapping[str, Any]) -> Answer:
    """What was bought is deployed first; the host fails at the end of the role."""

    seen = step.host_info(certificates=wanted["certificates"], read_other_records=True)
    entries = [*(seen.get("certificates") or ()), *(seen.get("other_records") or ())]
    return {"observed": [one for one in entries if not one.get("error")], "record_error": seen.get("msg") or ""}


def record(step: Step, certificates: Sequence[Mapping[str, Any]]) -> Answer:
    """Write down what hosts remember. What was bought is deployed first; the host fails at the end of the role."""

    made = step.prepare(certificates)
    entries = [one for one in made.get("certificates") or () if not one.get("error")]
    return {"observed": entries, "record_error": made.get("msg") or ""}


def place_files(step: Step, wanted: Mapping[str, Any], noted: Sequence[Mapping[str, Any]]) -> Answer:
    """Place validation files that are written down. They are gone at the end of the run, so they are no change."""

    known = {*wanted["known"], *(name for one in noted for name in read_placed(one)["files"])}
    files = [one for one in wanted["files"] if one["file_name"] in known]
    if not files:
        return {}
    owned = {name.partition("_")[2]: value for name, value in step.of("webroot_owner", "webroot_group").items()}
    made = step.modules.run_module(
        "ansible.builtin.file", {"path": step.folder, "state": "directory", "mode": "0755", **owned}
    )
    if made.get("failed"):
        return {"dcv_errors": [f"{step.folder} could not be made: {made.get('msg')}"]}
    said = []
    for one in files:
        options = {"content": one["content"], "dest": f"{step.folder}/{one['file_name']}", "mode": "0644", **owned}
        answer = step.modules.copy(options)
        if answer.get("failed"):
            said.append(str(answer.get("msg")))
    if not said:
        return {}
    reasons = "; ".join(dict.fromkeys(said))
    return {"dcv_errors": [f"validation files could not be placed in {step.folder}: {reasons}"]}


def remove_files(step: Step, names: Sequence[str]) -> Answer:
    kept = []
    for name in names:
        path = f"{step.folder}/{PurePosixPath(name).name}"
        if step.modules.run_module("ansible.builtin.file", {"path": path, "state": "absent"}).get("failed"):
            kept.append(name)
    errors = [f"validation files could not be removed from {step.folder}"] if kept else []
    return {"files_kept": kept, "dcv_errors": errors}


def install(step: Step, certificates: Sequence[Mapping[str, Any]]) -> Answer:
    """Install, test, reload. A failure is kept for the end of the role."""

    variables = step.variables
    names = list(dict.fromkeys(name for one in certificates for name in one["services"]))
    made = step.modules.run_module(
        "certops.resello.ssl_certificate_install",
        {
            **step.of("root", "keep_versions", "pkcs12_passphrase"),
            **step.access,
            "certificates": list(certificates),
            "services": service_options(names, variables["services"]),
        },
    )
    entries = made.get("certificates")
    failed = [one["name"] for one in (certificates if entries is None else entries) if entries is None or one["error"]]
    return {
        **_change(made),
        "installation": {"certificates": entries or [], "services": made.get("services") or []},
        "not_installed": failed,
        "deploy_errors": [in_words_of_the_role(str(made["msg"]))] if made.get("failed") else [],
    }


def hooked(step: Step, wanted: Sequence[Mapping[str, Any]]) -> Answer:
    """Write down for which certificates the user's tasks succeeded; the others run again in the next run."""

    done = set(step.variables.raw("_deployed") or ())
    failures = step.variables.raw("_deploy_failures") or {}
    came = [one for one in wanted if one["sha256"] in done]
    errors = {one["name"]: str(failures.get(one["sha256"], "")) for one in wanted if one["sha256"] not in done}
    records = [{key: value for key, value in one.items() if key != "sha256"} for one in came]
    return {
        **(record(step, records) if records else {}),
        "hooked": [one["name"] for one in came],
        "hook_errors": errors,
    }


def _change(answer: Mapping[str, Any]) -> Answer:
    """What Ansible shows of a change."""

    shown = {key: answer[key] for key in ("diff", "warnings", "deprecations") if answer.get(key)}
    return {"changed": bool(answer.get("changed")), **shown}


PARTS: dict[str, Callable[[Step, Any], Answer]] = {
    "webroot": webroot,
    "places": places,
    "request": request,
    "tests": tests,
    "seal": seal,
    "open": unseal,
    "read": read,
    "record": record,
    "remove": remove_files,
    "install": install,
    "hooked": hooked,
}


def take_step(step: Step, sheet: Mapping[str, Any]) -> Answer:
    """All parts of the sheet of this host, and what came of them. Without any the step is skipped."""

    answer: Answer = {"changed": False, "run": sheet["run"], "number": sheet["number"], "observed": []}
    done = False
    for name, part in PARTS.items():
        if sheet.get(name):
            done = True
            came = part(step, sheet[name])
            if came.get("failed"):
                return came
            answer = _joined(answer, came)
    if sheet.get("place"):
        done = True
        answer = _joined(answer, place_files(step, sheet["place"], answer["observed"]))
    if sheet.get("problems"):
        return {**answer, "failed": True, "msg": " | ".join(sheet["problems"])}
    return answer if done else {**answer, "skipped": True, "skip_reason": "Nothing is to be done on this host"}


def _joined(answer: Mapping[str, Any], came: Mapping[str, Any]) -> Answer:
    joined = {**answer, **came}
    for key in ("observed", "dcv_errors", "notes", "warnings", "deprecations"):
        if key in answer or key in came:
            joined[key] = [*answer.get(key, ()), *came.get(key, ())]
    joined["changed"] = bool(answer.get("changed") or came.get("changed"))
    return joined
