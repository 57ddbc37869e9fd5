"""What had to be told, recomputed from the committed snapshots alone, set against what was told."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from hedgewatch.simulator.receiver import Received
from tests.end_to_end.stage import rows
from tests.fault.killing import CLEAR, ENTRY_BASIS, FIRE
from tests.fault.reference_life import Reference
from tests.fault.scripted import BASIS

CRITICAL_CLEAR = 0.0075
HOUR_MS, FEWEST_HOURS, MOST_HOURS = 3_600_000, 48, 30 * 24
# a worker whose clock is wrong writes in its own time; the epochs tell the order
SNAPSHOTS = (
    "SELECT b.hedge, b.read_at_ms, b.basis_rate, b.spot_price FROM basis_history b "
    "JOIN cycle c ON c.read_at_ms = b.read_at_ms ORDER BY c.epoch, b.read_at_ms"
)
Story = list[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reckoning:
    """called_for: events. lost: of them never received. spurious: received, not called for, or under a second id.

    repeated: the same id again. two_stories: the same id with another body. disordered: hedges told in another order.
    """

    snapshots: int
    called_for: int
    lost: int
    spurious: int
    repeated: int
    two_stories: int
    disordered: int

    @property
    def is_sound(self) -> bool:
        return not (self.lost or self.spurious or self.two_stories or self.disordered)

    def __str__(self) -> str:
        return (
            f"{self.snapshots} snapshots, {self.called_for} alerts called for, {self.lost} lost, "
            f"{self.repeated} repeated with the same id, {self.spurious} spurious, "
            f"{self.two_stories} told in two ways, {self.disordered} hedges out of order"
        )


class Usual:
    """What a leg's basis usually is: the mean of the hours that are over, 30 days of them, from 48 hours on."""

    def __init__(self) -> None:
        self._closes: dict[int, float] = {}

    def note(self, read_at_ms: int, basis_rate: float | None) -> None:
        if basis_rate is not None:
            self._closes[read_at_ms // HOUR_MS] = basis_rate

    def at(self, read_at_ms: int, spot: float) -> float:
        hour = read_at_ms // HOUR_MS
        over = [close for at, close in self._closes.items() if hour - MOST_HOURS <= at < hour]
        return sum(over) / len(over) if len(over) >= FEWEST_HOURS else ENTRY_BASIS / spot


def letter(basis_rate: float | None, spot: float | None, usual: Usual, read_at_ms: int) -> str:
    """Name what a snapshot shows, in the reference's letters."""
    if basis_rate is None or spot is None:
        return "?"
    adverse = basis_rate - usual.at(read_at_ms, spot)
    if adverse > FIRE["critical"]:
        return "C"
    if adverse > FIRE["warning"]:
        return "w" if adverse < CRITICAL_CLEAR else "m"
    return "c" if adverse < CLEAR else "b"


def called_for(url: str) -> tuple[int, Mapping[str, Story]]:
    """Return how many snapshots were committed, and what each hedge's called for: reminders left out."""
    lives: dict[str, Reference] = defaultdict(lambda: Reference(BASIS))
    told: dict[str, Story] = defaultdict(list)
    usual: dict[str, Usual] = defaultdict(Usual)
    snapshots = rows(url, SNAPSHOTS)
    for hedge, read_at_ms, basis_rate, spot in snapshots:
        at = datetime.fromtimestamp(read_at_ms / 1000, UTC)
        shown = letter(basis_rate, spot, usual[hedge], read_at_ms)
        usual[hedge].note(read_at_ms, basis_rate)
        said = lives[hedge].tick(shown, Decimal(0), at, maintenance=False)
        told[hedge] += [f"{kind} {level}" for kind, level, _ in said if kind != "reminder"]
    return len(snapshots), told


def heard(messages: Iterable[Received]) -> Mapping[str, Story]:
    """Return what each hedge was told, each id once, in the order of its episodes."""
    by_id = {message.webhook_id: message.body for message in reversed(list(messages))}
    told: dict[str, list[tuple[str, int, str]]] = defaultdict(list)
    for body in by_id.values():
        data: Mapping[str, object] = body["data"]  # type: ignore[assignment]  # the webhook's shape
        kind = str(body["type"]).rsplit(".", maxsplit=1)[-1]
        if kind != "reminder":
            place = (str(data["episode"]).rpartition("-")[2], int(str(data["sequence"])), f"{kind} {data['severity']}")
            told[str(data["hedge"])].append(place)
    return {hedge: [said for *_, said in sorted(places)] for hedge, places in told.items()}


def reckon(url: str, messages: Sequence[Received], *, in_order: bool = True) -> Reckoning:
    """Set what was told against what was called for. in_order False: the clocks of the tellers differed."""
    snapshots, expected = called_for(url)
    told = heard(messages)
    bodies: dict[str, object] = {}
    stories = sum(bodies.setdefault(message.webhook_id, message.body) != message.body for message in messages)
    lost = spurious = disordered = 0
    for hedge in {*expected, *told}:
        wanted, got = Counter(expected.get(hedge, [])), Counter(told.get(hedge, []))
        lost += (wanted - got).total()
        spurious += (got - wanted).total()
        disordered += in_order and wanted == got and expected.get(hedge, []) != told.get(hedge, [])
    return Reckoning(
        snapshots=snapshots,
        called_for=sum(len(story) for story in expected.values()),
        lost=lost,
        spurious=spurious,
        repeated=len(messages) - len(bodies),
        two_stories=stories,
        disordered=disordered,
    )
