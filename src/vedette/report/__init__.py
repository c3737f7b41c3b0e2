"""What a person or another program reads of a comparison: page, terminal, notebook, JUnit, JSON Schema.

Owns: rendering the plain JSON document of a comparison.  Does not own: computing it, nor any verdict or reason.
"""
