"""LitServe and LiteRT, as LitServe's README writes a server: `python server.py PORT MODEL`.

Two workers, one for each core of the machine that the others are measured on.
"""

# mypy: disable-error-code="import-not-found, misc, no-untyped-def, no-untyped-call"
# LitServe is installed in an environment of its own, where no type checker looks.

import io
import sys

import litserve as ls
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from PIL import Image

PORT, MODEL = int(sys.argv[1]), sys.argv[2]


class Classifier(ls.LitAPI):
    """One picture, one answer."""

    def setup(self, device):  # noqa: ARG002 -- LitServe passes it by name
        """Load the model, once in each worker."""
        self.interpreter = Interpreter(model_path=MODEL)
        self.interpreter.allocate_tensors()
        self.input = self.interpreter.get_input_details()[0]["index"]
        self.output = self.interpreter.get_output_details()[0]["index"]

    def decode_request(self, request):
        """A form with a file → `(1, 224, 224, 3) float32`."""
        image = Image.open(io.BytesIO(request["image"].file.read())).convert("RGB")
        image = image.resize((224, 224), Image.Resampling.BILINEAR)
        return np.asarray(image, np.float32)[np.newaxis] / 127.5 - 1

    def predict(self, tensor):
        """`(1, 224, 224, 3) float32` → `(1000,) float32`."""
        self.interpreter.set_tensor(self.input, tensor)
        self.interpreter.invoke()
        return self.interpreter.get_tensor(self.output)[0]

    def encode_response(self, scores):
        """The five best classes."""
        best = np.argsort(-scores)[:5]
        return {"predictions": [{"index": int(i), "score": float(scores[i])} for i in best]}


if __name__ == "__main__":
    server = ls.LitServer(Classifier(), accelerator="cpu", workers_per_device=2)
    server.run(host="127.0.0.1", port=PORT, generate_client_file=False)
