"""Clocks of records: promises (SLA) and stall limits, which run, pause and ring by one set of rules."""
