"""Approvals that run: the core decides, this package asks the database, stores what was decided and does what follows.

One transaction a command: command, record and instance locked in this order, then events, state, tasks, timers and effects.
Read in this order: `tables`, `stored`, `organisation`, `answers`, `command`, `submitting`, `effects`, `lock`.
"""
