"""What was kept of a model, arranged for the eye: plain data, nothing drawn yet."""
