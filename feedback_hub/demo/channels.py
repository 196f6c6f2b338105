"""The demonstration's channel accounts, and how a provider would call this hub for each."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import random
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import urlencode

JSON = "application/json"
TWILIO = "twilio-of-the-demonstration-0001"
TELEGRAM = "1458:telegram-of-the-demonstration-0001"
TELEGRAM_PROOF = "telegram-calls-of-the-demonstration"
GATEWAY = "gateway-of-the-demonstration"
FORM = "form-of-the-demonstration"

# Every account, with the invented providers' addresses in {providers} and {mail}.
CONFIG = """
[channels.handset]
kind = "sandbox"

[channels.sms]
kind = "twilio_sms"
account_sid = "AC00000000000000000000000000001458"
auth_token_file = "secrets/twilio"
from_number = "+258840001458"
api_base = "{providers}"

[channels.line]
kind = "twilio_voice"
account_sid = "AC00000000000000000000000000001458"
auth_token_file = "secrets/twilio"
from_number = "+258840001458"
api_base = "{providers}"

[channels.whatsapp]
kind = "whatsapp"
account_sid = "AC00000000000000000000000000001458"
auth_token_file = "secrets/twilio"
from_number = "whatsapp:+258840001458"
api_base = "{providers}"

[channels.telegram]
kind = "telegram"
token_file = "secrets/telegram"
secret_token_file = "secrets/telegram_proof"
api_base = "{providers}"

[channels.shortcode]
kind = "sms_http"
secret_file = "secrets/gateway"
send_url = "{providers}/cgi-bin/sendsms"
from_number = "1458"

[channels.form]
kind = "kobo"
form = "aDEMONSTRATION"
username = "kobo"
password_file = "secrets/form"

[channels.mail]
kind = "email"
address = "voz@demo.example"
smtp_url = "smtp://{mail}"
"""
_SECRETS = {
    "twilio": TWILIO,
    "telegram": TELEGRAM,
    "telegram_proof": TELEGRAM_PROOF,
    "gateway": GATEWAY,
    "form": FORM,
}

Headers = Mapping[str, str]
Call = tuple[str, bytes | None, Headers]
"""What a provider posts: path with query, body (None: a GET), headers."""


def keep_secrets(folder: Path) -> None:
    """Write the accounts' invented secrets to ``folder``, as an operator would."""
    folder.mkdir(mode=0o700, exist_ok=True)
    for name, secret in _SECRETS.items():
        (folder / name).write_text(secret, "utf-8")
        (folder / name).chmod(0o600)


def sms(base_url: str, text: str, number: str) -> Call:
    """A text through Twilio."""
    return _twilio(base_url, "sms/inbound", {"From": number, "Body": text}, "SM")


def whatsapp(base_url: str, text: str, number: str) -> Call:
    """A WhatsApp message through Twilio."""
    return _twilio(base_url, "whatsapp/inbound", {"From": f"whatsapp:{number}", "Body": text}, "SM")


def missed_call(base_url: str, _text: str, number: str) -> Call:
    """Somebody rang and hung up."""
    fields = {"From": number, "CallStatus": "no-answer", "Direction": "inbound"}
    return _twilio(base_url, "line/status", fields, "CA")


def telegram(_base_url: str, text: str, number: str) -> Call:
    """A message to the bot."""
    person = int(number[-7:])
    update = {
        "update_id": uuid.uuid4().int % 10**9,
        "message": {
            "message_id": uuid.uuid4().int % 10**6,
            "date": int(datetime.now(UTC).timestamp()),
            "chat": {"id": person, "type": "private"},
            "from": {"id": person, "is_bot": False, "first_name": "A."},
            "text": text,
        },
    }
    proof = {"X-Telegram-Bot-Api-Secret-Token": TELEGRAM_PROOF}
    return "/channels/telegram/inbound", *_json(update, proof)


def shortcode(_base_url: str, text: str, number: str) -> Call:
    """A text to the operator's short code, as Kannel hands it over."""
    query = urlencode(
        {
            "secret": GATEWAY,
            "from": number,
            "to": "1458",
            "text": text,
            "id": str(uuid.uuid4()),
            "time": f"{datetime.now(UTC):%Y-%m-%d %H:%M:%S}",
            "charset": "UTF-8",
        }
    )
    return f"/channels/shortcode/inbound?{query}", None, {}


def form(_base_url: str, text: str, _number: str) -> Call:
    """A form that a mobile team filled in on a phone."""
    one = str(uuid.uuid4())
    sent = {
        "_id": uuid.uuid4().int % 10**8,
        "_uuid": one,
        "meta/instanceID": f"uuid:{one}",
        "_xform_id_string": "aDEMONSTRATION",
        "_submission_time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}",
        "text": text,
        "sex": random.choice(("female", "male")),
    }
    login = base64.b64encode(f"kobo:{FORM}".encode()).decode()
    return "/channels/form/inbound", *_json(sent, {"Authorization": f"Basic {login}"})


def mail(text: str) -> bytes:
    """A mail from an office, as its server pipes it to ``receive-mail``."""
    written = EmailMessage()
    written["From"] = "escritorio@demo.example"
    written["To"] = "voz@demo.example"
    written["Subject"] = "Mensagem da comunidade"
    written["Message-ID"] = f"<{uuid.uuid4()}@demo.example>"
    written["Date"] = datetime.now(UTC)
    written.set_content(text)
    return written.as_bytes()


Maker = Callable[[str, str, str], Call]
EVERY: tuple[Maker, ...] = (
    sms,
    whatsapp,
    missed_call,
    telegram,
    shortcode,
    form,
)
"""A call of each provider, given the hub's address, the words and an invented number."""


def _json(payload: object, headers: Headers) -> tuple[bytes, Headers]:
    return json.dumps(payload).encode(), {"Content-Type": JSON, **headers}


def _twilio(base_url: str, path: str, fields: dict[str, str], kind: str) -> Call:
    """Signed as https://www.twilio.com/docs/usage/security says."""
    number = "whatsapp:+258840001458" if path.startswith("whatsapp") else "+258840001458"
    sid = "CallSid" if kind == "CA" else "MessageSid"
    posted = {
        **fields,
        "To": number,
        sid: f"{kind}{uuid.uuid4().hex}",
        "AccountSid": "AC00000000000000000000000000001458",
    }
    signed = f"{base_url}/channels/{path}" + "".join(
        f"{key}{posted[key]}" for key in sorted(posted)
    )
    proof = hmac.new(TWILIO.encode(), signed.encode(), hashlib.sha1).digest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": base64.b64encode(proof).decode(),
    }
    return f"/channels/{path}", urlencode(posted).encode(), headers
