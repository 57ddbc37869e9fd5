"""Collect, measure, judge, record, deliver: the daemon's work, over ports."""
