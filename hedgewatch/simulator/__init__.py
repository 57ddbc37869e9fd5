"""A loopback exchange that speaks five wire formats over one seeded world."""
