"""A tiny IMAP server: the commands of RFC 3501 that reading a folder takes, one mailbox."""

from __future__ import annotations

import re
import socketserver

from tests.providers.serving import Provider

USER, PASSWORD = "voz@example.org", "imap pass"


class ImapServer(Provider):
    """``mails`` by UID; ``commands`` is what was asked."""

    def __init__(self) -> None:
        self.mails: dict[int, bytes] = {}
        self.validity = 7
        self.commands: list[str] = []
        server = _Server(("127.0.0.1", 0), _Session)
        server.imap = self
        super().__init__(server)

    @property
    def url(self) -> str:
        return f"imap://127.0.0.1:{self.port}/INBOX"

    def put(self, *mails: bytes) -> None:
        for mail in mails:
            self.mails[max(self.mails, default=0) + 1] = mail


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    block_on_close = False
    allow_reuse_address = True
    imap: ImapServer


class _Session(socketserver.StreamRequestHandler):
    server: _Server

    def handle(self) -> None:
        self._say("* OK ready")
        while line := self.rfile.readline().decode().strip():
            tag, _, asked = line.partition(" ")
            self.server.imap.commands.append(re.sub(r"(LOGIN \S+) .*", r"\1", asked))
            self._say(f"{tag} {self._answer(asked)}")

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())

    def _answer(self, asked: str) -> str:
        imap, words = self.server.imap, asked.split()
        match [word.upper() for word in words[:2]]:
            case ["CAPABILITY", *_]:
                self._say("* CAPABILITY IMAP4rev1")
            case ["LOGIN", *_]:
                if words[1].strip('"') != USER or " ".join(words[2:]) != f'"{PASSWORD}"':
                    return "NO [AUTHENTICATIONFAILED] no"
            case ["EXAMINE", *_]:
                if words[1] != '"INBOX"':
                    return "NO no such folder"
                self._say(f"* {len(imap.mails)} EXISTS")
                self._say(f"* OK [UIDVALIDITY {imap.validity}] valid")
                return "OK [READ-ONLY] done"
            case ["UID", "SEARCH"]:
                start = int(words[3].partition(":")[0])
                last = max(imap.mails, default=0)
                found = [uid for uid in imap.mails if uid >= start or uid == last]
                self._say(f"* SEARCH {' '.join(map(str, found))}".rstrip())
            case ["UID", "FETCH"]:
                self._fetch(int(words[2]), int(re.findall(r"<0\.(\d+)>", asked)[0]))
            case _:
                return "BAD unknown"
        return "OK done"

    def _fetch(self, uid: int, most: int) -> None:
        mail = self.server.imap.mails.get(uid)
        if mail is not None:
            part = mail[:most]
            self.wfile.write(f"* 1 FETCH (UID {uid} BODY[]<0> {{{len(part)}}}\r\n".encode())
            self.wfile.write(part + b")\r\n")
