"""Handlers of the builder's pages: parse, call one function, show."""
