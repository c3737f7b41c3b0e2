"""The command line: the composition root.  One file per command; `main` lists them."""
