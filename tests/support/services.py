# Copyright (c) 2026, certops contributors
# GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Real servers for tests, without systemd: each with a folder, a configuration and a loopback port of its own.

with Nginx(folder, [Site("shop.example.com", root / "shop" / "current")]) as web:
    web.service           # an entry for the option services of ssl_certificate_install, with its endpoint
    web.leaf_sha256()     # of the certificate it shows now

Files that a site names are read by the server when it starts: install first, or plant a certificate with `Site.plant`.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

from ansible_collections.certops.resello.tests.support.ports import free_port

_START_SECONDS = 20.0
_STOP_SECONDS = 20.0
_LONGEST_SOCKET = 108  # characters in the path of a Unix socket
_APACHE_MODULES = Path("/usr/lib/apache2/modules")


@dataclass(frozen=True)
class Site:
    """A name and the folder with its privkey.pem, fullchain.pem and combined.pem (usually a link `current`)."""

    name: str
    folder: Path

    def plant(self, certificate: str, chain: str, key: str) -> None:
        """Write a set by hand, as if it had always been there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for name, text in (("fullchain.pem", certificate + chain), ("privkey.pem", key)):
            (self.folder / name).write_text(text)
        (self.folder / "combined.pem").write_text(key + certificate + chain)


def client_context() -> ssl.SSLContext:
    """Return a client that trusts everybody."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def shown_leaf(address: str, port: int, name: str, *, starttls: Callable[[socket.socket], None] | None = None) -> str:
    """Return the SHA-256 of the leaf that is shown there for this name."""
    return hashlib.sha256(shown_certificate(address, port, name, starttls=starttls)).hexdigest()


def shown_certificate(
    address: str,
    port: int,
    name: str,
    *,
    starttls: Callable[[socket.socket], None] | None = None,
    header: bytes = b"",
    context: ssl.SSLContext | None = None,
) -> bytes:
    """Return the leaf (DER) that is shown there for this name. `header` is sent before anything else."""
    with socket.create_connection((address, port), timeout=5) as plain:
        if header:
            plain.sendall(header)
        if starttls:
            starttls(plain)
        with (context or client_context()).wrap_socket(plain, server_hostname=name) as tls:
            return tls.getpeercert(binary_form=True) or b""


class Server:
    """One server with its sites, at a free port unless one is given; start, stop or use it in a `with`.

    `options` are those of the kind of server.
    """

    name: ClassVar[str]
    program: ClassVar[str]
    key_group: ClassVar[str] = ""
    """Who must be able to read the keys, if root does not do it for the server."""

    def __init__(
        self, folder: Path, sites: Sequence[Site], *, address: str = "127.0.0.1", port: int = 0, **options: Any
    ) -> None:
        self.folder = folder
        self.sites = list(sites)
        self.address = address
        self.port = port or free_port(address)
        self.options = options
        folder.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Server:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @classmethod
    def missing(cls) -> str:
        """Return why this server cannot be run here, an empty string if it can."""
        return "" if shutil.which(cls.program) else f"no {cls.program}"

    @property
    def config(self) -> Path:
        return self.folder / f"{self.name}.conf"

    @property
    def pid_file(self) -> Path:
        return self.folder / f"{self.name}.pid"

    @property
    def pid(self) -> int:
        """The process that the pid file names, 0 if there is none."""
        with contextlib.suppress(FileNotFoundError, ValueError):
            return int(self.pid_file.read_text())
        return 0

    @property
    def endpoint(self) -> dict[str, Any]:
        return {"host": self.address, "port": self.port}

    @property
    def service(self) -> dict[str, Any]:
        """The entry of this server for the option `services`."""
        return {
            "name": self.name,
            "validate_command": self.validate_command,
            "reload_command": self.reload_command,
            "endpoints": [self.endpoint],
        }

    @property
    def start_command(self) -> list[str]:
        raise NotImplementedError

    @property
    def validate_command(self) -> list[str]:
        raise NotImplementedError

    @property
    def reload_command(self) -> list[str]:
        raise NotImplementedError

    def text(self) -> str:
        """Return the configuration."""
        raise NotImplementedError

    def configure(self) -> None:
        """Write the configuration; also of a running server, which takes it with its next reload."""
        self.config.write_text(self.text())

    def start(self) -> None:
        """Start the server and wait until it answers. Raises RuntimeError with what it said."""
        self.configure()
        completed = subprocess.run(
            self.start_command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
        )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and completed.returncode == 0:
            with contextlib.suppress(OSError), socket.create_connection((self.address, self.port), timeout=1):
                if self.pid:
                    return
            time.sleep(0.05)
        self.stop()
        logs = "\n".join(path.read_text(errors="replace")[-2000:] for path in self.folder.glob("*.log"))
        raise RuntimeError(f"{self.name} does not start: {completed.stdout}{completed.stderr}\n{logs}")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the server and wait until it is gone."""
        pid = self.pid
        if not pid:
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, how)
        deadline = time.monotonic() + _STOP_SECONDS
        while is_running(pid) and time.monotonic() < deadline:
            time.sleep(0.02)
        if is_running(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def leaf_sha256(self, name: str | None = None) -> str:
        """Return the SHA-256 of the leaf shown for a site, the first one by default."""
        return shown_leaf(self.address, self.port, name or self.sites[0].name)


class Nginx(Server):
    """`client_ca`: a file; clients must show a certificate of it. `proxy_protocol`: its header begins a connection.

    `webroot`: a folder that is served over plain HTTP at port `http_port`.
    """

    name = "nginx"
    program = "nginx"

    @property
    def _command(self) -> list[str]:
        return ["nginx", "-p", f"{self.folder}/", "-c", str(self.config), "-e", f"{self.folder}/error.log"]

    @property
    def start_command(self) -> list[str]:
        return self._command

    @property
    def validate_command(self) -> list[str]:
        return [*self._command, "-t"]

    @property
    def reload_command(self) -> list[str]:
        return [*self._command, "-s", "reload"]

    def text(self) -> str:
        user = "user root;\n" if os.geteuid() == 0 else ""
        places = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        temporary = "\n".join(f"  {place}_temp_path {self.folder}/{place};" for place in places)
        sites = "".join(self._site(site) for site in self.sites)
        return (
            f"{user}worker_processes 2;\npid {self.pid_file};\nevents {{ worker_connections 512; }}\n"
            f"http {{\n  access_log off;\n{temporary}\n{self._plain()}{sites}}}\n"
        )

    def _plain(self) -> str:
        webroot = self.options.get("webroot")
        if not webroot:
            return ""
        return f"  server {{\n    listen {self.address}:{self.options['http_port']};\n    root {webroot};\n  }}\n"

    def _site(self, site: Site) -> str:
        how = " proxy_protocol" if self.options.get("proxy_protocol") else ""
        client_ca = self.options.get("client_ca")
        clients = f"    ssl_client_certificate {client_ca};\n    ssl_verify_client on;\n" if client_ca else ""
        return (
            f"  server {{\n    listen {self.address}:{self.port} ssl{how};\n    server_name {site.name};\n"
            f"    ssl_certificate {site.folder}/fullchain.pem;\n    ssl_certificate_key {site.folder}/privkey.pem;\n"
            f'{clients}    return 200 "{site.name}";\n  }}\n'
        )


class Apache(Server):
    """The web server of Apache, with mod_ssl."""

    name = "apache"
    program = "apache2"

    @classmethod
    def missing(cls) -> str:
        return super().missing() or ("" if (_APACHE_MODULES / "mod_ssl.so").exists() else "no mod_ssl")

    @property
    def _command(self) -> list[str]:
        return ["apache2", "-d", str(self.folder), "-f", str(self.config)]

    @property
    def start_command(self) -> list[str]:
        return [*self._command, "-k", "start"]

    @property
    def validate_command(self) -> list[str]:
        return [*self._command, "-t"]

    @property
    def reload_command(self) -> list[str]:
        return [*self._command, "-k", "graceful"]

    def text(self) -> str:
        modules = ("mpm_event", "authz_core", "socache_shmcb", "ssl")
        loaded = "".join(f"LoadModule {name}_module {_APACHE_MODULES}/mod_{name}.so\n" for name in modules)
        user = "User www-data\nGroup www-data\n" if os.geteuid() == 0 else ""
        return (
            f"{loaded}ServerName localhost\nPidFile {self.pid_file}\nErrorLog {self.folder}/error.log\n{user}"
            f"DefaultRuntimeDir {self.folder}\nMutex file:{self.folder}\nDocumentRoot {self.folder}\n"
            f"SSLSessionCache shmcb:{self.folder}/sessions(128000)\n"
            f"Listen {self.address}:{self.port}\n{''.join(self._site(site) for site in self.sites)}"
        )

    def _site(self, site: Site) -> str:
        return (
            f"<VirtualHost {self.address}:{self.port}>\n  ServerName {site.name}\n  SSLEngine on\n"
            f"  SSLCertificateFile {site.folder}/fullchain.pem\n"
            f"  SSLCertificateKeyFile {site.folder}/privkey.pem\n</VirtualHost>\n"
        )


class Haproxy(Server):
    """HAProxy; reads `combined.pem` of each site. `accept_proxy`: connections begin with the PROXY protocol's header.

    `client_ca`: a file; the handshake fails unless the client shows a certificate of it.
    """

    name = "haproxy"
    program = "haproxy"

    @property
    def start_command(self) -> list[str]:
        return ["haproxy", "-W", "-D", "-f", str(self.config), "-p", str(self.pid_file)]

    @property
    def validate_command(self) -> list[str]:
        return ["haproxy", "-c", "-f", str(self.config)]

    @property
    def reload_command(self) -> list[str]:
        return ["sh", "-c", f"kill -USR2 $(cat {self.pid_file})"]

    def text(self) -> str:
        files = " ".join(f"crt {site.folder}/combined.pem" for site in self.sites)
        how = " accept-proxy" if self.options.get("accept_proxy") else ""
        client_ca = self.options.get("client_ca")
        clients = f" ca-file {client_ca} verify required" if client_ca else ""
        versions = f" ssl-max-ver {self.options['newest']}" if "newest" in self.options else ""
        return (
            "global\n  hard-stop-after 5s\n"
            "defaults\n  mode http\n  timeout client 5s\n  timeout server 5s\n  timeout connect 5s\n"
            f"frontend web\n  bind {self.address}:{self.port}{how} ssl {files}{clients}{versions}\n"
            "  http-request return status 200\n"
        )


class Postfix(Server):
    """The mail server, offering STARTTLS; reads `combined.pem` of its first site. Needs root."""

    name = "postfix"
    program = "postfix"

    @classmethod
    def missing(cls) -> str:
        return super().missing() or ("" if os.geteuid() == 0 else "postfix needs root")

    @property
    def config(self) -> Path:
        return self.folder / "etc" / "main.cf"

    @property
    def pid_file(self) -> Path:
        return self.folder / "queue" / "pid" / "master.pid"

    @property
    def pid(self) -> int:
        with contextlib.suppress(FileNotFoundError, ValueError):
            return int(self.pid_file.read_text().split()[0])
        return 0

    @property
    def endpoint(self) -> dict[str, Any]:
        return {**super().endpoint, "starttls": "smtp"}

    @property
    def _command(self) -> list[str]:
        return ["postfix", "-c", str(self.config.parent)]

    @property
    def start_command(self) -> list[str]:
        return [*self._command, "start"]

    @property
    def validate_command(self) -> list[str]:
        return [*self._command, "check"]

    @property
    def reload_command(self) -> list[str]:
        return [*self._command, "reload"]

    def configure(self) -> None:
        for name in ("etc", "queue", "data"):
            (self.folder / name).mkdir(exist_ok=True)
        shutil.chown(self.folder / "data", "postfix")
        self.config.write_text(self.text())
        (self.config.parent / "master.cf").write_text(self._processes())

    def text(self) -> str:
        return (
            f"compatibility_level = 3.6\nqueue_directory = {self.folder}/queue\ndata_directory = {self.folder}/data\n"
            f"myhostname = {self.sites[0].name}\nmynetworks = 127.0.0.0/8\ninet_interfaces = 127.0.0.1\n"
            "inet_protocols = ipv4\nmydestination =\nlocal_recipient_maps =\nalias_maps =\nalias_database =\n"
            f"{self._log()}"
            f"smtpd_tls_security_level = may\nsmtpd_tls_chain_files = {self.sites[0].folder}/combined.pem\n"
        )

    def _log(self) -> str:
        """A log file, unless its daemon could not be reached there; then it is the log of the system."""
        if len(f"{self.folder}/queue/public/postlog") >= _LONGEST_SOCKET:
            return ""
        return f"maillog_file = {self.folder}/mail.log\nmaillog_file_prefixes = {self.folder}\n"

    def _processes(self) -> str:
        return (
            f"{self.address}:{self.port} inet n - n - - smtpd\n"
            "pickup unix n - n 60 1 pickup\ncleanup unix n - n - 0 cleanup\nqmgr unix n - n 300 1 qmgr\n"
            "tlsmgr unix - - n 1000? 1 tlsmgr\nrewrite unix - - n - - trivial-rewrite\n"
            "bounce unix - - n - 0 bounce\nanvil unix - - n - 1 anvil\npostlog unix-dgram n - n - 1 postlogd\n"
        )

    def leaf_sha256(self, name: str | None = None) -> str:
        return shown_leaf(self.address, self.port, name or self.sites[0].name, starttls=smtp_starttls)


class Lighttpd(Server):
    """lighttpd with mod_openssl."""

    name = "lighttpd"
    program = "lighttpd"

    @classmethod
    def missing(cls) -> str:
        return super().missing() or ("" if list(Path("/usr/lib").glob("**/mod_openssl.so")) else "no mod_openssl")

    @property
    def start_command(self) -> list[str]:
        return ["lighttpd", "-f", str(self.config)]

    @property
    def validate_command(self) -> list[str]:
        return ["lighttpd", "-tt", "-f", str(self.config)]

    @property
    def reload_command(self) -> list[str]:
        return ["sh", "-c", f"kill -USR1 $(cat {self.pid_file})"]

    def text(self) -> str:
        first = self.sites[0].folder
        return (
            f'server.modules = ("mod_openssl")\nserver.document-root = "{self.folder}"\n'
            f'server.bind = "{self.address}"\nserver.port = {self.port}\nserver.pid-file = "{self.pid_file}"\n'
            f'server.errorlog = "{self.folder}/error.log"\nssl.engine = "enable"\n'
            f'ssl.pemfile = "{first}/fullchain.pem"\nssl.privkey = "{first}/privkey.pem"\n'
            + "".join(self._site(site) for site in self.sites[1:])
        )

    def _site(self, site: Site) -> str:
        return (
            f'$HTTP["host"] == "{site.name}" {{\n  ssl.pemfile = "{site.folder}/fullchain.pem"\n'
            f'  ssl.privkey = "{site.folder}/privkey.pem"\n}}\n'
        )


class Dovecot(Server):
    """The IMAP server of Dovecot, with TLS from the first byte. Needs root."""

    name = "dovecot"
    program = "dovecot"

    @classmethod
    def missing(cls) -> str:
        return super().missing() or ("" if os.geteuid() == 0 else "dovecot needs root")

    @property
    def pid_file(self) -> Path:
        return self.folder / "run" / "master.pid"

    @property
    def start_command(self) -> list[str]:
        # Its daemon would keep the pipes of whoever starts it.
        return ["sh", "-c", f"dovecot -c {self.config} > {self.folder}/start.log 2>&1"]

    @property
    def validate_command(self) -> list[str]:
        return ["doveconf", "-n", "-c", str(self.config)]

    @property
    def reload_command(self) -> list[str]:
        return ["doveadm", "-c", str(self.config), "reload"]

    def text(self) -> str:
        return (
            f"protocols = imap\nbase_dir = {self.folder}/run\nstate_dir = {self.folder}/state\n"
            f"listen = {self.address}\n"
            f"log_path = {self.folder}/mail.log\nmail_location = maildir:{self.folder}/mail\nssl = required\n"
            f"ssl_cert = <{self.sites[0].folder}/fullchain.pem\nssl_key = <{self.sites[0].folder}/privkey.pem\n"
            "service imap-login {\n  inet_listener imap {\n    port = 0\n  }\n"
            f"  inet_listener imaps {{\n    port = {self.port}\n    ssl = yes\n  }}\n  chroot =\n}}\n"
            + "".join(self._site(site) for site in self.sites[1:])
        )

    def _site(self, site: Site) -> str:
        return (
            f"local_name {site.name} {{\n  ssl_cert = <{site.folder}/fullchain.pem\n"
            f"  ssl_key = <{site.folder}/privkey.pem\n}}\n"
        )


class Postgres(Server):
    """A cluster of PostgreSQL of its own, run by the user `postgres`, who must be able to read the keys. Needs root."""

    name = "postgresql"
    program = "postgres"
    user = "postgres"
    key_group = "postgres"

    @classmethod
    def missing(cls) -> str:
        return super().missing() or ("" if os.geteuid() == 0 else "postgresql is started by root here")

    @property
    def config(self) -> Path:
        return self.folder / "data" / "postgresql.conf"

    @property
    def pid_file(self) -> Path:
        return self.folder / "data" / "postmaster.pid"

    @property
    def pid(self) -> int:
        with contextlib.suppress(FileNotFoundError, ValueError, IndexError):
            return int(self.pid_file.read_text().split()[0])
        return 0

    @property
    def endpoint(self) -> dict[str, Any]:
        return {**super().endpoint, "starttls": "postgres"}

    def _command(self, *words: str) -> list[str]:
        program = Path(os.path.realpath(shutil.which(self.program) or self.program)).parent / words[0]
        return ["runuser", "-u", self.user, "--", str(program), *words[1:]]

    @property
    def start_command(self) -> list[str]:
        data = str(self.config.parent)
        return self._command("pg_ctl", "-D", data, "-w", "-l", f"{data}/server.log", "start")

    @property
    def validate_command(self) -> list[str]:
        return []

    @property
    def reload_command(self) -> list[str]:
        return self._command("pg_ctl", "-D", str(self.config.parent), "reload")

    def configure(self) -> None:
        if not self.config.parent.exists():
            self.config.parent.mkdir(mode=0o700)
            shutil.chown(self.folder, self.user)
            shutil.chown(self.config.parent, self.user)
            made = self._command("initdb", "-D", str(self.config.parent), "-A", "trust", "--no-sync")
            subprocess.run(made, cwd=self.folder, check=True, capture_output=True)
        self.config.write_text(self.text())

    def text(self) -> str:
        return (
            f"listen_addresses = '{self.address}'\nport = {self.port}\nunix_socket_directories = ''\nssl = on\n"
            f"ssl_cert_file = '{self.sites[0].folder}/fullchain.pem'\n"
            f"ssl_key_file = '{self.sites[0].folder}/privkey.pem'\nfsync = off\n"
        )

    def leaf_sha256(self, name: str | None = None) -> str:
        return shown_leaf(self.address, self.port, name or self.sites[0].name, starttls=postgres_starttls)


def postgres_starttls(plain: socket.socket) -> None:
    """Ask a PostgreSQL server for TLS."""
    plain.sendall(bytes([0, 0, 0, 8, 4, 210, 22, 47]))
    assert plain.recv(1) == b"S"


def smtp_starttls(plain: socket.socket) -> None:
    """Talk to a mail server until it begins TLS."""
    with plain.makefile("rb") as lines:
        for command in (b"", b"EHLO test.example\r\n", b"STARTTLS\r\n"):
            plain.sendall(command)
            while lines.readline()[3:4] == b"-":
                pass


def is_running(pid: int) -> bool:
    """Tell whether a process is there and has not ended."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
