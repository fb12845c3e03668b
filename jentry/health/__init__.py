"""Is this server well? One report, for the command line, the operators' page and the heartbeat."""
