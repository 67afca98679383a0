"""The generated screens: declared in metadata, bound to Model and actor, rendered on the server."""
