"""Compose what tells people: channels from the configuration to notifiers."""
