"""Original positions of minified code: a child process that reads source maps, and its master.

The library that reads them is fast and, by design of its language, ends the process on input that
overflows its stack: so it is never loaded into the server. The server asks `Mapper`, the child runs
`reading.py`.
"""
