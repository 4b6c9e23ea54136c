# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What docs/services.md says of containers, maps of Postfix and keystores of Java, with real servers."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.certops.resello.tests.deploy.test_servers import sha256, used_by
from ansible_collections.certops.resello.tests.support.machine import Machine
from ansible_collections.certops.resello.tests.support.services import Nginx, Postfix, Server, Site

NAME = "shop.example.com"
PASSPHRASE = "of no importance"  # noqa: S105 - of a keystore that lives for a moment


class Mounted(Nginx):
    """nginx that sees only what is mounted for it, as in a container. `source` appears at the folder of its site."""

    @classmethod
    def missing(cls) -> str:
        if super().missing() or not shutil.which("unshare"):
            return super().missing() or "no unshare"
        able = subprocess.run(["unshare", "-m", "true"], check=False, capture_output=True).returncode == 0
        return "" if able else "no name space for mounts can be made here"

    @property
    def start_command(self) -> list[str]:
        start = " ".join(super().start_command)
        return [
            "unshare",
            "-m",
            "sh",
            "-c",
            f"mount --bind {self.options['source']} {self.options['place']} && {start}",
        ]

    @property
    def validate_command(self) -> list[str]:
        return []

    @property
    def reload_command(self) -> list[str]:
        return ["sh", "-c", f"kill -HUP $(cat {self.pid_file})"]


@pytest.mark.parametrize("whole", [False, True], ids=["the link current", "the folder of the certificate"])
def test_what_a_container_must_mount(machine: Machine, *, whole: bool) -> None:
    if Mounted.missing():
        pytest.skip(Mounted.missing())
    old, place = machine.ordered(), machine.folder / "mounted"
    machine.install(old)
    place.mkdir()
    source = machine.root / "shop" / ("" if whole else "current")
    site = Site(NAME, place / "current" if whole else place)
    with Mounted(machine.folder / "server", [site], source=source, place=place) as server:
        assert server.leaf_sha256() == sha256(old["certificate"])
        new = used_by(server, machine.ordered(fresh_pending=True))
        result = machine.install(new, services=[{**server.service, "proof_timeout": 3}])
        service = result["services"][0]
        assert service["proven"] is whole
        if not whole:
            assert "still shows the previous certificate" in service["error"]
            assert "a container may have mounted the link 'current' itself" in service["error"]


class Mapped(Postfix):
    """Postfix that has key and certificate of a name inside a map."""

    @property
    def map(self) -> Path:
        return self.folder / "etc" / "sni"

    @property
    def make_map(self) -> str:
        return f"postmap -F hash:{self.map}"

    def configure(self) -> None:
        super().configure()
        folder = self.sites[0].folder
        self.map.write_text(f"{NAME} {folder}/privkey.pem, {folder}/fullchain.pem\n")
        subprocess.run(self.make_map.split(), check=True, capture_output=True)

    def text(self) -> str:
        return f"{super().text()}tls_server_sni_maps = hash:{self.map}\n"


def test_a_map_of_postfix_is_made_anew_by_the_reload(machine: Machine) -> None:
    if Mapped.missing():
        pytest.skip(Mapped.missing())
    machine.install(machine.ordered())
    with Mapped(machine.folder / "server", [Site(NAME, machine.root / "shop" / "current")]) as server:
        assert isinstance(server, Mapped)
        new = used_by(server, machine.ordered(fresh_pending=True))
        service: dict[str, Any] = {**server.service, "proof_timeout": 3}
        kept = machine.install(new, services=[service])["services"][0]
        assert "still shows the previous certificate" in kept["error"]
        assert "or a map holds copies of the files" in kept["error"]
        both = ["sh", "-c", f"{server.make_map} && {' '.join(server.reload_command)}"]
        loaded = machine.install(new, services=[{**service, "reload_command": both}])
        assert (loaded["rc"], loaded["services"][0]["proven"]) == (0, True), loaded
        assert server.leaf_sha256() == sha256(new["certificate"])


JAVA = """
import java.io.FileInputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import javax.net.ssl.*;

class Serve {
    public static void main(String[] words) throws Exception {
        char[] passphrase = Files.readString(Path.of(words[2])).strip().toCharArray();
        KeyStore keys = KeyStore.getInstance("PKCS12");
        try (FileInputStream file = new FileInputStream(words[1])) { keys.load(file, passphrase); }
        KeyManagerFactory managers = KeyManagerFactory.getInstance("SunX509");
        managers.init(keys, passphrase);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(managers.getKeyManagers(), null, null);
        var address = java.net.InetAddress.getByName("127.0.0.1");
        SSLServerSocket socket = (SSLServerSocket)
            context.getServerSocketFactory().createServerSocket(Integer.parseInt(words[0]), 20, address);
        Files.writeString(Path.of(words[3]), Long.toString(ProcessHandle.current().pid()));
        while (true) {
            try (SSLSocket client = (SSLSocket) socket.accept()) {
                client.startHandshake();
            } catch (Exception error) { }
        }
    }
}
"""


class JavaServer(Server):
    """A TLS server in Java that reads the PKCS#12 keystore of its site when it starts, and can only be restarted."""

    name = "java"
    program = "java"

    @classmethod
    def missing(cls) -> str:
        if super().missing():
            return super().missing()
        listed = subprocess.run(["java", "--list-modules"], check=False, capture_output=True, text=True).stdout
        return "" if "jdk.compiler" in listed else "java cannot compile here"

    @property
    def start_command(self) -> list[str]:
        words = f"{self.port} {self.sites[0].folder}/keystore.p12 {self.folder}/passphrase {self.pid_file}"
        return ["sh", "-c", f"setsid java {self.folder}/Serve.java {words} > {self.folder}/serve.log 2>&1 &"]

    @property
    def validate_command(self) -> list[str]:
        return []

    @property
    def reload_command(self) -> list[str]:
        up = f"while [ ! -s {self.pid_file} ]; do sleep 0.1; done"
        return ["sh", "-c", f"kill $(cat {self.pid_file}); rm {self.pid_file}; {self.start_command[2]} {up}"]

    def configure(self) -> None:
        (self.folder / "Serve.java").write_text(JAVA)
        (self.folder / "passphrase").write_text(PASSPHRASE)


def test_a_java_server_shows_the_certificate_of_its_keystore(machine: Machine) -> None:
    if JavaServer.missing():
        pytest.skip(JavaServer.missing())
    machine.options = {"pkcs12_passphrase": PASSPHRASE}
    old = machine.ordered()
    machine.install({**old, "pkcs12": {}})
    with JavaServer(machine.folder / "server", [Site(NAME, machine.root / "shop" / "current")]) as server:
        assert server.leaf_sha256() == sha256(old["certificate"])
        new = {**used_by(server, machine.ordered(fresh_pending=True)), "pkcs12": {}}
        result = machine.install(new, services=[server.service])
        assert (result["rc"], result["services"][0]["proven"]) == (0, True), result
        assert server.leaf_sha256() == sha256(new["certificate"])
        listed = subprocess.run(
            ["keytool", "-list", "-keystore", f"{machine.root}/shop/current/keystore.p12", "-storepass:env", "PASS"],
            env={**os.environ, "PASS": PASSPHRASE},
            check=True,
            capture_output=True,
            text=True,
        )
        assert "PrivateKeyEntry" in listed.stdout
