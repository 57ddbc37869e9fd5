"""The only chooser of concrete classes: watching (with exchanges) and reading (without)."""
