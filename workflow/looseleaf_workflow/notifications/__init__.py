"""Notifications: what people are told inside the product. One writer for automations, approvals and all that follow, one inbox for readers."""
