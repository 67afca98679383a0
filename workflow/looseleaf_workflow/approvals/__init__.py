"""Approvals as a pure core: `decide(definition, state, command, facts)` gives events, `fold(state, event)` the next state.

No database, no clock, no random, no people: whatever is not in the state or in the command is asked as a question and answered
as a fact. The state is exactly what the events fold to. Storing events, tasks and timers is the runner's work.

Read in this order: `definition` (what a flow is), `state` (where an instance stands), `commands`, `events`, `questions` (facts),
`decide`; then `listing` (tasks, timers, lock and effects as data), `invariants`, `preview`, `migration`.
"""
