"""From the document of an approval to its frozen definition: schema, building, and everything that is checked before it may run."""
