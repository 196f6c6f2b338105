"""Finding cases by words: the same on both databases, and only what may be found."""

from __future__ import annotations

import uuid
from pathlib import Path

import pytest
from sqlalchemy import select

from feedback_hub.adapters import search_index, tables
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor, Membership, Role
from feedback_hub.domain.message import InboundMessage
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.domain.submission import Submission
from feedback_hub.services import intake, triage
from feedback_hub.services.triage import Decision
from tests.integration.databases import NOW, HubOn, SqliteFiles
from tests.integration.test_unit_of_work import new_case

TEAM = Actor("rosa", memberships=(Membership(Role.CASE_MANAGER), Membership(Role.PROTECTION)))


def found(hub: Hub, words: str) -> set[str]:
    with hub.reading() as uow:
        condition = search_index.matches(uow.session, words)
        return set(uow.session.scalars(select(tables.case.c.id).where(condition)))


def remember(hub: Hub, text: str) -> str:
    with hub.unit_of_work() as uow:
        case = new_case(uow)
        uow.session.flush()
        uow.index_text(case.id, text)
        uow.commit()
        return case.id


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("O poço de Mocímboa não tem água", "AGUA"),
        ("o poco nao tem agua", "poço água"),
        ("O poço está avariado há três semanas", "avar sem"),
        ("O poço está avariado", "avariado o"),
        ("Não há água.Latrina suja", "latrina"),
        ("água/latrina/saúde", "latrina"),
        ("o_poço_está seco", "poco"),
        ("mande para ajuda@exemplo.org.mz", "exemplo"),
        ("fila,senhas;lista(nomes)", "nomes"),
        ("já são 45 dias", "45"),
        ("bloco 12B, tenda 3-A", "12b"),
        ("the well's pump doesn't work", "doesn't work"),
        ("ﬁla na ﬁrma", "fila"),
        ("STRASSE", "straße"),
        ("muzinda wa maji हिन्दी", "maji"),
    ],
)
def test_a_case_is_found_by_the_beginnings_of_its_words(hub: Hub, text: str, words: str) -> None:
    case_id = remember(hub, text)
    remember(hub, "outra coisa, noutro sítio")
    assert found(hub, words) == {case_id}


def test_a_word_that_most_texts_hold_is_found_like_a_rare_one(
    hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search_index, "_COMMON", 3)
    dry = {remember(hub, f"O poço de Mocímboa {number} não tem água") for number in range(4)}
    broken = {remember(hub, f"a bomba do poço {number} avariou") for number in range(4)}
    for words, expected in (
        ("POCO", dry | broken),
        ("poç", dry | broken),
        ("água poco", dry),
        ("bomb avar", broken),
        ("poco 2", {one for one in dry | broken if one in found(hub, "2")}),
        ("oco", set()),
    ):
        assert found(hub, words) == expected, words


@pytest.mark.parametrize("words", ["bomba", "oco", "agua bomba", "aguas"])
def test_every_word_must_begin_a_word_of_the_text(hub: Hub, words: str) -> None:
    remember(hub, "O poço não tem água")
    assert found(hub, words) == set()


@pytest.mark.parametrize(
    "words",
    [
        *("", "   ", "!!!", "'", '"', "agua'", "a & b", "agua | !x:*", "NEAR(a b)", "body:agua"),
        *("*", "-agua", "^agua", "agua OR poco", "(((", "\\", "%", "\x00", "\ud800", "😀", "´`~"),
        "a" * 500,
    ],
)
def test_nothing_typed_breaks_the_search(hub: Hub, words: str) -> None:
    remember(hub, "O poço não tem água")
    assert len(found(hub, words)) <= 1


@pytest.mark.parametrize("words", ["", "!!!", "😀"])
def test_words_that_are_none_find_nothing(hub: Hub, words: str) -> None:
    remember(hub, "O poço não tem água")
    assert found(hub, words) == set()


def test_a_text_replaced_is_found_by_the_new_words_only(hub: Hub) -> None:
    case_id = remember(hub, "bomba avariada")
    with hub.unit_of_work() as uow:
        uow.index_text(case_id, "lista errada")
        uow.commit()
    assert (found(hub, "bomba"), found(hub, "lista")) == (set(), {case_id})


def test_a_case_forgotten_is_not_found(hub: Hub) -> None:
    case_id, other = remember(hub, "bomba avariada"), remember(hub, "bomba nova")
    with hub.unit_of_work() as uow:
        uow.forget_text(case_id)
        uow.forget_text(case_id)
        uow.forget_text(uuid.uuid4().hex)
        uow.commit()
    assert found(hub, "bomba") == {other}


def submit(uow: SqlUnitOfWork, hub: Hub, text: str) -> str:
    message = InboundMessage(uuid.uuid4().hex, NOW, text)
    handed_in = Submission(message, "desk")
    ref, _new = intake.submit(uow, hub.rules, hub.classifier, TEAM, handed_in, NOW)
    return ref


def triaged(hub: Hub, text: str, level: Sensitivity) -> str:
    decision = Decision(codes=("request.water",), sensitivity=level)
    with hub.unit_of_work() as uow:
        ref = submit(uow, hub, text)
        uow.commit()
    with hub.unit_of_work() as uow:
        case = triage.triage(uow, hub.rules, TEAM, ref, decision, NOW)
        uow.commit()
        return case.id


def test_what_no_person_has_confirmed_is_not_found(hub: Hub) -> None:
    with hub.unit_of_work() as uow:
        submit(uow, hub, "a bomba está avariada")
        uow.commit()
    assert found(hub, "bomba") == set()


@pytest.mark.parametrize("level", list(Sensitivity))
def test_only_an_ordinary_case_is_found(hub: Hub, level: Sensitivity) -> None:
    case_id = triaged(hub, "a bomba está avariada", level)
    assert found(hub, "bomba") == ({case_id} if level is Sensitivity.L1 else set())


def test_a_case_that_is_raised_is_found_no_more(hub: Hub) -> None:
    case_id = triaged(hub, "a bomba está avariada", Sensitivity.L1)
    assert found(hub, "bomba") == {case_id}
    with hub.unit_of_work() as uow:
        case = uow.case(case_id)
        assert case is not None
        level, reason = Sensitivity.L2, "personal after all"
        triage.change_sensitivity(uow, hub.rules, TEAM, case.ref, level, reason, NOW)
        uow.commit()
    assert found(hub, "bomba") == set()


def test_the_index_holds_no_number(hub: Hub) -> None:
    triaged(hub, "a bomba está avariada, ligue 84 123 4567", Sensitivity.L1)
    assert len(found(hub, "bomba")) == 1
    for number in ("84 123 4567", "4567", "123"):
        assert found(hub, number) == set()


def test_nothing_of_a_case_that_was_raised_stays_in_the_file(
    sqlite_files: SqliteFiles, tmp_path: Path, hub_on: HubOn
) -> None:
    url = sqlite_files.fresh()
    hub = hub_on(url, tmp_path / "home")
    for number in range(40):
        remember(hub, f"texto comum numero {number} sobre a distribuicao")
    case_id = remember(hub, "kimbundunga desviado por zubaida")
    path = Path(url.removeprefix("sqlite:///"))
    wal = path.with_name(f"{path.name}-wal")
    assert b"kimbundunga" in path.read_bytes() + wal.read_bytes()
    with hub.unit_of_work() as uow:
        uow.forget_text(case_id)
        uow.commit()
    with hub.engine.execution_options(readonly=True).connect() as connection:
        connection.rollback()
        raw = connection.connection.cursor()
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert raw.fetchall()[0][0] == 0, "somebody kept the journal open"
    held = path.read_bytes() + wal.read_bytes()
    assert b"comum" in held
    for word in (b"kimbundunga", b"mbundu", b"zubaida", b"desviado"):
        assert word not in held
