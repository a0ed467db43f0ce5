"""Who comes in: credentials, tokens, keys, accounts and sign-ins."""
