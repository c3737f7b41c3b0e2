"""Charts: each at its own address, as a drawing for a page, a picture, and a table."""
