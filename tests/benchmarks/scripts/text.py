"""Kind and unkind reviews with an embedding: python tests/benchmarks/scripts/text.py text.csv."""

import sys

import keras
import pandas as pd
from keras.layers import Dense, Embedding, GlobalAveragePooling1D, TextVectorization
from sklearn.metrics import accuracy_score, classification_report
from sklearn.model_selection import train_test_split
from stopwatch import Stopwatch

keras.utils.set_random_seed(0)

data = pd.read_csv(sys.argv[1])
x_train, x_test, y_train, y_test = train_test_split(data["review"], data["kind"], test_size=0.2, random_state=0)
x_train, x_val, y_train, y_val = train_test_split(x_train, y_train, test_size=0.2, random_state=0)

vectorize = TextVectorization(max_tokens=5000, output_sequence_length=40)
vectorize.adapt(x_train.to_numpy(dtype=str))
x_train = vectorize(x_train.to_numpy(dtype=str)).numpy()
x_val = vectorize(x_val.to_numpy(dtype=str)).numpy()
x_test = vectorize(x_test.to_numpy(dtype=str)).numpy()

model = keras.Sequential(
    [
        keras.Input((40,), dtype="int64"),
        Embedding(5000, 32),
        GlobalAveragePooling1D(),
        Dense(16, activation="relu"),
        Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
stopwatch = Stopwatch()
model.fit(x_train, y_train, epochs=10, batch_size=32, validation_data=(x_val, y_val), callbacks=[stopwatch])

model.evaluate(x_test, y_test)
y_pred = (model.predict(x_test) > 0.5).astype(int).ravel()
print(classification_report(y_test, y_pred))
stopwatch.write((len(x_train), len(x_val), len(x_test)), accuracy=accuracy_score(y_test, y_pred))
