"""Records from files and files from records: CSV and XLSX in and out. Uses the one write path and visible(), like everybody."""
