"""Roundup's classic tracker for ``bench.others``; its own Python runs it: ``HOME N``."""

import re
import sqlite3
import subprocess
import sys
from pathlib import Path

from roundup import instance

home, count = sys.argv[1], int(sys.argv[2])
admin = [str(Path(sys.executable).with_name("roundup-admin")), "-i", home]
subprocess.run([*admin, "install", "classic", "sqlite"], check=True)
settings = Path(home, "config.ini")
written = settings.read_text("utf-8")
# How often it hashes the passwords that it makes: written again when it is served.
rounds = "password_pbkdf2_default_rounds"
written = re.sub(rf"(?m)^#?{rounds} = .*$", f"{rounds} = 1000", written)
for name, value in {
    # Written again for the port that it is served on.
    "web": "http://127.0.0.1:1/",
    "domain": "example.org",
    "host": "localhost",
}.items():
    written = written.replace(f"#{name} = NO DEFAULT", f"{name} = {value}")
settings.write_text(written, "utf-8")
schema = Path(home, "schema.py")
# Whoever writes is let in, which its documentation leaves to the tracker's owner.
opened = "db.security.addPermissionToRole('Anonymous', 'Email Access')"
schema.write_text(schema.read_text("utf-8").replace(f"#{opened}", opened), "utf-8")
subprocess.run([*admin, "initialise", "bench"], check=True, input="y\n", text=True)
database = instance.open(home).open("admin")
first = database.issue.create(title="A bomba de agua avariou no bloco 1", status="1", priority="1")
database.commit()
database.close()

# The others as that one is, row for row: by its own interface it takes an hour.
with sqlite3.connect(Path(home, "db", "db")) as straight:
    straight.execute(
        """
        CREATE TEMP TABLE numbered AS
        WITH RECURSIVE up(n) AS (SELECT ? + 1 UNION ALL SELECT n + 1 FROM up WHERE n < ?)
        SELECT n, 1 + n % 4 AS one_of, 'A bomba de agua avariou no bloco ' || n AS title FROM up
        """,
        (int(first), count),
    )
    for made in (
        """
        INSERT INTO _issue (_activity, _actor, _creation, _creator, _priority, _status, _title, id)
        SELECT _activity, _actor, _creation, _creator, one_of, one_of, title, n
        FROM _issue, numbered WHERE id = :first
        """,
        """
        INSERT INTO issue__journal (nodeid, date, tag, action, params)
        SELECT n, date, tag, action, params FROM issue__journal, numbered WHERE nodeid = :first
        """,
        # Its index of words: one text an issue, numbered as the issue is.
        """
        INSERT INTO __textids (_class, _itemid, _prop, _textid)
        SELECT _class, n, _prop, n FROM __textids, numbered WHERE _textid = :first
        """,
        """
        INSERT INTO __words (_word, _textid)
        SELECT _word, n FROM __words, numbered WHERE _textid = :first
        """,
        "UPDATE ids SET num = (SELECT max(_textid) + 1 FROM __textids) WHERE name = '__textids'",
        "UPDATE ids SET num = (SELECT max(id) + 1 FROM _issue) WHERE name = 'issue'",
    ):
        straight.execute(made, {"first": first})
