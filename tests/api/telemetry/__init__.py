"""Tests of `api/telemetry/`."""
