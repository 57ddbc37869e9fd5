"""The eye: pages read from the database, never from an exchange."""
