"""``demo``: the whole system in a throwaway home, with an invented world at work in it."""

from __future__ import annotations

import gc
import os
import socket
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

import click
from sqlalchemy import update

from feedback_hub.adapters.tables import wording
from feedback_hub.adapters.unit_of_work import SqlUnitOfWork
from feedback_hub.bootstrap import Hub, process_hub
from feedback_hub.cli.context import reporting
from feedback_hub.cli.logs import warnings_only
from feedback_hub.cli.passwords import hash_password
from feedback_hub.cli.running import accepts, prepare, run_all
from feedback_hub.cli.supervisor import Role
from feedback_hub.demo import call_logs, channels, flow, known, providers, seen, story, world
from feedback_hub.services.records.telling import WordingState
from workers.drop_folder import DropFolder

PASSWORD = "maningue-nice"  # noqa: S105  printed for everybody to see
_CONFIG = """\
[hub]
name = "Linha Comunitária (demo)"
home = "{home}"
base_url = "{base_url}"
development = true

# For practice: whoever looks at the demonstration has no app set up. A real hub requires it.
[security]
second_factor = "offered"

"""


@click.command("demo")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=8000, show_default=True, help="Port to listen on.")
@click.pass_context
@reporting
def demo(ctx: click.Context, host: str, port: int) -> None:
    """Show everything with invented sites, partners, users and messages. Ctrl-C ends it."""
    # The address and the log-ins stay on the screen: what went well is not said of each message.
    # Nor are its alerts: an invented hub has no backup and nobody on call. They are on its pages.
    with (
        warnings_only(but={"alert"}),
        tempfile.TemporaryDirectory(prefix="feedback_hub_demo_") as folder,
    ):
        base_url = f"http://{f'[{host}]' if ':' in host else host}:{port}"
        config = Path(folder) / "config.toml"
        web_port, mail_port = free_ports(2)
        accounts = channels.CONFIG.format(
            providers=f"http://127.0.0.1:{web_port}", mail=f"127.0.0.1:{mail_port}"
        )
        accounts += call_logs.CONFIG.format(folder=Path(folder) / call_logs.FOLDER)
        config.write_text(_CONFIG.format(home=folder, base_url=base_url) + accounts, "utf-8")
        channels.keep_secrets(Path(folder) / "secrets")
        os.environ["FEEDBACK_HUB_CONFIG"] = str(config)
        ctx.find_root().params["config"] = config
        invented = [
            Role(
                "providers",
                lambda: providers.serve(web_port, mail_port, base_url),
                ready=lambda: accepts(web_port),
            ),
            Role("demo", lambda: flow.run(process_hub())),
        ]
        logs = Path(folder) / call_logs.FOLDER
        run_all(
            ctx,
            host,
            port,
            lambda url: click.echo(_welcome(url, logs)),
            invented,
            _invent,
            throwaway=True,
        )


def free_ports(count: int) -> list[int]:
    """Ports of this machine that nobody listens on now."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def _invent(hub: Hub) -> None:
    """Make the database anew and fill it, in a process that then ends."""
    began = time.monotonic()
    # What is told makes no garbage to speak of, and looking for it takes a tenth of the time.
    gc.disable()
    for file in hub.config.hub.home.glob("hub.sqlite3*"):
        file.unlink()  # of a first try that failed: it is told again, to say why
    prepare(hub)
    count = _fill(hub)
    took = time.monotonic() - began
    click.echo(f"{count} invented messages came and were worked on ({took:.1f} s).")


def _fill(hub: Hub) -> int:
    # Nobody misses a demonstration that the power fails under: it need not wait for the disk.
    connection = hub.engine.raw_connection()
    connection.cursor().execute("PRAGMA synchronous=OFF")
    connection.close()
    with hub.unit_of_work() as uow:
        actors = world.settle(uow.session, hub, hash_password(PASSWORD))
        _approve(uow, hub)
        uow.commit()
    count = story.tell(hub, actors)
    _bring_call_logs(hub)
    with hub.unit_of_work() as uow:
        seen.draw_outlines(uow, hub.clock())
        seen.write_down(uow, hub, actors)
        known.make_known(uow, hub, actors)
        uow.commit()
    hub.close()
    return count


def _bring_call_logs(hub: Hub) -> None:
    """The hotline's logs come by the watched folder, as in a real hub; workers do the rest."""
    folder = hub.config.hotline.drop_folder
    assert folder is not None  # noqa: S101  the demonstration's own configuration
    call_logs.put(folder, hub.clock(), hub.config.hub.timezone)
    drop = DropFolder(hub)
    # Once to see the files, once more to find that they no longer grow.
    drop.look()
    drop.look()


def _approve(uow: SqlUnitOfWork, hub: Hub) -> None:
    """The demonstration approves the draft wordings itself, and says so; a real hub's team does."""
    approved = {"state": WordingState.APPROVED, "approved_by": "demo", "approved_at": hub.clock()}
    uow.session.execute(update(wording).values(**approved))


def _welcome(url: str, logs: Path) -> str:
    lines = [
        "",
        f"  feedback_hub is ready at {url}",
        "",
        f"  Log in with the password {PASSWORD} as",
        *(f"    {person.email:26} {person.name}: {person.does}" for person in world.people()),
        "",
        f"  As ana, bela or filipe, write as a displaced person: {url}/handset/handset",
        f"  Without a log-in: a site's board {url}/board/NTOKOTA, news of a case {url}/status",
        f"  Two logs of the hotline's calls came in by the folder {logs}; put others there.",
        "  The demonstration approved the draft wordings by itself; in a real hub a team does.",
        "  All of this is invented and lives in a folder that is deleted at the end: Ctrl-C.",
        "",
    ]
    return "\n".join(lines)
