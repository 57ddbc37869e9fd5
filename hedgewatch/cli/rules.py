"""``hedgewatch rules``: what each rule says now, of each hedge."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from hedgewatch.cli import unbuilt

app = typer.Typer(
    no_args_is_help=True,
    help="The rules: what each says now, and tests of your own thresholds.",
    epilog="Example: hedgewatch rules list --hedge btc-core",
)
COMMANDS_OF_RULES = ("noise",)


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


@app.command("test")
def run_tests(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="A TOML file of tests; docs/testing-your-rules.md says how.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Test your own thresholds: the rules over series that you write, and the alerts that must come of them.

    Asks no exchange and stores nothing. Exits 1 if a test fails.

    Example: hedgewatch rules test my-rules-test.toml
    """
    import asyncio
    import os

    from hedgewatch.bootstrap.rehearsal.running import rehearse
    from hedgewatch.cli.rule_test_tables import lines_of, results_json
    from hedgewatch.cli.tables import print_json
    from hedgewatch.settings.rule_tests import load_rule_tests

    results = asyncio.run(rehearse(load_rule_tests(file, ctx.obj.config_path, os.environ)))
    if as_json or ctx.obj.json:
        print_json(results_json(str(file), results))
    else:
        typer.echo("\n".join(lines_of(results)))
    if not all(one.passed for one in results):
        raise typer.Exit(code=1)


unbuilt.add_to(app, COMMANDS_OF_RULES)
