"""The protocols of other services, each proven with the client library that speaks it."""
