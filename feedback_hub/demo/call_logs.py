"""Two invented logs of the demonstration's hotline, as an operator and a switchboard write them."""

from __future__ import annotations

import csv
import io
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

FOLDER = "hotline"
"""The watched folder, in the demonstration's home."""
CONFIG = """
[hotline]
drop_folder = "{folder}"
internal = "[0-9]{{3}}"
codes = ["1=request.water", "2=request.food", "type=Água=request.water"]
"""

_HEADER = (
    "Nº",
    "Data",
    "Hora",
    "Número de telefone",
    "Distrito",
    "Localidade",
    "Tipo",
    "Descrição",
    "Encaminhado para",
    "Estado",
)
_NOTED = (
    # Hours ago, number, district, locality, type, what was said, passed to, how it went.
    (27, "860000141", "Metuge", "Ntokota", "Água", "A bomba do bloco dois parou ontem.", "", ""),
    (25, "860000142", "Buzi", "Picoco", "Abrigo", "A chuva levou a lona da nossa casa.", "", ""),
    (6, "860000143", "Meconta", "Corrane", "Comida", "O meu nome não está na lista.", "", ""),
    (5, "860000144", "", "", "Chamada perdida", "", "", ""),
    (4, "860000145", "Dondo", "Mutua", "Informação", "", "", "atendida"),
)
_RANG = (
    # Hours ago, number, who took it, what the dial plan noted.
    (8, "860000146", "", ""),
    (7.9, "860000146", "", ""),
    (3, "860000147", "", "keys=1"),
    (2, "860000148", "SIP/201", "note=Pergunta quando abre o posto de saúde de Mutua"),
    (1, "201", "", ""),
)


def put(folder: Path, now: datetime, zone: ZoneInfo) -> None:
    """Write both logs into ``folder``, their calls some hours before ``now``, in ``zone``'s time.

    The first is an operator's table with Portuguese headers, the other Asterisk's call detail
    records.
    """
    folder.mkdir(exist_ok=True)
    local = now.astimezone(zone)
    (folder / "linha.csv").write_text(_operators(local), "utf-8")
    (folder / "Master.csv").write_text(_switchboards(local), "utf-8")


def _operators(local: datetime) -> str:
    written = io.StringIO()
    table = csv.writer(written, delimiter=";", lineterminator="\n")
    table.writerow(_HEADER)
    for number, (hours, *noted) in enumerate(_NOTED, 1):
        at = local - timedelta(hours=hours)
        table.writerow([number, f"{at:%d/%m/%Y}", f"{at:%Hh%M}", *noted])
    return written.getvalue()


def _switchboards(local: datetime) -> str:
    written = io.StringIO()
    records = csv.writer(written, lineterminator="\n")
    for leg, (hours, number, agent, noted) in enumerate(_RANG, 1):
        at = local - timedelta(hours=hours)
        began, ended = (f"{one:%Y-%m-%d %H:%M:%S}" for one in (at, at + timedelta(seconds=90)))
        road = ["", number, "1458", "in", f"<{number}>", "SIP/trunk-1", agent, "Queue", "linha"]
        took = [began, "90", "85", "ANSWERED"] if agent else ["", "90", "0", "NO ANSWER"]
        times = [began, took[0], ended, *took[1:]]
        records.writerow([*road, *times, "DOCUMENTATION", f"{int(at.timestamp())}.{leg}", noted])
    return written.getvalue()
