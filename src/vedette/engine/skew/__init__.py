"""Row-level skew: the same rows as training and as serving saw them, held against each other."""
