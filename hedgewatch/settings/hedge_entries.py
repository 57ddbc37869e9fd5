"""Holdings and hedges as declared in the file."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import Field

from hedgewatch.settings.instruments import FutureName, SpotNames
from hedgewatch.settings.rule_entries import RuleEntry
from hedgewatch.settings.section import Section
from hedgewatch.settings.values import (
    Beta,
    Duration,
    Flag,
    Moment,
    Name,
    NotNegative,
    Number,
    Positive,
    Ratio,
    Share,
    Span,
)

MarginMode = Literal["isolated", "cross"]


class CountsAsEntry(Section):
    """What a staked or wrapped coin stands for: ``per_unit`` coins of ``asset``."""

    asset: Name
    per_unit: Positive = Decimal(1)


class HoldingEntry(Section):
    """Coins owned: ``quantity`` coins, or read from an ``account``. cost_basis: USD per coin."""

    name: Name | None = None
    asset: Name
    quantity: Positive | None = None
    account: Name | None = None
    cost_basis: NotNegative | None = None
    where: str | None = None
    counts_as: CountsAsEntry | None = None
    locked_until: date | None = None
    collateral: Flag = False

    @property
    def known_as(self) -> str:
        """Its name, else its asset."""
        return self.name or self.asset

    @property
    def counted_asset(self) -> str:
        """The asset whose price it follows."""
        return self.counts_as.asset if self.counts_as else self.asset


class HeldEntry(Section):
    """A share (0 to 1) of a holding."""

    name: Name
    share: Share = Decimal(1)


class PositionEntry(Section):
    """A declared position: contracts or coins, short is negative. Prices in quote, margin in the settle asset."""

    contracts: Number | None = None
    coins: Number | None = None
    entry_price: Positive | None = None
    margin: NotNegative | None = None
    margin_mode: MarginMode | None = None
    entry_basis: Number | None = None
    maintenance_margin_rate: NotNegative | None = None


class LegEntry(Section):
    """One futures position in one account."""

    name: Name | None = None
    futures: FutureName
    account: Name | None = None
    share: Share | None = None
    position: PositionEntry | None = None
    margin_mode: MarginMode | None = None


class ProxyEntry(Section):
    """How far another asset's future stands for this one: "ewma", "ols" or a number."""

    beta: Beta


class HedgeEntry(Section):
    """Holdings, the futures that protect them, and how they are judged."""

    name: Name
    asset: Name
    holdings: tuple[HeldEntry, ...] | None = None
    spot: SpotNames
    futures: FutureName | None = None
    account: Name | None = None
    position: PositionEntry | None = None
    margin_mode: MarginMode | None = None
    legs: tuple[LegEntry, ...] | None = None
    target_ratio: Ratio = Decimal(1)
    target_mode: Literal["coin", "value", "fixed_usd"] = "coin"
    target_usd: Positive | None = None
    objective: Literal["insurance", "carry"] = "insurance"
    purpose: str | None = None
    event_at: Moment | None = None
    event_settle: Duration = Span(seconds=Decimal(86400))
    until: Moment | None = None
    opening_until: Moment | None = None
    profit_target: Positive | None = None
    proxy: ProxyEntry | None = None
    rules: dict[str, RuleEntry] = Field(default_factory=dict)

    @property
    def all_legs(self) -> tuple[LegEntry, ...]:
        """Its legs, the one written short as ``futures`` included."""
        if self.futures is None:
            return self.legs or ()
        short = LegEntry(
            futures=self.futures, account=self.account, position=self.position, margin_mode=self.margin_mode
        )
        return (short, *(self.legs or ()))
