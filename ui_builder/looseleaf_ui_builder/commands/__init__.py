"""The commands of the command line, one file each. They talk to a person or a program at the terminal, and leave the work to the platform."""
