"""Sources of inbound events, what they send, their secrets and their tables. Knows nothing of automations; what comes of events is in receiving/."""
