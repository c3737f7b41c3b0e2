"""Series pushed to other systems: one file per protocol, one thread for all."""
