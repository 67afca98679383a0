"""What a workspace is: documents, their check, and the frozen Model. Knows no database and no web."""
