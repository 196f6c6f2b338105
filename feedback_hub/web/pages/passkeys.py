"""Passkeys: registering one, and logging in with it, which is password and second factor at once.

The browser proves two things: that it holds the key, and that its owner unlocked it (a finger, a
face, a PIN: "user verification" is required). A false page gets nothing from it: the key belongs to
this address. Nobody types who they are, so there is nobody to guess at.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta

import webauthn
from flask import (
    Blueprint,
    Response,
    current_app,
    flash,
    make_response,
    redirect,
    request,
    session,
    url_for,
)
from flask_security import current_user
from flask_security.utils import login_user
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from feedback_hub.adapters import passkeys
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.errors import Invalid, NotFound
from feedback_hub.web import throttle
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.pages.account import own_id, proves_password
from feedback_hub.web.security import Account

passkey_pages = Blueprint("passkeys", __name__)

_WITHIN = timedelta(minutes=3)
_CHALLENGE = "passkey_challenge"
_LONGEST_NAME = 64


@passkey_pages.post("/account/passkeys/options")
def offer() -> Response:
    """What the browser needs to make a passkey; the password is asked for once more."""
    account_id = own_id()
    if not proves_password(account_id):
        return make_response({"problem": gettext("This is not your password of now.")}, 422)
    hub = current_hub()
    with hub.reading() as uow:
        held = len(passkeys.of_account(uow.session, account_id))
    if held >= passkeys.MOST:
        return make_response({"problem": gettext("There are enough; remove one first.")}, 422)
    options = webauthn.generate_registration_options(
        rp_id=_rp_id(),
        rp_name=hub.config.hub.name,
        # Known by chance, never by name: the key may be read by who finds it.
        user_id=account_id.encode(),
        user_name=current_user.email,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED,
            user_verification=UserVerificationRequirement.REQUIRED,
        ),
    )
    return _challenge(options.challenge, webauthn.options_to_json(options))


@passkey_pages.post("/account/passkeys")
def add() -> Response:
    """Keep the passkey that the browser made."""
    account_id = own_id()
    challenge, _ = _challenged()
    name = request.form.get("name", "").strip()[:_LONGEST_NAME]
    try:
        made = webauthn.verify_registration_response(
            credential=_credential(),
            expected_challenge=challenge,
            expected_rp_id=_rp_id(),
            expected_origin=_origin(),
            require_user_verification=True,
        )
    except (WebAuthnException, ValueError, KeyError) as error:
        raise Invalid("credential", "is no answer to what was asked") from error
    hub = current_hub()
    with hub.unit_of_work() as uow:
        now = hub.clock()
        passkey_id = passkeys.add(
            uow.session,
            account_id,
            made.credential_id,
            made.credential_public_key,
            made.sign_count,
            name if name.isprintable() else "",
            now,
        )
        noted = {"kind": "passkey", "object_id": passkey_id}
        uow.audit(AuditAction.PASSKEY_ADDED, account_id, now, **noted)
        uow.commit()
    flash(gettext("The passkey is kept: log in with it from now on."), "success")
    return make_response(redirect(url_for("account.show"), 303))


@passkey_pages.post("/account/passkeys/remove")
def remove() -> Response:
    """Forget one of one's own passkeys."""
    account_id = own_id()
    hub = current_hub()
    which = request.form.get("passkey", "")
    with hub.unit_of_work() as uow:
        if not passkeys.remove(uow.session, account_id, which):
            raise NotFound
        uow.audit(
            AuditAction.PASSKEY_REMOVED, account_id, hub.clock(), kind="passkey", object_id=which
        )
        uow.commit()
    flash(gettext("Removed: it opens nothing any more."), "success")
    return make_response(redirect(url_for("account.show"), 303))


@passkey_pages.post("/login/passkey/options")
def ask() -> Response:
    """What the browser needs to show that it holds a passkey; the same for everybody."""
    options = webauthn.generate_authentication_options(
        rp_id=_rp_id(), user_verification=UserVerificationRequirement.REQUIRED
    )
    return _challenge(options.challenge, webauthn.options_to_json(options))


@passkey_pages.post("/login/passkey")
def log_in() -> Response:
    """Log in whoever holds the passkey. One that is not known here says what a wrong one says."""
    keys = {f"log-in\0{throttle.address()}": throttle.ADDRESS}
    throttle.slow_down(keys)
    challenge, challenged_at = _challenged()
    account_id = _account_of_answer(challenge, challenged_at)
    hub = current_hub()
    if account_id is None:
        with hub.unit_of_work() as uow:
            uow.audit(AuditAction.LOG_IN_FAILED, "", hub.clock(), kind="passkey")
            uow.commit()
        flash(gettext("This passkey does not open an account here."), "error")
        return make_response(redirect(url_for("security.login"), 303))
    user: Account | None = current_app.extensions["feedback_hub_security"].datastore.find_user(
        id=account_id
    )
    if user is None:
        raise NotFound
    throttle.forgive(keys)
    login_user(user, authn_via=["webauthn"])
    return make_response(redirect(url_for("home.index"), 303))


def _account_of_answer(challenge: bytes, challenged_at: datetime) -> str | None:
    hub = current_hub()
    try:
        credential = _credential()
        credential_id = base64url_to_bytes(str(credential["id"]))
        with hub.reading() as uow:
            known = passkeys.find(uow.session, credential_id)
        if known is None:
            return None
        verified = webauthn.verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=_rp_id(),
            expected_origin=_origin(),
            credential_public_key=known.public_key,
            credential_current_sign_count=known.sign_count,
            require_user_verification=True,
        )
    except (Invalid, WebAuthnException, ValueError, KeyError, TypeError):
        return None
    with hub.unit_of_work() as uow:
        counted = passkeys.note_use(
            uow.session, known, verified.new_sign_count, challenged_at, hub.clock()
        )
        uow.commit()
    return known.account_id if counted else None


def _challenge(challenge: bytes, options: str) -> Response:
    session[_CHALLENGE] = {
        "is": bytes_to_base64url(challenge),
        "at": current_hub().clock().isoformat(),
    }
    return Response(options, content_type="application/json")


def _challenged() -> tuple[bytes, datetime]:
    """The challenge this browser was given last, and when; it counts once.

    Raises ``Invalid`` where there is none or it is too old.
    """
    given = session.pop(_CHALLENGE, None)
    if not isinstance(given, dict):
        raise Invalid("credential", "was not asked for")
    at = datetime.fromisoformat(given["at"])
    if current_hub().clock() - at > _WITHIN:
        raise Invalid("credential", "came too late; try again")
    return base64url_to_bytes(given["is"]), at


def _credential() -> dict[str, object]:
    try:
        found = json.loads(request.form.get("credential", ""))
    except ValueError as error:
        raise Invalid("credential", "is not JSON") from error
    if not isinstance(found, dict):
        raise Invalid("credential", "is not JSON")
    return found


def _rp_id() -> str:
    """The host this browser knows us by: one of those that are answered at all."""
    return request.host.rsplit(":", 1)[0]


def _origin() -> str:
    return f"{request.scheme}://{request.host}"
