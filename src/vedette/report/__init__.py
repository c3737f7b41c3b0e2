"""What is read of a comparison: page, terminal, notebook cell, JUnit file, JSON Schema.

Owns: rendering the plain JSON document of a comparison.  Does not own: computing it, nor any
verdict or reason.
"""
