"""``hedgewatch calc``: every formula by its name, one question or a file of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hedgewatch.cli.context import Invocation


def calc(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="The formula; alone, it says what it takes.")] = None,
    inputs: Annotated[str | None, typer.Argument(help="Its inputs, a JSON object; - reads standard input.")] = None,
    show_list: Annotated[bool, typer.Option("--list", help="Every formula and what it answers.")] = False,
    batch: Annotated[
        Path | None, typer.Option("--batch", help="A file of JSON lines, {function, inputs}; - reads standard input.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON; answers of a formula always are.")] = False,
) -> None:
    """Compute one of the formulas that every number here comes from, exactly and with every digit.

    Example: hedgewatch calc round_price '{"side": "sell", "price": 60000.26, "tick": 0.5}'
    """
    import sys

    from hedgewatch.cli import calculating
    from hedgewatch.domain.errors import ConfigurationError

    asked = [name is not None, show_list, batch is not None]
    if sum(asked) != 1:
        raise ConfigurationError("calc: give the name of a formula, or --list, or --batch FILE, and one of them only")
    wants_json = as_json or ctx.ensure_object(Invocation).json
    if show_list:
        calculating.write_list(sys.stdout, as_json=wants_json)
    elif batch is not None:
        calculating.answer_batch(batch, sys.stdout)
    elif name is not None and inputs is None:
        calculating.write_description(name, sys.stdout, as_json=wants_json)
    elif name is not None and inputs is not None:
        calculating.write_answer(name, sys.stdin.buffer.read() if inputs == "-" else inputs, sys.stdout)
