"""Row by row: the same rows as training and as serving saw them, joined by a key."""
