"""The simulated market: prices, basis and funding as a pure function of seed, scenario and time."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from hedgewatch.simulator.catalogue import Catalogue
from hedgewatch.simulator.listings import DAY, HOUR, LISTED_BY_DEFAULT, Exchange, Kind, Listing
from hedgewatch.simulator.noise import COARSE, FULL, seed_of, uniform, wave
from hedgewatch.simulator.pins import NO_PIN, Pin, pin_of
from hedgewatch.simulator.scenario import STORIES, Scenario, Story, height

RATE_STEP = Decimal("0.00000001")
YEAR = 365 * DAY
TICK_MS = 200
FILLER_TICK_MS = 10_000  # fillers move seldom, so that lists of thousands are made fast


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """All figures of one listing at one moment, prices on the exchange's tick.

    Rates are fractions per funding interval; they are None where nothing is funded. Times are epoch milliseconds.
    """

    listing: Listing
    bid: Decimal
    ask: Decimal
    bid_size: Decimal
    ask_size: Decimal
    last: Decimal
    mark: Decimal
    index: Decimal
    open: Decimal
    high: Decimal
    low: Decimal
    volume: Decimal
    funding_rate: Decimal | None = None
    settled_rate: Decimal | None = None
    interval_hours: int = 0
    next_settlement: int = 0


@dataclass(frozen=True, slots=True)
class _Moment:
    """What all exchanges share about one asset at one tick."""

    spot: float
    before: float
    basis: float
    spread: float


class World:
    """One seeded market that all five exchanges quote, each with its own small offset.

    Times handed in are the exchanges' (epoch milliseconds). Prices and funding rates run ``speed`` times faster than
    that clock from ``started_at`` on; settlements stay on the clock's own hours. Nothing moves within ``tick_ms``,
    filler assets only every ten seconds.
    """

    def __init__(
        self,
        seed: int,
        scenario: Scenario | str,
        started_at: int,
        *,
        listed: int = LISTED_BY_DEFAULT,
        speed: float = 1.0,
        tick_ms: int = TICK_MS,
    ) -> None:
        self.seed = seed
        self.scenario = Scenario(scenario)
        self.started_at = started_at
        self.speed = speed
        self.tick_ms = tick_ms
        self.version = 0
        self._began_at = started_at
        self._pins: dict[tuple[str, Exchange | None], Pin] = {}
        self._moments: dict[str, tuple[int, int, _Moment]] = {}
        self._fillers: dict[tuple[Exchange, str, Kind], tuple[int, int, Quote]] = {}
        self._keys: dict[str, int] = {}
        self._catalogue = Catalogue(listed, started_at)

    # What there is

    def listings(self, exchange: Exchange | str, *kinds: Kind) -> tuple[Listing, ...]:
        """Return an exchange's listings, of the given kinds or all."""
        return self._catalogue.listings(exchange, *kinds)

    def listing(self, exchange: Exchange | str, asset: str, kind: Kind) -> Listing:
        """Return one listing; raise KeyError where the exchange has none."""
        return self._catalogue.listing(exchange, asset, kind)

    def interval_hours(self, listing: Listing) -> int:
        """Return the hours between two settlements of a perpetual."""
        return self._pin(listing).interval_hours or listing.asset.interval_hours

    # Commands

    def switch(self, scenario: Scenario | str, at: int) -> None:
        """Begin another scenario at ``at``; the path of the prices goes on."""
        self.scenario = Scenario(scenario)
        self._began_at = at
        self.version += 1

    def change(self, exchange: str, asset: str, kind: str, **figures: object) -> Listing:
        """Change a listing, as Catalogue.change does."""
        self.version += 1
        return self._catalogue.change(exchange, asset, kind, **figures)

    def delist(self, exchange: str, asset: str, kind: str) -> Listing:
        """Take a listing away, as Catalogue.delist does."""
        self.version += 1
        return self._catalogue.delist(exchange, asset, kind)

    def pin(self, asset: str, *, exchange: Exchange | str | None = None, **figures: object) -> None:
        """Hold exact figures of an asset, on one exchange or on all; figures pinned before stay.

        ``spot``, ``futures`` (the perpetual), ``dated`` and ``inverse`` are (bid, ask) or one price for both; else
        ``mark``, ``index``, ``funding_rate`` (coming), ``settled_rate``, ``interval_hours``. Text and Decimals keep
        every digit. Raises ValueError for an unknown figure or one that is no number.
        """
        key = (asset, None if exchange is None else Exchange(exchange))
        self._pins[key] = pin_of(**figures).over(self._pins.get(key, NO_PIN))
        self.version += 1

    def unpin(self, asset: str | None = None) -> None:
        """Let the world's own figures of an asset, or of all, show again."""
        self._pins = {key: pin for key, pin in self._pins.items() if asset is not None and key[0] != asset}
        self.version += 1

    # Figures

    def quote(self, listing: Listing, at: int) -> Quote:
        """Return everything about a listing at ``at``."""
        if not listing.asset.is_filler:
            return self._quote(listing, at - at % self.tick_ms)
        name = (listing.exchange, listing.asset.name, listing.kind)
        tick = max(self.tick_ms, FILLER_TICK_MS)
        at -= (
            at + self._key(listing.asset.name)
        ) % tick  # each in its own moment, so that they do not all move in one poll
        kept = self._fillers.get(name)
        if kept is None or kept[:2] != (at, self.version):
            kept = self._fillers[name] = (at, self.version, self._quote(listing, at))
        return kept[2]

    def history(self, listing: Listing, start: int, end: int, limit: int) -> list[tuple[int, Decimal]]:
        """Return up to ``limit`` (time, rate) of the newest settlements within ``start``..``end``, oldest first."""
        every = self.interval_hours(listing) * HOUR
        newest = end - end % every
        oldest = max(start, newest - (limit - 1) * every)
        first = -(-oldest // every) * every
        pinned = self._pin(listing).settled_rate
        rates = [(moment, self._rate(listing, moment - 1)) for moment in range(first, newest + 1, every)]
        if pinned is not None and rates:
            rates[-1] = (rates[-1][0], pinned)
        return rates

    # Inner

    def _quote(self, listing: Listing, at: int) -> Quote:
        pin = self._pin(listing)
        moment = self._moment(listing, at)
        fair = moment.spot * (1.0 + self._basis(listing, moment, at) + self._offset(listing, at))
        bid, ask = self._bid_ask(listing, pin, fair, moment.spread)
        key = self._key(listing.asset.name)
        step = at // 1000
        each = float(listing.contract_size) if listing.is_inverse else fair  # USDT in a unit of the book
        opened = on(listing.tick, moment.before)
        settled, coming, next_settlement = self._funding(listing, pin, at)
        return Quote(
            listing=listing,
            bid=bid,
            ask=ask,
            bid_size=on(listing.lot, listing.asset.depth / each / 8 * (1.0 + 0.6 * uniform(key, step))),
            ask_size=on(listing.lot, listing.asset.depth / each / 8 * (1.0 + 0.6 * uniform(key + 1, step))),
            last=ask if uniform(key + 2, step) > 0 else bid,
            mark=self._mark(listing, pin, fair, (bid, ask)),
            index=self._index(listing, pin, moment),
            open=opened,
            high=on(listing.tick, max(float(opened), float(ask)) * 1.004),
            low=on(listing.tick, min(float(opened), float(bid)) * 0.996),
            volume=on(listing.lot, listing.asset.depth * 400 / each),
            funding_rate=coming,
            settled_rate=settled,
            interval_hours=self.interval_hours(listing) if listing.is_funded else 0,
            next_settlement=next_settlement,
        )

    def _pin(self, listing: Listing) -> Pin:
        if not self._pins:
            return NO_PIN
        name = listing.asset.name
        own = self._pins.get((name, listing.exchange), NO_PIN)
        return own.over(self._pins.get((name, None), NO_PIN))

    def _seconds(self, at: int) -> float:
        return (self.started_at + (at - self.started_at) * self.speed) / 1000

    def _told(self, at: int) -> float:
        return (at - self._began_at) * self.speed / 1000

    @property
    def _story(self) -> Story:
        return STORIES[self.scenario]

    def _key(self, name: str) -> int:
        key = self._keys.get(name)
        if key is None:
            key = self._keys[name] = seed_of(self.seed, name)
        return key

    def _moment(self, listing: Listing, at: int) -> _Moment:
        asset = listing.asset
        kept = self._moments.get(asset.name)
        if kept is None or kept[:2] != (at, self.version):
            key, seconds, told = self._key(asset.name), self._seconds(at), self._told(at)
            waves = COARSE if asset.is_filler else FULL
            height_now = wave(key, seconds, waves)
            height_then = wave(key, seconds - DAY / 1000, waves[:1])
            basis = height(self._story.basis, told) + 0.0002 * wave(key + 3, seconds, ((20.0, 1.0), (1.0, 0.3)))
            spread = asset.spread * (height(self._story.spread, told) if asset.name == "XYZ" else 1.0)
            spot = asset.price * (1.0 + height_now) * height(self._story.spot, told)
            moment = _Moment(spot, asset.price * (1.0 + height_then), basis, spread)
            kept = self._moments[asset.name] = (at, self.version, moment)
        return kept[2]

    def _basis(self, listing: Listing, moment: _Moment, at: int) -> float:
        if listing.kind is Kind.SPOT:
            return 0.0
        if listing.expiry is None:
            return moment.basis
        left = max(0, listing.expiry - at) / YEAR
        return height(self._story.carry, self._told(at)) * left + moment.basis / 5

    def _offset(self, listing: Listing, at: int) -> float:
        key = self._key(f"{listing.exchange}/{listing.asset.name}")
        return 0.00005 * uniform(key, 0) + 0.00002 * uniform(key, at // 1000)

    def _bid_ask(self, listing: Listing, pin: Pin, fair: float, spread: float) -> tuple[Decimal, Decimal]:
        pinned = {Kind.SPOT: pin.spot, Kind.PERPETUAL: pin.futures, Kind.INVERSE: pin.inverse or pin.futures}.get(
            listing.kind, pin.dated
        )
        if pinned is not None:
            return pinned
        bid = on(listing.tick, fair * (1.0 - spread / 2))
        return bid, max(on(listing.tick, fair * (1.0 + spread / 2)), bid + listing.tick)

    def _mark(self, listing: Listing, pin: Pin, fair: float, pair: tuple[Decimal, Decimal]) -> Decimal:
        if pin.mark is not None:
            return pin.mark
        return (pair[0] + pair[1]) / 2 if pin.futures or pin.dated or pin.inverse else on(listing.tick, fair)

    def _index(self, listing: Listing, pin: Pin, moment: _Moment) -> Decimal:
        if pin.index is not None:
            return pin.index
        return (pin.spot[0] + pin.spot[1]) / 2 if pin.spot else on(listing.tick, moment.spot)

    def _funding(self, listing: Listing, pin: Pin, at: int) -> tuple[Decimal | None, Decimal | None, int]:
        if not listing.is_funded:
            return None, None, 0
        every = self.interval_hours(listing) * HOUR
        last = at - at % every
        coming = pin.funding_rate if pin.funding_rate is not None else self._rate(listing, at)
        settled = pin.settled_rate if pin.settled_rate is not None else self._rate(listing, last - 1)
        return settled, coming, last + every

    def _rate(self, listing: Listing, at: int) -> Decimal:
        key = self._key(f"{listing.exchange}/{listing.asset.name}/funding")
        rate = height(self._story.funding, self._told(at))
        rate += 0.00003 * wave(key, self._seconds(at), ((14_400.0, 1.0), (10.0, 0.1)))
        return on(RATE_STEP, rate * self.interval_hours(listing) / 8)


def on(step: Decimal, value: float) -> Decimal:
    """Return ``value`` on the nearest whole ``step``, exact."""
    return step * round(value / float(step))
