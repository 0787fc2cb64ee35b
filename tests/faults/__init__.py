"""What happens around the service: storage that fails, callers who leave, a process that ends."""
