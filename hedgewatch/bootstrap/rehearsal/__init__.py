"""Rehearsal: the daemon's own cycle over written series, a clock that is only counted, and nothing stored or sent."""
