"""Models made and proved: read, converted, measured, bundled. TensorFlow lives here."""
