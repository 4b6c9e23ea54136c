# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every curl sample of the provider's reference, replayed as it is printed, by the real curl program.

The files in ``reference/`` are the samples verbatim. Only their placeholders are filled in, as a reader would do.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.sandbox.conftest import Buyer
from ansible_collections.certops.resello.tests.sandbox.surroundings import same_key
from ansible_collections.certops.resello.tests.support.sandbox_process import SandboxProcess
from cryptography import x509
from cryptography.hazmat.primitives.serialization import pkcs7

SAMPLES = Path(__file__).parent / "reference"


class Replay:
    """Runs samples in a shell, with ``python`` being this interpreter and the headers kept in a file."""

    def __init__(self, sandbox: SandboxProcess, folder: Path) -> None:
        self.info = sandbox.info
        self.headers_file = folder / "headers"
        (folder / "python").symlink_to(sys.executable)
        (folder / ".curlrc").write_text(f'silent\nnoproxy = "*"\ndump-header = "{self.headers_file}"\n')
        path = f"{folder}:{os.environ['PATH']}"
        self.environment = {**os.environ, "PATH": path, "CURL_HOME": str(folder)}

    def run(self, sample: str, *, order: str = "", form: str = "") -> bytes:
        """The output of a sample; the test fails when curl or json.tool fails, or the status is not 2xx."""
        command = (SAMPLES / f"{sample}.txt").read_text()
        values = {"{{api_username}}": self.info["api_username"], "{{api_key}}": self.info["api_key"]}
        values |= {"{{api_base_url}}": self.info["api_url"], "{{zip|pkcs7|crt|csr|ca}}": form}
        values |= {"{{id}}": order, "{id}": order}
        for placeholder, value in values.items():
            command = command.replace(placeholder, value)
        self.headers_file.write_text("")
        done = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command],
            env=self.environment,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stderr
        assert self.status.startswith("2"), (self.status, done.stdout)
        return done.stdout

    def json(self, sample: str, *, order: str = "") -> Any:
        """The ``result`` of a sample that answers with JSON."""
        body = json.loads(self.run(sample, order=order))
        assert body["success"] is True
        return body["result"]

    @property
    def status(self) -> str:
        """The status code of the latest answer."""
        return self.headers_file.read_text().split()[1]

    @property
    def headers(self) -> dict[str, str]:
        """The headers of the latest answer."""
        lines = self.headers_file.read_text().splitlines()[1:]
        pairs = (line.partition(":") for line in lines if ":" in line)
        return {name.lower(): value.strip() for name, _colon, value in pairs}


@pytest.fixture
def replay(sandbox: SandboxProcess, tmp_path: Path) -> Replay:
    return Replay(sandbox, tmp_path)


def test_all_samples_in_the_life_of_one_certificate(replay: Replay, sandbox: SandboxProcess, buyer: Buyer) -> None:
    assert replay.json("list") == []
    order = replay.json("create")
    assert (order["status"], order["client_reference"], order["domain"]) == ("pending", "#123", "example.com")
    order_id = order["id"]
    assert replay.json("get", order=order_id)["id"] == order_id
    assert replay.json("validate", order=order_id)["status"] == "pending"
    row = replay.json("validation-details", order=order_id)["validations"]["dcv"]["domains"][0]
    assert (row["dcvType"], row["email"], row["status"]) == ("EMAIL", "john.doe@example.com", False)
    buyer.finish(order_id)

    assert replay.json("reissue", order=order_id)["status"] == "pending"
    buyer.finish(order_id)

    sandbox.advance(days=340)
    before = replay.json("get", order=order_id)
    assert replay.json("renew", order=order_id) == before, "renew answers with the state before it"
    assert replay.json("get", order=order_id)["status"] == "pending"
    buyer.finish(order_id)

    assert [row["id"] for row in replay.json("list")] == [order_id]
    replay.json("delete", order=order_id)
    assert replay.json("get", order=order_id)["status"] == "deleted"
    ledger = sandbox.control("GET", "ledger")
    assert [(e["kind"], e["action"]) for e in ledger["entries"]] == [
        ("charge", "create"),
        ("charge", "renew"),
        ("refund", "delete"),
    ]


def test_download_samples_are_attachments_that_parse(replay: Replay, buyer: Buyer, tmp_path: Path) -> None:
    order_id = replay.json("create")["id"]
    buyer.finish(order_id)
    bodies = {}
    for form in ("zip", "pkcs7", "crt", "csr", "ca"):
        bodies[form] = replay.run("download", order=order_id, form=form)
        assert replay.headers["content-type"] == "application/octet-stream"
        assert replay.headers["content-disposition"] == f'attachment; filename="{order_id}.{form}"'
    leaf = x509.load_pem_x509_certificate(bodies["crt"])
    assert leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
        x509.DNSName
    ) == ["example.com"], "the sample CSR has a CN and no subjectAltName: the CN counts as a name"
    assert leaf in pkcs7.load_pem_pkcs7_certificates(bodies["pkcs7"])
    assert same_key(x509.load_pem_x509_csr(bodies["csr"]), leaf)
    assert bodies["ca"].count(b"BEGIN CERTIFICATE") == 2
    (tmp_path / "d.zip").write_bytes(bodies["zip"])
    subprocess.run(["unzip", "-t", str(tmp_path / "d.zip")], check=True, capture_output=True)


def test_the_samples_are_all_there() -> None:
    names = {path.stem for path in SAMPLES.iterdir()}
    assert names == {
        "list", "create", "get", "renew", "delete", "validate", "reissue", "download", "validation-details",
    }  # fmt: skip
