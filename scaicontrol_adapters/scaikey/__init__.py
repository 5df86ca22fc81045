"""Who speaks: tokens of ScaiKey (or any issuer with a JWKS), and an issuer of our own for development."""
