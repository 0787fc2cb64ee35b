"""The same application as a Lambda function, through Mangum."""

# mypy: disable-error-code="import-not-found"
# Lambda finds server.py beside this file; a type checker that starts elsewhere does not.

from mangum import Mangum
from server import app

handler = Mangum(app, lifespan="off")
