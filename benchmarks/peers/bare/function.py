"""The least that a Lambda function for this purpose can be: what it imports, and one model.

It is what Microlens's cold start is held against: FastAPI, Mangum, NumPy, LiteRT and Pillow
imported, the same model loaded, one picture answered, and nothing checked.
"""

# mypy: disable-error-code="import-untyped"

import io
import os
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from fastapi import FastAPI, Request
from mangum import Mangum
from PIL import Image

interpreter = Interpreter(model_path=os.environ["MODEL"])
interpreter.allocate_tensors()
INPUT = interpreter.get_input_details()[0]["index"]
OUTPUT = interpreter.get_output_details()[0]["index"]
app = FastAPI()


@app.post("/classify")
async def classify(request: Request) -> dict[str, Any]:
    """The five best classes."""
    image = Image.open(io.BytesIO(await request.body()))
    image.draft("RGB", (448, 448))
    resized = image.convert("RGB").resize((224, 224), Image.Resampling.BILINEAR)
    interpreter.set_tensor(INPUT, np.asarray(resized, np.float32)[np.newaxis] / 127.5 - 1)
    interpreter.invoke()
    scores = interpreter.get_tensor(OUTPUT)[0]
    best = np.argsort(-scores)[:5]
    return {"predictions": [{"index": int(i), "score": float(scores[i])} for i in best]}


handler = Mangum(app, lifespan="off")
