"""`python -m jentry`: the command line, where its script is not on the path."""

from jentry.cli import main

if __name__ == "__main__":
    main(prog_name="jentry")
