"""A small network trained with the CSVLogger callback."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy

keras.utils.set_random_seed(0)
inputs = numpy.random.default_rng(0).normal(size=(64, 4))
labels = (inputs.sum(axis=1) > 0).astype(int)
model = keras.Sequential(
    [keras.layers.Dense(8, activation="relu"), keras.layers.Dense(1, "sigmoid")]
)
model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
logger = keras.callbacks.CSVLogger("training.csv")
model.fit(inputs, labels, validation_split=0.25, epochs=3, verbose=0, callbacks=[logger])
