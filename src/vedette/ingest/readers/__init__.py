"""Files that other systems leave behind, read as events.

Owns: one file per kind of file (`catalog` lists them), cutting files into records (`cut`), going
through files from where it was left (`course`, `progress`), what is sent on (`portion`).  Does not
own: bodies of model servers (`ingest.payloads`), who takes what is read (`cli.importing`,
`engine.importer`).

A kind is one module with a function from a record to what it says, and one row in `catalog.KINDS`.
"""
