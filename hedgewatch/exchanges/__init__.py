"""Exchanges through ccxt: one guarded door, pure parsing, quirks as data."""
