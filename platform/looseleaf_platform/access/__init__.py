"""Who may do what with which records and fields. Answers with conditions for SQL and with reasons for people.

Knows the Model, the runtime's tables and the actor; knows nothing of reading, writing, HTTP or screens.
"""
