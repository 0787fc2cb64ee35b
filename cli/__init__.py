"""The operator's command, `microlens`: one file per command."""
