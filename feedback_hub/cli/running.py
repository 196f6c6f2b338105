"""``run`` and the roles apart: ``web``, ``worker``, ``scheduler``, ``migrate``."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Callable, Sequence

import click
import structlog
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from feedback_hub.adapters import case_words
from feedback_hub.adapters.embedded_valkey import EmbeddedValkey
from feedback_hub.adapters.engine import for_reading, make_engine
from feedback_hub.adapters.heaps import few_heaps
from feedback_hub.adapters.seeds import seed
from feedback_hub.adapters.tables import account
from feedback_hub.adapters.vault import sealed_by_another
from feedback_hub.adapters.wordings import any_approved
from feedback_hub.bootstrap import KEYS_BACK, Hub, database_url, process_hub
from feedback_hub.cli.context import Failure, config_of, hub_of, reporting
from feedback_hub.cli.supervisor import AlreadyRunning, Role, Supervisor
from feedback_hub.config import Config, HubConfig
from feedback_hub.migrations import NewerDatabase, Shape, migrate, shape_of
from feedback_hub.web.serve import Website, run_web

_LOOK_AGAIN = 1.0
"""Seconds between two looks whether the database was migrated."""
_BASE_URL = "FEEDBACK_HUB_HUB_BASE_URL"

log = structlog.get_logger()


@click.command("run")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on; 0 takes any.")
@click.pass_context
@reporting
def run(ctx: click.Context, host: str, port: int) -> None:
    """Run everything in one process tree, migrating first. Ctrl-C stops it."""
    run_all(ctx, host, port, lambda url: click.echo(f"feedback_hub is ready at {url}"))


def prepare(hub: Hub) -> None:
    """Migrate and seed the draft wordings, with an engine that does not outlive this.

    Raises ``Failure`` when the database is a newer version's, or was sealed with other keys.
    """
    engine = make_engine(database_url(hub.config))
    try:
        by = sealed_by_another(engine, hub.keyring)
        if by is not None:
            raise Failure(
                f"what the database holds was sealed with a key ({by}) that is neither given nor "
                f"in {hub.config.secrets_directory}. {KEYS_BACK}"
            )
        changed = migrate(engine)
        seed(engine, hub.config.hub)
        case_words.seal_open_ones(engine, hub.keyring, history=changed)
    except NewerDatabase as error:
        raise Failure(str(error)) from error
    finally:
        engine.dispose()


def prepare_to_run(hub: Hub) -> None:
    """``prepare``, and say loudly if this hub will answer nobody (DOMAIN.md, Loop back), or if
    nobody can log in to it yet.
    """
    prepare(hub)
    engine = make_engine(database_url(hub.config))
    try:
        silent = not any_approved(engine)
        with for_reading(engine).connect() as connection:
            empty = connection.scalar(select(account.c.id).limit(1)) is None
    finally:
        engine.dispose()
    if empty:
        click.echo(
            "Nobody can log in yet: let the first in with "
            "'feedback-hub user add ADDRESS --role admin'.",
            err=True,
        )
    if silent:
        click.echo(
            "NOTHING IS SENT to anybody: no wording is approved yet. Read them with "
            "'feedback-hub packs list', approve with 'feedback-hub packs approve'.",
            err=True,
        )


def run_all(
    ctx: click.Context,
    host: str,
    port: int,
    on_ready: Callable[[str], None],
    more_roles: Sequence[Role] = (),
    preparing: Callable[[Hub], None] = prepare_to_run,
    *,
    throwaway: bool = False,
) -> None:
    """All roles under one supervisor until SIGTERM. Raises ``Failure``, ``ConfigError``.

    Those of ``more_roles`` that others stand on start first, the rest last.
    ``preparing`` has a process of its own while the roles are loaded, and ends before they start.
    A ``throwaway`` hub is told nothing of its keys: nobody needs them afterwards.
    """
    few_heaps()
    with _listen(host, port) as listener:
        shown = f"http://{_shown(host)}:{listener.getsockname()[1]}"
        config = config_of(ctx)
        _be_at(shown, config)
        hub = process_hub()
        if not throwaway:
            say_what_is_new(hub)
            say_who_opens(hub)
        valkey = None if config.queue.url else EmbeddedValkey(config.hub.home)
        queue_url = valkey.url if valkey else config.queue.url
        site, processes = Website(hub), config.processes
        # What is sent to us can be kept without the queue, so the web does not wait for it.
        roles = [role for role in more_roles if role.ready]
        roles += [
            Role(
                "web",
                lambda: run_web(site, [f"fd://{os.dup(listener.fileno())}"], workers=processes.web),
                load=lambda: _load_site(site, hub),
            )
        ]
        roles += [Role("queue", valkey.run, ready=valkey.answers)] if valkey else []
        roles += [
            Role("worker", lambda: _work(queue_url), count=processes.workers, load=_load_work),
            Role("scheduler", lambda: _schedule(hub, queue_url), load=_load_schedule),
            *(role for role in more_roles if not role.ready),
        ]
        supervisor = Supervisor(
            roles,
            config.hub.home,
            log,
            prepare=lambda: _aside(lambda: preparing(hub)),
            ready=lambda: _answers(listener, "/readyz"),
            on_ready=lambda: on_ready(shown),
        )
        try:
            supervisor.run()
        except AlreadyRunning as error:
            raise Failure(str(error)) from error


@click.command("web")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.option("--workers", default=2, show_default=True, help="Processes that answer.")
@click.option(
    "--role",
    "serves",
    type=click.Choice(["all", "public", "handlers"]),
    default="all",
    show_default=True,
    help="handlers: for handlers of highly sensitive cases alone, with their private key; "
    "public: without that key, whatever is configured.",
)
@click.pass_context
@reporting
def web(ctx: click.Context, host: str, port: int, workers: int, serves: str) -> None:
    """Serve pages, API and webhooks."""
    few_heaps()
    address = f"{_shown(host)}:{port}"
    _be_at(f"http://{address}", config_of(ctx))
    hub = hub_of(ctx)
    pair = hub.keyring.handlers
    if serves != "all" and not pair.closes_with():
        raise Failure(
            "there is no handlers' key yet: make one with `feedback-hub keys handlers FILE`"
        )
    if serves == "handlers":
        if not pair.holds_private():
            raise Failure(
                "the handlers' private key is not here: name its file with [security] "
                "handlers_key_file, or give FEEDBACK_HUB_SECURITY_HANDLERS_KEY"
            )
        hub.handlers_only = True
    elif serves == "public":
        pair.forget_private()
    else:
        say_who_opens(hub)
    run_web(Website(hub), [address], workers=workers)


@click.command("worker")
@click.pass_context
@reporting
def worker(ctx: click.Context) -> None:
    """Work on what waits."""
    few_heaps()
    config = config_of(ctx)
    _wait_for_its_shape(config)
    _work(_queue_url(config))


@click.command("scheduler")
@click.pass_context
@reporting
def scheduler(ctx: click.Context) -> None:
    """Wake the workers and start what is due by the clock."""
    few_heaps()
    hub = hub_of(ctx)
    _wait_for_its_shape(hub.config)
    _schedule(hub, _queue_url(hub.config))


@click.command("migrate")
@click.pass_context
@reporting
def migrate_command(ctx: click.Context) -> None:
    """Bring the database to this version."""
    prepare(hub_of(ctx))
    click.echo("the database has this version's shape")


def _wait_for_its_shape(config: Config) -> None:
    """Until the database was migrated: no row is tried, and none set aside, for an older shape.

    One that cannot be reached is waited for where the work is done.
    """
    engine = make_engine(database_url(config))
    told = False
    try:
        while shape_of(engine) in (Shape.NONE, Shape.OLDER):
            if not told:
                log.warning("database has an older shape: waiting for feedback-hub migrate")
            told = True
            time.sleep(_LOOK_AGAIN)
    except SQLAlchemyError:
        return
    finally:
        engine.dispose()
    if told:
        log.info("database has this version's shape")


def _be_at(address: str, config: Config) -> None:
    """Where no base_url was configured, providers sign over the address we listen on."""
    if config.hub.base_url == HubConfig().base_url and _BASE_URL not in os.environ:
        os.environ[_BASE_URL] = address


def say_who_opens(hub: Hub) -> None:
    """What keeps highly sensitive cases closed here, said at each start (docs/security.md)."""
    pair = hub.keyring.handlers
    if not pair.closes_with():
        click.echo(
            "Highly sensitive cases: kept apart by rules, not yet by a key of their own. Any "
            "process of this hub could open them if its code were changed. Make that key with "
            "`feedback-hub keys handlers FILE`.",
            err=True,
        )
    elif pair.holds_private():
        click.echo(
            "Highly sensitive cases: this process tree holds the handlers' private key beside "
            "everything else. Better: take it away from here and serve handlers with "
            "`feedback-hub web --role handlers`.",
            err=True,
        )


def say_what_is_new(hub: Hub) -> None:
    """Keys made just now must be backed up, or all they protect is lost with the disk."""
    if hub.keys_made:
        click.echo(
            f"Made new keys in {hub.config.secrets_directory}. Back them up apart from the "
            "database: without them nobody can read what people sent.",
            err=True,
        )


# RQ and Redis are loaded when they are needed: not for the commands that use neither.


def _schedule(hub: Hub, queue_url: str) -> None:
    from feedback_hub.cli.reporting import reports_duty
    from workers.schedule import run_scheduler

    run_scheduler(hub, queue_url, [reports_duty()])


def _load_site(site: Website, hub: Hub) -> None:
    """The lexicon first: what making it leaves free is filled by the rest, 1.5 MB."""
    hub.classifier.prepare()
    site.load()


def _load_schedule() -> None:
    """What is loaded after the fork copies 4 MB of what is there."""
    from feedback_hub.cli import reporting  # noqa: F401  loaded, that is all
    from workers import schedule  # noqa: F401


def _work(queue_url: str) -> None:
    from workers.worker import run_worker

    _load_work()
    run_worker(queue_url)


def _load_work() -> None:
    """Before the fork of each job: its child finds everything loaded, the lexicon compiled."""
    from workers import jobs, schedule, worker  # noqa: F401  loaded, that is all

    hub = process_hub()
    if hub.channels.accounts:
        # What is sent over, certificates too: the half of a short job's time and memory.
        import channels._http  # noqa: F401
    hub.channels.load()
    hub.classifier.prepare()
    if hub.thorough is not None:
        # Beside other workers: threads of one message would only wait for each other.
        os.environ.setdefault("OMP_NUM_THREADS", "1")
        hub.thorough.prepare()


def _aside(work: Callable[[], None]) -> Callable[[], None]:
    """Begin ``work`` in a process of its own; what is returned waits for its end.

    What only it loads stays in no other's memory.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            sys.stdout.flush()
            sys.stderr.flush()
            code = 0
        finally:
            os._exit(code)

    def wait() -> None:
        if os.waitpid(child, 0)[1] != 0:
            work()  # here, where it can say why it fails

    return wait


def _queue_url(config: Config) -> str:
    return config.queue.url or EmbeddedValkey(config.hub.home).url


def _listen(host: str, port: int) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        # "::" is every address of both protocols, as for the web role by itself.
        both = host == "::" and socket.has_dualstack_ipv6()
        return socket.create_server((host, port), family=family, backlog=512, dualstack_ipv6=both)
    except OSError as error:
        raise Failure(f"cannot listen on {host}:{port}: {error.strerror}") from error


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def accepts(port: int) -> bool:
    """Whether somebody listens on this machine's ``port``."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=2).close()
    except OSError:
        return False
    return True


def _answers(listener: socket.socket, path: str) -> bool:
    """Whether who accepts on ``listener`` answers 200.

    By hand: what a library for it touches would stay copied in the supervisor, 5 MB.
    """
    try:
        with socket.create_connection(_reachable(listener), timeout=2) as asking:
            asking.sendall(f"GET {path} HTTP/1.0\r\n\r\n".encode("ascii"))
            return asking.recv(64).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False


def _reachable(listener: socket.socket) -> tuple[str, int]:
    host, port = listener.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104  to ask only
