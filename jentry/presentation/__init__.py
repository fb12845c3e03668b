"""From an event to what is shown of it: pure functions, for pages, mails, agents, command line.

An event is what `store/events.py` reads: normalised, so that members have the types they should,
and hostile nevertheless. What comes out is text and plain objects; who shows it escapes it.
"""
