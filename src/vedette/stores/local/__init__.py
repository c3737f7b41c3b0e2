"""The stores of one machine: a folder with a journal, Parquet files and an SQLite file."""
