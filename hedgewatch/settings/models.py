"""The whole configuration as typed values."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from pydantic import Field, PrivateAttr
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.settings.channel_entries import Channel, HeartbeatSection, RoutingSection
from hedgewatch.settings.hedge_entries import HedgeEntry, HoldingEntry, LegEntry
from hedgewatch.settings.rule_entries import RuleEntry
from hedgewatch.settings.secret import Address, Secret, SecretSource
from hedgewatch.settings.sections import (
    AccountSection,
    CurrencySection,
    ExchangeSection,
    MonitorSection,
    StorageSection,
    WebSection,
)
from hedgewatch.settings.values import Name
from hedgewatch.settings.visit import leaves

DEFAULT_FILE = Path("hedgewatch.toml")


class Settings(BaseSettings):
    """Everything the file and the environment say. Only ``load_settings`` makes one that is checked."""

    model_config = SettingsConfigDict(extra="forbid", frozen=True)

    monitor: MonitorSection = MonitorSection()
    storage: StorageSection = StorageSection()
    exchanges: dict[Name, ExchangeSection] = Field(default_factory=dict)
    accounts: dict[Name, AccountSection] = Field(default_factory=dict)
    currencies: dict[Name, CurrencySection] = Field(default_factory=dict)
    holdings: tuple[HoldingEntry, ...] = ()
    hedges: tuple[HedgeEntry, ...] = ()
    rules: dict[str, RuleEntry] = Field(default_factory=dict)
    channels: dict[Name, Channel] = Field(default_factory=dict)
    routing: RoutingSection = RoutingSection()
    heartbeat: HeartbeatSection = HeartbeatSection()
    web: WebSection = WebSection()

    _file: Path = PrivateAttr(default=DEFAULT_FILE)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003  pydantic-settings asks for it
        init_settings: PydanticBaseSettingsSource,
        *_others: PydanticBaseSettingsSource,
        **_named: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take the merged document alone: load_settings reads file and environment, and names unknown keys of both."""
        return (init_settings,)

    @property
    def file(self) -> Path:
        """The file it was read from."""
        return self._file

    @property
    def poll_seconds(self) -> Decimal:
        """The polling interval."""
        return self.monitor.poll_every.seconds

    def accounts_at(self, exchange: str) -> tuple[str, ...]:
        """Return the accounts at an exchange."""
        return tuple(name for name, account in self.accounts.items() if account.exchange == exchange)

    def account_of(self, leg: LegEntry) -> str | None:
        """Return the account a leg is in: the one it names, else, without a declared position, the only one there."""
        if leg.account is not None or leg.position is not None:
            return leg.account
        there = self.accounts_at(leg.futures.ref.exchange)
        return there[0] if len(there) == 1 else None

    def name_of(self, leg: LegEntry) -> str:
        """Return a leg's name: the given one, else ``exchange:symbol[@account]``."""
        account = self.account_of(leg)
        return leg.name or (f"{leg.futures}@{account}" if account else str(leg.futures))

    def known_secrets(self, environ: Mapping[str, str]) -> tuple[str, ...]:
        """Return every secret that can be read now, to keep it out of logs; those that cannot are left out."""
        found = []
        for _, leaf in leaves(self):
            secret = leaf.secret if isinstance(leaf, Address) else leaf
            if not isinstance(secret, Secret):
                continue
            try:
                text = secret.resolve(environ).get_secret_value()
            except ConfigurationError:
                continue
            if isinstance(leaf, Address) and secret.source is SecretSource.LITERAL:
                text = (leaf.written.password if leaf.written else None) or ""
            found.append(text)
        if self.heartbeat.url is not None and self.heartbeat.url.written is not None:
            found.append(self.heartbeat.url.secret.name)  # whoever has it can say that all is well
        return tuple(text for text in found if text)
