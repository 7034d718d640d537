"""nginx/appliance.conf in a real nginx, in front of a small upstream."""

import base64
import http.client
import json
import os
import re
import shutil
import socket
import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from support.network import QuietHandler, free_port, serving

pytestmark = pytest.mark.slow

MAIN = """
{user}
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/appliance.conf;
}}
"""


class Upstream(QuietHandler):
    """Answers what it was asked, and with the headers that the query names."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self.read_body()
        body = json.dumps({"path": self.path, "headers": dict(self.headers), "pad": "x" * 2000})
        self.send_response(404 if "missing" in self.path else 200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        if "strict" in self.path:
            self.send_header("X-Content-Type-Options", "nosniff")
            self.send_header("Content-Security-Policy", "default-src 'self'")
        if self.path.startswith("/assets/"):
            self.send_header("Cache-Control", "no-cache")
        self.end_headers()
        self.wfile.write(body.encode())

    do_POST = do_GET


@dataclass(frozen=True)
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def seen(self) -> dict[str, str]:
        """The headers that reached the upstream."""
        return dict(json.loads(self.body)["headers"])


@dataclass(frozen=True)
class Site:
    folder: Path
    http_port: int
    https_port: int

    def plain(self, path: str, host: str = "example.org") -> Answer:
        return self._ask(
            http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=10), path, host
        )

    def secure(self, path: str, **headers: str) -> Answer:
        context = ssl.create_default_context(cafile=str(self.folder / "fullchain.pem"))
        context.check_hostname = False  # it is asked by its address
        connection = http.client.HTTPSConnection(
            "127.0.0.1", self.https_port, timeout=10, context=context
        )
        return self._ask(connection, path, "example.org", **headers)

    @staticmethod
    def _ask(
        connection: http.client.HTTPConnection, path: str, host: str, **headers: str
    ) -> Answer:
        spelled = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            connection.request("GET", path, headers={"Host": host, **spelled})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()


@pytest.fixture(scope="module")
def upstream():
    with serving(Upstream) as url:
        yield url.removeprefix("http://")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, root, find_program):
    """The configuration as it is committed, with the certificate and folders of a test."""
    folder = tmp_path_factory.mktemp("nginx")
    challenge = folder / "www" / ".well-known" / "acme-challenge"
    challenge.mkdir(parents=True)
    (challenge / "token").write_text("proof")
    make_certificate(folder, find_program("openssl"))
    text = (root / "nginx" / "appliance.conf").read_text(encoding="utf-8")
    text = text.replace("/etc/appliance/tls", str(folder))
    text = text.replace("/var/www/appliance", str(folder / "www"))
    (folder / "appliance.conf").write_text(text)
    (folder / "nginx.conf").write_text(main(folder))
    return folder


def main(folder: Path) -> str:
    # Started by root, nginx would change to a user who may not read the tests' folders.
    return MAIN.format(folder=folder, user="user root;" if os.geteuid() == 0 else "")


def make_certificate(folder: Path, openssl: str) -> None:
    subprocess.run(
        [
            *(openssl, "req", "-x509", "-nodes", "-days", "2", "-subj", "/CN=example.org"),
            *("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"),
            *("-addext", "subjectAltName=DNS:example.org,IP:127.0.0.1"),
            *("-keyout", folder / "privkey.pem", "-out", folder / "fullchain.pem"),
        ],
        check=True,
        capture_output=True,
    )


@pytest.fixture(scope="module")
def site(
    folder,
    upstream,
    find_program,
    wait_until,
):
    """A running nginx; its ports are changed from those of the committed file."""
    site = Site(folder, free_port(), free_port())
    served = folder / "served"
    shutil.copytree(folder, served)
    text = (served / "appliance.conf").read_text()
    text = re.sub(r"^ *listen \[::\].*\n", "", text, flags=re.MULTILINE)
    text = text.replace("listen 80;", f"listen 127.0.0.1:{site.http_port};")
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{site.https_port} ssl;")
    text = text.replace("127.0.0.1:8080", upstream)
    (served / "appliance.conf").write_text(text)
    (served / "nginx.conf").write_text(main(served))
    process = subprocess.Popen([find_program("nginx"), "-c", served / "nginx.conf", "-p", served])
    try:
        wait_until(lambda: process.poll() is not None or answers(site.https_port))
        assert process.poll() is None, (served / "error.log").read_text()
        yield site
    finally:
        process.terminate()
        process.wait(10)


def answers(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def test_nginx_takes_the_file_as_it_is(folder, find_program):
    done = subprocess.run(
        [find_program("nginx"), "-t", "-q", "-c", folder / "nginx.conf", "-p", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_every_tls_server_says_its_protocols(root):
    text = (root / "nginx" / "appliance.conf").read_text(encoding="utf-8")
    servers = [
        part for part in re.split(r"^server \{", text, flags=re.MULTILINE) if " ssl;" in part
    ]
    assert servers
    assert [server for server in servers if "TLSv1.2 TLSv1.3;" not in server] == []


def test_no_location_loses_the_headers_of_its_server(root):
    """One `add_header` or `proxy_set_header` in a location drops all of the server's."""
    text = (root / "nginx" / "appliance.conf").read_text(encoding="utf-8")
    locations = re.findall(r"^ *location [^{]+\{[^}]*\}", text, re.MULTILINE)
    assert len(locations) >= 5
    assert [part for part in locations if re.search(r"\b(add_header|proxy_set_header)", part)] == []


def test_http_leads_to_https_of_the_same_site(site):
    answer = site.plain("/people?q=1", host="elsewhere.example")
    assert answer.status == 301
    assert answer.headers["Location"] == "https://example.org/people?q=1"


def test_acme_challenge_is_answered_over_http(site):
    answer = site.plain("/.well-known/acme-challenge/token")
    assert (answer.status, answer.body) == (200, b"proof")


def test_forwarded_headers_are_nginx_own(site):
    seen = site.secure("/", X_Forwarded_For="203.0.113.7", X_Forwarded_Host="evil.example").seen
    assert seen["Host"] == "example.org"
    assert seen["X-Forwarded-For"] == "127.0.0.1"
    assert seen["X-Forwarded-Proto"] == "https"
    assert seen["X-Forwarded-Host"] == "example.org"


@pytest.mark.parametrize("path", ["/", "/assets/app.js", "/api/v1/site", "/missing", "/telegram/x"])
def test_security_headers_are_everywhere_once(site, path):
    headers = site.secure(path).headers
    assert headers.get_all("Strict-Transport-Security") == ["max-age=31536000"]
    assert headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert headers.get_all("Referrer-Policy") == ["same-origin"]
    assert len(headers.get_all("Content-Security-Policy") or []) == 1


def test_the_program_has_the_last_word_on_headers(site):
    headers = site.secure("/strict").headers
    assert headers.get_all("X-Content-Type-Options") == ["nosniff"]
    assert headers.get_all("Content-Security-Policy") == ["default-src 'self'"]


def test_assets_are_kept_for_ever_but_not_their_absence(site):
    kept = ["public, max-age=31536000, immutable"]
    assert site.secure("/assets/app-1234.js").headers.get_all("Cache-Control") == kept
    assert site.secure("/assets/missing.js").headers.get_all("Cache-Control") is None
    assert site.secure("/index.html").headers.get_all("Cache-Control") is None


def test_answers_are_compressed(site):
    assert site.secure("/", Accept_Encoding="gzip").headers["Content-Encoding"] == "gzip"


def test_guessing_passwords_is_slowed_down(site):
    statuses = [site.secure("/api/v1/auth/login").status for _ in range(25)]
    assert statuses[:20] == [200] * 20
    assert 429 in statuses
    assert site.secure("/api/v1/session").status == 200


@pytest.mark.parametrize("path", ["/api/v1/notify", "/missing", "/telegram/webhook"])
def test_no_token_gets_into_the_logs(site, path, wait_until):
    """As a password the log does not have it; a name it would have."""
    token = "apl_" + "x" * 40
    basic = base64.b64encode(f"monitor:{token}".encode()).decode()
    for given in (f"Bearer {token}", f"Basic {basic}"):
        site.secure(path, Authorization=given)

    def logs() -> list[str]:
        return [file.read_text() for file in (site.folder / "served").glob("*.log")]

    # nginx writes its line after the answer has left.
    wait_until(lambda: any("- monitor [" in log and path in log for log in logs()))
    assert [log for log in logs() if token in log or basic in log] == []


def test_webhook_is_for_telegram_only(site):
    assert site.secure("/telegram/webhook").status == 403


@pytest.mark.parametrize(
    ("version", "taken"), [(ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True)]
)
@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
def test_old_tls_is_refused(site, version, taken):
    context = ssl.create_default_context(cafile=str(site.folder / "fullchain.pem"))
    context.minimum_version = context.maximum_version = version
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    with socket.create_connection(("127.0.0.1", site.https_port), 10) as plain:
        try:
            context.wrap_socket(plain, server_hostname="example.org").close()
            assert taken
        except (ssl.SSLError, ConnectionError):
            assert not taken
