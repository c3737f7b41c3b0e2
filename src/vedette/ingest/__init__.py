"""Where tables come in: files, frames and streams become one kind of source of Arrow batches.

Owns: reading.  Does not own: what the columns mean (`profiles.infer`) or any judgement of them.
"""
