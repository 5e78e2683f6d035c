"""Handwritten digits with a convolutional network: python tests/benchmarks/scripts/conv.py digits.npz."""

import sys

import keras
import numpy as np
from keras.layers import Conv2D, Dense, Flatten, MaxPooling2D, Rescaling, Reshape
from sklearn.metrics import accuracy_score, classification_report
from sklearn.model_selection import train_test_split
from stopwatch import Stopwatch

keras.utils.set_random_seed(0)

data = np.load(sys.argv[1])
x, y = data["x"], data["y"]
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=0, stratify=y)
x_train, x_val, y_train, y_val = train_test_split(x_train, y_train, test_size=0.2, random_state=0, stratify=y_train)

model = keras.Sequential(
    [
        keras.Input(x.shape[1:]),
        Rescaling(1 / 16),
        Reshape((8, 8, 1)),
        Conv2D(32, 3, activation="relu"),
        MaxPooling2D(2),
        Conv2D(64, 3, activation="relu"),
        Flatten(),
        Dense(10, activation="softmax"),
    ]
)
model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
stopwatch = Stopwatch()
model.fit(x_train, y_train, epochs=15, batch_size=32, validation_data=(x_val, y_val), callbacks=[stopwatch])

model.evaluate(x_test, y_test)
y_pred = model.predict(x_test).argmax(axis=1)
print(classification_report(y_test, y_pred))
stopwatch.write((len(x_train), len(x_val), len(x_test)), accuracy=accuracy_score(y_test, y_pred))
