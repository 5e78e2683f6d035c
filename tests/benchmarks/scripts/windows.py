"""The next value of a long series from the 168 before it: python tests/benchmarks/scripts/windows.py windows.csv."""

import sys

import keras
import pandas as pd
from keras.layers import Conv1D, Dense, GlobalAveragePooling1D
from sklearn.metrics import root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from stopwatch import Stopwatch

LENGTH = 168
keras.utils.set_random_seed(0)

data = pd.read_csv(sys.argv[1], parse_dates=["time"], index_col="time")
train, test = train_test_split(data, test_size=0.1, shuffle=False)
train, val = train_test_split(train, test_size=0.1, shuffle=False)

scaler = StandardScaler().fit(train)
y_scaler = StandardScaler().fit(train[["load"]])
x = scaler.transform(data).astype("float32")
y = y_scaler.transform(data[["load"]]).astype("float32")


def windows(start, stop, shuffle):
    """Return the examples whose labels lie in rows start..stop."""
    rows, labels = x[start - LENGTH : stop - 1], y[start:stop]
    return keras.utils.timeseries_dataset_from_array(rows, labels, LENGTH, batch_size=256, shuffle=shuffle, seed=0)


val_start, test_start = len(train), len(train) + len(val)
model = keras.Sequential(
    [keras.Input((LENGTH, x.shape[1])), Conv1D(8, 8, strides=8, activation="relu"), GlobalAveragePooling1D(), Dense(1)]
)
model.compile(optimizer="adam", loss="mse", metrics=["mae"])
stopwatch = Stopwatch()
model.fit(
    windows(LENGTH, val_start, True),
    epochs=2,
    validation_data=windows(val_start, test_start, False),
    callbacks=[stopwatch],
)

y_pred = y_scaler.inverse_transform(model.predict(windows(test_start, len(x), False)))
rmse = root_mean_squared_error(y_scaler.inverse_transform(y[test_start:]), y_pred)
print("RMSE", rmse)
stopwatch.write((val_start - LENGTH, len(val), len(test)), rmse=rmse)
