"""Hand-written SQL over SQLite. Every function takes the connection first and never commits."""
