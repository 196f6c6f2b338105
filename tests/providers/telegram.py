"""A local server that answers as Telegram's Bot API documents, for tests, faults and benches.

In a test: ``pytest_plugins = ["tests.providers.telegram"]`` or importing it gives the fixture
``telegram_server``. Source: https://core.telegram.org/bots/api
"""

from __future__ import annotations

import json
import socket
import threading
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.providers.serving import Handler, HttpServer, Provider

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
SECRET_TOKEN = "b1946ac92492d2347c6235b4d2611184"
LARGEST_FILE = 20 * 1024 * 1024

_BLOCKED = "Forbidden: bot was blocked by the user"
_WEBHOOK_SET = (
    "Conflict: can't use getUpdates method while webhook is active; "
    "use deleteWebhook to delete the webhook first"
)


@dataclass(frozen=True)
class Answer:
    """What happens to one call: first whether it is carried out, then what comes back."""

    accepted: bool = True
    how: str = "answer"  # or "hang", "drop"
    status: int = 200
    description: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)
    body: bytes | None = None


ANSWERS = {
    "blocked": Answer(False, status=403, description=_BLOCKED),
    "deactivated": Answer(False, status=403, description="Forbidden: user is deactivated"),
    "never_started": Answer(
        False, status=403, description="Forbidden: bot can't initiate conversation with a user"
    ),
    "other_forbidden": Answer(False, status=403, description="Forbidden: something new"),
    "no_chat": Answer(False, status=400, description="Bad Request: chat not found"),
    "migrated": Answer(
        False,
        status=400,
        description="Bad Request: group chat was upgraded to a supergroup chat",
        parameters={"migrate_to_chat_id": -100987},
    ),
    "bad_request": Answer(False, status=400, description="Bad Request: message text is empty"),
    "flood": Answer(
        False,
        status=429,
        description="Too Many Requests: retry after 2",
        parameters={"retry_after": 2},
    ),
    "long_flood": Answer(
        False,
        status=429,
        description="Too Many Requests: retry after 600",
        parameters={"retry_after": 600},
    ),
    "server_error": Answer(False, status=500, description="Internal Server Error"),
    "server_error_after_accepting": Answer(status=500, description="Internal Server Error"),
    "bad_gateway": Answer(False, status=502, body=b"<html>502 Bad Gateway</html>"),
    "login_page": Answer(False, status=200, body=b"<html>Welcome to the airport</html>"),
    "not_ok": Answer(False, status=200, body=b'{"ok": false}'),
    "proxy_says_no": Answer(False, status=403, body=b"<html>Blocked by your administrator"),
    "moved": Answer(False, status=302, body=b""),
    "hang": Answer(False, how="hang"),
    "hang_after_accepting": Answer(how="hang"),
    "drop": Answer(False, how="drop"),
    "drop_after_accepting": Answer(how="drop"),
}


class TelegramServer(Provider):
    """The provider's side: what it took, updates that wait, the webhook, files."""

    def __init__(self, token: str = TOKEN, *, port: int = 0) -> None:
        self.token = token
        self.sent: list[dict[str, Any]] = []
        """Parameters of each message it took, with its ``message_id``."""
        self.calls: list[tuple[str, dict[str, Any]]] = []
        """Method and parameters of every call, whatever became of it."""
        self.answered: list[str] = []
        """Ids of the presses on a button whose hourglass was stopped."""
        self.webhook: dict[str, Any] = {}
        self.blocked: set[str] = set()
        self.files: dict[str, tuple[str, bytes]] = {}
        """File id → path and content."""
        self._updates: list[dict[str, Any]] = []
        self._next_update = 863217001
        self._lock = threading.Lock()
        self._next: dict[str, deque[Answer]] = {}
        server = _Server(("127.0.0.1", port), _Handler)
        server.telegram = self
        super().__init__(server)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def answer_next(self, *names: str | Answer, method: str = "sendMessage") -> None:
        """Answer the next calls of ``method`` like this, then as usual."""
        waiting = self._next.setdefault(method, deque())
        waiting.extend(ANSWERS[name] if isinstance(name, str) else name for name in names)

    def receive(self, update_id: int | None = None, **kind: Mapping[str, Any]) -> dict[str, Any]:
        """An update reaches Telegram and waits there."""
        with self._lock:
            number = self._next_update if update_id is None else update_id
            self._next_update = number + 1
            update = {"update_id": number, **kind}
            self._updates.append(update)
        return update

    @property
    def waiting(self) -> list[dict[str, Any]]:
        """Updates that nobody has confirmed."""
        return list(self._updates)

    def post(self, update: Mapping[str, Any]) -> httpx.Response:
        """Call the webhook with ``update``, as Telegram does; 2xx confirms it."""
        answer = httpx.post(
            self.webhook["url"],
            json=dict(update),
            headers={"X-Telegram-Bot-Api-Secret-Token": self.webhook.get("secret_token", "")},
            timeout=15,
            trust_env=False,
        )
        if answer.is_success:
            self._updates = [one for one in self._updates if one is not update]
        return answer

    def take(self, method: str, given: dict[str, Any]) -> Answer | object:
        """Carry out one call: its result, or what else is to be answered."""
        with self._lock:
            self.calls.append((method, given))
            waiting = self._next.get(method)
            answer = waiting.popleft() if waiting else Answer()
            if not answer.accepted:
                return answer
            carried_out = self._carry_out(method, given)
            return carried_out if answer == Answer() else answer

    def _carry_out(self, method: str, given: dict[str, Any]) -> Answer | object:  # noqa: PLR0911  one answer a method
        match method:
            case "getMe":
                return {"id": 110201543, "is_bot": True, "first_name": "L", "username": "linha_bot"}
            case "sendMessage":
                return self._send(given)
            case "getUpdates":
                return self._get_updates(given)
            case "setWebhook":
                if not str(given["url"]).startswith("http"):
                    return Answer(status=400, description="Bad Request: invalid webhook URL")
                self.webhook = given
                return True
            case "deleteWebhook":
                self.webhook = {}
                return True
            case "getWebhookInfo":
                url = self.webhook.get("url", "")
                return {"url": url, "pending_update_count": len(self._updates)}
            case "answerCallbackQuery":
                self.answered.append(given["callback_query_id"])
                return True
            case "getFile":
                return self._get_file(str(given.get("file_id")))
        return Answer(status=404, description="Not Found")

    def _send(self, given: dict[str, Any]) -> Answer | object:
        chat, text = str(given["chat_id"]), given["text"]
        if not chat.lstrip("-").isdigit():
            return ANSWERS["no_chat"]
        if chat in self.blocked:
            return ANSWERS["blocked"]
        if not text.strip():
            return ANSWERS["bad_request"]
        if len(text.encode("utf-16-le")) > 2 * 4096:
            return Answer(status=400, description="Bad Request: message is too long")
        message = {**given, "message_id": 1000 + len(self.sent)}
        self.sent.append(message)
        return {"message_id": message["message_id"], "date": 1772437800, "text": text}

    def _get_updates(self, given: dict[str, Any]) -> Answer | object:
        if self.webhook:
            return Answer(status=409, description=_WEBHOOK_SET)
        if (offset := given.get("offset")) is not None:
            # "Confirmed as soon as getUpdates is called with an offset higher than its update_id."
            self._updates = [one for one in self._updates if one["update_id"] >= offset]
        return self._updates[: given.get("limit", 100)]

    def _get_file(self, file_id: str) -> Answer | object:
        if file_id not in self.files:
            return Answer(status=400, description="Bad Request: wrong file_id")
        path, content = self.files[file_id]
        if len(content) > LARGEST_FILE:
            return Answer(status=400, description="Bad Request: file is too big")
        return {"file_id": file_id, "file_size": len(content), "file_path": path}


class _Server(HttpServer):
    telegram: TelegramServer


class _Handler(Handler):
    server: _Server

    def do_GET(self) -> None:
        telegram = self.server.telegram
        start = f"/file/bot{telegram.token}/"
        files = dict(telegram.files.values())
        path = self.path.removeprefix(start)
        if not self.path.startswith(start) or path not in files:
            return self._error(Answer(status=404, description="Not Found"))
        return self._send(200, files[path], "application/octet-stream")

    def do_POST(self) -> None:
        telegram = self.server.telegram
        given = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        start = f"/bot{telegram.token}/"
        if not self.path.startswith(start):
            return self._error(Answer(status=401, description="Unauthorized"))
        result = telegram.take(self.path.removeprefix(start), given)
        if not isinstance(result, Answer):
            body = json.dumps({"ok": True, "result": result}, ensure_ascii=False).encode()
            return self._send(200, body, "application/json")
        if result.how == "hang":
            telegram.closing.wait()
        if result.how in ("hang", "drop"):
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)
            return None
        if result.body is not None:
            return self._send(result.status, result.body, "text/html")
        return self._error(result)

    def _error(self, answer: Answer) -> None:
        document: dict[str, Any] = {
            "ok": False,
            "error_code": answer.status,
            "description": answer.description,
        }
        if answer.parameters:
            document["parameters"] = dict(answer.parameters)
        self._send(answer.status, json.dumps(document).encode(), "application/json")

    def _send(self, status: int, body: bytes, kind: str) -> None:
        self.send_response_only(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


@pytest.fixture
def telegram_server() -> Iterator[TelegramServer]:
    """A fresh Telegram on a port of its own."""
    server = TelegramServer().start()
    yield server
    server.stop()
