"""While the database is away: what is kept in a spool, told from it, and brought back in order."""
