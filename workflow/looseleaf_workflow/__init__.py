"""What happens next: stages, approvals, automations. Plugs into the platform through its Extension protocol."""
