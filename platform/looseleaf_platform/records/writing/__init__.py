"""The parts of the one write path, one stage a file. Only `records/write.py` puts them in order."""
