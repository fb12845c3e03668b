"""The shapes of the wire: what comes in becomes the store's arguments, rows become JSON."""
