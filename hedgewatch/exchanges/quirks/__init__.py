"""What each exchange does its own way: one file an exchange, and the table of them."""
