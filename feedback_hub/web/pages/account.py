"""One's own account: password, second factor, and where one is logged in."""

from __future__ import annotations

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_security import current_user, hash_password
from flask_security.utils import verify_password
from sqlalchemy import select, update

from feedback_hub.adapters import handlers, invitations, passkeys, people, tables
from feedback_hub.adapters.accounts import languages_of, set_languages
from feedback_hub.adapters.desk_devices import of_account
from feedback_hub.adapters.people import By
from feedback_hub.domain.access import Action, Actor, Role
from feedback_hub.domain.audit import AuditAction
from feedback_hub.domain.errors import NotAllowed, NotFound
from feedback_hub.reads.views.case import FormView
from feedback_hub.web import sessions, throttle
from feedback_hub.web.desk_devices import change_device
from feedback_hub.web.hub import current_hub
from feedback_hub.web.i18n import gettext
from feedback_hub.web.security import current_actor, has_token
from feedback_hub.web.words import LANGUAGES

account = Blueprint("account", __name__)

SHORTEST, LONGEST = 10, 255


@account.get("/account")
def show() -> str:
    """Who I am here, and where I am logged in."""
    return _page(FormView("password"))


@account.post("/account/password")
def password() -> Response:
    """Change the password; every other device is logged out."""
    account_id = own_id()
    hub = current_hub()
    errors = _faults(request.form.get("new", ""))
    if not proves_password(account_id):
        errors = {"current": gettext("This is not your password of now.")}
    if errors:
        return make_response(_page(FormView("password", {}, errors)), 422)
    with hub.unit_of_work() as uow:
        hashed = hash_password(request.form["new"])
        changed = update(tables.account).where(tables.account.c.id == account_id)
        uow.session.execute(changed.values(password=hashed))
        sessions.end_all(uow.session, account_id, but=sessions.own_id())
        uow.audit(
            AuditAction.PASSWORD_CHANGED,
            account_id,
            hub.clock(),
            kind="account",
            object_id=account_id,
        )
        uow.commit()
    flash(gettext("The password is changed; other devices are logged out."), "success")
    return _back()


@account.post("/account/languages")
def languages() -> Response:
    """Note which languages the reader speaks: calls and translations in these come first."""
    account_id = own_id()
    spoken = tuple(code for code in LANGUAGES if code in request.form.getlist("languages"))
    with current_hub().unit_of_work() as uow:
        set_languages(uow.session, account_id, spoken)
        uow.commit()
    flash(gettext("Kept. What is in your languages comes to you first."), "success")
    back = {"calls": "calls.index", "translations": "translations.index"}
    there = back.get(request.form.get("back", ""), "account.show")
    return make_response(redirect(url_for(there), 303))


@account.post("/account/log-out")
def log_out() -> Response:
    """Log one device out, or every one but this."""
    account_id = own_id()
    which = request.form.get("device", "")
    hub = current_hub()
    with hub.unit_of_work() as uow:
        if which:
            sessions.end(uow.session, account_id, which)
        else:
            sessions.end_all(uow.session, account_id, but=sessions.own_id())
        noted = {"kind": "account", "object_id": account_id}
        uow.audit(AuditAction.LOGGED_OUT, account_id, hub.clock(), reason="elsewhere", **noted)
        uow.commit()
    flash(gettext("Logged out there."), "success")
    return _back()


@account.post("/account/desk-devices")
def desk_device() -> Response:
    """Take a desk device out of use: it was lost, or given away. Or bring it back."""
    account_id = own_id()
    with current_hub().unit_of_work() as uow:
        by = By(account_id, current_hub().clock())
        said = change_device(uow, by, account_id)
        uow.commit()
    flash(said, "success")
    return _back()


def _handlers_answer() -> tuple[Actor, bool]:
    """The handler who answers, logged in, and whether it is a yes. Raises ``NotFound``."""
    actor = current_actor()
    if has_token() or Role.PROTECTION not in actor.roles:
        raise NotFound
    return actor, request.form.get("answer") == "yes"


def _decided(*, agreed: bool) -> AuditAction:
    return AuditAction.HANDLER_APPROVED if agreed else AuditAction.HANDLER_DECLINED


@account.post("/account/handlers/<request_id>")
def decide(request_id: str) -> Response:
    """A handler lets somebody in among the handlers, or not."""
    actor, agreed = _handlers_answer()
    hub = current_hub()
    with hub.unit_of_work() as uow:
        now = hub.clock()
        decided = handlers.decide(uow.session, request_id, actor.id, now, agreed=agreed)
        if decided is None:
            raise NotFound
        kind, object_id = decided
        uow.audit(
            _decided(agreed=agreed),
            actor.id,
            now,
            kind=kind,
            object_id=object_id,
        )
        uow.commit()
    flash(gettext("Noted."), "success")
    return _back()


@account.post("/account/handlers/tokens/<token_id>")
def decide_token(token_id: str) -> Response:
    """A handler says yes to a token that was made without asking, or ends it."""
    actor, agreed = _handlers_answer()
    hub = current_hub()
    with hub.unit_of_work() as uow:
        now = hub.clock()
        if all(one.id != token_id for one in handlers.unasked(uow.session, now)):
            raise NotFound
        if not agreed:
            people.revoke_token(uow, By(actor.id, now), token_id)
        uow.audit(_decided(agreed=agreed), actor.id, now, kind="token", object_id=token_id)
        uow.commit()
    flash(gettext("Noted."), "success")
    return _back()


@account.route("/welcome/", methods=["GET", "POST"], defaults={"code": ""})
@account.route("/welcome/<code>", methods=["GET", "POST"])
def welcome(code: str) -> Response:
    """Choose a password with a code from paper or from the person who gave it.

    A code that was never made, was used or is over says the same.
    """
    code = request.form.get("code", "") or code
    if not code:
        return make_response(render_template("welcome.html", code="", email=""))
    keys = {f"welcome\0{throttle.address()}": throttle.WELCOME}
    throttle.slow_down(keys)
    hub = current_hub()
    with hub.reading() as uow:
        email = invitations.invited(uow.session, code, hub.clock())
    if email is None:
        raise NotFound
    throttle.forgive(keys)
    chosen = request.form.get("new", "")
    errors = _faults(chosen) if request.method == "POST" and "new" in request.form else {}
    if not chosen or errors:
        page = render_template(
            "welcome.html", code=code, email=email, form=FormView("welcome", {}, errors)
        )
        return make_response(page, 422 if errors else 200)
    hashed = hash_password(chosen)
    with hub.unit_of_work() as uow:
        account_id = invitations.accept(uow.session, code, hashed, hub.clock())
        if account_id is None:
            raise NotFound
        uow.audit(
            AuditAction.PASSWORD_CHANGED,
            account_id,
            hub.clock(),
            kind="account",
            object_id=account_id,
        )
        uow.commit()
    flash(gettext("Your password is kept. Log in with it now."), "success")
    return make_response(redirect(url_for("security.login"), 303))


def own_id() -> str:
    """A person's id: a token has no account. Raises ``NotAllowed``, ``Unauthenticated``."""
    actor = current_actor()
    if has_token():
        raise NotAllowed("account")
    return actor.id


def proves_password(account_id: str) -> bool:
    """Whether the form says the account's password of now; whoever guesses is slowed down."""
    keys = {f"password\0{account_id}": throttle.HERE}
    throttle.slow_down(keys)
    with current_hub().reading() as uow:
        kept = uow.session.scalar(
            select(tables.account.c.password).where(tables.account.c.id == account_id)
        )
    if not kept or not verify_password(request.form.get("current", ""), kept):
        return False
    throttle.forgive(keys)
    return True


def _page(form: FormView) -> str:
    account_id = own_id()
    with current_hub().reading() as uow:
        found = sessions.devices(uow.session, account_id, sessions.own_id())
        is_handler = Role.PROTECTION in current_actor().roles
        waiting = handlers.proposed(uow.session) if is_handler else []
        unasked = handlers.unasked(uow.session, current_hub().clock()) if is_handler else []
        spoken = languages_of(uow.session, account_id)
        own_passkeys = passkeys.of_account(uow.session, account_id)
        desk_devices = of_account(uow.session, account_id)
    return render_template(
        "account.html",
        email=current_user.email,
        has_second_factor=bool(current_user.tf_primary_method),
        devices=found,
        may_export=current_actor().may(Action.READ_HISTORY),
        desk_devices=desk_devices,
        may_break_glass=current_actor().may(Action.BREAK_GLASS),
        spoken=spoken,
        passkeys=own_passkeys,
        known_languages=LANGUAGES,
        waiting=[one for one in waiting if one.account_id != account_id],
        unasked=unasked,
        form=form,
    )


def _back() -> Response:
    return make_response(redirect(url_for("account.show"), 303))


def _faults(chosen: str) -> dict[str, str]:
    if len(chosen) < SHORTEST:
        return {"new": gettext("A password has 10 characters or more; four words are a good one.")}
    if len(chosen) > LONGEST:
        return {"new": gettext("That is too long.")}
    return {}
