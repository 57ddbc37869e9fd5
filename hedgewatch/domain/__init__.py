"""The hedge itself: values, arithmetic, rules, alert life. Pure: no I/O, no clock, no framework."""
