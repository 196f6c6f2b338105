"""``classifier train``, as an operator goes about it: looked at, approved or not, taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from feedback_hub.adapters.model_store import shipped_digest
from feedback_hub.adapters.training import Example
from feedback_hub.bootstrap import Hub
from feedback_hub.cli import learning
from feedback_hub.cli.learning import exam, seed
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.coding import CodingFrame
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import triage
from feedback_hub.services.learning import allow
from feedback_hub.services.triage import Decision
from tests.integration.commands import Commands, commands
from tests.pages_world import CHIEF, Clock, arrives, make_hub

__all__ = ["commands"]

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ANA = Actor("ana", memberships=(Membership(Role.CASE_MANAGER),))
ROSA = Actor("rosa", memberships=(Membership(Role.PROTECTION), Membership(Role.CASE_MANAGER)))
CODES = ("complaint.broken", "misconduct.sea", "request.water", "thanks.any")
SAID = r"(\d+) messages to learn from, (\d+) to judge by"
SOLAR = "o painel solar do posto de luz {} ja nao carrega os telefones"


@pytest.fixture
def hub(commands: Commands, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    # Some stories of a few codes: learning from all of the seed takes minutes.
    monkeypatch.setattr(learning, "seed", some_of_the_seed)
    monkeypatch.setattr(learning, "exam", some_of_the_exam)
    made = make_hub(commands.folder / "home", clock=Clock())
    yield made
    made.close()


def some_of_the_seed(frame: CodingFrame) -> list[Example]:
    return [one for one in seed(frame) if one.codes[0] in CODES and one.family.endswith(("0", "5"))]


def some_of_the_exam(frame: CodingFrame) -> list[Example]:
    return [one for one in exam(frame) if one.codes[0] in CODES][:40]


def decides(hub: Hub, actor: Actor, ref: str, **decision: Any) -> None:
    with hub.unit_of_work() as uow:
        triage.triage(uow, hub.rules, actor, ref, Decision(**decision), hub.clock())
        uow.commit()


def reads(commands: Commands) -> str:
    """The digest, shortened, of the model that decides at once."""
    line = commands.run("classifier", "info").stdout.splitlines()[0]
    return line.partition("\tlight-")[2].partition("/")[0]


def test_a_new_version_reads_once_approved_and_the_one_before_comes_back(
    commands: Commands, hub: Hub
) -> None:
    for number in range(4):
        decides(hub, ANA, arrives(hub, SOLAR.format(number)), codes=("complaint.broken",))
    # What is, was, or was feared to be highly sensitive teaches nothing, unless a handler lets it.
    decides(hub, ROSA, arrives(hub, CHIEF), codes=("misconduct.sea",))
    let = arrives(hub, f"{CHIEF}, ajudem")
    decides(hub, ROSA, let, codes=("misconduct.sea",))
    with hub.unit_of_work() as uow:
        allow(uow, ROSA, let, True, hub.clock())
        uow.commit()
    decides(
        hub,
        ROSA,
        arrives(hub, f"{CHIEF}!"),
        codes=("thanks.any",),
        sensitivity=Sensitivity.L1,
        reason="a play that was told of",
    )
    decides(hub, ROSA, arrives(hub, SOLAR.format("9")), sensitivity=Sensitivity.L3)

    shipped = shipped_digest()[:12]
    assert reads(commands) == shipped
    refused = commands.run("classifier", "train", "--model", "light", given="n\n")
    learnt, asked = map(int, re.search(SAID, refused.stderr).groups())  # type: ignore[union-attr]
    frame = hub.rules.frame
    ships = len(some_of_the_seed(frame)) + len(some_of_the_exam(frame))
    assert learnt + asked == ships + 4 + 1
    assert "1 of them highly sensitive, let by their handlers" in refused.stderr
    # Old and new answer the same questions: none is without a figure.
    assert all("-" not in line.split("\t")[2:] for line in refused.stdout.splitlines())
    assert "code\tmessages\tF1 before\tF1 now" in refused.stdout
    assert "complaint.broken\t" in refused.stdout
    assert "L3 recall\t\t" in refused.stdout
    assert refused.stdout.endswith("nothing changed\n")
    assert "solar" not in refused.output
    assert reads(commands) == shipped
    assert not (commands.folder / "home" / "classifier").exists()

    taken = commands.run("classifier", "train", "--model", "light", given="y\n")
    own = reads(commands)
    assert own != shipped
    assert f"light-{own} reads from now on" in taken.stdout
    file = commands.file("m.csv", ["id,text", f"1,{SOLAR.format(7)}"])
    assert ",complaint.broken," in commands.run("classifier", "classify", "--light", file).stdout

    assert f"light-{shipped} reads again" in commands.run("classifier", "rollback").stdout
    assert reads(commands) == shipped
    assert "none before it" in commands.run("classifier", "rollback", fails=1).stderr
    changed = commands.rows("SELECT object_id FROM audit WHERE action = 'classifier_changed'")
    assert [row[0][:12] for row in changed] == [own, shipped]
