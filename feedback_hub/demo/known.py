"""What people may be told in the invented world, and one problem that many of them named."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from sqlalchemy import select

from feedback_hub.adapters import tables
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.access import Actor
from feedback_hub.domain.bank import BankWords
from feedback_hub.domain.board import BoardWords
from feedback_hub.domain.call_back import local_day
from feedback_hub.domain.sensitivity import Sensitivity
from feedback_hub.services import bank, board, issues
from feedback_hub.services.issues import NewIssue

_ANSWERS = (
    # question, answer, language, site, sector, for how many days
    (
        "Quando é a próxima distribuição de alimentos?",
        (
            "A distribuição em Ntokota é na sexta-feira, a partir das 8 horas, no campo da escola. "
            "Traga o cartão de beneficiário. A ajuda é de graça."
        ),
        "por",
        "NTOKOTA",
        "food",
        5,
    ),
    (
        "When is the next food distribution?",
        (
            "The distribution in Ntokota is on Friday from 8 o'clock, on the school ground. "
            "Bring your card. Aid costs nothing."
        ),
        "eng",
        "NTOKOTA",
        "food",
        5,
    ),
    (
        "O que faço se o meu nome não está na lista?",
        (
            "Diga no balcão de apoio ou ligue 1458, de graça. Não precisa de pagar a ninguém. "
            "Verificamos a lista e damos uma resposta em 14 dias."
        ),
        "por",
        "",
        "",
        60,
    ),
    (
        "Onde há consultas para crianças?",
        (
            "A brigada móvel atende em Corrane às terças e quintas-feiras, das 8 às 13 horas, ao "
            "pé do furo grande."
        ),
        "por",
        "CORRANE",
        "health",
        20,
    ),
    (
        "Perdi os documentos. Onde peço outros?",
        (
            "O registo civil vem a cada centro uma vez por mês e trata do bilhete de graça para "
            "quem foi deslocado. Pergunte o dia no balcão de apoio."
        ),
        "por",
        "",
        "protection",
        60,
    ),
)
_SAID = BoardWords(
    "Muitas pessoas dizem que a bomba está avariada.",
    "Água Viva mandou um técnico e encomendou as peças.",
    "Falta uma peça. Chega dentro de duas semanas.",
)


def make_known(uow: SqlUnitOfWork, hub: Hub, actors: Mapping[str, Actor]) -> None:
    """Approve the answers; open the issue of the broken pump and let its board speak."""
    now = hub.clock() - timedelta(days=2)
    today = local_day(hub.clock(), hub.rules.calendar)
    ana, bela = actors["ana@demo.example"], actors["bela@demo.example"]
    for question, text, language, site, sector, days in _ANSWERS:
        last = today + timedelta(days=days)
        words = BankWords(question, text, language, today, last, site, sector)
        written = bank.write(uow, hub.rules, bela, words, now)
        uow.session.flush()
        bank.approve(uow, hub.rules, ana, written.id, now)
    case = tables.case.c
    about_the_pump = (
        select(case.ref)
        .where(case.site == "NTOKOTA", case.sensitivity == Sensitivity.L1, case.sector == "wash")
        .order_by(case.received_at.desc())
    )
    refs = tuple(uow.session.scalars(about_the_pump))
    title = "A bomba do bloco C não dá água"
    new = NewIssue(title, "NTOKOTA", "wash", "complaint.broken", "me", refs)
    issue = issues.open_issue(uow, hub.rules, ana, new, now)
    uow.session.flush()
    issues.decide(uow, issue.id, "A Água Viva repara a bomba e forma um grupo que cuida dela.")
    entry = board.write(uow, hub.rules, ana, issue.id, "NTOKOTA", "por", _SAID, now)
    uow.session.flush()
    board.approve(uow, hub.rules, bela, entry.id, now, timedelta())
