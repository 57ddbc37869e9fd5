"""Answering a scenario: the book, what happens to it, the picture, and the table or JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import typer

from hedgewatch.cli.books import Given, named_book
from hedgewatch.cli.outcomes import outcomes_json, print_outcomes
from hedgewatch.cli.plotting import check_plot, draw
from hedgewatch.cli.tables import print_json
from hedgewatch.cli.wishes import Wishes, wished


def answer(ctx: typer.Context, options: Mapping[str, Any]) -> None:
    """Answer ``hedgewatch scenario`` with these options. Raises ConfigurationError that names the wrong one."""
    hedge, plot = options["hedge"], options["plot"]
    if plot is not None:
        check_plot(plot)
    given = Given(**{one.name: options[one.name] for one in fields(Given)})
    if hedge is None:
        named = named_book(given)
    else:
        from hedgewatch.cli.declared_books import declared_book

        named = declared_book(ctx, hedge, given)
    wishes = Wishes(
        shocks=tuple(options["shock"] or ()),
        path=options["path"],
        funding=options["funding"],
        days=options["days"],
        floor=options["funding_floor"],
        is_lost=options["lose_exchange"],
    )
    outcomes = wished(named.book, wishes)
    if plot is not None:
        draw(plot, named, outcomes)
    if options["as_json"] or ctx.obj.json:
        print_json(outcomes_json(named, outcomes))
    else:
        print_outcomes(named, outcomes)
