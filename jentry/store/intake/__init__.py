"""The parts of `apply`: each gathers a batch's changes to some tables and writes them once."""
