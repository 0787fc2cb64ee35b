"""The doors, tried as callers and AWS try them."""
