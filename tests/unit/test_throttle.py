"""Who asks, as far as the network tells: what guessing is slowed down by."""

from __future__ import annotations

import pytest
from flask import Flask

from feedback_hub.web.throttle import address


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),  # one household's network
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.2", False),  # IPv4, as a socket of both writes it
        ("192.0.2.1", "192.0.2.2", False),
        ("192.0.2.1", "192.0.2.1", True),
    ],
)
def test_two_addresses_are_one_guesser_or_two(one: str, other: str, same: bool) -> None:
    assert (seen(one) == seen(other)) is same


def seen(remote: str) -> str:
    with Flask("hub").test_request_context(environ_base={"REMOTE_ADDR": remote}):
        return address()
