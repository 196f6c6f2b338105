"""The second factor: codes from an app (TOTP, RFC 6238), and recovery codes on paper."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

from flask import Flask, Response, request, session, url_for
from flask_security import current_user
from flask_security.forms import TwoFactorRescueForm, TwoFactorSetupForm
from flask_security.totp import Totp
from passlib.exc import UsedTokenError
from sqlalchemy import or_, select, update
from werkzeug.exceptions import NotFound
from wtforms import RadioField, StringField

from feedback_hub.adapters.engine import change
from feedback_hub.adapters.tables import account
from feedback_hub.bootstrap import Hub
from feedback_hub.config.tables.security import SecondFactor
from feedback_hub.domain.access import NEEDS_SECOND_FACTOR, Actor
from feedback_hub.web.hub import current_hub

if TYPE_CHECKING:
    from flask_security import UserMixin
    from passlib.totp import TotpMatch

_METHOD = "authenticator"
_CLOSED = ("two_factor_rescue", "tf_select", "two_factor_setup_validate", "verify")
"""Doors of the library that nobody here needs: what is not there cannot be got through."""
_LEEWAY = 30
"""Seconds a phone's clock may be wrong, either way (RFC 6238, 5.2: one time step)."""
CODES = 10
"""Recovery codes on the sheet."""


def is_required(hub: Hub, actor: Actor) -> bool:
    """Whether a password alone is not enough for what this person is here for."""
    required = hub.config.security.second_factor is SecondFactor.REQUIRED
    return required and bool(actor.roles & NEEDS_SECOND_FACTOR)


def settings(hub: Hub) -> dict[str, object]:
    """What the library is told. Secrets and recovery codes are kept encrypted by the hub's key."""
    codes_key = bytes.fromhex(hub.keyring.index("recovery codes", "security"))
    return {
        "SECURITY_TWO_FACTOR": True,
        "SECURITY_TWO_FACTOR_ENABLED_METHODS": [_METHOD],
        "SECURITY_TWO_FACTOR_AUTHENTICATOR_VALIDITY": _LEEWAY,
        # A code by e-mail would make the mailbox the only factor.
        "SECURITY_TWO_FACTOR_RESCUE_EMAIL": False,
        "SECURITY_TWO_FACTOR_SETUP_URL": "/second-factor",
        "SECURITY_TWO_FACTOR_TOKEN_VALIDATION_URL": "/second-factor/code",
        "SECURITY_TWO_FACTOR_POST_SETUP_VIEW": "/second-factor/sheet",
        "SECURITY_TOTP_SECRETS": {"1": hub.keyring.index("totp", "security")},
        "SECURITY_TOTP_ISSUER": hub.config.hub.name.replace(":", " "),
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES": True,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_N": CODES,
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_KEYS": [base64.urlsafe_b64encode(codes_key)],
        "SECURITY_MULTI_FACTOR_RECOVERY_CODES_URL": "/second-factor/sheet",
        "SECURITY_MULTI_FACTOR_RECOVERY_URL": "/second-factor/recovery",
    }


def init_second_factor(app: Flask) -> None:
    """After the first set-up comes the sheet; ways round the second factor are closed."""

    def closed(**_args: str) -> Response:
        raise NotFound

    for endpoint in _CLOSED:
        app.view_functions[f"security.{endpoint}"] = closed

    @app.after_request
    def _sheet_first(response: Response) -> Response:
        arrived = response.status_code == 302 and request.method == "POST"
        if (
            arrived
            and request.endpoint == "security.two_factor_token_validation"
            and "_user_id" in session
            and not current_user.mf_recovery_codes
        ):
            response.location = url_for("security.mf_recovery_codes")
        return response

    app.extensions["feedback_hub_second_factor"] = _sheet_first


class SetupForm(TwoFactorSetupForm):
    """One method, so nothing to choose from; WTForms deprecates the library's way of choosing."""

    setup = StringField()  # type: ignore[assignment]  # another kind of field


class RescueForm(TwoFactorRescueForm):
    """The library lists ways out here, which our page shows as a link."""

    help_setup = RadioField(choices=[])


class SingleUseTotp(Totp):
    """A code counts once: who reads it over a shoulder, or from the wire, comes too late."""

    def get_last_counter(self, user: UserMixin) -> int | None:
        """The last time step whose code was used; older ones are refused too."""
        with current_hub().reading() as uow:
            return uow.session.scalar(
                select(account.c.tf_last_counter).where(account.c.id == user.id)
            )

    def set_last_counter(self, user: UserMixin, tmatch: TotpMatch) -> None:
        """Note the step. Raises ``UsedTokenError`` if the same code came twice at a time."""
        last = account.c.tf_last_counter
        with current_hub().unit_of_work() as uow:
            noted = change(
                uow.session,
                update(account)
                .where(account.c.id == user.id, or_(last.is_(None), last < tmatch.counter))
                .values(tf_last_counter=tmatch.counter),
            )
            uow.commit()
        if not noted:
            raise UsedTokenError
