"""The next hour of a series from the 24 before it: python tests/benchmarks/scripts/lstm.py lstm.csv."""

import sys

import keras
import numpy as np
import pandas as pd
from keras.layers import LSTM, Dense
from sklearn.metrics import r2_score, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from stopwatch import Stopwatch

LENGTH = 24
keras.utils.set_random_seed(0)

data = pd.read_csv(sys.argv[1], parse_dates=["time"], index_col="time")
train, test = train_test_split(data, test_size=0.2, shuffle=False)
train, val = train_test_split(train, test_size=0.2, shuffle=False)

scaler = StandardScaler().fit(train)
y_scaler = StandardScaler().fit(train[["load"]])
scaled = scaler.transform(data)
y = y_scaler.transform(data[["load"]])[LENGTH:]
windows = np.lib.stride_tricks.sliding_window_view(scaled[:-1], LENGTH, axis=0)  # (num_examples, 5, LENGTH)
x = np.ascontiguousarray(windows.transpose(0, 2, 1))

# An example belongs to the part of its label; it may look back into the part before.
val_start = len(train) - LENGTH
test_start = val_start + len(val)
x_train, x_val, x_test = x[:val_start], x[val_start:test_start], x[test_start:]
y_train, y_val, y_test = y[:val_start], y[val_start:test_start], y[test_start:]

model = keras.Sequential([keras.Input(x.shape[1:]), LSTM(32), Dense(1)])
model.compile(optimizer="adam", loss="mse", metrics=["mae"])
stopwatch = Stopwatch()
model.fit(x_train, y_train, epochs=5, batch_size=32, validation_data=(x_val, y_val), callbacks=[stopwatch])

model.evaluate(x_test, y_test)
y_pred = y_scaler.inverse_transform(model.predict(x_test))
y_true = y_scaler.inverse_transform(y_test)
rmse = root_mean_squared_error(y_true, y_pred)
print("RMSE", rmse, "R2", r2_score(y_true, y_pred))
stopwatch.write((len(x_train), len(x_val), len(x_test)), rmse=rmse)
