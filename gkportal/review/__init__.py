"""Cases (办件) and their review: one inbox for every kind of case; each feature registers a handler."""
