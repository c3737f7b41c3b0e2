"""The version of this package.

Owns: the number, which the build reads from here.  Does not own: versions of file formats.
"""

__version__ = "0.1.0"
