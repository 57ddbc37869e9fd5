"""The picture of a scenario: the book with and without its hedge, over moves of the spot price."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from hedgewatch.cli.books import NamedBook
from hedgewatch.cli.outcomes import amount, money
from hedgewatch.domain.errors import ConfigurationError
from hedgewatch.domain.numbers import ONE, ZERO, exactly
from hedgewatch.domain.scenario import Book, PathPoint, walk
from hedgewatch.domain.stresses import Outcome, put_through

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ENDINGS = (".svg", ".png")
LOWEST, HIGHEST = -60, 120
BLUE, ORANGE, RED, GREY = "#0072b2", "#e69f00", "#d55e00", "#767676"


def check_plot(file: Path) -> None:
    """Refuse what cannot be drawn before anything is computed; raises ConfigurationError."""
    if file.suffix.lower() not in ENDINGS:
        raise ConfigurationError(f"--plot: {file}: write a name that ends in {' or '.join(ENDINGS)}")
    if not file.resolve().parent.is_dir():
        raise ConfigurationError(f"--plot: {file}: there is no such folder")
    try:
        import matplotlib as mpl  # noqa: F401  whether it is there
    except ImportError:
        raise ConfigurationError(
            "--plot: matplotlib is not installed; it comes with the extra: pip install 'hedgewatch[plot]'"
        ) from None


def draw(file: Path, named: NamedBook, outcomes: Sequence[Outcome]) -> None:
    """Draw the book with and without its hedge, its liquidation, and every path of several moves, into a file.

    Raises ConfigurationError if it cannot be written.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 5.4), layout="constrained")
    axes = figure.add_subplot()
    _curves(axes, named.book)
    _liquidation(axes, named)
    for outcome in outcomes:
        if len(outcome.stress.moves) > 1:
            _path(axes, named.book, outcome)
    _dress(axes, named)
    try:
        # the same picture is the same file, and its words stay words
        with mpl.rc_context({"svg.hashsalt": "hedgewatch", "svg.fonttype": "none"}):
            figure.savefig(file, dpi=150, metadata={"Date": None} if file.suffix.lower() == ".svg" else None)
    except OSError as error:
        raise ConfigurationError(f"--plot: {file}: {error.strerror or error}") from None


@exactly
def curve(book: Book, moves: Sequence[Decimal]) -> list[Decimal]:
    """Return the book's net result after one move of the spot price, each a fraction."""
    return [walk(book, [PathPoint(spot_mult=ONE + move)]).net_pnl for move in moves]


@exactly
def unhedged(book: Book) -> Book:
    """Return the coins alone."""
    return replace(book, contracts=ZERO, margin=ZERO)


def _curves(axes: Axes, book: Book) -> None:
    moves = [Decimal(percents) / 100 for percents in range(LOWEST, HIGHEST + 1)]
    shown = [float(move * 100) for move in moves]
    axes.plot(shown, _floats(curve(unhedged(book), moves)), color=ORANGE, linestyle="--", label="coins without a hedge")
    axes.plot(shown, _floats(curve(book, moves)), color=BLUE, linewidth=2.4, label="coins with the hedge")


@exactly
def _liquidation(axes: Axes, named: NamedBook) -> None:
    book, price = named.book, named.liquidation_price
    if price is None:
        return
    move = (price - book.basis0) / book.spot0 - ONE
    if not LOWEST <= move * 100 <= HIGHEST:
        return
    axes.axvline(float(move * 100), color=RED, linewidth=1, linestyle=":")
    axes.annotate(
        f"liquidated at {amount(price)}\n({move * 100:+.1f} %), naked beyond",
        xy=(float(move * 100), 0.97),
        xycoords=("data", "axes fraction"),
        xytext=(6, 0),
        textcoords="offset points",
        va="top",
        color=RED,
    )


def _path(axes: Axes, book: Book, outcome: Outcome) -> None:
    stress = outcome.stress
    reached = [(ZERO, ZERO)]
    for end in range(1, len(stress.moves) + 1):
        is_last = end == len(stress.moves)
        part = replace(stress, moves=stress.moves[:end], r8=stress.r8 if is_last else ZERO)
        reached.append((stress.moves[end - 1].spot, put_through(book, part).result.net_pnl))
    points = [(float(move * 100), float(net)) for move, net in reached]
    axes.plot(*zip(*points, strict=True), color=RED, marker="o", linewidth=1.2, label=stress.name)
    axes.annotate(money(reached[-1][1]), xy=points[-1], xytext=(8, -4), textcoords="offset points", color=RED, va="top")


def _dress(axes: Axes, named: NamedBook) -> None:
    from matplotlib.ticker import FuncFormatter

    axes.axhline(0, color=GREY, linewidth=0.8)
    axes.axvline(0, color=GREY, linewidth=0.8)
    axes.set_xlim(LOWEST, HIGHEST)
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+.0f} %" if value else "0"))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:+,.0f}" if value else "0"))
    axes.set_xlabel("spot price against now")
    axes.set_ylabel("net result" + (f", {named.quote}" if named.quote else ""))
    axes.set_title(f"{named.hedge or named.asset}: {amount(named.book.spot_coin)} {named.asset}, one move at a time")
    axes.grid(visible=True, color="#e5e5e5", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    axes.legend(frameon=False, loc="best")


def _floats(values: Sequence[Decimal]) -> list[float]:
    return [float(value) for value in values]
