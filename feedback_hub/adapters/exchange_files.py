"""Letters between mechanisms as a table, one letter a row, version 1 (docs/exchange.md).

Made for a hotline that works with spreadsheets, like Linha Verde 1458: it gets a list of what is
referred to it, fills in what became of each, and adds its own referrals. Headers and words are
Portuguese or English; read in either, whatever their case and accents.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from types import MappingProxyType

from feedback_hub.adapters.search_index import fold
from feedback_hub.domain.consent import Share
from feedback_hub.domain.errors import Invalid
from feedback_hub.domain.exchange import Letter, LetterKind
from feedback_hub.domain.exchange_wire import dump, load
from feedback_hub.domain.sensitivity import Priority, Sensitivity
from feedback_hub.services.history import date_formats, moment_in

# Ours → Portuguese, English; what else an operator's log calls it stands in ``_ALSO``.
HEADERS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "referral": ("Encaminhamento", "Referral"),
        "hub_number": ("Número no hub", "Number at the hub"),
        "number": ("Número do mecanismo", "Number at the mechanism"),
        "state": ("Estado", "State"),
        "date": ("Data", "Date"),
        "text": ("Descrição", "Description"),
        "note": ("Nota", "Note"),
        "site": ("Código do local", "Site code"),
        "site_name": ("Local", "Site"),
        "pcode": ("P-code", "P-code"),
        "pcode_scheme": ("Esquema do P-code", "P-code scheme"),
        "place": ("Lugar", "Place"),
        "language": ("Língua", "Language"),
        "codes": ("Códigos", "Codes"),
        "sector": ("Sector", "Sector"),
        "priority": ("Prioridade", "Priority"),
        "sensitivity": ("Sensibilidade", "Sensitivity"),
        "handler": ("Tratado por", "Handler"),
        "share": ("Partilha", "Share"),
        "name": ("Nome", "Name"),
        "sex": ("Sexo", "Sex"),
        "age_band": ("Idade", "Age"),
        "disability": ("Deficiência", "Disability"),
        "group": ("Grupo", "Group"),
        "accused_organisation": ("Organização acusada", "Accused organisation"),
        "accused_class": ("Quem é acusado", "Who is accused"),
        "answer": ("Resposta", "Answer"),
        "outcome": ("Resultado", "Outcome"),
        "reason": ("Motivo", "Reason"),
    }
)
_ALSO = {
    "number": "numero do caso,numero de registo,n,no,nr,id,referencia,case number",
    "date": "data da chamada,data do registo,data e hora,call date",
    "text": "resumo,relato,texto,descricao do caso,summary,details",
    "site_name": "localidade,centro de reassentamento,location",
    "place": "distrito,district,posto administrativo,bairro",
    "language": "idioma",
    "share": "consentimento,consent",
    "note": "observacoes,notas,notes",
    "age_band": "faixa etaria,age band",
}
_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "state": {
            "encaminhado": "referral",
            "informação": "resumed",
            "insuficiente": "sent_back",
            "verificado": "verified",
            "aceite": "accepted",
            "em acção": "started",
            "devolvido": "returned",
            "recusado": "declined",
            "respondido": "answered",
        },
        "outcome": {
            "resolvido": "resolved",
            "em parte": "partly",
            "não foi possível": "not_possible",
            "informação dada": "information_given",
            "duplicado": "duplicate",
            "não contactável": "unreachable",
            "desistiu": "withdrawn",
            "respondido em público": "anonymous_public",
            "não é queixa": "not_feedback",
        },
        "reason": {
            "não é do nosso sector": "not_our_sector",
            "não é da nossa área": "not_our_area",
            "sem capacidade": "no_capacity",
            "não elegível": "not_eligible",
            "já atendido": "already_served",
            "falta informação": "not_enough_information",
            "outro": "other",
        },
        "share": {"com nome": "name", "sem nome": "anonymous", "não": "no"},
        "sex": {"feminino": "female", "masculino": "male", "outro": "other"},
        "age_band": {
            "menos de 18": "under_18",
            "18-39": "18_39",
            "40-59": "40_59",
            "60 e mais": "60_plus",
        },
        "disability": {"sim": "yes", "não": "no"},
        "group": {
            "deslocado": "idp",
            "regressado": "returnee",
            "comunidade de acolhimento": "host",
            "refugiado": "refugee",
            "outro": "other",
        },
        "accused_class": {
            "trabalhador humanitário": "aid_worker",
            "contratado": "contractor",
            "voluntário": "volunteer",
            "líder": "leader",
            "funcionário do estado": "official",
            "força de segurança": "security_force",
            "membro da comunidade": "community_member",
            "desconhecido": "unknown",
        },
    }
)
"""Portuguese words → ours. The first one for each of ours is the one that is written."""
_MORE_WORDS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "state": {"em accao": "started", "em acao": "started", "em curso": "started"},
        "outcome": {"parcialmente resolvido": "partly", "parcial": "partly"},
        "sex": {"f": "female", "m": "male", "mulher": "female", "homem": "male"},
        "share": {"yes": "name", "sim": "name"},
    }
)
_NOT_WORDS = re.compile(r"[\W_]+")
_SHORT = {"pt": "por", "en": "eng", "portugues": "por", "emakhuwa": "vmw", "macua": "vmw"}
_SAYS = frozenset({LetterKind.RETURNED, LetterKind.SENT_BACK, LetterKind.RESUMED})


def _plain(written: str) -> str:
    return " ".join(_NOT_WORDS.sub(" ", fold(written)).split())


_KNOWN = {
    _plain(name): ours
    for ours, names in HEADERS.items()
    for name in (*names, ours, *_ALSO.get(ours, "").split(","))
    if name
}
_READ = {
    column: {_plain(theirs): ours for theirs, ours in (*words.items(), *more)}
    for column, words in _WORDS.items()
    for more in (_MORE_WORDS.get(column, {}).items(),)
}


def columns_of(header: Sequence[str]) -> dict[str, str]:
    """Our columns → the header's; the first of two that mean the same."""
    found: dict[str, str] = {}
    for name in header:
        ours = _KNOWN.get(_plain(name))
        if ours and name:
            found.setdefault(ours, name)
    return found


def header(language: str) -> list[str]:
    """The first row, in ``por`` or ``eng``."""
    return [names[0 if language == "por" else 1] for names in HEADERS.values()]


def row_of(letter: Letter, their_number: str, language: str) -> list[str]:
    """A letter of ours as a row under ``header``. ``their_number``: what they call the case."""
    case = letter.case
    cells = {
        "referral": letter.referral,
        "hub_number": letter.reference,
        "number": their_number,
        "state": letter.kind.value,
        "date": letter.at.isoformat(timespec="seconds"),
        "outcome": letter.outcome.value if letter.outcome else "",
        "reason": letter.reason.value if letter.reason else "",
    }
    answers = letter.kind in {LetterKind.ANSWERED, LetterKind.DECLINED}
    cells["answer" if answers else "note"] = letter.text
    if case is not None:
        cells |= {
            "text": case.text,
            "site": case.site.code,
            "site_name": case.site.name,
            "pcode": case.site.pcode,
            "pcode_scheme": case.site.pcode_scheme,
            "place": case.site.place,
            "language": case.language,
            "codes": ";".join(case.codes),
            "sector": case.sector,
            "priority": case.priority.value,
            "sensitivity": case.sensitivity.value,
            "handler": case.handler,
            "share": case.share.value,
            "name": case.name,
            "accused_organisation": case.accused_organisation,
            "accused_class": case.accused_class.value if case.accused_class else "",
        }
    return [_said(column, cells.get(column, ""), language) for column in HEADERS]


def _said(column: str, word: str, language: str) -> str:
    if language != "por" or not word:
        return word
    return next((said for said, ours in _WORDS.get(column, {}).items() if ours == word), word)


def letter_of(
    cells: Mapping[str, str],
    columns: Mapping[str, str],
    peer: str,
    zone: tzinfo,
    now: datetime,
) -> Letter:
    """The letter that a row of the mechanism ``peer`` is. Raises ``Invalid`` naming our column.

    It is known by what it says, so that the same row is the same letter on every run. ``zone`` is
    where dates without offset were written.
    """

    def cell(column: str) -> str:
        return cells.get(columns.get(column, ""), "").strip()

    def word(column: str) -> str | None:
        written = cell(column)
        if not written:
            return None
        ours = _READ.get(column, {}).get(_plain(written))
        return ours or fold(written).replace(" ", "_")

    answer, note = cell("answer"), cell("note")
    kind = word("state") or ("answered" if answer else "referral")
    if kind == LetterKind.REFERRAL and answer:
        # Whoever fills in an answer forgets the state.
        kind = LetterKind.ANSWERED.value
    is_new = kind == LetterKind.REFERRAL
    referral = cell("referral") or (cell("number") if is_new else cell("hub_number"))
    if not referral:
        raise Invalid("number" if is_new else "referral", "is empty")
    said = (note or answer) if kind in _SAYS else (note if is_new else answer)
    outcome, reason = word("outcome"), word("reason")
    told = "\0".join((peer, kind, referral, said, outcome or "", reason or ""))
    document: dict[str, object] = {
        **dump(Letter("", LetterKind.ACCEPTED, "", now)),
        "id": hashlib.sha256(told.encode()).hexdigest()[:32],
        "kind": kind,
        "referral": referral,
        "at": now.isoformat(),
        "reference": cell("number"),
        "text": said,
        "outcome": outcome,
        "reason": reason,
    }
    if is_new:
        document["case"] = _case_in(cell, word, zone, now)
    try:
        return load(document)
    except Invalid as error:
        raise Invalid(_COLUMN.get(error.field, error.field), error.problem) from None


def _case_in(
    cell: Callable[[str], str], word: Callable[[str], str | None], zone: tzinfo, now: datetime
) -> dict[str, object]:
    """The case that a first letter tells of, as ``domain.exchange`` writes it."""
    return {
        "text": cell("text"),
        "language": _language(cell("language")),
        "received_at": _moment(cell("date"), zone, now).isoformat(),
        "site": {
            "code": cell("site"),
            "name": cell("site_name"),
            "pcode": cell("pcode"),
            "pcode_scheme": cell("pcode_scheme"),
            "place": cell("place"),
        },
        "codes": [one.strip() for one in cell("codes").split(";") if one.strip()],
        "sector": cell("sector"),
        "priority": cell("priority").upper() or Priority.P3.value,
        "sensitivity": cell("sensitivity").upper() or Sensitivity.L1.value,
        "handler": cell("handler"),
        # Not asked means: without name.
        "consent": {"share": word("share") or Share.ANONYMOUS.value},
        "person": {
            "name": cell("name"),
            "sex": word("sex"),
            "age_band": _age(cell("age_band")) or word("age_band"),
            "disability": word("disability"),
            "group": word("group"),
        },
        "accused": {
            "organisation": cell("accused_organisation"),
            "class": word("accused_class"),
        },
    }


_COLUMN = {
    "kind": "state",
    "reference": "number",
    "case.text": "text",
    "case.consent.share": "share",
    "case.received_at": "date",
    "case.site.code": "site",
    "case.site.name": "site_name",
    "case.site.place": "place",
    **{f"case.{name}": name for name in ("codes", "sector", "priority", "sensitivity", "language")},
    **{f"case.person.{name}": name for name in ("name", "sex", "age_band", "disability", "group")},
    "case.accused.class": "accused_class",
    "case.accused.organisation": "accused_organisation",
}
"""What a letter's field is called in the table."""


def _language(written: str) -> str:
    plain = _plain(written)
    return _SHORT.get(plain, plain) if len(_SHORT.get(plain, plain)) == 3 else "und"


def _age(written: str) -> str | None:
    """The band of an age in years."""
    if not (written.isascii() and written.isdigit() and len(written) <= 3):
        return None
    years = int(written)
    for least, band in ((60, "60_plus"), (40, "40_59"), (18, "18_39"), (0, "under_18")):
        if years >= least:
            return band
    return None


def _moment(written: str, zone: tzinfo, now: datetime) -> datetime:
    if not written:
        return now
    written = " ".join(written.split())
    at = moment_in(written, date_formats([written]))
    if at is None:
        raise Invalid("date", "is no date we can read; write it like 2026-03-04 or 04/03/2026")
    return at if at.tzinfo else at.replace(tzinfo=zone)
