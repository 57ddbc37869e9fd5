"""One account at a simulated exchange: its state, and the commands that change it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from itertools import count

from hedgewatch.domain.numbers import exactly
from hedgewatch.simulator.funding import settle
from hedgewatch.simulator.holdings import ApiKey, Payment, Position, Purse, RestingOrder, Side, Wallet
from hedgewatch.simulator.listings import Exchange, Kind, Listing
from hedgewatch.simulator.market import World
from hedgewatch.simulator.noise import seed_of
from hedgewatch.simulator.pins import figure
from hedgewatch.simulator.statement import Held, Statement, hold, liquidation_of
from hedgewatch.simulator.trades import added, opened, profit_of, reduced

UNIFIED = (Wallet.SPOT, Wallet.LINEAR, Wallet.INVERSE)
MARGIN = (Wallet.UNIFIED, Wallet.LINEAR, Wallet.INVERSE)  # what backs the positions of a unified account
DOLLARS = frozenset(("USDT", "USDC", "USD"))
FLAGS = frozenset(("is_dual_side", "is_portfolio", "is_unsigned"))
Place = tuple[str, Kind, Side]


class Account:
    """One account. Every command first pays the funding that is due, so that a change has no say over the past.

    Amounts are text, whole numbers or Decimals; wrong ones raise ValueError. ``is_portfolio``: Binance's portfolio
    margin. ``is_unsigned``: BingX' one-way amounts show no sign (it is not known for sure that they do).
    """

    def __init__(self, world: World, exchange: Exchange, name: str, clock: Callable[[], int]) -> None:
        self.exchange = exchange
        self.name = name
        self.key = ApiKey(key="", secret="")
        self.is_dual_side = self.is_portfolio = self.is_unsigned = False
        self.purses: dict[tuple[Wallet, str], Purse] = {}
        self.orders: dict[int, RestingOrder] = {}
        self.payments: list[Payment] = []
        self._positions: dict[Place, Position] = {}
        self._world = world
        self._clock = clock
        self._ids = count(1_000_000_000 + seed_of(world.seed, exchange, name) % 1_000_000_000)

    # Keys and settings

    def set_key(self, **details: object) -> None:
        """Give the account another key, or the same one other rights: the fields of ApiKey."""
        if isinstance(addresses := details.get("addresses"), list):
            details["addresses"] = tuple(addresses)
        self.key = replace(self.key, **details)  # type: ignore[arg-type]  # a wrong one is a TypeError, and told

    def configure(self, **flags: bool) -> None:
        """Set ``is_dual_side``, ``is_portfolio`` or ``is_unsigned``."""
        if unknown := set(flags) - FLAGS:
            raise ValueError(f"account: unknown {', '.join(sorted(unknown))}; known are {', '.join(sorted(FLAGS))}")
        for name, value in flags.items():
            setattr(self, name, bool(value))

    # Coins

    def deposit(self, wallet: str, asset: str, amount: object) -> None:
        """Bring coins in."""
        self._add(wallet, asset, balance=figure("amount", amount))

    def withdraw(self, wallet: str, asset: str, amount: object) -> None:
        """Take coins away."""
        self._add(wallet, asset, balance=-figure("amount", amount))

    def move(self, asset: str, amount: object, source: str, target: str) -> None:
        """Move coins to another wallet: to earn, to the futures, to funding."""
        self.withdraw(source, asset, amount)
        self.deposit(target, asset, amount)

    def borrow(self, wallet: str, asset: str, amount: object) -> None:
        """Take a loan: the coins are there, and owed."""
        self._add(wallet, asset, balance=figure("amount", amount), borrowed=figure("amount", amount))

    def credit(self, wallet: str, asset: str, amount: object) -> None:
        """Grant a bonus that can expire; a negative amount takes it back."""
        self._add(wallet, asset, credit=figure("amount", amount))

    def wallet(self, name: str) -> Wallet:
        """Return the wallet that this exchange keeps such coins in."""
        wallet = Wallet(name)
        return Wallet.UNIFIED if self.exchange is Exchange.BYBIT and wallet in UNIFIED else wallet

    def _add(self, wallet: str, asset: str, **changes: Decimal) -> None:
        self.settle()
        place = self.wallet(wallet), asset
        purse = self.purses.get(place, Purse())
        summed = {name: getattr(purse, name) + change for name, change in changes.items()}
        self.purses[place] = replace(purse, **summed)

    # Positions

    @property
    def positions(self) -> list[Position]:
        """Return all positions."""
        return list(self._positions.values())

    def open(self, asset: str, contracts: object, *, kind: str = "perpetual", **terms: object) -> Position:
        """Open a position or add to it; a short is negative.

        Terms: ``side`` (else as the account's mode has it), ``entry`` (else the mark), ``leverage`` (10),
        ``is_isolated`` (no), ``margin`` (else what the leverage needs), ``adl`` (1), ``at`` to open it in the past.
        """
        self.settle()
        listing, number = self._world.listing(self.exchange, asset, Kind(kind)), figure("contracts", contracts)
        usual = (Side.LONG if number > 0 else Side.SHORT) if self.is_dual_side else Side.BOTH
        side = Side(str(terms.pop("side", usual)))
        at = int(str(terms.pop("at", self._clock())))
        fresh = opened(listing, side, number, self._world.quote(listing, at).mark, at=at, terms=terms)
        place = asset, listing.kind, side
        old = self._positions.get(place)
        self._positions[place] = (
            replace(fresh, id=next(self._ids)) if old is None else added(old, fresh, is_inverse=listing.is_inverse)
        )
        self.settle()
        return self._positions[place]

    def reduce(
        self, asset: str, contracts: object = None, *, kind: str = "perpetual", side: str = "", price: object = None
    ) -> None:
        """Close some of a position (all of it without ``contracts``) at a price, else at the mark."""
        self.settle()
        listing = self._world.listing(self.exchange, asset, Kind(kind))
        place = next((key for key in self._positions if key[:2] == (asset, kind) and side in {"", key[2]}), None)
        if place is None:
            raise ValueError(f"account {self.name}: no {kind} position of {asset} {side}".rstrip())
        old, now = self._positions[place], self._clock()
        gone = abs(old.contracts) if contracts is None else figure("contracts", contracts)
        at = self._world.quote(listing, now).mark if price is None else figure("price", price)
        left = reduced(old, gone, now)
        if left is None:
            del self._positions[place]
        else:
            self._positions[place] = left
        self._book(listing, profit_of(old, gone, listing, at))

    def _book(self, listing: Listing, amount: Decimal) -> None:
        place = self.wallet(Wallet.INVERSE if listing.is_inverse else Wallet.LINEAR), listing.settle
        purse = self.purses.get(place, Purse())
        self.purses[place] = replace(purse, balance=purse.balance + amount)

    def settle(self) -> None:
        """Pay all funding that is due, into the wallet (also for isolated positions: exchanges differ there)."""
        for place, position in self._positions.items():
            if (listing := self._listing(position)) is not None:
                paid, self._positions[place] = settle(self._world, listing, position, self._clock())
                self.payments += paid
                for payment in paid:
                    self._book(listing, payment.amount)

    # Orders

    def rest(self, asset: str, contracts: object, price: object, *, kind: str = "perpetual", **terms: object) -> int:
        """Rest a limit order, return its number; a sale is negative. Terms: ``side`` (both), ``is_reduce_only``."""
        listing = self._world.listing(self.exchange, asset, Kind(kind))
        order = RestingOrder(
            id=next(self._ids),
            asset=asset,
            kind=listing.kind,
            side=Side(str(terms.get("side", Side.BOTH))),
            contracts=figure("contracts", contracts),
            price=figure("price", price),
            is_reduce_only=bool(terms.get("is_reduce_only")),
            at=self._clock(),
        )
        self.orders[order.id] = order
        self._lock(order, 1)
        return order.id

    def cancel(self, number: object) -> None:
        """Take an order away. Raises KeyError if it does not rest."""
        self._lock(self.orders.pop(int(str(number))), -1)

    def _lock(self, order: RestingOrder, sign: int) -> None:
        if order.kind is Kind.SPOT:
            asset = order.asset if order.contracts < 0 else "USDT"
            coins = abs(order.contracts) * (1 if order.contracts < 0 else order.price)
            self._add(Wallet.SPOT, asset, locked=sign * coins)

    # What it comes to

    @exactly
    def statement(self, at: int) -> Statement:
        """Return everything at a moment; positions of contracts that are gone are gone."""
        self.settle()
        pairs = [(position, self._listing(position)) for position in self._positions.values()]
        held = tuple(hold(one, listing, self._world.quote(listing, at).mark) for one, listing in pairs if listing)
        assets = {asset for _, asset in self.purses} | {one.listing.settle for one in held} | {"USDT"}
        worth = {asset: self._worth(asset, at) for asset in assets}
        plain = Statement(at=at, held=held, purses=self.purses, worth=worth)
        priced = tuple(replace(one, liquidation=liquidation_of(one, self._collateral(one, plain))) for one in held)
        return replace(plain, held=priced)

    def _listing(self, position: Position) -> Listing | None:
        try:
            return self._world.listing(self.exchange, position.asset, position.kind)
        except KeyError:
            return None

    def _worth(self, asset: str, at: int) -> Decimal:
        if asset in DOLLARS:
            return Decimal(1)
        try:
            return self._world.quote(self._world.listing(self.exchange, asset, Kind.SPOT), at).index
        except KeyError:
            return Decimal(0)

    def _collateral(self, held: Held, statement: Statement) -> Decimal:
        if held.position.is_isolated:
            return held.position.margin
        if self.exchange is Exchange.BYBIT or self.is_portfolio:
            pool, worth = statement.whole(*MARGIN), statement.worth[held.listing.settle]
        else:
            wallet = Wallet.INVERSE if held.listing.is_inverse else Wallet.LINEAR
            pool, worth = statement.pool(wallet, held.listing.settle), Decimal(1)
        others = pool.cross_pnl - held.pnl * worth - (pool.cross_maintenance - held.maintenance_margin * worth)
        return (pool.cross_balance + others) / worth if worth else Decimal(0)
