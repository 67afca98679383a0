"""The one expression language: parsed once, typed at check time, three targets from one tree."""
