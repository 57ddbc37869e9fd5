"""``hedgewatch rules``: what each rule says now, of each hedge."""

from __future__ import annotations

from typing import Annotated

import typer

from hedgewatch.cli import unbuilt

app = typer.Typer(
    no_args_is_help=True,
    help="The rules: what each says now, and tests of your own thresholds.",
    epilog="Example: hedgewatch rules list --hedge btc-core",
)
COMMANDS_OF_RULES = ("test", "noise")


@app.callback()
def group() -> None:
    """Keep the group a group while it has one command."""


@app.command("list")
def list_rules(
    ctx: typer.Context,
    *,
    hedge: Annotated[str | None, typer.Option("--hedge", help="Only what is said of this hedge.")] = None,
    rule: Annotated[str | None, typer.Option("--rule", help="Only this rule.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Show each rule with its present value, thresholds and outcome, as the worker last judged it.

    Example: hedgewatch rules list --hedge btc-core
    """
    import os
    from datetime import UTC, datetime

    from hedgewatch.bootstrap.reading import reading
    from hedgewatch.cli.loading import loaded_settings
    from hedgewatch.cli.rule_tables import chosen, print_rules, rules_json, rules_now
    from hedgewatch.cli.tables import print_json

    settings = loaded_settings(ctx)
    wanted = chosen(settings, hedge, rule)
    with reading(settings, os.environ) as history:
        rows = rules_now(settings, history.outcomes_now(), wanted)
    if as_json or ctx.obj.json:
        print_json(rules_json(rows))
    else:
        print_rules(rows, datetime.now(UTC))


unbuilt.add_to(app, COMMANDS_OF_RULES)
