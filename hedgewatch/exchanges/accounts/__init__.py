"""Accounts: balances, positions, margin, orders and payments, read with keys that can only read."""
