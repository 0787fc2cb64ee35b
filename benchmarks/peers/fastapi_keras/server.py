"""FastAPI and `keras.predict`, as most tutorials write it: `uvicorn server:app`."""

import io
import os
from typing import Any

import keras
import numpy as np
from fastapi import FastAPI, UploadFile
from PIL import Image

model = keras.models.load_model(os.environ["MODEL"], compile=False)
app = FastAPI()


@app.post("/classify")
async def classify(image: UploadFile) -> dict[str, Any]:
    """The five best classes."""
    picture = Image.open(io.BytesIO(await image.read())).convert("RGB")
    picture = picture.resize((224, 224), Image.Resampling.BILINEAR)
    tensor = np.asarray(picture, np.float32)[np.newaxis] / 127.5 - 1
    scores = model.predict(tensor, verbose=0)[0]
    best = np.argsort(-scores)[:5]
    return {"predictions": [{"index": int(i), "score": float(scores[i])} for i in best]}
