"""Who may come in: accounts, what they may do, how they log in, and tokens."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from feedback_hub.adapters.column_types import Word, Words
from feedback_hub.adapters.tables.shape import (
    CODE,
    ID,
    id_column,
    key_column,
    metadata,
    when,
)
from feedback_hub.domain.access import Role
from feedback_hub.domain.place import MailWish

account = Table(
    "account",
    metadata,
    id_column(),
    Column("email", String(254), nullable=False, unique=True),
    Column("password", String(255)),
    Column("name", String(200), nullable=False, default=""),
    Column("locale", String(8), nullable=False, default=""),
    # Spoken, to call people back: ISO 639-3.
    Column("languages", Words, nullable=False, server_default="[]"),
    Column("active", Boolean, nullable=False, default=True),
    Column("fs_uniquifier", String(64), nullable=False, unique=True),
    when("created_at", nullable=False),
    when("last_login_at"),
    Column("tf_primary_method", String(64)),
    Column("tf_totp_secret", String(255)),
    Column("mf_recovery_codes", Words),
    Column("mail", Word(MailWish), nullable=False, server_default="at_once"),
    Column("absent_until", Date),
    Column("chat", Word(MailWish), nullable=False, server_default="none"),
    # What an OpenID provider calls this person, from the first log-in by it on.
    Column("oidc_subject", String(255)),
    # The last half minute whose code was used: a code read over a shoulder opens nothing.
    Column("tf_last_counter", Integer),
)

membership = Table(
    "membership",
    metadata,
    id_column(),
    Column("account_id", ID, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("role", Word(Role), nullable=False),
    Column("organisation", CODE, nullable=False, default=""),
    Column("site", CODE, nullable=False, default=""),
    Column("sector", CODE, nullable=False, default=""),
    UniqueConstraint("account_id", "role", "organisation", "site", "sector"),
)

# How somebody likes the screens: looks, columns, saved filters; JSON, small, no personal data.
account_choice = Table(
    "account_choice",
    metadata,
    Column("account_id", ID, ForeignKey("account.id", ondelete="CASCADE"), primary_key=True),
    Column("name", String(32), primary_key=True),
    Column("value", Text, nullable=False),
)

log_in = Table(
    "log_in",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("account_id", ID, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("device", String(40), nullable=False),
    when("started_at", nullable=False),
    when("seen_at", nullable=False),
    Index("ix_log_in_account", "account_id", "seen_at"),
    Index("ix_log_in_started", "started_at"),
)

# A browser that keeps reports while there is no network. Its secret is known by its hash.
desk_device = Table(
    "desk_device",
    metadata,
    id_column(),
    Column("account_id", ID, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("secret_hash", String(64), nullable=False, unique=True),
    Column("name", String(40), nullable=False),
    # What opens its unsent reports again when the PIN is forgotten; never for one out of use.
    key_column(),
    Column("rescue_sealed", LargeBinary, nullable=False),
    # The log-in it was last used with: it ends with the device.
    Column("log_in_id", String(64), nullable=False),
    when("registered_at", nullable=False),
    when("seen_at", nullable=False),
    when("revoked_at"),
    Index("ix_desk_device_account", "account_id", "seen_at"),
)

invitation = Table(
    "invitation",
    metadata,
    Column("code_hash", String(64), primary_key=True),
    # One at a time: a newer one voids what was printed before.
    Column(
        "account_id",
        ID,
        ForeignKey("account.id", ondelete="CASCADE"),
        nullable=False,
        unique=True,
    ),
    when("expires_at", nullable=False),
)

# Either an account or a token: while its row is here, it is no handler.
handler_request = Table(
    "handler_request",
    metadata,
    id_column(),
    Column("account_id", ID, ForeignKey("account.id", ondelete="CASCADE")),
    Column("token_id", ID, ForeignKey("token.id", ondelete="CASCADE")),
    Column("organisation", CODE, nullable=False),
    Column("site", CODE, nullable=False),
    Column("sector", CODE, nullable=False),
    when("asked_at", nullable=False),
)

attempt = Table(
    "attempt",
    metadata,
    id_column(),
    # A keyed hash: neither addresses nor e-mail addresses are kept.
    Column("about", String(64), nullable=False),
    when("at", nullable=False),
    Index("ix_attempt_about", "about", "at"),
    Index("ix_attempt_at", "at"),
)

passkey = Table(
    "passkey",
    metadata,
    id_column(),
    Column("account_id", ID, ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("credential_hash", String(64), nullable=False, unique=True),
    Column("public_key", LargeBinary, nullable=False),
    Column("sign_count", BigInteger, nullable=False),
    Column("name", String(64), nullable=False),
    when("made_at", nullable=False),
    when("used_at"),
    # When the last challenge was given that it answered: an answer counts once.
    when("challenged_at"),
    Index("ix_passkey_account", "account_id"),
)

token = Table(
    "token",
    metadata,
    id_column(),
    Column("name", String(100), nullable=False),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("role", Word(Role), nullable=False),
    Column("organisation", CODE, nullable=False, default=""),
    Column("site", CODE, nullable=False, default=""),
    Column("sector", CODE, nullable=False, server_default=""),
    when("created_at", nullable=False),
    when("expires_at"),
    when("last_used_at"),
    when("revoked_at"),
)
