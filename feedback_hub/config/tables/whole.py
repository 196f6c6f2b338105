"""The whole configuration."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from feedback_hub.config.faults import Fault
from feedback_hub.config.settings import Context, Section
from feedback_hub.config.tables.clocks import ClocksConfig
from feedback_hub.config.tables.hub import (
    AttachmentsConfig,
    DatabaseConfig,
    HubConfig,
    ProcessesConfig,
    QueueConfig,
    UpkeepConfig,
)
from feedback_hub.config.tables.reaching import (
    ConversationConfig,
    HotlineConfig,
    LoopbackConfig,
    MailConfig,
    OnCallConfig,
    ReferralsConfig,
)
from feedback_hub.config.tables.security import RetentionConfig, SecurityConfig
from feedback_hub.config.tables.watching import AlertsConfig, ClassifierConfig, MonitoringConfig


@dataclass(frozen=True)
class Config:
    """The whole configuration, checked. ``source`` is the file it came from, None without one.

    ``warnings`` are worth a line in ``feedback-hub check`` and stop nothing. ``context`` is for
    ``build_settings`` of the channels' sections.
    """

    hub: HubConfig
    database: DatabaseConfig
    queue: QueueConfig
    processes: ProcessesConfig
    security: SecurityConfig
    clocks: ClocksConfig
    mail: MailConfig
    referrals: ReferralsConfig
    retention: RetentionConfig
    conversation: ConversationConfig
    attachments: AttachmentsConfig
    loopback: LoopbackConfig
    classifier: ClassifierConfig
    hotline: HotlineConfig
    upkeep: UpkeepConfig
    monitoring: MonitoringConfig
    alerts: AlertsConfig
    channels: Mapping[str, Section]
    exchange: Mapping[str, Section]
    on_call: OnCallConfig
    fields: Mapping[str, Section]
    routing: Mapping[str, Section]
    calendars: Mapping[str, Section]
    context: Context
    source: Path | None = None
    warnings: tuple[Fault, ...] = ()

    @property
    def secrets_directory(self) -> Path:
        """Where keys that were not given are made and kept (mode 0700, files 0600)."""
        return self.hub.home / "secrets"
