"""Checks of holdings and hedges against each other: names, shares, signs, assets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.domain.numbers import exactly
from hedgewatch.settings.document import Document
from hedgewatch.settings.hedge_entries import HedgeEntry, HoldingEntry, LegEntry, PositionEntry
from hedgewatch.settings.models import Settings
from hedgewatch.settings.problems import Problems, did_you_mean
from hedgewatch.settings.values import decimal_text
from hedgewatch.settings.visit import KeyPath, Tree, below, written


@dataclass(frozen=True, slots=True, kw_only=True)
class Book:
    """What is checked: the settings, which entries of the file they are, the file itself, and the mistakes."""

    settings: Settings
    holdings: Sequence[int]
    hedges: Sequence[int]
    document: Document
    problems: Problems

    def names(self, section: str) -> list[str]:
        """Return every name of a section, of entries with mistakes too."""
        entries = self.document.get(section)
        if isinstance(entries, dict):
            return list(entries)
        found = [entry for entry in entries or () if isinstance(entry, dict)] if isinstance(entries, list) else []
        return [str(entry.get("name", entry.get("asset", ""))) for entry in found]

    def raw(self, *path: str | int) -> Tree:
        """Return what the file says at a key path, None if nothing."""
        node: Tree = self.document
        for part in path:
            node = below(node, part)
        return node

    def numbered_holdings(self) -> Iterator[tuple[KeyPath, HoldingEntry]]:
        """Yield every holding with its key path."""
        for index, holding in zip(self.holdings, self.settings.holdings, strict=True):
            yield ("holdings", index), holding

    def unsure_holdings(self) -> frozenset[str]:
        """Return the holdings of which it cannot be read what they are."""
        readable = self.problems.readable
        return frozenset(
            holding.known_as
            for path, holding in self.numbered_holdings()
            if not readable(*path, "asset") or not readable(*path, "counts_as")
        )

    def numbered_hedges(self) -> Iterator[tuple[KeyPath, HedgeEntry]]:
        """Yield every hedge with its key path."""
        for index, hedge in zip(self.hedges, self.settings.hedges, strict=True):
            yield ("hedges", index), hedge


def check_holdings(book: Book) -> None:
    """Check every holding: one name, one source of its quantity."""
    seen: set[str] = set()
    for path, holding in book.numbered_holdings():
        key = "name" if holding.name else "asset"
        if holding.known_as in seen and book.problems.readable(*path, key):
            book.problems.add((*path, key), f'a second holding is named "{holding.known_as}"; give each its own name')
        seen.add(holding.known_as)
        if not book.problems.readable(*path, "quantity") or not book.problems.readable(*path, "account"):
            continue
        if (holding.quantity is None) == (holding.account is None):
            found = "has both quantity and account" if holding.account else "has neither quantity nor account"
            book.problems.add(path, f"{found}; one of the two says how many coins there are")
        _check_account(book, (*path, "account"), holding.account)


def check_hedges(book: Book) -> None:
    """Check every hedge against its holdings and legs."""
    seen: set[str] = set()
    for path, hedge in book.numbered_hedges():
        if hedge.name in seen and book.problems.readable(*path, "name"):
            book.problems.add((*path, "name"), f'a second hedge is named "{hedge.name}"; give each its own name')
        seen.add(hedge.name)
        _check_held(book, path, hedge)
        _check_spot(book, path, hedge)
        _check_form(book, path, hedge)
        _check_legs(book, path, hedge)
        if (
            hedge.target_mode == "fixed_usd"
            and hedge.target_usd is None
            and book.problems.readable(*path, "target_usd")
        ):
            book.problems.add((*path, "target_usd"), 'is missing: target_mode = "fixed_usd" needs it')
        if hedge.target_mode != "fixed_usd" and hedge.target_usd is not None:
            book.problems.add((*path, "target_usd"), 'belongs to target_mode = "fixed_usd"')
        _check_proxy(book, path, hedge)
    _check_shares(book)


def _check_proxy(book: Book, path: KeyPath, hedge: HedgeEntry) -> None:
    if hedge.proxy is None or not all(book.problems.readable(*path, key) for key in ("asset", "futures", "legs")):
        return
    if all(leg.futures.base == hedge.asset for leg in hedge.all_legs):
        text = f"every future is of {hedge.asset} itself, which needs none: leave proxy out, or name another asset's"
        book.problems.add((*path, "proxy"), f"{text} future")
    if hedge.target_mode == "value":
        text = "matches the value of the future of the same asset; a proxy is sized by its beta: leave target_mode out"
        book.problems.add((*path, "target_mode"), text)


def held_by(settings: Settings, hedge: HedgeEntry) -> tuple[tuple[HoldingEntry, Decimal], ...]:
    """Return a hedge's holdings with their shares: those it names, else all of its asset, whole."""
    if hedge.holdings is None:
        whole = [holding for holding in settings.holdings if holding.counted_asset == hedge.asset]
        return tuple((holding, Decimal(1)) for holding in whole)
    by_name = {holding.known_as: holding for holding in settings.holdings}
    return tuple((by_name[held.name], held.share) for held in hedge.holdings if held.name in by_name)


def _check_account(book: Book, path: KeyPath, account: str | None) -> None:
    names = book.names("accounts")
    if account is not None and account not in names:
        hint = did_you_mean(account, names) or "; declare it under [accounts.NAME]"
        book.problems.add(path, f'unknown account "{account}"{hint}')


def _check_held(book: Book, path: KeyPath, hedge: HedgeEntry) -> None:
    if not book.problems.readable(*path, "holdings"):
        return
    if hedge.holdings is None:
        all_known = len(book.holdings) == len(book.names("holdings")) and not book.unsure_holdings()
        if not held_by(book.settings, hedge) and all_known and book.problems.readable(*path, "asset"):
            assets = sorted({holding.counted_asset for holding in book.settings.holdings})
            hint = did_you_mean(hedge.asset, assets)
            book.problems.add((*path, "asset"), f'there is no holding of "{hedge.asset}" to protect{hint}')
        return
    if not hedge.holdings:
        book.problems.add((*path, "holdings"), "is empty: leave it out for all holdings of the asset")
    names = book.names("holdings")
    unsure = book.unsure_holdings() if book.problems.readable(*path, "asset") else frozenset(names)
    by_name = {holding.known_as: holding for holding in book.settings.holdings if holding.known_as not in unsure}
    for index, held in enumerate(hedge.holdings):
        here = (*path, "holdings", index, "name")
        if held.name not in names:
            book.problems.add(here, f'unknown holding "{held.name}"{did_you_mean(held.name, names)}')
        elif held.name in by_name and by_name[held.name].counted_asset != hedge.asset:
            asset = by_name[held.name].counted_asset
            text = f'holding "{held.name}" is {asset}, the hedge is of {hedge.asset}'
            book.problems.add(here, f"{text}; counts_as says that one asset stands for another")


def _check_spot(book: Book, path: KeyPath, hedge: HedgeEntry) -> None:
    if not book.problems.readable(*path, "spot") or not book.problems.readable(*path, "asset"):
        return
    is_list = isinstance(book.raw(*path, "spot"), list)
    for index, name in enumerate(hedge.spot):
        if name.base != hedge.asset:
            here = (*path, "spot", index) if is_list else (*path, "spot")
            meant = f"{name.ref.exchange}:{hedge.asset}/{name.quote}"
            book.problems.add(
                here, f'"{name}" prices {name.base}, the hedge is of {hedge.asset}; did you mean "{meant}"?'
            )
    if not hedge.spot:
        book.problems.add((*path, "spot"), f'is empty; name one, such as "binance:{hedge.asset}/USDT"')


def _check_form(book: Book, path: KeyPath, hedge: HedgeEntry) -> None:
    """Check that the futures stand either as one or as legs."""
    has_futures, has_legs = (book.raw(*path, key) is not None for key in ("futures", "legs"))
    if has_futures and has_legs:
        book.problems.add((*path, "legs"), "both futures and legs are given; futures is short for a single leg")
    elif not has_futures and not book.raw(*path, "legs"):
        book.problems.add((*path, "futures"), f'is missing; name one, such as "binance:{hedge.asset}/USDT:USDT"')
    for key in ("position", "account"):
        if has_legs and not has_futures and book.raw(*path, key) is not None:
            book.problems.add((*path, key), "belongs inside the legs where legs are given")


def _check_legs(book: Book, path: KeyPath, hedge: HedgeEntry) -> None:
    seen: set[str] = set()
    for index, leg in enumerate(hedge.all_legs):
        here = path if hedge.futures is not None and index == 0 else (*path, "legs", index)
        name = book.settings.name_of(leg)
        if name in seen and book.problems.readable(*here, "futures"):
            book.problems.add((*here, "name"), f'a second leg is named "{name}"; give each its own name')
        seen.add(name)
        _check_leg(book, here, hedge, leg)
    places = {path: hedge.position} | {
        (*path, "legs", index): leg.position for index, leg in enumerate(hedge.legs or ())
    }
    for here, position in places.items():
        if position is not None:
            _check_position(book, (*here, "position"), position)
    shares = sum((leg.share for leg in hedge.all_legs if leg.share is not None), Decimal(0))
    if shares > 1:
        book.problems.add((*path, "legs"), f"the shares of the legs add up to {decimal_text(shares)}, more than 1")


def _check_leg(book: Book, path: KeyPath, hedge: HedgeEntry, leg: LegEntry) -> None:
    name = leg.futures
    _check_account(book, (*path, "account"), leg.account)
    if not book.problems.readable(*path, "futures"):
        return
    is_asset_known = all(book.problems.readable(*path[:2], key) for key in ("asset", "proxy"))
    if name.base != hedge.asset and hedge.proxy is None and is_asset_known:
        meant = f"{name.ref.exchange}:{hedge.asset}/{name.quote}:{hedge.asset if name.is_inverse else name.quote}"
        text = f'"{name}" is a future of {name.base}, the hedge is of {hedge.asset}; did you mean "{meant}"?'
        book.problems.add((*path, "futures"), f"{text} A proxy = {{ beta = … }} allows another asset's")
    _check_source(book, path, leg)
    exchange = book.raw("accounts", leg.account, "exchange") if leg.account else None
    is_known = book.problems.readable("accounts", str(leg.account), "exchange")
    if isinstance(exchange, str) and exchange != name.ref.exchange and is_known:
        book.problems.add(
            (*path, "account"), f'account "{leg.account}" is at {exchange}, the future at {name.ref.exchange}'
        )


def _check_source(book: Book, path: KeyPath, leg: LegEntry) -> None:
    """Check that it is clear which account a position is read from, if it is read from one."""
    if leg.account is not None or leg.position is not None or not book.problems.readable(*path, "position"):
        return
    there = book.settings.accounts_at(leg.futures.ref.exchange)
    if len(there) > 1:
        text = f"is missing: {leg.futures.ref.exchange} has the accounts {', '.join(there)}"
        book.problems.add((*path, "account"), f"{text}; name the one that the position is in, or declare the position")


def _check_position(book: Book, path: KeyPath, position: PositionEntry) -> None:
    if (position.contracts is None) == (position.coins is None) and book.problems.readable(*path):
        found = (
            "both contracts and coins are given"
            if position.coins is not None
            else "neither contracts nor coins is given"
        )
        book.problems.add(path, f"{found}; one of the two says how large the position is")
        return
    for key, amount in (("contracts", position.contracts), ("coins", position.coins)):
        if amount is not None and amount > 0:
            text = (
                f"found {decimal_text(amount)}, a long position: short is negative, and a short is what protects coins"
            )
            book.problems.add((*path, key), f"{text}; did you mean -{decimal_text(amount)}?")


@exactly
def _check_shares(book: Book) -> None:
    """Check that no holding is protected more than once over."""
    total: dict[str, Decimal] = defaultdict(Decimal)
    hedged: dict[str, list[str]] = defaultdict(list)
    last: dict[str, KeyPath] = {}
    for path, hedge in book.numbered_hedges():
        if not book.problems.readable(*path, "holdings" if hedge.holdings is not None else "asset"):
            continue
        for index, (holding, share) in enumerate(held_by(book.settings, hedge)):
            name = holding.known_as
            total[name] += share
            hedged[name].append(hedge.name if book.problems.readable(*path, "name") else written(path))
            last[name] = (*path, "asset") if hedge.holdings is None else (*path, "holdings", index, "share")
    for name, share in total.items():
        if share > 1:
            text = f'the shares of holding "{name}" add up to {decimal_text(share)}, more than 1'
            book.problems.add(last[name], f"{text} (hedges {', '.join(hedged[name])})")
