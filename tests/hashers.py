"""Passwords that are hashed fast."""

from django.contrib.auth.hashers import PBKDF2PasswordHasher


class FewRounds(PBKDF2PasswordHasher):
    """The product's own way with two rounds; a server that a test starts reads the result as it reads any other."""

    iterations = 2
