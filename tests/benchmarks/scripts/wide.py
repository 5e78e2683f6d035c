"""Binary classification of a table with 1,000 columns: python tests/benchmarks/scripts/wide.py wide.csv."""

import sys

import keras
import pandas as pd
from keras.layers import Dense
from sklearn.metrics import accuracy_score, classification_report
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import MinMaxScaler
from stopwatch import Stopwatch

keras.utils.set_random_seed(0)

data = pd.read_csv(sys.argv[1])
x = data.drop(columns="y")
y = data["y"]
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=0)
x_train, x_val, y_train, y_val = train_test_split(x_train, y_train, test_size=0.2, random_state=0)

scaler = MinMaxScaler()
x_train = scaler.fit_transform(x_train)
x_val = scaler.transform(x_val)
x_test = scaler.transform(x_test)

model = keras.Sequential(
    [
        keras.Input((x_train.shape[1],)),
        Dense(128, activation="relu"),
        Dense(64, activation="relu"),
        Dense(1, activation="sigmoid"),
    ]
)
model.compile(optimizer="adam", loss="binary_crossentropy", metrics=["accuracy"])
stopwatch = Stopwatch()
model.fit(x_train, y_train, epochs=10, batch_size=64, validation_data=(x_val, y_val), callbacks=[stopwatch])

model.evaluate(x_test, y_test)
y_pred = (model.predict(x_test) > 0.5).astype(int).ravel()
print(classification_report(y_test, y_pred))
stopwatch.write((len(x_train), len(x_val), len(x_test)), accuracy=accuracy_score(y_test, y_pred))
