"""Telling people: one small file per channel, one sender per transport, one loop that delivers."""
