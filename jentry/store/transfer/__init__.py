"""An organization, or one of its projects, as lines of JSON; and from lines back into a database.

    records -> export -> a line for each row -> load -> rows

Nothing in a line is a number of this database alone: people are named by email, releases by
version, issues and projects by numbers that the reader maps to its own.
"""
