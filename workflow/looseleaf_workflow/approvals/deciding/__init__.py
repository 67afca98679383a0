"""How commands become events, one file for each family of commands. `course` is what they share; `settle` finds what follows."""
