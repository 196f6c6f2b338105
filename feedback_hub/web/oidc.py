"""Logging in with an account of the organisation's own (OpenID Connect), where one is configured.

The provider says who somebody is, never what they may do: nobody comes in who has no account here,
and roles, second factor and time-outs stay the hub's. The first log-in ties the account to the
provider's own name for the person; the address alone, which may be given to somebody else, opens
nothing after that.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Flask, Response, current_app, flash, make_response, redirect, url_for
from flask_security.utils import login_user
from sqlalchemy import or_, update

from feedback_hub.adapters import tables
from feedback_hub.adapters.accounts import account_id_of
from feedback_hub.adapters.engine import change
from feedback_hub.bootstrap import Hub
from feedback_hub.domain.audit import AuditAction
from feedback_hub.web import throttle
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.security import Account

oidc = Blueprint("oidc", __name__, url_prefix="/login/organisation")

_PATIENCE = 10
"""Seconds that the provider may take to answer."""
_CLIENT = "feedback_hub_oidc"


def init_oidc(app: Flask, hub: Hub) -> None:
    """Register the provider and its two routes, if there is one."""
    security = hub.config.security
    app.jinja_env.globals["oidc_name"] = security.oidc_name if security.oidc_issuer else ""
    if not security.oidc_issuer:
        return
    from authlib.integrations.flask_client import OAuth

    app.extensions[_CLIENT] = OAuth(app).register(
        "organisation",
        server_metadata_url=f"{security.oidc_issuer}/.well-known/openid-configuration",
        client_id=security.oidc_client_id,
        client_secret=security.oidc_client_secret,
        client_kwargs={
            "scope": "openid email",
            "code_challenge_method": "S256",
            "timeout": _PATIENCE,
        },
    )
    app.register_blueprint(oidc)


@oidc.get("")
def ask() -> Response:
    """To the provider, with a state and a nonce of this browser's own."""
    back = f"{current_hub().config.hub.base_url}{url_for('oidc.back')}"
    found: Response = current_app.extensions[_CLIENT].authorize_redirect(back)
    return found


@oidc.get("/back")
def back() -> Response:
    """From the provider: whom it names is logged in, if there is such an account here."""
    from authlib.common.errors import AuthlibBaseError
    from joserfc.errors import JoseError
    from requests import RequestException  # noqa: PLC0415  Authlib asks with it

    keys = {f"log-in\0{throttle.address()}": throttle.ADDRESS}
    throttle.slow_down(keys)
    try:
        token = current_app.extensions[_CLIENT].authorize_access_token()
    except (AuthlibBaseError, JoseError, RequestException, ValueError, KeyError):
        return _refused()
    account_id = _account(token.get("userinfo") or {})
    if account_id is None:
        return _refused()
    security = current_app.extensions["feedback_hub_security"]
    user: Account | None = security.datastore.find_user(id=account_id)
    if user is None or not user.active:
        return _refused()
    throttle.forgive(keys)
    # A second factor that was set up here is asked for as after a password.
    asked: Response | None = security.two_factor_plugins.tf_enter(user, False, "oidc", next_loc="")
    if asked is not None:
        return asked
    login_user(user, authn_via=["oidc"])
    return make_response(redirect(url_for("home.index"), 303))


def _account(claims: dict[str, Any]) -> str | None:
    """The account of a verified address; tied to the provider's subject from the first time on."""
    subject, email = claims.get("sub"), claims.get("email")
    if not isinstance(subject, str) or not isinstance(email, str):
        return None
    if claims.get("email_verified") is not True or not 0 < len(subject) <= 255:
        return None
    account = tables.account
    with current_hub().unit_of_work() as uow:
        account_id = account_id_of(uow.session, email)
        if account_id is None:
            return None
        tied = update(account).where(
            account.c.id == account_id,
            account.c.active,
            or_(account.c.oidc_subject.is_(None), account.c.oidc_subject == subject),
        )
        if not change(uow.session, tied.values(oidc_subject=subject)):
            return None
        uow.commit()
    return account_id


def _refused() -> Response:
    """The same whatever was wrong."""
    hub = current_hub()
    with hub.unit_of_work() as uow:
        uow.audit(AuditAction.LOG_IN_FAILED, "", hub.clock(), kind="oidc")
        uow.commit()
    flash(gettext("That did not let you in here. Ask your administrator."), "error")
    return make_response(redirect(url_for("security.login"), 303))
