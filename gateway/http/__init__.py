"""The plain HTTP that the gateway answers itself, beside `/api`."""
