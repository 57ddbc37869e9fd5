"""A rule as somebody sets it: only what differs from the catalogue."""

from __future__ import annotations

from pydantic import Field

from hedgewatch.domain.thresholds import Severity
from hedgewatch.settings.section import Section
from hedgewatch.settings.values import Bound, Flag, Lasting, Names


class AtOnceEntry(Section):
    """Thresholds so far off that nobody waits."""

    fire: Bound | None = None
    clear: Bound | None = None


class LevelEntry(Section):
    """One level; ``clear`` left out is 20 % back from the ``fire`` beside it."""

    fire: Bound | None = None
    clear: Bound | None = None
    for_: Lasting | None = Field(default=None, alias="for")
    at_once: AtOnceEntry | None = None


class RuleEntry(Section):
    """One rule, for all hedges or for one."""

    enabled: Flag | None = None
    for_: Lasting | None = Field(default=None, alias="for")
    keep_firing_for: Lasting | None = None
    info: LevelEntry | None = None
    warning: LevelEntry | None = None
    critical: LevelEntry | None = None
    channels: Names | None = None

    def level(self, severity: Severity) -> LevelEntry | None:
        """Return what was written for a level, None if nothing was."""
        by_severity = {Severity.INFO: self.info, Severity.WARNING: self.warning, Severity.CRITICAL: self.critical}
        return by_severity[severity]
