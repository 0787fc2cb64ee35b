"""Log lines: to standard error, at the level of the settings."""

from __future__ import annotations

import logging

from inference.settings import Settings


def configure_logs(settings: Settings) -> None:
    """Set up the root logger, once per process.

    Where it has a handler already, as on Lambda, `basicConfig` leaves that in place; the level
    is set in any case.
    """
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger().setLevel(settings.log_level)
