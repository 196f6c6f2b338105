"""The files in ``deploy/`` are read by the programs that they are for, as far as they are here."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from sqlalchemy import text

from feedback_hub.bootstrap import settings_of
from feedback_hub.config import load_config
from feedback_hub.domain.access import Role
from tests.integration.asking import Asking
from tests.integration.databases import PostgresServer, opened
from tests.pages_world import make_hub

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").iterdir())
INSTRUCTIONS = frozenset(
    [
        "FROM",
        "LABEL",
        "RUN",
        "COPY",
        "ENV",
        "USER",
        "VOLUME",
        "EXPOSE",
        "STOPSIGNAL",
        "HEALTHCHECK",
        "CMD",
        "WORKDIR",
    ]
)


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_takes_the_units(unit: Path, tmp_path: Path) -> None:
    for one in UNITS:
        # Where it will be installed there is no program yet.
        said = re.sub(r"/opt/feedback-hub/\S+", "/bin/true", one.read_text())
        (tmp_path / one.name).write_text(said)
    name = unit.name.replace("@.", "@1.")
    if name != unit.name:
        shutil.copyfile(tmp_path / unit.name, tmp_path / name)
    checked = subprocess.run(
        ["systemd-analyze", "verify", str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (checked.returncode, checked.stderr) == (0, "")


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="no systemd here")
def test_no_service_may_do_more_than_it_needs() -> None:
    services = [str(unit) for unit in UNITS if unit.suffix == ".service"]
    judged = subprocess.run(
        # 10 is a service that may do anything; 2.5 as of systemd's own scale "OK".
        ["systemd-analyze", "security", "--offline=true", "--threshold=25", *services],
        capture_output=True,
        text=True,
        check=False,
    )
    assert judged.returncode == 0, judged.stdout[-2000:]


@pytest.mark.skipif(shutil.which("promtool") is None, reason="no Prometheus here")
@pytest.mark.parametrize(
    "words",
    [
        ("check", "rules", "feedback_hub.rules.yml"),
        ("test", "rules", "feedback_hub.rules.test.yml"),
        ("check", "config", "--syntax-only", "prometheus.yml"),
    ],
)
def test_prometheus_takes_its_rules_and_they_ring(words: tuple[str, ...]) -> None:
    asked = subprocess.run(
        ["promtool", *words],
        cwd=DEPLOY / "prometheus",
        capture_output=True,
        text=True,
        check=False,
    )
    assert asked.returncode == 0, asked.stdout + asked.stderr


def test_a_rule_asks_only_for_figures_that_there_are(tmp_path: Path) -> None:
    hub = make_hub(tmp_path / "home")
    said = Asking(hub).get(Role.ADMIN, "/metrics").text
    hub.close()
    rules = yaml.safe_load((DEPLOY / "prometheus" / "feedback_hub.rules.yml").read_text())
    asked = {
        re.sub(r"_(bucket|total)$", "", name)
        for group in rules["groups"]
        for rule in group["rules"]
        for name in re.findall(r"feedback_hub_\w+", rule["expr"])
    }
    there = set(re.findall(r"^# TYPE (feedback_hub_\w+)", said, re.MULTILINE))
    elsewhere = {
        # Counted by the web role, told by the queue server, PostgreSQL, TLS and a backup.
        "feedback_hub_http_request_seconds",
        "feedback_hub_http_responses",
        "feedback_hub_processes",
        "feedback_hub_database_connections",
        "feedback_hub_database_connections_max",
        "feedback_hub_certificate_expires_seconds",
        "feedback_hub_backup_age_seconds",
    }
    assert asked - there <= elsewhere
    assert asked & there


def test_the_container_is_built_of_what_is_here_and_is_not_root() -> None:
    lines = (DEPLOY / "Containerfile").read_text().replace("\\\n", " ").splitlines()
    said = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    # The health check's command stands on a line of its own.
    words = {first: rest for first, rest in said if first != "CMD" or rest.startswith('["feed')}
    assert {first for first, _ in said} <= INSTRUCTIONS
    assert words["USER"] not in {"root", "0"}
    for first, rest in said:
        if first == "COPY" and "--from" not in rest:
            *sources, _ = rest.split()
            assert all((ROOT / source).exists() for source in sources)
        if first == "FROM":
            assert ":latest" not in rest
            assert ":" in rest


def test_what_the_compose_file_refers_to_is_in_it() -> None:
    whole = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    for name, service in whole["services"].items():
        assert set(service.get("secrets", ())) <= whole["secrets"].keys(), name
        assert set(service.get("depends_on", ())) <= whole["services"].keys(), name
        named = {one.partition(":")[0] for one in service.get("volumes", ())}
        assert {one for one in named if not one.startswith("./")} <= whole["volumes"].keys(), name
        for value in service.get("environment", {}).values():
            assert "password=" not in value
    mine = [name for name, one in whole["services"].items() if one["image"] == "feedback-hub"]
    assert mine == ["migrate", "web", "worker", "scheduler"]


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_a_proxy_s_file_is_whole_and_keeps_the_figures_to_the_machine(name: str) -> None:
    said = (DEPLOY / name).read_text()
    assert said.count("{") == said.count("}")
    assert "/metrics" in said
    if name == "nginx.conf":
        assert "listen [::]:443" in said
        assert "access_log off" in said
        checked = [line.strip() for line in said.splitlines() if line.strip()]
        assert all(line[-1] in "{};" or line.startswith("#") for line in checked)


def test_a_small_machine_s_configuration_is_one() -> None:
    config = load_config(DEPLOY / "small.toml", {}, settings_of)
    assert config.alerts.backup_days == 3
    assert (config.processes.web, config.processes.workers) == (1, 1)


@pytest.mark.postgres
def test_postgresql_knows_every_setting_and_takes_its_value(
    postgres_server: PostgresServer,
) -> None:
    settings = re.findall(
        r"^(\w+) = '?([^'#\n]+?)'?\s*(?:#.*)?$",
        (DEPLOY / "postgresql.conf").read_text(),
        re.MULTILINE,
    )
    assert len(settings) > 15
    with opened(postgres_server.bare()) as engine, engine.connect() as connection:
        settings_there = connection.execute(text("SELECT name, context FROM pg_settings"))
        known: dict[str, str] = {row.name: row.context for row in settings_there}
        for name, value in settings:
            assert name in known
            if known[name] == "user":
                connection.execute(text(f"SET {name} = '{value}'"))
