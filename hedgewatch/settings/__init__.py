"""The configuration: the file on disk and the environment, as checked values."""

from __future__ import annotations

from hedgewatch.settings.declared import declared_hedges, declared_holdings, file_entries, listable_instruments
from hedgewatch.settings.effective import digest_of
from hedgewatch.settings.load import load_settings
from hedgewatch.settings.models import Settings
from hedgewatch.settings.resolved import rule_settings
from hedgewatch.settings.unbuilt import not_built, refuse_unready

__all__ = [
    "Settings",
    "declared_hedges",
    "declared_holdings",
    "digest_of",
    "file_entries",
    "listable_instruments",
    "load_settings",
    "not_built",
    "refuse_unready",
    "rule_settings",
]
