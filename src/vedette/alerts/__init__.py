"""From evidence to people: one budget, incidents and their lifecycle, messages and channels."""
