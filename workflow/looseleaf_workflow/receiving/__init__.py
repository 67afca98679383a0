"""Inbound events on their way: believed, stored, matched with a record, answered by automations, and told to those who look after them."""
