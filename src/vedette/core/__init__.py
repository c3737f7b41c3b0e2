"""What everything else speaks of: errors, schema, windows, events.  Does no input or output and
imports no array library."""
