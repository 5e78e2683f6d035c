"""Regression on a middle-sized table: python tests/benchmarks/scripts/housing.py housing.csv."""

import sys

import keras
import pandas as pd
from keras.layers import Dense, Dropout
from sklearn.metrics import r2_score, root_mean_squared_error
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler
from stopwatch import Stopwatch

keras.utils.set_random_seed(0)

data = pd.read_csv(sys.argv[1])
x = pd.get_dummies(data.drop(columns="price"), columns=["ocean_proximity"], dtype=float)
y = data["price"]
x_train, x_test, y_train, y_test = train_test_split(x, y, test_size=0.2, random_state=0)
x_train, x_val, y_train, y_val = train_test_split(x_train, y_train, test_size=0.2, random_state=0)

numbers = [name for name in x.columns if not name.startswith("ocean_proximity")]
scaler = StandardScaler().set_output(transform="pandas")
x_train[numbers] = scaler.fit_transform(x_train[numbers])
x_val[numbers] = scaler.transform(x_val[numbers])
x_test[numbers] = scaler.transform(x_test[numbers])

y_scaler = StandardScaler()
y_train = y_scaler.fit_transform(y_train.to_frame())
y_val = y_scaler.transform(y_val.to_frame())

model = keras.Sequential(
    [
        keras.Input((x_train.shape[1],)),
        Dense(128, activation="relu"),
        Dropout(0.2),
        Dense(64, activation="relu"),
        Dropout(0.2),
        Dense(1),
    ]
)
model.compile(optimizer="adam", loss="mse", metrics=["mae"])
stopwatch = Stopwatch()
model.fit(x_train, y_train, epochs=20, batch_size=32, validation_data=(x_val, y_val), callbacks=[stopwatch])

model.evaluate(x_test, y_scaler.transform(y_test.to_frame()))
y_pred = y_scaler.inverse_transform(model.predict(x_test)).ravel()
rmse = root_mean_squared_error(y_test, y_pred)
print("RMSE", rmse, "R2", r2_score(y_test, y_pred))
stopwatch.write((len(x_train), len(x_val), len(x_test)), rmse=rmse)
