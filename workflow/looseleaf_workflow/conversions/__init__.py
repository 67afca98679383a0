"""Conversion: a record goes over into records of other objects, once, with its history. What is made of what is metadata."""
