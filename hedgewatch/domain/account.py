"""Accounts: what an exchange says of balances, positions and margin, or why it does not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum, StrEnum

from hedgewatch.domain.instrument import InstrumentRef
from hedgewatch.domain.market import ReadingFailure, Stamp, UnknownReason


class MarginMode(StrEnum):
    """Whether a position's margin is its own, or the whole wallet's."""

    ISOLATED = "isolated"
    CROSS = "cross"


class Never(Enum):
    """A liquidation price that no move can reach; None is a price that is not known."""

    NEVER = "never"


Liquidation = Decimal | Never | None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFailure:
    """A part of an account that could not be read, and why. It is never read as empty."""

    reason: UnknownReason
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountPosition:
    """One position as its exchange reports it; parts it does not report are None.

    contracts: in the instrument's own contracts, short is negative, never zero. is_dual_side: held beside a possible
    opposite position (orders must name the side). reported_notional: quote, positive, at the mark price, from the
    exchange's own numbers: the second route of the contract's size. margin: what backs an isolated position, unrealised
    profit left out; None for cross, where the wallet backs it. margin, maintenance_margin, unrealised_pnl: settle
    asset. leverage: as set at the exchange. adl_quantile: 1 to 5, 5 is reduced first.
    """

    ref: InstrumentRef
    contracts: Decimal
    is_dual_side: bool | None
    entry_price: Decimal | None
    mark_price: Decimal | None
    reported_notional: Decimal | None
    liquidation_price: Liquidation
    margin_mode: MarginMode | None
    margin: Decimal | None
    maintenance_margin: Decimal | None
    unrealised_pnl: Decimal | None
    leverage: Decimal | None
    adl_quantile: int | None
    stamp: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinBalance:
    """Coins of one asset in one wallet of an account. earn: lent or staked at the exchange. borrowed: owed, positive.

    wallet: the exchange's word for it (spot, funding, unified, earn, coin-m …).
    """

    asset: str
    wallet: str
    free: Decimal
    used: Decimal
    earn: Decimal = Decimal(0)
    borrowed: Decimal = Decimal(0)

    @property
    def owned(self) -> Decimal:
        """Coins that are the owner's: free, used and earning, less what is owed."""
        return self.free + self.used + self.earn - self.borrowed


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginWallet:
    """The margin of one wallet: equity against what its positions need, in ``asset`` (USD for unified accounts).

    equity: unrealised profit included, credit left out. credit: bonus or voucher that can expire, None if not told.
    is_shared: it backs several positions or assets, so that one position's distance is the whole wallet's.
    initial_margin and maintenance_margin leave out what isolated positions need. other_maintenance: the part of
    positions that were not asked for, None if not told; what is listed and this together explain maintenance_margin.
    """

    wallet: str
    asset: str
    equity: Decimal
    initial_margin: Decimal | None
    maintenance_margin: Decimal | None
    credit: Decimal | None
    is_shared: bool
    other_maintenance: Decimal | None = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenOrder:
    """An order that rests in the book; subtracted from advice, so that a reminder makes nobody order twice.

    contracts: still open, a sale is negative. Orders that wait for a trigger are no advice carried out: left out.
    """

    ref: InstrumentRef
    order_id: str
    contracts: Decimal
    limit_price: Decimal | None
    reduce_only: bool | None
    position_side: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FundingPayment:
    """One line of the exchange's funding ledger. amount: settle asset, + received. payment_id: the exchange's own."""

    account: str
    ref: InstrumentRef
    paid_at: datetime
    asset: str
    amount: Decimal
    payment_id: str


class MovementKind(StrEnum):
    """Why coins moved: out of the exchange, between wallets, into an earn product, or as a loan."""

    WITHDRAWAL = "withdrawal"
    DEPOSIT = "deposit"
    TRANSFER = "transfer"
    EARN = "earn"
    LOAN = "loan"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoinMovement:
    """One line of the exchange's ledger of coins that moved without a trade. amount: coins, + into the wallets read."""

    asset: str
    amount: Decimal
    kind: MovementKind
    moved_at: datetime
    movement_id: str


NO_MOVEMENTS = PartFailure(reason=UnknownReason.NOT_AVAILABLE, detail="no ledger of movements is read")


class TierUnit(StrEnum):
    """What a leverage tier is measured in: notional in quote, coins of the base, or contracts."""

    NOTIONAL = "notional"
    COINS = "coins"
    CONTRACTS = "contracts"


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginTier:
    """One leverage tier of a contract, for positions above ``floor`` and up to ``cap`` (None: no end is told).

    maintenance_margin_rate: fraction. deduction: subtracted from rate x value, in the settle asset; None: not told.
    """

    floor: Decimal
    cap: Decimal | None
    maintenance_margin_rate: Decimal
    deduction: Decimal | None
    max_leverage: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LeverageTiers:
    """The tiers of one contract, lowest first. is_progressive: each part has its own rate (what ``deduction`` does).

    Not progressive: the rate of the highest tier reached holds for the whole position (MEXC).
    """

    unit: TierUnit
    is_progressive: bool
    tiers: tuple[MarginTier, ...]
    stamp: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class TradingFees:
    """What this account pays to trade a contract: fractions of notional, + is a cost."""

    maker: Decimal
    taker: Decimal
    stamp: Stamp


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractTerms:
    """The terms an account has for one contract; None: not asked yet.

    is_dual_side: long and short can stand side by side, so that an order must name its side; None: not told.
    """

    ref: InstrumentRef
    tiers: LeverageTiers | PartFailure | None
    fees: TradingFees | PartFailure | None
    is_dual_side: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyScope:
    """What a key may do; None where the exchange does not tell.

    can_trade: place orders. can_withdraw: move coins out, by withdrawal or by transfer to another wallet or account.
    is_bound_to_address: works only from listed IP addresses. source: the call that told, or why none did.
    """

    can_trade: bool | None
    can_withdraw: bool | None
    is_bound_to_address: bool | None
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class UnreadWallet:
    """Margin wallets of one side that could not be read while those of another were. refs: the contracts they back."""

    refs: tuple[InstrumentRef, ...]
    failure: PartFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSnapshot:
    """All that one account answered in one cycle.

    Each part is a tuple (empty: it answered, and there is nothing) or the failure of that part. positions: what is
    held of the wanted instruments; an instrument whose own rows, or whose side's call, could not be believed is a
    ReadingFailure in the tuple, and only one with neither is not held. unread_wallets, unread_balances: what is lacking
    in a tuple of wallets or balances, because one call of several failed. payments: news since those asked for, known
    ones may come again. terms: what is known of tiers and fees, asked seldom. scope None: not asked yet.
    """

    account: str
    exchange: str
    received_at: datetime
    exchange_time: datetime | None
    positions: tuple[AccountPosition | ReadingFailure, ...] | PartFailure
    balances: tuple[CoinBalance, ...] | PartFailure
    wallets: tuple[MarginWallet, ...] | PartFailure
    orders: tuple[OpenOrder, ...] | PartFailure
    payments: tuple[FundingPayment, ...] | PartFailure
    scope: KeyScope | None = None
    movements: tuple[CoinMovement, ...] | PartFailure = NO_MOVEMENTS
    terms: tuple[ContractTerms, ...] = ()
    unread_wallets: tuple[UnreadWallet, ...] = ()
    unread_balances: tuple[PartFailure, ...] = ()

    def wallet_failure(self, *refs: InstrumentRef) -> PartFailure | None:
        """Return why a wallet that backs one of these contracts could not be read, None if all could."""
        if isinstance(self.wallets, PartFailure):
            return self.wallets
        return next((one.failure for one in self.unread_wallets if not set(refs).isdisjoint(one.refs)), None)

    @property
    def balance_failure(self) -> PartFailure | None:
        """Why the coins of some wallet could not be read, None if all could."""
        if isinstance(self.balances, PartFailure):
            return self.balances
        return next(iter(self.unread_balances), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountFailure:
    """An account that could not be read at all, and why. retry_at: nothing is asked before then, None: next cycle."""

    account: str
    exchange: str
    reason: UnknownReason
    detail: str
    retry_at: datetime | None = None
