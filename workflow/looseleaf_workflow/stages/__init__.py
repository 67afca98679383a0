"""Stages: pipelines whose criteria hold in the write path, the history of moves, key actions. Where a record stands is a select field of its own."""
