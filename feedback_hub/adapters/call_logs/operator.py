"""A log that operators keep, as CSV or XLSX with a header: one call a row, in their own words.

Made for logs like Linha Verde's; headers in Portuguese or English, whatever their case and accents
(``_NAMES``), others by ``--map``. Only a date is needed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from feedback_hub.adapters.call_logs.base import (
    Entry,
    Logged,
    Source,
    moment,
    seconds,
    unbelievable,
)
from feedback_hub.adapters.search_index import fold
from feedback_hub.adapters.table_files import Damaged, Row, TableFile, Unreadable, open_table
from feedback_hub.domain.call import Call, CallEnd
from feedback_hub.services.history import date_formats

COLUMNS = (
    "id",
    "date",
    "time",
    "number",
    "name",
    "province",
    "district",
    "locality",
    "type",
    "description",
    "forwarded_to",
    "result",
    "language",
    "duration",
    "keys",
)
"""Ours, as ``--map`` names them."""
_NAMES = {
    "id": "id,no,nr,numero do caso,numero da chamada,numero de registo,codigo,ref,referencia,"
    "case number,call id,serial,n",
    "date": "data,date,data da chamada,data do registo,data e hora,datetime,received at,"
    "call date,dia,timestamp",
    "time": "hora,time,hora da chamada,call time,hora de entrada",
    "number": "numero,telefone,contacto,contato,celular,telemovel,numero de telefone,number,phone,"
    "caller,numero do chamador,msisdn,from,phone number,numero de contacto,numero do contacto",
    "name": "nome,name,nome do chamador,nome do utente,caller name,nome completo",
    "province": "provincia,province",
    "district": "distrito,district",
    "locality": "localidade,local,locality,bairro,aldeia,sitio,site,place,comunidade,"
    "centro de reassentamento,posto administrativo,location",
    "type": "tipo,type,categoria,category,tipo de chamada,tipo de caso,assunto,motivo,tema,subject",
    "description": "descricao,description,resumo,detalhes,observacoes,notas,nota,notes,note,texto,"
    "mensagem,summary,descricao do caso,comentario,comentarios,relato,text,details,o que disse,"
    "queixa,problema,conteudo,conteudo da chamada,descricao da chamada,descricao do assunto,"
    "relato da chamada,message,complaint,feedback",
    "forwarded_to": "encaminhado para,encaminhado a,encaminhado,encaminhamento,forwarded to,"
    "referred to,referral",
    "result": "resultado,estado,estado da chamada,situacao,status,result,outcome,disposition",
    "language": "lingua,idioma,language",
    "duration": "duracao,duration,duracao segundos,talk time",
    "keys": "teclas,opcao,opcoes,keys,menu,dtmf",
}
_KNOWN = {name: ours for ours, names in _NAMES.items() for name in names.split(",")}
_UNTAKEN = re.compile(
    r"abandon|perdid|nao atendid|sem resposta|desist|missed|no answer|unanswered|not answered"
)
_LANGUAGES = {
    "portugues": "por",
    "portuguese": "por",
    "pt": "por",
    "ingles": "eng",
    "english": "eng",
    "en": "eng",
    "emakhuwa": "vmw",
    "macua": "vmw",
    "makua": "vmw",
    "shimakonde": "kde",
    "makonde": "kde",
    "kimwani": "wmw",
    "mwani": "wmw",
    "sena": "seh",
    "cisena": "seh",
    "ndau": "ndc",
    "cindau": "ndc",
    "swahili": "swh",
    "kiswahili": "swh",
    "changana": "tso",
    "xichangana": "tso",
}
_NOT_WORDS = re.compile(r"[\W_]+")
_HOUR = re.compile(r"(\d{1,2})\s*[hH]\s*(\d{2})?\s*(?:min|m)?")
_SHORT_HOUR = re.compile(r"(?<=[ T])(\d:\d\d)")


def read(source: Source) -> Iterator[Entry]:
    """Every row."""
    with open_table(source.path) as table:
        columns = columns_of(table.columns) | dict(source.columns)
        if "date" not in columns:
            there = ", ".join(ascii(name)[1:-1] for name in table.columns if name)
            raise Unreadable(f"has no column for the date; map one of: {there}")
        formats = source.formats or _formats(_dates(table, columns["date"]))
    with open_table(source.path) as table:
        for row in table:
            yield row if isinstance(row, Damaged) else _entry(source, columns, formats, row)


def columns_of(header: Sequence[str]) -> dict[str, str]:
    """Our names → the header's; the first of two that mean the same."""
    found: dict[str, str] = {}
    for name in header:
        ours = _KNOWN.get(_plain(name))
        if ours and name:
            found.setdefault(ours, name)
    if "number" not in found and "id" in found and _plain(found["id"]) == "numero":
        found["number"] = found.pop("id")
    return found


def left_out(source: Source) -> list[str]:
    """The columns nobody here reads: one of them may hold what people said."""
    with open_table(source.path) as table:
        read = {*columns_of(table.columns).values(), *source.columns.values()}
        return [name for name in table.columns if name and name not in read]


def recognises(header: Sequence[str]) -> bool:
    """Whether a header looks like one of these."""
    found = columns_of(header)
    return "date" in found and bool({"number", "description"} & found.keys())


def _entry(
    source: Source, columns: Mapping[str, str], formats: tuple[str, ...], row: Row
) -> Logged | Damaged:
    def cell(name: str) -> str:
        return row.cells.get(columns.get(name, ""), "").strip()

    written = _when(cell("date"), cell("time"))
    if not written:
        return Damaged(row.number, row.line, "has no date")
    at = moment(written, source.zone, formats)
    if at is None:
        return Damaged(row.number, row.line, "has no date we can read; say how with --date-format")
    if fault := unbelievable(at, source.now):
        return Damaged(row.number, row.line, fault)
    kind, result = cell("type"), cell("result")
    untaken = _UNTAKEN.search(fold(f"{kind} {result}"))
    description = cell("description")
    call = Call(
        external_id=cell("id"),
        at=at,
        end=CallEnd.ABANDONED if untaken else CallEnd.ANSWERED,
        caller=cell("number"),
        lasted=seconds(cell("duration")),
        keys=tuple(re.findall(r"[0-9*#]", cell("keys"))),
        answers={"type": kind} if kind else {},
        note=_words(description, columns, cell) if description else "",
        name=cell("name")[:200],
        place=", ".join(filter(None, map(cell, ("locality", "district", "province"))))[:200],
        language=_language(cell("language")),
    )
    return Logged(row.number, row.line, call)


def _words(description: str, columns: Mapping[str, str], cell: Callable[[str], str]) -> str:
    """What was written down, what it was filed under and where it went, named as in the log."""
    more = [f"{columns[name]}: {cell(name)}" for name in ("type", "forwarded_to") if cell(name)]
    return "\n".join((description, *more))


def _when(date: str, time: str) -> str:
    """One moment from a cell for the day and one for the hour, as spreadsheets and people do."""
    if time:
        # A spreadsheet's day is midnight.
        date = date.partition("T")[0].partition(" 00:00")[0].partition(" ")[0]
        time = time.rpartition("T")[2].rpartition(" ")[2] if ":" in time else time
        time = _HOUR.sub(lambda found: f"{found[1]}:{found[2] or '00'}", time)
        date = f"{date} {time}"
    return _SHORT_HOUR.sub(r"0\1", " ".join(date.split()))


def _dates(table: TableFile, column: str) -> Iterator[str]:
    for row in table:
        if isinstance(row, Row):
            yield row.cells[column]


def _formats(written: Iterator[str]) -> tuple[str, ...]:
    long = date_formats(written)
    # Two-digit years, as people write them.
    return (*long, *(one.replace("%Y", "%y") for one in long))


def _language(written: str) -> str:
    plain = _plain(written)
    if re.fullmatch(r"[a-z]{3}", plain):
        return plain
    return _LANGUAGES.get(plain, "und")


def _plain(name: str) -> str:
    return " ".join(_NOT_WORDS.sub(" ", fold(name)).split())
