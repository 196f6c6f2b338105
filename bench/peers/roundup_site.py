"""Roundup's tracker in ``PEER_HOME`` by its own WSGI interface, for ``bench.others``.

``POST /mail`` hands an e-mail to its own mail gateway, as its ``roundup-mailgw`` command does.
"""

import io
import os
from argparse import Namespace

from roundup import instance, mailgw
from roundup.cgi.wsgi_handler import RequestDispatcher

HOME = os.path.join(os.environ["PEER_HOME"], "tracker")
os.environ["SENDMAILDEBUG"] = os.path.join(HOME, "sent.mbox")
TOLD = Namespace(default_class="", set_value=[], args=[])
TRACKER = instance.open(HOME, True)
pages = RequestDispatcher(HOME)


def application(environ, start_response):
    """One e-mail, as it came: an issue; everything else as the tracker answers."""
    if environ["PATH_INFO"] != "/mail":
        return pages(environ, start_response)
    gateway = mailgw.MailGW(TRACKER, TOLD)
    gateway.trapExceptions = False
    body = io.BytesIO(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
    made = gateway.main(body)
    start_response("201 Created" if made else "422 Refused", [("Content-Length", "0")])
    return [b""]
