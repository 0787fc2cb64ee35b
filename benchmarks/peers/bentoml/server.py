"""BentoML and LiteRT, as its documentation writes a service: `bentoml serve server:Classifier`.

Two workers, one for each core of the machine that the others are measured on.
"""

# mypy: disable-error-code="import-not-found, misc, untyped-decorator"
# BentoML is installed in an environment of its own, where no type checker looks.

import os
from typing import Any

import bentoml
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image


@bentoml.service(workers=2)
class Classifier:
    """One picture, one answer."""

    def __init__(self) -> None:
        self.interpreter = Interpreter(model_path=os.environ["MODEL"])
        self.interpreter.allocate_tensors()
        self.input = self.interpreter.get_input_details()[0]["index"]
        self.output = self.interpreter.get_output_details()[0]["index"]

    @bentoml.api
    def classify(self, image: Image.Image) -> dict[str, Any]:
        """The five best classes."""
        resized = image.convert("RGB").resize((224, 224), Image.Resampling.BILINEAR)
        tensor = np.asarray(resized, np.float32)[np.newaxis] / 127.5 - 1
        self.interpreter.set_tensor(self.input, tensor)
        self.interpreter.invoke()
        scores = self.interpreter.get_tensor(self.output)[0]
        best = np.argsort(-scores)[:5]
        return {"predictions": [{"index": int(i), "score": float(scores[i])} for i in best]}
