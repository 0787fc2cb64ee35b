"""Pictures in, predictions out: decode, preprocess, load, run, swap.

Nothing here knows HTTP, FastAPI or AWS events, and nothing imports TensorFlow before a model
asks for it.
"""
