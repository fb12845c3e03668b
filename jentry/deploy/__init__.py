"""Files around a server, which `jentry deploy` prints: what starts it, what stands before it."""
