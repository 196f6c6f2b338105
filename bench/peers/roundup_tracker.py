"""Roundup's classic tracker for ``bench.comparing``; its own Python runs it: ``HOME PORT N``."""

import os
import subprocess
import sys
from pathlib import Path

from roundup import instance

home, count = sys.argv[1], int(sys.argv[3])
admin = [str(Path(sys.executable).with_name("roundup-admin")), "-i", home]
subprocess.run([*admin, "install", "classic", "sqlite"], check=True)
settings = Path(home, "config.ini")
written = settings.read_text("utf-8")
for name, value in {
    "web": f"http://127.0.0.1:{sys.argv[2]}/bench/",
    "domain": "example.org",
    "host": "localhost",
}.items():
    written = written.replace(f"#{name} = NO DEFAULT", f"{name} = {value}")
settings.write_text(written, "utf-8")
subprocess.run([*admin, "initialise", "bench"], check=True, input="y\n", text=True)
database = instance.open(home).open("admin")
for number in range(count):
    database.issue.create(
        title=f"A bomba de agua avariou no bloco {number}",
        status=str(1 + number % 4),
        priority=str(1 + number % 4),
    )
    if number % 1000 == 999:
        database.commit()
database.commit()
database.close()

if os.getuid() == 0:
    # Its server does not run as root.
    subprocess.run(["chown", "-R", "nobody", home], check=True)
