"""The language that issues and events are searched in: text -> a tree of conditions. Pure."""
