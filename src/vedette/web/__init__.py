"""HTTP: taking events in, answering questions about models, a few plain pages."""
