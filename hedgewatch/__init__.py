"""Hedgewatch: watches coins held and futures shorted, and says what to do."""

__version__ = "0.1.0"
