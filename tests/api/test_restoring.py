"""SnapStart: what a snapshot holds is not what is answered with after a restore."""

from __future__ import annotations

from tests.program import printed


def test_the_entry_looks_for_another_model_after_a_restore() -> None:
    # As Lambda's runtime client does: it runs what was registered, in order.
    code = (
        "import api.http_handler as entry, snapshot_restore_py as hooks\n"
        "serving = entry.app.state.microlens.classifier.serving\n"
        "[(begin, args, _)] = hooks.get_after_restore()\n"
        "print(args == (serving.refresh,))\n"
        "begin(*args)\n"
        "print(serving.history.swaps)"
    )

    assert printed(code).split() == ["True", "1"]


def test_what_takes_longer_than_a_restore_may_goes_on_beside_requests() -> None:
    code = (
        "import snapshot_restore_py as hooks, threading\n"
        "from api import restoring\n"
        "restoring.WAITS_SECONDS = 0.01\n"
        "never, seen = threading.Event(), []\n"
        "restoring.after_restore(lambda: seen.append(never.wait()))\n"
        "[(begin, args, _)] = hooks.get_after_restore()\n"
        "begin(*args)\n"
        "print(len(seen), sum(each.name == 'restored' for each in threading.enumerate()))"
    )

    assert printed(code).split() == ["0", "1"]


def test_where_lambda_is_not_there_is_nothing_to_do() -> None:
    code = (
        "import sys; sys.modules['snapshot_restore_py'] = None\n"
        "from api.restoring import after_restore; after_restore(print)"
    )

    assert printed(code) == ""
