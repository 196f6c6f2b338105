"""A whole hub behind the proxies of ``deploy/``, as far as they are here: TLS and a prefix."""

from __future__ import annotations

import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.integration.system import NUMBER, System, free_port, wait_for
from tests.providers.twilio import TwilioServer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

DEPLOY = Path(__file__).parents[2] / "deploy"
HOST = "hub.example.org"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("tls")
    shown, key = folder / "fullchain.pem", folder / "privkey.pem"
    words = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    words += ["-subj", f"/CN={HOST}", "-addext", f"subjectAltName=DNS:{HOST}"]
    words += ["-keyout", str(key), "-out", str(shown)]
    subprocess.run(words, check=True, capture_output=True)
    return shown, key


def nginx_file(folder: Path, upstream: int, port: int, tls: tuple[Path, Path], prefix: str) -> Path:
    said = (DEPLOY / "nginx.conf").read_text()
    said = said.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    said = re.sub(r"/etc/letsencrypt/\S+/fullchain.pem", str(tls[0]), said)
    said = re.sub(r"/etc/letsencrypt/\S+/privkey.pem", str(tls[1]), said)
    said = said.replace(":443 ssl", f":{port} ssl").replace("listen 443 ssl", f"listen {port} ssl")
    plain = free_port()
    said = said.replace("listen 80;", f"listen {plain};").replace(":80;", f":{plain};")
    said = said.replace("location / {", f"location {prefix}/ {{")
    file = folder / "nginx.conf"
    file.write_text(
        f"daemon off; worker_processes 1; pid {folder}/nginx.pid; error_log {folder}/error.log;\n"
        f"events {{}}\nhttp {{ client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;"
        f" fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u; scgi_temp_path {folder}/s;\n"
        f"{said}\n}}\n"
    )
    return file


def caddy_file(folder: Path, upstream: int, port: int, tls: tuple[Path, Path], prefix: str) -> Path:
    del prefix  # it hands everything on as it came
    said = (DEPLOY / "Caddyfile").read_text()
    said = said.replace("127.0.0.1:8000", f"127.0.0.1:{upstream}")
    said = said.replace(f"{HOST} {{", f"{HOST}:{port} {{\n\ttls {tls[0]} {tls[1]}", 1)
    file = folder / "Caddyfile"
    plain = free_port()
    file.write_text(f"{{\n\tadmin off\n\thttp_port {plain}\n\tauto_https off\n}}\n{said}")
    return file


@contextmanager
def proxy(name: str, file: Path) -> Iterator[None]:
    check, start = {
        "nginx": (["nginx", "-t", "-c", str(file)], ["nginx", "-c", str(file)]),
        "caddy": (
            ["caddy", "validate", "--config", str(file), "--adapter", "caddyfile"],
            ["caddy", "run", "--config", str(file), "--adapter", "caddyfile"],
        ),
    }[name]
    valid = subprocess.run(check, capture_output=True, text=True, check=False)
    assert valid.returncode == 0, valid.stderr
    with (file.parent / "proxy.log").open("wb") as log:
        process = subprocess.Popen(start, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.terminate()
        process.wait(10)


@pytest.mark.parametrize("prefix", ["", "/feedback"], ids=["root", "prefix"])
@pytest.mark.parametrize("name", ["nginx", "caddy"])
def test_a_hub_works_behind_it(
    name: str, prefix: str, tmp_path: Path, certificate: tuple[Path, Path]
) -> None:
    if shutil.which(name) is None:
        pytest.skip(f"no {name} here")
    port = free_port()
    public = f"https://{HOST}:{port}{prefix}"
    twilio = TwilioServer().start()
    system = System(
        tmp_path / "home",
        twilio,
        more_config="[security]\ntrusted_proxies = 1\n",
        secrets={"HUB_BASE_URL": public},
    )
    made = {"nginx": nginx_file, "caddy": caddy_file}[name]
    file = made(tmp_path, system.port, port, certificate, prefix)
    try:
        system.start("run", "--port", str(system.port))
        system.wait_ready()
        with (
            proxy(name, file),
            httpx.Client(
                base_url=f"https://127.0.0.1:{port}{prefix}",
                headers={"Host": f"{HOST}:{port}"},
                verify=ssl.create_default_context(cafile=certificate[0]),
                event_hooks={"request": [ask_for_the_host]},
                trust_env=False,
                timeout=60,
            ) as client,
        ):
            wait_for(lambda: answers(client), f"{name} serves: {system.said()}")
            # Signed over the address that people type, whatever the proxy calls the hub.
            message = twilio.receive("A bomba avariou em Ntokota", "+258841234567", NUMBER)
            signed = twilio.signed(client, f"{public}/channels/sms/inbound", message)
            headers = {
                name: signed.headers[name] for name in ("X-Twilio-Signature", "Content-Type")
            }
            for body, status in ((signed.content, 200), (signed.content + b"x", 403)):
                sent = client.post("/channels/sms/inbound", content=body, headers=headers)
                assert sent.status_code == status
            wait_for(system.cases, "the case")
            page = client.get("/login")
            assert page.status_code == httpx.codes.OK
            assert "Secure" in page.headers["Set-Cookie"]
            assert "Strict-Transport-Security" in page.headers
            links = re.findall(r'(?:href|src|action)="(/[^"]*)"', page.text)
            assert links
            assert all(link.startswith(f"{prefix}/") for link in links)
            token = {"Authorization": f"Bearer {system.tokens['admin']}"}
            figures = client.get("/metrics", headers=token)
            assert figures.status_code == httpx.codes.OK
    finally:
        system.stop()
        twilio.stop()


def ask_for_the_host(request: httpx.Request) -> None:
    request.extensions["sni_hostname"] = HOST


def answers(client: httpx.Client) -> bool:
    try:
        return client.get("/readyz").status_code == httpx.codes.OK
    except httpx.HTTPError:
        return False
