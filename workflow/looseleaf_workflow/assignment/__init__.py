"""Assignment: who gets a new record, decided in the transaction that stores it, and why, kept as facts."""
