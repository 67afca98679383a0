"""Records and people: everything that interprets the Model on a database. Knows no screens."""
