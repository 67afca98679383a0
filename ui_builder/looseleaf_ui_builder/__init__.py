"""Screens, the builder, the composition root and the command line: the top wing of the house."""
