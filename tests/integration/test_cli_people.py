"""``user`` and ``token``: who may act here."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask_security.utils import verify_password
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from feedback_hub.adapters import accounts, handlers, people
from feedback_hub.adapters.invitations import invited
from feedback_hub.bootstrap import build, settings_of
from feedback_hub.cli.running import prepare_to_run
from feedback_hub.config import load_config
from feedback_hub.domain.access import Membership, Role
from feedback_hub.web.app import create_app
from tests.integration.commands import Commands, commands

__all__ = ["commands"]


def test_a_person_is_added_with_a_code_to_choose_a_password(commands: Commands) -> None:
    said = commands.run("user", "add", "Ana@Example.org", "--role", "desk", "--role", "admin")
    kept = commands.rows("SELECT email, password FROM account")[0]
    assert (kept.email, kept.password) == ("ana@example.org", None)
    first = said.stdout.strip()
    assert first.startswith("http://127.0.0.1:8000/welcome/")
    again = commands.run("user", "invite", "ana@example.org").stdout.strip()
    config = load_config(None, {"FEEDBACK_HUB_HOME": str(commands.folder / "home")}, settings_of)
    hub = build(config)
    with hub.reading() as uow:
        codes = [link.rpartition("/")[2] for link in (first, again)]
        found = [invited(uow.session, code, hub.clock()) for code in codes]
    assert found == [None, "ana@example.org"]
    hub.close()


def test_a_hub_that_nobody_can_log_in_to_says_how_the_first_comes_in(
    commands: Commands, capsys: pytest.CaptureFixture[str]
) -> None:
    commands.run("migrate")
    config = load_config(None, {"FEEDBACK_HUB_HOME": str(commands.folder / "home")}, settings_of)
    hub = build(config)
    prepare_to_run(hub)
    assert "feedback-hub user add" in capsys.readouterr().err
    commands.run("user", "add", "ana@example.org", "--role", "admin")
    prepare_to_run(hub)
    assert "feedback-hub user add" not in capsys.readouterr().err
    hub.close()


def test_a_code_is_printed_where_no_mail_goes_and_nobody_is_added_where_none_can(
    commands: Commands,
) -> None:
    words = ("user", "add", "ana@example.org", "--role", "desk", "--mail")
    assert "[mail]" in commands.run(*words, fails=1).output
    assert commands.count("account") == 0
    closed = '[mail]\nsmtp_url = "smtps://127.0.0.1:1"\naddress = "hub@example.org"\n'
    said = commands.run("--config", commands.file("hub.toml", closed), *words)
    assert "no e-mail went" in said.output
    assert said.stdout.strip().startswith("http://127.0.0.1:8000/welcome/")


def test_a_password_on_the_command_line_opens_the_pages(commands: Commands) -> None:
    words = ("user", "add", "a@b.org", "--role", "desk", "--password-stdin")
    commands.run(*words, given="long enough to be one\n")
    kept = commands.rows("SELECT password FROM account")[0]
    config = load_config(None, {"FEEDBACK_HUB_HOME": str(commands.folder / "home")}, settings_of)
    hub = build(config)
    with create_app(hub).app_context():
        assert verify_password("long enough to be one", kept.password)
        assert not verify_password("long enough to be two", kept.password)
    hub.close()


def test_the_first_handler_is_added_and_the_next_one_waits(commands: Commands) -> None:
    commands.run("user", "add", "rosa@b.org", "--role", "protection")
    said = commands.run("user", "add", "a@b.org", "--role", "desk", "--role", "protection")
    assert "waits until a handler agrees" in said.stderr
    listed = commands.run("user", "list").stdout.splitlines()
    assert [line.split("\t")[1] for line in listed] == ["desk, protection (waits)", "protection"]
    assert commands.count("handler_request") == 1


def test_a_token_made_at_the_machine_works_at_once_one_made_on_the_pages_waits_for_a_handler(
    commands: Commands,
) -> None:
    """Whoever has the machine has its keys; an administrator in a browser has not."""
    commands.run("user", "add", "rosa@b.org", "--role", "protection")
    made = commands.run("token", "add", "--role", "protection", "--name", "first")
    assert "waits" not in made.stderr
    # It is said to whoever did it; the token stands alone where a program reads it.
    assert "reads highly sensitive cases" in made.stderr
    assert len(made.stdout.split()) == 1
    config = load_config(None, {"FEEDBACK_HUB_HOME": str(commands.folder / "home")}, settings_of)
    hub = build(config)
    now = datetime.now(UTC)
    with hub.unit_of_work() as uow:
        assert accounts.actor_by_token(uow.session, made.stdout.strip(), now)
        # The handlers see it, and it ends by itself.
        (unasked,) = handlers.unasked(uow.session, now)
        assert (unasked.name, unasked.expires_at is not None) == ("first", True)
        assert handlers.unasked(uow.session, now + timedelta(days=91)) == []
        second = people.add_token(
            uow, people.By("ines", now), "second", Membership(Role.PROTECTION), None
        )
        assert accounts.actor_by_token(uow.session, second.secret, now) is None
        (asked,) = handlers.proposed(uow.session)
        assert asked.name == "second"
        assert handlers.decide(uow.session, asked.id, "rosa", now, agreed=True)
        assert accounts.actor_by_token(uow.session, second.secret, now)
    hub.close()


def test_a_token_is_listed_and_revoked(commands: Commands) -> None:
    words = ("token", "add", "--name", "Linha Verde", "--role", "mechanism", "--sector", "wash")
    commands.run(*words)
    (line,) = commands.run("token", "list").stdout.splitlines()
    token_id, *rest = line.split("\t")
    assert rest == ["Linha Verde", "mechanism@wash", "live", "never used"]
    commands.run("token", "revoke", token_id)
    assert "revoked" in commands.run("token", "list").stdout
    assert "token list" in commands.run("token", "revoke", token_id, fails=1).stderr


def test_a_handler_whose_second_factor_is_reset_is_asked_about_again(commands: Commands) -> None:
    """Whoever resets it could log in as them: another handler says that it is really them."""
    commands.run("user", "add", "rosa@b.org", "--role", "protection")
    commands.run("user", "reset-second-factor", "rosa@b.org")
    assert commands.count("handler_request") == 0
    commands.run("user", "add", "zita@b.org", "--role", "desk", "--role", "protection")
    engine = create_engine(f"sqlite:///{commands.folder / 'home' / 'hub.sqlite3'}")
    with Session(engine) as session:
        (asked,) = handlers.proposed(session)
        handlers.decide(session, asked.id, "rosa", datetime.now(UTC), agreed=True)
        session.commit()
    engine.dispose()
    commands.run("user", "reset-second-factor", "zita@b.org")
    listed = commands.run("user", "list").stdout.splitlines()
    assert [line.split("\t")[1] for line in listed] == ["protection", "desk, protection (waits)"]


def test_switched_off_and_on_again(commands: Commands) -> None:
    commands.run("user", "add", "a@b.org", "--role", "desk")
    commands.run("user", "disable", "a@b.org")
    commands.run("user", "enable", "a@b.org")
    assert commands.run("user", "list").stdout == "a@b.org\tdesk\tactive\tpassword only\n"


def test_a_password_from_a_pipe_is_not_shown(commands: Commands) -> None:
    words = ("user", "add", "a@b.org", "--role", "desk", "--password-stdin")
    short = commands.run(*words, given="short\n", fails=1)
    assert "10 characters" in short.stderr
    said = commands.run(*words, given="long enough to be one\n")
    assert "long enough" not in said.output


def test_more_roles_for_somebody_who_is_there(commands: Commands) -> None:
    commands.run("user", "add", "a@b.org", "--role", "desk")
    for _ in range(2):
        commands.run("user", "add", "a@b.org", "--role", "case_manager", "--sector", "wash")
    listed = commands.run("user", "list").stdout
    assert listed == "a@b.org\tcase_manager@wash, desk\tactive\tpassword only\n"


def test_disabled_is_shut_out_of_running_sessions_too(commands: Commands) -> None:
    commands.run("user", "add", "a@b.org", "--role", "desk")
    before = commands.rows("SELECT fs_uniquifier FROM account")
    commands.run("user", "disable", "a@b.org")
    assert commands.rows("SELECT fs_uniquifier FROM account") != before
    assert "disabled" in commands.run("user", "list").stdout
    refused = commands.run("user", "add", "a@b.org", "--role", "admin", fails=1)
    assert "switched off" in refused.stderr


def test_a_lost_second_factor_is_forgotten(commands: Commands) -> None:
    commands.run("user", "add", "a@b.org", "--role", "desk")
    engine = create_engine(f"sqlite:///{commands.folder / 'home' / 'hub.sqlite3'}")
    with engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE account SET tf_primary_method = 'authenticator', tf_totp_secret = 'x'"
        )
    engine.dispose()
    assert "second factor" in commands.run("user", "list").stdout
    commands.run("user", "reset-second-factor", "a@b.org")
    assert commands.rows("SELECT tf_primary_method, tf_totp_secret FROM account") == [(None, None)]


@pytest.mark.parametrize(
    ("words", "exit_code"),
    [
        (("user", "add", "a@b.org"), 2),
        (("user", "add", "a@b.org", "--role", "king"), 2),
        (("user", "add", "nobody", "--role", "desk"), 2),
        (("user", "add", "a@b.org", "--role", "focal_point"), 2),
        (("user", "add", "a@b.org", "--role", "desk", "--site", "S9"), 1),
        (("user", "add", "a@b.org", "--role", "focal_point", "--organisation", "O9"), 1),
        (("user", "disable", "a@b.org"), 1),
        (("user", "reset-second-factor", "a@b.org"), 1),
        (("token", "add", "--name", "x", "--role", "mechanism", "--site", "S9"), 1),
        (("token", "add", "--name", "", "--role", "mechanism"), 2),
    ],
)
def test_what_makes_no_sense_is_refused(
    commands: Commands, words: tuple[str, ...], exit_code: int
) -> None:
    assert commands.run(*words, fails=exit_code).stderr


def test_a_token_is_printed_alone_and_works(commands: Commands) -> None:
    words = ("token", "add", "--name", "Linha Verde", "--role", "mechanism", "--days", "30")
    secret = commands.run(*words).stdout.rstrip("\n")
    engine = create_engine(f"sqlite:///{commands.folder / 'home' / 'hub.sqlite3'}")
    with Session(engine) as session:
        actor = accounts.actor_by_token(session, secret, datetime.now(UTC))
        assert actor is not None
        assert actor.memberships == (Membership(Role.MECHANISM),)
        assert accounts.actor_by_token(session, secret, datetime(2999, 1, 1, tzinfo=UTC)) is None
    engine.dispose()
