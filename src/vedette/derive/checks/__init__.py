"""What a schema says of values and rows, judged over whole columns.

Owns: the same judgements as `core.judge` and `core.rules.answers`, a column at a time.  Does not
own: what is declared, what holds for a whole table (`engine.schema_check`).
"""
