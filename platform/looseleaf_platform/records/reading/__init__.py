"""The parts of a read: what a reader may name, filters, order and cursors, columns, search, titles, statements kept for reuse."""
