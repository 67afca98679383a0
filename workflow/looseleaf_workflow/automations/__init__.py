"""Automations: rules that do something when something happens. Triggers and steps are registered, one file each."""
