"""Handlers: parse the request, call one function, render. No SQL, no rights, no rules in here."""
