"""``hedgewatch alerts``: what fires, who has seen it, and what is silenced."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="Live with alerts.", epilog="Example: hedgewatch alerts list")

AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
By = Annotated[str | None, typer.Option("--by", help="Who says so; left out: the user of this machine.")]
For = Annotated[str | None, typer.Option("--for", help="How long, such as 2h; left out: as long as it lasts.")]
Episode = Annotated[str, typer.Argument(help="The episode, or as much of its beginning as names one.")]


@app.command("list")
def list_alerts(
    ctx: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also those that have ended, the last 100.")] = False,
    hedge: Annotated[str | None, typer.Option("--hedge", help="Of this hedge only.")] = None,
    as_json: AsJson = False,
) -> None:
    """List the alerts that fire, and the silences.

    Example: hedgewatch alerts list --all
    """
    import os
    from datetime import UTC, datetime

    from hedgewatch.bootstrap.reading import reading
    from hedgewatch.cli.alert_tables import alerts_json, print_alerts
    from hedgewatch.cli.loading import loaded_settings
    from hedgewatch.cli.tables import print_json

    with reading(loaded_settings(ctx), os.environ) as history:
        alerts = history.alerts(open_only=not everything, hedge=hedge)
        interventions = history.interventions(datetime.now(UTC))
    if as_json or ctx.obj.json:
        print_json(alerts_json(alerts, interventions))
    else:
        print_alerts(alerts, interventions)


@app.command()
def show(ctx: typer.Context, episode: Episode, as_json: AsJson = False) -> None:
    """Show one alert: its numbers, who has seen it, and what was told to whom.

    Example: hedgewatch alerts show a3939ac9
    """
    import os
    from datetime import UTC, datetime

    from hedgewatch.bootstrap.reading import reading
    from hedgewatch.cli.alert_tables import alert_json, episode_named, print_alert
    from hedgewatch.cli.loading import loaded_settings
    from hedgewatch.cli.tables import print_json

    with reading(loaded_settings(ctx), os.environ) as history:
        alert = episode_named(history, episode)
        deliveries = history.deliveries_of(alert["episode"])
        seen = history.interventions(datetime.now(UTC)).acknowledgements.get(alert["episode"])
    if as_json or ctx.obj.json:
        print_json(alert_json(alert, seen, deliveries))
    else:
        print_alert(alert, seen, deliveries)


@app.command()
def ack(
    ctx: typer.Context,
    episode: Episode,
    note: Annotated[str, typer.Option("--note", help="What you do about it; ends an alert of a date or event.")] = "",
    by: By = None,
    lasting: For = None,
    as_json: AsJson = False,
) -> None:
    """Say that you have seen an alert: its reminders stop. A higher level, its end and a new episode are still told.

    Example: hedgewatch alerts ack a3939ac9 --note "selling now" --for 4h
    """
    import os
    from datetime import UTC, datetime

    from hedgewatch.bootstrap.speaking import speaking
    from hedgewatch.cli.alert_tables import acknowledgement_json, episode_named
    from hedgewatch.cli.loading import loaded_settings
    from hedgewatch.cli.tables import print_json
    from hedgewatch.cli.words import author, naming_the_option, span
    from hedgewatch.domain.intervention import Acknowledgement, check_acknowledgement

    now = datetime.now(UTC)
    with naming_the_option(), speaking(loaded_settings(ctx), os.environ) as (history, desk):
        found = episode_named(history, episode)["episode"]
        until = now + span(lasting) if lasting is not None else None
        said = check_acknowledgement(Acknowledgement(episode=found, by=author(by), note=note, at=now, until=until))
        desk.acknowledge(said)
    if as_json or ctx.obj.json:
        print_json(acknowledgement_json(said))
    else:
        typer.echo(f"{found} is acknowledged by {said.by}; the worker takes it in at its next cycle")


@app.command()
def silence(
    ctx: typer.Context,
    matchers: Annotated[list[str], typer.Argument(help="LABEL=VALUE: rule, hedge, leg, account, exchange, side.")],
    lasting: Annotated[str, typer.Option("--for", help="How long, at most 7d.")],
    comment: Annotated[str, typer.Option("--comment", help="Why.")],
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """Keep alerts from being told for a while; they are judged all the same, and told afterwards if they still fire.

    Example: hedgewatch alerts silence hedge=btc-core rule=drift --for 2h --comment "moving coins"
    """
    import os
    import secrets
    from datetime import UTC, datetime

    from hedgewatch.bootstrap.speaking import speaking
    from hedgewatch.cli.alert_tables import silence_json
    from hedgewatch.cli.loading import loaded_settings
    from hedgewatch.cli.tables import print_json
    from hedgewatch.cli.words import author, labels, naming_the_option, span
    from hedgewatch.domain.intervention import Silence, check_silence

    now = datetime.now(UTC)
    settings = loaded_settings(ctx)
    with naming_the_option():
        said = check_silence(
            Silence(
                id=secrets.token_hex(4),
                matchers=labels(matchers, [hedge.name for hedge in settings.hedges]),
                by=author(by),
                comment=comment,
                starts_at=now,
                ends_at=now + span(lasting),
            )
        )
    with speaking(settings, os.environ) as (_, desk):
        desk.silence(said)
    if as_json or ctx.obj.json:
        print_json(silence_json(said))
    else:
        typer.echo(f"silence {said.id} lasts until {said.ends_at:%Y-%m-%d %H:%M} UTC")


@app.command()
def unsilence(
    ctx: typer.Context,
    silence_id: Annotated[str, typer.Argument(help="The silence, as `alerts list` shows it.")],
    by: By = None,
    as_json: AsJson = False,
) -> None:
    """End a silence now.

    Example: hedgewatch alerts unsilence 5f0c2a91
    """
    import os
    from datetime import UTC, datetime

    from hedgewatch.bootstrap.speaking import speaking
    from hedgewatch.cli.loading import loaded_settings
    from hedgewatch.cli.tables import print_json
    from hedgewatch.cli.words import author

    now = datetime.now(UTC)
    with speaking(loaded_settings(ctx), os.environ) as (_, desk):
        desk.unsilence(silence_id, author(by), now)
    if as_json or ctx.obj.json:
        print_json({"silence": silence_id, "ended": True})
    else:
        typer.echo(f"silence {silence_id} has ended; what still fires is told at the next cycle")
