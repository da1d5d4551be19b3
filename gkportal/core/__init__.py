"""Foundation of every package: database, clock, errors, access rules, text. Knows no feature."""
