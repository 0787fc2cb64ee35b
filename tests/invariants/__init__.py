"""What holds for whatever the service says, in an answer or in its log, in every test there is.

No credential, signature or token; no traceback and no path of this machine; no NaN; every error a
problem document with a code of ours, or what another service's protocol makes of it. `answers` and
`logs` have the rules and say in words what breaks them, `forbidden` what they look for, `watching`
lets them see every answer that a test gets: from uvicorn, and through Mangum in Lambda's emulator.
Logs are read by `tests/servers/`, when a server has ended.
"""
