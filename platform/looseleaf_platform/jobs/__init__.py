"""Work that is done after the answer: messages of the outbox, and background jobs with progress.

The database is the queue of record: Redis only carries doorbells, and may forget them. Handlers are passed in; nothing registers itself.
"""
