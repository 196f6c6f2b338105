"""``packs``, ``check`` and ``classifier``."""

from __future__ import annotations

import csv
import io
import json
import socket
from contextlib import closing
from datetime import timedelta

from feedback_hub.bootstrap import build
from feedback_hub.config import parse_config
from feedback_hub.services import alerts
from feedback_hub.services.records.watching import AlertKind
from feedback_hub.services.records.work import Task
from tests.integration.commands import Commands, commands

__all__ = ["commands"]


def states(commands: Commands) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for language, state in commands.rows("SELECT language, state FROM wording"):
        found.setdefault(language, set()).add(state)
    return found


def test_a_new_hub_sends_nothing_until_somebody_approves(commands: Commands) -> None:
    listed = commands.run("packs", "list").stdout.splitlines()
    assert all("\tdraft\t" in line for line in listed)
    assert {line.split("\t")[3] for line in listed if "voice_" in line} == {"said by a voice"}
    read_out = [line for line in listed if "script_" in line]
    assert {line.split("\t")[3] for line in read_out} == {"read out by one of us"}
    texts = [line for line in listed if "voice_" not in line and line not in read_out]
    assert texts
    assert all("GSM-7, 1 SMS" in line for line in texts)
    assert states(commands) == {"por": {"draft"}, "eng": {"draft"}}
    assert "NOTHING IS SENT" in commands.run("check").stdout
    commands.run("packs", "approve", "pt", "--by", "Ana")
    assert states(commands) == {"por": {"approved"}, "eng": {"draft"}}
    assert "by Ana" in commands.run("packs", "list").stdout
    assert "All languages: eng, por" in commands.run("packs", "approve").stderr
    assert states(commands) == {"por": {"approved"}, "eng": {"approved"}}
    assert "0 wordings" in commands.run("packs", "approve", "--all").stdout


def test_approving_what_is_not_there_says_what_is(commands: Commands) -> None:
    said = commands.run("packs", "approve", "vmw", fails=1)
    assert "vmw" in said.stderr
    assert "eng, por" in said.stderr


def test_a_wording_that_changed_is_a_draft_again(commands: Commands) -> None:
    commands.run("packs", "approve")
    file = commands.folder / "packs.csv"
    commands.run("packs", "export", str(file))
    every = commands.count("wording")
    assert f"0 changed, {every} known" in commands.run("packs", "import", str(file)).stdout
    written = file.read_text("utf-8").replace("Guarde este numero", "Guarde bem este numero")
    file.write_text(written, "utf-8")
    assert f"1 changed, {every - 1} known" in commands.run("packs", "import", str(file)).stdout
    changed = commands.rows("SELECT purpose, approved_by FROM wording WHERE state = 'draft'")
    assert changed == [("acknowledgement", "")]


def test_a_wording_that_cannot_be_sent_is_refused(commands: Commands) -> None:
    file = commands.file(
        "packs.csv",
        [
            "language,purpose,text",
            f"por,status,{'a' * 161}",
            f"por,status,{'não ' * 30}",
            "por,status,Ola {{ name }}",
            "por,status,Ola {{ ref",
            "por,greeting,Ola",
            "portugues,status,Ola",
        ],
    )
    assert "6 rejected" in commands.run("packs", "import", file, fails=1).stdout
    said = commands.rejected("packs.csv")
    assert "ã" in said
    assert said.count("placeholder") == 2


def test_check_tells_every_fault_at_once(commands: Commands) -> None:
    config = commands.file(
        "config.toml",
        ["[hub]", 'timezone = "Mars"', "colour = 1", "[retention]", "raw_payload_days = -1"],
    )
    said = commands.run("--config", config, "check", fails=1)
    assert said.stdout.count("FAULT") == 3


def test_check_on_a_new_home_finds_nothing_wrong(commands: Commands) -> None:
    said = commands.run("check")
    assert "FAULT" not in said.stdout
    assert not (commands.folder / "home" / "hub.sqlite3").exists()


def test_check_finds_a_queue_and_a_database_that_do_not_answer(commands: Commands) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        free = taken.getsockname()[1]
    config = commands.file(
        "config.toml",
        [
            "[queue]",
            f'url = "redis://127.0.0.1:{free}/0"',
            "[database]",
            f'url = "postgresql://nobody@127.0.0.1:{free}/none"',
        ],
    )
    said = commands.run("--config", config, "check", fails=1)
    assert "FAULT database" in said.stdout
    assert "FAULT queue" in said.stdout
    listed = commands.run("--config", config, "packs", "list", fails=1)
    assert "cannot be reached" in listed.stderr


def test_check_says_what_waits_and_what_was_found_wrong(commands: Commands) -> None:
    commands.run("migrate")
    document = {"hub": {"home": str(commands.folder / "home")}}
    with closing(build(parse_config(document, {}))) as hub, hub.unit_of_work() as uow:
        uow.work(Task.CLASSIFY, "a" * 32, hub.clock() - timedelta(minutes=20))
        alerts.raise_once(uow, AlertKind.SILENT_CHANNEL, "sms", hub.clock())
        uow.commit()
    said = commands.run("check", fails=1).stdout
    assert "FAULT work: triage waits for more than 15 minutes" in said
    assert "note  alert silent_channel: since " in said
    assert "ok    disk: " in said


def test_check_knows_keys_that_are_not_this_databases(commands: Commands) -> None:
    commands.run("import", "messages", commands.file("m.csv", ["id,text", "1,water"]))
    assert "ok    keys" in commands.run("check").stdout
    (commands.folder / "home" / "secrets" / "encryption_key").write_text("x" * 64)
    assert "FAULT keys" in commands.run("check", fails=1).stdout


def test_classify_adds_its_columns(commands: Commands) -> None:
    file = commands.file(
        "m.csv", ["id,text,channel", '1,"Não há água, estamos com sede",sms', "2", "3,Obrigado,sms"]
    )
    said = commands.run("classifier", "classify", file)
    rows = list(csv.DictReader(io.StringIO(said.stdout)))
    assert [row["id"] for row in rows] == ["1", "3"]
    assert rows[0]["text"] == "Não há água, estamos com sede"
    assert rows[0]["sector"] == "wash"
    assert rows[0]["language"] == "por"
    assert 0 < float(rows[0]["confidence"]) <= 1
    assert rows[0]["reasons"]
    assert rows[1]["type"] == "thanks"
    assert "1 rejected" in said.stderr


def test_evaluate_counts_only_what_people_coded(commands: Commands) -> None:
    lines = ["text,type,sensitivity", "Obrigado,thanks,L1", "Obrigado,complaint,L3", "Obrigado,,"]
    file = commands.file("m.csv", lines)
    report = commands.folder / "report.json"
    said = commands.run("classifier", "evaluate", file, "--report", str(report)).stdout
    assert "messages\t3" in said
    assert "type\t2 coded\taccuracy 0.500\tmacro-F1 0.333" in said
    assert "L3\t1 coded\tprecision 0.000\trecall 0.000" in said
    figures = json.loads(report.read_text("utf-8"))
    assert figures["rows"] == 3
    assert figures["ordinary_raised"] == 0.0
    assert figures["l3"] == {"recall": 0.0, "precision": 0.0, "support": 1}
    assert figures["fields"]["type"]["words"]["thanks"]["precision"] == 0.5
    assert "sector" not in figures["fields"]
    nothing = commands.file("n.csv", ["text", "Obrigado"])
    assert "nothing to compare" in commands.run("classifier", "evaluate", nothing, fails=1).stderr


def test_swahili_is_one_language_by_either_of_its_codes(commands: Commands) -> None:
    rows = ["text,language", "tunaomba vyandarua na sabuni,swa", "bomba la maji limeharibika,swh"]
    said = commands.run("classifier", "evaluate", commands.file("m.csv", rows)).stdout
    assert "language\t2 coded\taccuracy 1.000" in said


def test_info_and_check_say_which_models_read(commands: Commands) -> None:
    said = commands.run("classifier", "info").stdout
    assert "58 codes" in said
    assert "decides at once\tlight-" in said
    assert "reads again\tfull-" in said
    assert "languages told apart\teng fra kde por spa swh tso vmw" in said
    assert "classifier: full-" in commands.run("check").stdout
    config = commands.file("config.toml", ["[classifier]", 'kind = "light"'])
    said = commands.run("--config", config, "classifier", "info").stdout
    assert "reads again\tnothing" in said
    assert "reads alone, as configured" in commands.run("--config", config, "check").stdout


def test_a_language_is_added_from_samples_and_taken_away(commands: Commands) -> None:
    samples = [
        f"{first} {second} ngekuti tinokumbira chikafo {third}"
        for first in ("vandhu vano", "ini ndino", "isu tese", "vana vedu")
        for second in ("nzara", "mvura", "imba", "mushonga")
        for third in ("pano", "nhasi")
    ]
    file = commands.file("ndau.csv", ["text", *samples])
    asked = commands.file("m.csv", ["id,text", "1,vandhu vano nzara tinokumbira chikafo"])
    assert ",und," in commands.run("classifier", "classify", "--light", asked).stdout
    said = commands.run("classifier", "language", "ndc", file).stdout
    assert "ndc: 32 samples" in said
    assert "7 of those were told to be ndc" in said
    assert ",ndc," in commands.run("classifier", "classify", "--light", asked).stdout
    commands.run("classifier", "language", "ndc", "--remove")
    assert ",und," in commands.run("classifier", "classify", "--light", asked).stdout
    assert "ISO 639-3" in commands.run("classifier", "language", "Ndau", file, fails=1).stderr
    few = commands.file("few.csv", ["text", *samples[:5]])
    assert "at least 30" in commands.run("classifier", "language", "ndc", few, fails=1).stderr
