"""Scores of records: criteria that give points, their total and its grade kept in the record, and why it is so."""
