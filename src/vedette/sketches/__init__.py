"""Additive summaries of one column: one small file each, all obeying the protocol in `sketch`."""
