"""Mending: descriptions and weights of older Keras, brought into the form of a newer one.

Everything here is a pure function of plain JSON or arrays; nothing imports Keras.
"""
