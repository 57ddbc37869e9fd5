"""How a person is told: webhook and e-mail, and the table of channel kinds."""
