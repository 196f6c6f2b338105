"""A hub's working day, every kind of work at once, over HTTP and the command line only."""

from __future__ import annotations

import csv
import io
import itertools
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from flask_security import hash_password
from PIL import Image

from feedback_hub.adapters.accounts import add_account
from feedback_hub.domain.access import Membership, Role
from feedback_hub.web.app import create_app
from tests.chaos.ledger import UNASKED
from tests.integration.system import NUMBER, System
from tests.pages_world import PASSWORD, token_in
from tests.providers.kannel import PASSWORD as GATEWAY_PASSWORD
from tests.providers.kannel import SECRET, USERNAME, GatewayServer
from tests.providers.telegram import TOKEN, TelegramServer
from tests.providers.twilio import TwilioServer

TEXTS = (
    "A bomba de agua esta avariada em Ntokota ha tres dias",
    "Nao recebemos comida este mes",
    "A lona da tenda rasgou com o vento",
    "Quando chega a distribuicao de alimentos?",
    "Obrigado pela ajuda",
    "O posto de saude nao tem medicamentos",
    "Querem dinheiro para pôr o meu nome na lista",
)
PEOPLE = {
    "ana": (Role.CASE_MANAGER, ("/", "/cases", "/cases?tab=overdue", "/triage", "/calls")),
    "berta": (Role.CASE_MANAGER, ("/cases?q=bomba", "/dashboard", "/notices", "/exports")),
    "graca": (Role.COORDINATOR, ("/dashboard", "/reports", "/sites", "/")),
    "rosa": (Role.PROTECTION, ("/", "/cases", "/triage/handlers")),
    "jorge": (Role.FOCAL_POINT, ("/", "/referrals", "/notices")),
    "ines": (Role.ADMIN, ("/health", "/admin/users", "/admin/channels")),
}
_IMPORTED = 40
"""Rows of a file."""
_LOOKS_A_LOG_IN = 100
_PAGES = 20
"""Of a list, until a case to triage is found."""
_CASE = re.compile(r"/cases/\d{9}\b")


class Unwell(Exception):
    """Something was not answered as it should be."""


@dataclass
class Screen:
    """Somebody at a screen, logged in: lists, a case now and then, an export, the day long."""

    day: Day
    name: str
    role: Role
    paths: Sequence[str]
    looks: int = 0

    def __post_init__(self) -> None:
        url = self.day.system.url
        self._client = httpx.Client(base_url=url, timeout=60, trust_env=False)

    def look(self) -> None:
        """The next page, and the first case on it; every so often they log in anew."""
        if self.looks % _LOOKS_A_LOG_IN == 0:
            self._client.cookies.clear()
            self._log_in()
        path = self.paths[self.looks % len(self.paths)]
        self.looks += 1
        page = self._client.get(path)
        _well(page.status_code, path)
        if found := _CASE.search(page.text):
            self._open(found[0])
        if path == "/exports" and self.looks % 3 == 0:
            form = {"csrf_token": token_in(page.text), "purpose": "a trial", "columns": "ref"}
            _well(self._client.post(path, data=form | {"kind": "xlsx"}).status_code, path)
            self.day.done["exports by page"] += 1

    def _open(self, path: str) -> None:
        """A case; that it became highly sensitive since the list was asked is nobody's fault."""
        status = self._client.get(path).status_code
        if status == httpx.codes.NOT_FOUND and self.day.is_handlers(path):
            self.day.done["cases highly sensitive since the list"] += 1
        else:
            _well(status, "/cases/…")

    def _log_in(self) -> None:
        form = {"email": f"{self.name}@example.org", "password": PASSWORD}
        form["csrf_token"] = token_in(self._client.get("/login").text)
        answer = self._client.post("/login", data=form)
        if answer.status_code != httpx.codes.FOUND:
            raise Unwell(f"log-in {answer.status_code}")


@dataclass
class Day:
    """Everything that people, partners, providers and operators do; ``done`` and ``failed`` count.

    ``rate`` is texts a second; everything else keeps the pace they set.
    """

    system: System
    gateway: GatewayServer
    telegram: TelegramServer
    rate: float = 4.0
    done: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    """What went wrong, by its kind: never what anybody wrote."""
    happened: deque[str] = field(default_factory=deque)
    """Each of it, when it was, how long it took and how busy the machine was."""
    _threads: list[threading.Thread] = field(default_factory=list)
    _stopped: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Everybody begins."""
        self._began = time.monotonic()
        self._numbers = itertools.count()
        self._asked = itertools.count()
        self._reported = 0
        work: list[tuple[str, float, Callable[[], None]]] = [
            ("texts", 1.0, self._text),
            ("texts by gateway", 3.0, self._by_gateway),
            ("chats", 3.0, self._chat),
            ("pictures", 15.0, self._picture),
            ("receipts", 1.0, self._receipts),
            ("desk reports", 3.0, self._desk),
            ("referrals answered", 9.0, self._referral),
            ("questions after a case", 15.0, self._enquiry),
            ("lists over the API", 3.0, self._list),
            ("exports by command", 90.0, self._export),
            ("imports by command", 90.0, self._import),
        ]
        for name, held in PEOPLE.items():
            work.append(("pages", 5.0, Screen(self, name, *held).look))
        for name, every, do in work:
            words = (name, every / self.rate, do)
            thread = threading.Thread(target=self._keep_at, args=words, daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Everybody goes home."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(60)

    def _keep_at(self, name: str, every: float, do: Callable[[], None]) -> None:
        while not self._stopped.wait(every):
            asked = time.monotonic()
            try:
                do()
                self.done[name] += 1
            except (httpx.HTTPError, AssertionError, Unwell) as error:
                self.failed[name] += 1
                words = f"{name}: {type(error).__name__} {_said(error)}".strip()
                self.faults[words] += 1
                now = time.monotonic()
                self.happened.append(
                    f"{now - self._began:6.0f} s  {words}, after {now - asked:.1f} s, "
                    f"load {os.getloadavg()[0]:.0f}"
                )

    def is_handlers(self, path: str) -> bool:
        """Whether a case of its handlers stands there."""
        return self.system.get("protection", path).status_code == httpx.codes.OK

    def _person(self) -> str:
        return f"+25884{next(self._numbers):07}"

    def _text(self) -> None:
        number = next(self._numbers)
        self._sms(TEXTS[number % len(TEXTS)], f"+25884{number:07}")

    def _sms(self, words: str, sender: str) -> None:
        message = self.system.twilio.receive(words, sender, NUMBER)
        _well(self.system.deliver(message).status_code)

    def _by_gateway(self) -> None:
        number = next(self._numbers)
        url = f"{self.system.url}/channels/{UNASKED}/inbound"
        text, sender = TEXTS[number % len(TEXTS)], f"25885{number:07}"
        _well(self.gateway.text(url, text, sender, id=f"mo-{number}"))
        for call in self.gateway.sent[-1:]:
            if "dlr-url" in call.parameters:
                self.gateway.report(call, "1")

    def _chat(self) -> None:
        number = next(self._numbers)
        who = {"id": 700_000_000 + number, "is_bot": False, "first_name": "Amina"}
        update = self.telegram.receive(
            message={
                "message_id": number,
                "from": who,
                "chat": {"id": who["id"], "type": "private"},
                "date": int(time.time()),
                "text": TEXTS[number % len(TEXTS)],
            }
        )
        _well(self.telegram.post(update).status_code)

    def _picture(self) -> None:
        sid = f"ME{uuid.uuid4().hex}"
        out = io.BytesIO()
        Image.new("RGB", (640, 480), "green").save(out, "JPEG")
        self.system.twilio.files[sid] = out.getvalue()
        message = self.system.twilio.receive(
            "Veja a bomba", self._person(), NUMBER, media=((sid, "image/jpeg"),)
        )
        _well(self.system.deliver(message).status_code)

    def _receipts(self) -> None:
        sent = self.system.twilio.sent
        for message in sent[self._reported : self._reported + 20]:
            _well(self.system.twilio.receipt(message.sid, "delivered").status_code)
            self._reported += 1

    def _desk(self) -> None:
        number = next(self._numbers)
        answer = self.system.post(
            "desk",
            "/intake",
            submission_id=str(uuid.uuid4()),
            site="NTOKOTA",
            text=TEXTS[number % len(TEXTS)],
            person={"sex": "female", "age_band": "18_39"},
            contact={"phone": f"+25886{number:07}"},
        )
        _well(answer.status_code)

    def _referral(self) -> None:
        """The whole road of one case: partner asked, answered, person told, closed."""
        ref = self._to_triage()
        self._do("case_manager", f"/cases/{ref}/triage", codes=["complaint.broken"])
        referral = self._do(
            "case_manager", f"/cases/{ref}/referrals", organisation="agua-viva", note="Block C"
        )
        at = f"/referrals/{referral['id']}"
        self._do("focal_point", f"{at}/accept")
        self._do("focal_point", f"{at}/start")
        self._do("focal_point", f"{at}/answer", text="Repaired", outcome="resolved")
        self._do("case_manager", f"{at}/verify", ok=True)
        self._do("case_manager", f"/cases/{ref}/answer", text="Repaired", outcome="resolved")
        self._do("case_manager", f"/cases/{ref}/loop-back")
        self._do("case_manager", f"/cases/{ref}/close", outcome="resolved", reason="Repaired")

    def _to_triage(self) -> str:
        """A case that the machine has read: on a busy hub the newest are not, yet."""
        more: dict[str, str] = {}
        for _ in range(_PAGES):
            listed = self._list_of("case_manager", "/cases", status="received", limit="20", **more)
            found = [one for one in listed["items"] if one["classified_at"]]
            if found:
                return str(found[next(self._asked) % len(found)]["ref"])
            if not listed["next"]:
                break
            more = {"cursor": listed["next"]}
        raise Unwell("nothing to triage")

    def _enquiry(self) -> None:
        """Somebody asks after their case by text, and on the public page."""
        self._sms("estado 482913075 123456", self._person())
        with httpx.Client(base_url=self.system.url, timeout=60, trust_env=False) as client:
            token = token_in(client.get("/status").text)
            form = {"csrf_token": token, "reference": "482913075", "secret": "123456"}
            answer = client.post("/status", data=form)
            if answer.status_code not in {200, 422, 429}:
                raise Unwell(str(answer.status_code))
            _well(client.get("/board/NTOKOTA").status_code)

    def _list(self) -> None:
        self._list_of("case_manager", "/cases", limit="50")
        self._list_of("coordinator", "/measures")

    def _export(self) -> None:
        with _file("cases.csv") as path:
            self._command("export", "cases", str(path), "--purpose", "a trial")

    def _import(self) -> None:
        with _file("hotline.csv") as path:
            with path.open("w", newline="") as file:
                table = csv.writer(file)
                table.writerow(("id", "received_at", "from", "text"))
                for _ in range(_IMPORTED):
                    number = next(self._numbers)
                    at = datetime.now(UTC).isoformat()
                    text = TEXTS[number % len(TEXTS)]
                    table.writerow((f"hl-{number}", at, f"+25887{number:07}", text))
            self._command("import", "messages", str(path))

    def _do(self, role: str, path: str, **body: object) -> dict[str, object]:
        answer = self.system.post(role, path, **body)
        if answer.status_code not in {200, 201}:
            raise Unwell(f"{path.rpartition('/')[2]} {answer.status_code}")
        found: dict[str, object] = answer.json()
        return found

    def _list_of(self, role: str, path: str, **params: str) -> dict[str, Any]:
        answer = self.system.get(role, path, **params)
        _well(answer.status_code, path)
        found: dict[str, Any] = answer.json()
        return found

    def _command(self, *words: str) -> None:
        done = subprocess.run(
            [sys.executable, "-m", "feedback_hub", *words],
            env=self.system.environ,
            capture_output=True,
            check=False,
        )
        if done.returncode:
            said = done.stderr.decode(errors="replace").strip()
            for line in said.splitlines():
                self.happened.append(f"          {words[0]} said: {line}")
            raise Unwell(f"{words[0]} ended with {done.returncode}: {said[-150:]!r}")


def make_day(stack: ExitStack, home: Path, database: str, queue: str, rate: float) -> Day:
    """A hub with every kind of provider and people who can log in; nothing runs yet."""
    twilio, gateway, telegram = TwilioServer(), GatewayServer(), TelegramServer()
    for server in (twilio, gateway, telegram):
        server.start()
        stack.callback(server.stop)
    system = System(
        home,
        twilio,
        database,
        queue,
        more_config=f"""
[channels.{UNASKED}]
kind = "sms_http"
send_url = "{gateway.url}"
username = "{USERNAME}"
from_number = "1458"
country = "MZ"
[channels.bot]
kind = "telegram"
api_base = "{telegram.url}"
mode = "webhook"
[security]
second_factor = "offered"
""",
        secrets={
            f"CHANNELS_{UNASKED.upper()}_SECRET": SECRET,
            f"CHANNELS_{UNASKED.upper()}_PASSWORD": GATEWAY_PASSWORD,
            "CHANNELS_BOT_TOKEN": TOKEN,
            "CHANNELS_BOT_SECRET_TOKEN": "a-word-of-its-own",
        },
    )
    stack.callback(system.stop)
    telegram.webhook = {
        "url": f"{system.url}/channels/bot/inbound",
        "secret_token": "a-word-of-its-own",
    }
    app = create_app(system.hub)
    with app.app_context():
        hashed = hash_password(PASSWORD)
    organisations = {Role.FOCAL_POINT: "agua-viva"}
    with system.hub.unit_of_work() as uow:
        for name, (role, _) in PEOPLE.items():
            held = (Membership(role, organisations.get(role, "hub")),)
            now = datetime.now(UTC)
            add_account(uow.session, f"{name}@example.org", hashed, held, now, name=name)
        uow.commit()
    return Day(system, gateway, telegram, rate)


def _said(error: Exception) -> str:
    """What went wrong and, where no answer came, what had been asked: without a case's number."""
    said = str(error)[:200]
    if isinstance(error, httpx.RequestError):
        return f"{said} {_CASE.sub('/cases/…', error.request.url.path)}"
    return said


def _well(status: int, what: str = "") -> None:
    if not httpx.codes.is_success(status):
        raise Unwell(f"{what} {status}".strip())


@contextmanager
def _file(name: str) -> Iterator[Path]:
    """A file that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="fh-day-") as folder:
        yield Path(folder) / name
