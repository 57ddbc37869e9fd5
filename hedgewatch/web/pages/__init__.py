"""One file, one page: what is read for it, and the words it is shown in."""
