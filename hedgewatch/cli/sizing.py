"""Answering ``size``: the contract from plain numbers or from its exchange, the hedge, and the table or JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import fields
from typing import Any

import typer

from hedgewatch.cli.plain_contract import SizeAnswer, SizeGiven, plain_contract
from hedgewatch.cli.size_json import size_json
from hedgewatch.cli.wishes import naming_options
from hedgewatch.domain.hedge_size import size_hedge
from hedgewatch.domain.playbook import playbook_says
from hedgewatch.domain.size_warnings import size_warnings


def answer(ctx: typer.Context, options: Mapping[str, Any]) -> None:
    """Answer ``hedgewatch size`` with these options.

    Raises ConfigurationError that names the wrong one, ExchangeUnavailableError where neither exchange nor store tells.
    """
    given = SizeGiven(**{one.name: options[one.name] for one in fields(SizeGiven)})
    with naming_options():
        asked = given.asked()
        if given.futures is None:
            found = plain_contract(given)
        else:
            from hedgewatch.cli.listed_contract import listed_contract

            found = listed_contract(ctx, given, given.futures)
        size = size_hedge(found.instrument, found.market, asked, found.terms)
        told = SizeAnswer(
            found=found,
            size=size,
            playbook=playbook_says(found.instrument, size, found.market.coin_price),
            warnings=(*size_warnings(found.instrument, found.market, size), *found.warnings),
        )
    if options["as_json"] or ctx.obj.json:
        sys.stdout.write(json.dumps(size_json(told), indent=2) + "\n")
    else:
        from hedgewatch.cli.size_answer import print_size

        print_size(told)
