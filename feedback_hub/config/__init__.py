"""The configuration: found, read and checked once, then plain frozen values.

``load_config`` gives ``Config``. Channel kinds declare their keys with ``setting`` and ``secret``
and are built from their ``Section`` by ``build_settings``; config itself imports none of them.
"""

from __future__ import annotations

from feedback_hub.config.build import build_settings, env_name
from feedback_hub.config.faults import ConfigError, Fault, Unfit
from feedback_hub.config.load import FAMILIES, TABLES, load_config, parse_config
from feedback_hub.config.settings import Context, Key, Section, keys_of, secret, setting
from feedback_hub.config.tables.clocks import AcceptTargets, AnswerTargets, ClocksConfig
from feedback_hub.config.tables.hub import AttachmentsConfig, DatabaseConfig, HubConfig, QueueConfig
from feedback_hub.config.tables.reaching import HotlineConfig, LoopbackConfig, OnCallConfig
from feedback_hub.config.tables.security import RetentionConfig, SecurityConfig
from feedback_hub.config.tables.watching import ClassifierConfig, ClassifierKind
from feedback_hub.config.tables.whole import Config
from feedback_hub.config.times import Span, WorkingHours, parse_span
from feedback_hub.config.values import LANGUAGES

__all__ = [
    "FAMILIES",
    "LANGUAGES",
    "TABLES",
    "AcceptTargets",
    "AnswerTargets",
    "AttachmentsConfig",
    "ClassifierConfig",
    "ClassifierKind",
    "ClocksConfig",
    "Config",
    "ConfigError",
    "Context",
    "DatabaseConfig",
    "Fault",
    "HotlineConfig",
    "HubConfig",
    "Key",
    "LoopbackConfig",
    "OnCallConfig",
    "QueueConfig",
    "RetentionConfig",
    "Section",
    "SecurityConfig",
    "Span",
    "Unfit",
    "WorkingHours",
    "build_settings",
    "env_name",
    "keys_of",
    "load_config",
    "parse_config",
    "parse_span",
    "secret",
    "setting",
]
