"""``hedgewatch inventory``: what is owned, what it is worth, and what hedges it."""

from __future__ import annotations

from typing import Annotated

import typer


def inventory(
    ctx: typer.Context,
    as_json: Annotated[bool, typer.Option("--json", help="Answer in JSON.")] = False,
) -> None:
    """Show every holding: asset, quantity, where, value, cost basis, unrealised result, and what hedges how much of it.

    As the worker last stored it; a quantity that was told since (`holding set`) is shown as told.

    Example: hedgewatch inventory --json
    """
    import os
    from datetime import UTC, datetime

    from hedgewatch.bootstrap.reading import reading
    from hedgewatch.cli.inventory_tables import inventory_json, owned_now, print_inventory
    from hedgewatch.cli.loading import loaded_settings
    from hedgewatch.cli.tables import print_json
    from hedgewatch.settings import file_entries

    settings, now = loaded_settings(ctx), datetime.now(UTC)
    with reading(settings, os.environ) as history:
        interventions = history.interventions(now).still_held(file_entries(settings))
        rows = owned_now(settings, history.holdings_now(), history.hedges_now(), interventions)
    if as_json or ctx.obj.json:
        print_json(inventory_json(rows))
    else:
        print_inventory(rows, now)
