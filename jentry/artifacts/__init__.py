"""Artifact bundles: from the bytes of an upload to files, or a sentence that says what is wrong."""
